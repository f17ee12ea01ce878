import { describe, expect, test } from 'vitest';
import { orderBegun } from '../../src/agent/preload.ts';
import { MACHINES } from '../../src/simulation/ollama/ground-truth.ts';
import type { OllamaSimulationOptions } from '../../src/simulation/ollama/server.ts';
import { CODER, linesOfCode, localScene, WORKER } from '../support/local-scene.ts';

const LLAMA = 'llama3.2:3b';

describe('an order that is still being written', () => {
  test.each([
    ['{"model": "ollama:q', undefined],
    ['{"model": "ollama:qwen"', undefined],
    ['{"model": "ollama:qwen", "files": ["a.ts:1-8", "b', undefined],
    ['{"model": "ollama:qwen", "files": ["a.ts:1-8", "b.ts"], "task":', ['ollama:qwen', 'a.ts:1-8', 'b.ts']],
    ['{"model": "ollama:qwen", "task": "Na', ['ollama:qwen']],
    ['{"files": ["a.ts"], "task": "Na', [undefined, 'a.ts']],
    ['{"task": "Say \\"model\\"', [undefined]],
    ['{"model": "x"}', ['x']],
    ['{}', [undefined]],
  ])('%s', (json, expected) => {
    const order = orderBegun(json);
    expect(order && [order.model, ...order.files]).toEqual(expected);
  });
});

/** A leader that takes its time over one order; the worker that was asked last is not in memory any more. */
async function ordering(args: Record<string, unknown>, ollama: OllamaSimulationOptions = {}) {
  const scene = await localScene({
    files: { 'big.ts': linesOfCode(450) },
    leader: (_request, n) =>
      n === 0
        ? { toolCalls: [{ name: 'delegate', args }], pieceDelayMs: 8, pieceLength: 8 }
        : { text: 'Done.' },
    ollama: {
      ...{ machine: { ...MACHINES.workstation, noise: 0, outliers: 0 }, models: [CODER, LLAMA] },
      ...{ script: () => ({ text: 'Red.' }), ...ollama },
    },
  });
  await scene.agent.delegate({ task: 'Warm up.', model: WORKER });
  await scene.provider.unload(CODER);
  return { ...scene, last: () => scene.machine.served.at(-1)! };
}

const task = 'Name a colour. '.repeat(20);

describe('the model that is about to be asked is loaded meanwhile:', () => {
  test('the one that was asked last, where none is named', async () => {
    const { agent, last } = await ordering({ task, max_output: 20 });
    await agent.chat('Go.');
    expect(last()).toMatchObject({ model: CODER, loaded: false });
  });

  test('the one that is named', async () => {
    const { agent, last, machine } = await ordering(
      { model: 'llama', task, max_output: 20 },
      { maxLoaded: 1 },
    );
    await agent.chat('Go.');
    expect(last()).toMatchObject({ model: LLAMA, loaded: false });
    expect(machine.loaded()).toEqual([LLAMA]);
  });

  test('with a window that has room for its files', async () => {
    const { agent, last } = await ordering({ model: WORKER, files: ['big.ts'], task, max_output: 20 });
    await agent.chat('Go.');
    expect(last()).toMatchObject({ model: CODER, loaded: false, contextSize: 16_384 });
  });

  test('and none where another is in memory, and may be the one that will be chosen', async () => {
    const { agent, provider, machine } = await ordering({ task, max_output: 20 }, { maxLoaded: 1 });
    await provider.preload(LLAMA);
    let asked: string[] = [];
    agent.on((event) => {
      if (event.type === 'delegation.started') asked = machine.loaded();
    });
    await agent.chat('Go.');
    expect(asked).toEqual([LLAMA]);
  });
});

test('a new session begins with the window that the model had', async () => {
  const first = await localScene({ files: { 'a.ts': linesOfCode(700) } });
  await first.agent.delegate({ task: 'Look.', files: ['a.ts'], model: WORKER, maxOutputTokens: 20 });
  const { contextSize } = first.machine.served.at(-1)!;
  expect(contextSize).toBeGreaterThan(8192);
  await first.provider.unload(CODER);
  const second = await localScene({ home: first.env.HOME, files: { 'a.ts': linesOfCode(700) } });
  second.agent.addProvider(first.elsewhere());
  await second.agent.delegate({ task: 'Look.', files: ['a.ts:1-5'], model: WORKER, maxOutputTokens: 20 });
  expect(first.machine.served.at(-1)).toMatchObject({ loaded: true, contextSize });
});
