import { describe, expect, test } from 'vitest';
import { MACHINES } from '../../../src/simulation/ollama/ground-truth.ts';
import type { OllamaSimulationOptions } from '../../../src/simulation/ollama/server.ts';
import type { ScriptedReply } from '../../../src/simulation/script.ts';
import { linesOfCode, localScene, WORKER } from '../../support/local-scene.ts';
import type { Json } from '../../support/ollama-scene.ts';

const ORDER = { task: 'Name them.', files: ['big.ts'], kind: 'extract', model: WORKER } as const;

/** A server with so many slots, whose model answers each part by its number. */
async function inParts(
  slots: number,
  answer: (part: number) => ScriptedReply = (part) => ({ text: `FIND${part}` }),
  more: OllamaSimulationOptions = {},
) {
  const scene = await localScene({
    files: { 'big.ts': linesOfCode(6000) },
    ollama: {
      ...{ machine: { ...MACHINES.workstation, noise: 0.02, outliers: 0 }, slots, ...more },
      script: ({ messages }) => {
        const text = messages.at(-1)!.text;
        const part = /part (\d+) of/.exec(text)?.[1];
        if (part) return answer(Number(part));
        return {
          text: text.includes('Put these')
            ? `whole: ${text.match(/FIND\d+/g)?.join(' ')}`
            : 'word '.repeat(60),
        };
      },
    },
  });
  await scene.calibrate();
  return scene;
}

describe('a piece that fails', () => {
  test('costs its own finding and no other; what is missing is named', async () => {
    const scene = await inParts(2, (part) =>
      part === 2
        ? { text: 'half of', fault: { type: 'error-event', message: 'boom' } }
        : { text: `FIND${part}` },
    );
    const result = await scene.agent.delegate({ ...ORDER, budgetSeconds: 400 });
    expect(result.status).toBe('partial');
    expect(result.pieces).toBeGreaterThan(3);
    const found = Array.from({ length: result.pieces }, (_, n) => n + 1).filter((part) => part !== 2);
    expect(result.text).toContain(`whole: ${found.map((part) => `FIND${part}`).join(' ')}`);
    expect(result.text).toMatch(/\[partial: not read to the end: big\.ts:\d+-\d+: .*boom/);
    const last = scene.machine.requests.at(-1)!.messages.at(-1)!.text;
    expect(last).toMatch(/From big\.ts:\d+-\d+, cut short:\nhalf/);
    expect(result.advice).toMatch(/answered locally and put together in/);
  });

  test('is the end of it where all of them fail', async () => {
    const scene = await inParts(1, () => ({ text: '', fault: { type: 'error-event', message: 'boom' } }));
    const result = await scene.agent.delegate({ ...ORDER, budgetSeconds: 400 });
    expect(result.status).toBe('failed');
    expect(result.text).toMatch(/^\[partial: not read to the end: .*boom.*not asked any more\]$/);
    expect(result.advice).not.toContain('put together');
  });
});

test('when time runs out what was found is put together, and what is left is named', async () => {
  const scene = await inParts(1, (part) => ({ text: `FIND${part}, ${'a thing, '.repeat(12)}` }));
  const first = await scene.agent.delegate({ ...ORDER, budgetSeconds: 400 });
  const machine = scene.machine.truth.machine;
  machine.change = { afterCalls: 0, factor: 4 };
  const budgetSeconds = first.forecast!.seconds * 1.1;
  const result = await scene.agent.delegate({ ...ORDER, files: ['big.ts:2-6000'], budgetSeconds });
  expect(result.status).toBe('partial');
  expect(result.text).toMatch(
    /^whole: FIND1.*\n\[partial: not read to the end: (big\.ts:\d+-\d+, )*big\.ts:\d+-6000: no time was left for it, beside putting together/s,
  );
  expect(result.seconds).toBeLessThanOrEqual(budgetSeconds + 0.5);
});

test('where nothing would be found in time it is stopped before its time is over, and said to be', async () => {
  const scene = await inParts(1);
  const first = await scene.agent.delegate({ ...ORDER, budgetSeconds: 400 });
  scene.machine.truth.machine.change = { afterCalls: 0, factor: 60 };
  const budgetSeconds = Math.ceil(first.forecast!.seconds * 1.2);
  const result = await scene.agent.delegate({ ...ORDER, files: ['big.ts:2-6000'], budgetSeconds });
  expect([result.status, result.failure?.kind]).toEqual(['failed', 'overloaded']);
  expect(result.text).toMatch(
    /^\[partial: not read to the end: big\.ts:2-.*: ollama:\S+ was stopped after \d+ s: not a word had come, though its bound was [\d.]+ s, and it would not have ended within \d+ s\]$/,
  );
  expect(result.seconds).toBeLessThan(budgetSeconds / 2);
});

test.each([1, 2])('an offer of more seconds that is followed is finished, with %i slots', async (slots) => {
  const scene = await inParts(slots, undefined, { machine: { ...MACHINES.desktop, outliers: 0 } });
  for (const files of [['big.ts:1-3000'], ['big.ts:2-4500'], ['big.ts:3-6000']]) {
    const refused = await scene.agent.delegate({ ...ORDER, files, budgetSeconds: 2 });
    const [, seconds] = /seconds: (\d+) \(in \d+ pieces\)/.exec(refused.text)!.map(Number);
    const followed = await scene.agent.delegate({ ...ORDER, files, budgetSeconds: seconds });
    expect([followed.status, followed.text]).toEqual(['done', expect.stringMatching(/^whole: FIND1 FIND2/)]);
  }
});

describe('how many are asked at once', () => {
  const atOnce = async (slots: number) => {
    const scene = await inParts(slots);
    const said = [];
    for (const files of [['big.ts:1-3990'], ['big.ts:2-3991'], ['big.ts:3-3992']])
      said.push(await scene.agent.delegate({ ...ORDER, files, budgetSeconds: 400 }));
    const { machine } = await scene.agent.local();
    return { scene, machine, host: scene.machine.url, said };
  };

  test.each([
    [1, 1],
    [2, 2],
    [4, 4],
  ])('a server with %i slots is found to have %i', async (slots, found) => {
    const { machine, host } = await atOnce(slots);
    expect(machine.slots(host)).toBe(found);
  });

  test('is known to the plan, and time is what passed on the clock', async () => {
    const { said } = await atOnce(2);
    const { seconds, forecast, advice } = said.at(-1)!;
    expect(Math.abs(forecast!.seconds / seconds - 1)).toBeLessThan(0.25);
    expect(Number(/in ([\d.]+) s \(forecast/.exec(advice)![1])).toBeCloseTo(seconds, 0);
  });

  test('never makes the model load twice: all pieces have one window', async () => {
    const { scene } = await atOnce(2);
    const parts = scene.machine.requests.filter(({ messages }) => /part \d+ of/.test(messages.at(-1)!.text));
    const windows = parts.map(({ body }) => (body as Json).options.num_ctx as number);
    expect(new Set(windows).size).toBe(1);
  });

  test('a load that two requests waited for is no sample of loading', async () => {
    const scene = await inParts(2);
    const { machine } = await scene.agent.local();
    const before = machine.rig({ host: scene.machine.url, model: WORKER }).coldLoad!.seconds;
    await scene.provider.unload('qwen2.5-coder:7b');
    await scene.agent.delegate({ ...ORDER, budgetSeconds: 400 });
    const after = machine.rig({ host: scene.machine.url, model: WORKER }).coldLoad!.seconds;
    expect(after / before).toBeLessThan(2);
  });
});
