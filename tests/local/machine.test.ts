import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exchange, openDoor } from '../../src/conversation/exchange.ts';
import { userMessage } from '../../src/conversation/message.ts';
import type { Observation } from '../../src/local/observation.ts';
import { OllamaProvider } from '../../src/providers/ollama.ts';
import { IMAGE, PNG } from '../support/image.ts';
import { CODER, linesOfCode, localScene, WORKER } from '../support/local-scene.ts';
import { machineThat } from '../support/ollama-scene.ts';
import { folderWith, never } from '../support/scene.ts';
import { spoilingProxy } from '../support/spoiling-proxy.ts';

const ORDER = {
  task: 'Say yes.',
  model: WORKER,
  kind: 'question',
  budgetSeconds: 120,
  maxOutputTokens: 64,
} as const;
const say = (text: string) => ({ script: () => ({ text }) });

type Scene = Awaited<ReturnType<typeof localScene>>;
const seen = async ({ agent }: Scene): Promise<Observation[]> => (await agent.local()).store.observations();

describe('what was cached', () => {
  const files = { 'a.ts': linesOfCode(150) };
  const ask = async (scene: Scene, task: string) =>
    scene.agent.delegate({ ...ORDER, task, files: ['a.ts'], kind: 'extract' });

  test.each([
    ['current', 'server'],
    ['old', 'prefix'],
    ['0.30.0', 'prefix'],
  ] as const)('a server of the kind %s: as the %s tells', async (server, from) => {
    const scene = await localScene({ files, ollama: { ...say('nothing found'), server } });
    await ask(scene, 'Is there a bug?');
    await ask(scene, 'Is there a name in it?');
    const [first, second] = await seen(scene);
    const truth = scene.machine.served.at(-1)!;
    expect([first!.cachedTokens ?? 0, second!.cachedFrom]).toEqual([expect.any(Number), from]);
    expect(Math.abs(second!.promptTokens! / truth.promptTokens - 1)).toBeLessThan(0.005);
    expect(Math.abs(second!.cachedTokens! / truth.cachedTokens - 1)).toBeLessThan(0.05);
  });
});

describe('an image', () => {
  const SEER = 'qwen3-vl:8b';

  test('is no text: its tokens are learnt, and it is read from the cache like any other beginning', async () => {
    const scene = await localScene({ ollama: { ...say('A square.'), models: [SEER] } });
    const { machine } = await scene.agent.local();
    const ask = (text: string) => ({
      model: SEER,
      messages: [userMessage(text, [IMAGE])],
      maxOutputTokens: 40,
    });
    const door = openDoor(() => {}, scene.clock, { foresight: machine, prices: false });
    const expected = async (text: string) =>
      (await machine.lookAt(scene.provider, ask(text), 'question'))!.load;
    const before = await expected('What is it?');
    expect(before.promptTokens).toBeLessThan(1000);
    for (const text of ['What is it?', 'Which colour?'])
      await exchange(door, scene.provider, ask(text), never);
    const other = { ...IMAGE, data: Buffer.from(PNG).reverse().toString('base64') };
    await exchange(
      door,
      scene.provider,
      { ...ask(''), messages: [userMessage('And this?', [other])] },
      never,
    );
    const after = await expected('How large is it?');
    await exchange(door, scene.provider, ask('How large is it?'), never);
    const truth = scene.machine.served.at(-1)!;
    expect(Math.abs(after.promptTokens / truth.promptTokens - 1)).toBeLessThan(0.05);
    const again = await expected('How wide?');
    expect(again.cachedTokens).toBeGreaterThan(700);
  });
});

describe('figures that cannot be', () => {
  async function behind(spoil: Parameters<typeof spoilingProxy>[1]) {
    const scene = await localScene({ ollama: say('Yes, it is so.') });
    await scene.calibrate();
    const url = await spoilingProxy(scene.machine.url, spoil);
    scene.agent.addProvider(new OllamaProvider({ name: 'ollama', baseUrl: url }, scene.clock));
    return scene;
  }

  test.each([
    ['zero', () => 0],
    ['missing', () => undefined],
    ['below zero', () => -5],
  ])('%s: the work is done, and no speed is learnt from them', async (_, figure) => {
    const scene = await behind((line) => {
      if (line.done !== true) return line;
      const spoilt = [
        'load_duration',
        'prompt_eval_duration',
        'eval_duration',
        'total_duration',
        'eval_count',
      ];
      return { ...line, ...Object.fromEntries(spoilt.map((name) => [name, figure()])) };
    });
    const result = await scene.agent.delegate(ORDER);
    expect(result).toMatchObject({ status: 'done', text: 'Yes, it is so.' });
    expect(result.advice).not.toMatch(/NaN|Infinity|-\d/);
    const { machine } = await scene.agent.local();
    const { host } = (await seen(scene)).at(-1)!;
    const { reading, writing } = machine.rig({ host, model: WORKER });
    for (const { expect: expects } of [reading!, writing!].filter(Boolean))
      expect(Number.isFinite(expects([1, 100, 100]).seconds)).toBe(true);
  });
});

describe('an exchange that does not come to its end', () => {
  test('is kept as cut short when it is stopped, and changes no forecast', async () => {
    const scene = await localScene({
      ollama: { script: () => ({ text: 'word '.repeat(3000), pieceDelayMs: 2 }) },
    });
    await scene.calibrate();
    const { machine } = await scene.agent.local();
    const before = machine
      .rig({ host: (await seen(scene))[0]!.host, model: WORKER })
      .writing!.expect([100, 100]);
    const stop = new AbortController();
    scene.agent.on((event) => {
      if (event.type === 'exchange.delta') stop.abort();
    });
    const order = { ...ORDER, maxOutputTokens: 4000, insist: true };
    const result = await scene.agent.delegate(order, { signal: stop.signal });
    expect(result.status).toBe('partial');
    const last = (await seen(scene)).at(-1)!;
    expect(last.complete).toBe(false);
    expect(machine.rig({ host: last.host, model: WORKER }).writing!.expect([100, 100])).toEqual(before);
  });

  test('because the server is gone says so, and the next one works', async () => {
    let cut = true;
    const script = () =>
      cut ? { text: 'Half of it', fault: { type: 'cut', at: 'text' } as const } : { text: 'All.' };
    const scene = await localScene({ ollama: { script } });
    const result = await scene.agent.delegate(ORDER);
    expect(result).toMatchObject({ status: 'partial', failure: { kind: 'connection-lost' } });
    cut = false;
    expect(await scene.agent.delegate(ORDER)).toMatchObject({ status: 'done', text: 'All.' });
    expect((await seen(scene)).filter(({ complete }) => complete)).toHaveLength(1);
  });

  test('and was never begun, since the server is down, is told with the remedy', async () => {
    const scene = await localScene({ ollama: say('Yes.') });
    await scene.agent.delegate(ORDER);
    await scene.machine.close();
    const result = await scene.agent
      .delegate(ORDER)
      .catch((error: Error) => ({ status: 'failed', text: error.message }));
    expect(result.status).toBe('failed');
    expect(JSON.stringify(result)).toContain('ollama serve');
    expect(await seen(scene)).toHaveLength(1);
  });
});

test('a full queue is waited for, and counted once', async () => {
  let refused = false;
  const script = () => {
    const fault = refused ? undefined : ({ type: 'status', status: 503, message: 'server busy' } as const);
    refused = true;
    return { text: 'Yes.', fault };
  };
  const scene = await localScene({ ollama: { script } });
  expect(await scene.agent.delegate(ORDER)).toMatchObject({ status: 'done', text: 'Yes.' });
  expect((await seen(scene)).filter(({ complete }) => complete)).toHaveLength(1);
});

test('a model that was removed is told with the line that gets it, and nothing is learnt', async () => {
  const scene = await localScene({ ollama: say('Yes.') });
  const missing = scene.agent.delegate({ ...ORDER, model: 'ollama:qwen2.5-coder:9b' });
  const told = await missing.then(
    ({ text, failure }) => failure?.message ?? text,
    (error: Error) => error.message,
  );
  expect(told).toContain('ollama pull qwen2.5-coder:9b');
  expect(await seen(scene)).toEqual([]);
});

test('a model that was pulled anew under its name is another one', async () => {
  const scene = await localScene({ ollama: say('Yes.') });
  await scene.calibrate();
  const again = (one: Record<string, unknown>) => {
    const models = one.models as { digest: string }[] | undefined;
    return models ? { ...one, models: models.map((model) => ({ ...model, digest: 'f'.repeat(64) })) } : one;
  };
  const url = await spoilingProxy(scene.machine.url, again);
  const { machine } = await scene.agent.local();
  const look = async (baseUrl: string) => {
    const provider = new OllamaProvider({ name: 'ollama', baseUrl }, scene.clock);
    const request = { model: CODER, messages: [], maxOutputTokens: 50 };
    const outlook = (await machine.lookAt(provider, request, 'question'))!;
    const { host } = (await seen(scene))[0]!;
    return machine.rig({ ...outlook.prospect, host, model: WORKER }).own;
  };
  expect(await look(scene.machine.url)).toBeGreaterThan(5);
  expect(await look(url)).toBe(0);
});

test('how long a model loads is known for the others too, though nobody listed them', async () => {
  const scene = await localScene({ ollama: { models: [CODER, 'llama3.2:3b'] } });
  const { machine, store } = await scene.agent.local();
  const door = openDoor(() => {}, scene.clock, { foresight: machine, prices: false });
  const provider = scene.elsewhere();
  const request = (model: string) => ({ model, messages: [userMessage('Hello.')], maxOutputTokens: 60 });
  for (const _ of [1, 2, 3]) await exchange(door, provider, request(CODER), never);
  expect(store.observations()[0]).toMatchObject({ loadedBefore: false, bytes: 4.68e9 });
  const other = await machine.lookAt(provider, request('llama3.2:3b'), 'question');
  expect(other!.forecast!.loadSeconds).toBeGreaterThan(0.5);
});

test('two machines with the same model are two machines', async () => {
  const scene = await localScene({ ollama: say('Yes.') });
  const { machine: slow } = await machineThat({ models: [CODER], machine: 'laptop', ...say('Yes.') });
  scene.agent.addProvider(new OllamaProvider({ name: 'box', baseUrl: slow.url }, scene.clock));
  const order = { ...ORDER, maxOutputTokens: 300 };
  for (let n = 0; n < 4; n++) {
    await scene.agent.delegate(order);
    await scene.agent.delegate({ ...order, model: `box:${CODER}` });
  }
  const cards = await (await scene.agent.local()).cards();
  const [here, box] = [WORKER, `box:${CODER}`].map(
    (name) => cards.find(({ info }) => info.reference === name)!,
  );
  expect(here!.host).not.toBe(box!.host);
  expect(here!.speeds!.readPerSecond).toBeGreaterThan(2 * box!.speeds!.readPerSecond);
});

test('a model in the cloud is not local, though Ollama serves it', async () => {
  const scene = await localScene({ ollama: { models: [CODER, 'gpt-oss:120b-cloud'], ...say('Yes.') } });
  const result = await scene.agent.delegate({ ...ORDER, model: 'ollama:gpt-oss:120b-cloud' });
  expect([result.status, result.forecast]).toEqual(['done', undefined]);
  expect(await seen(scene)).toEqual([]);
  expect(await (await scene.agent.local()).guide()).not.toContain('cloud');
});

test('a clock that is set back does not turn the order of what was learnt', async () => {
  const scene = await localScene({ ollama: say('Yes.') });
  const times = [9e12, 1e12, 5e12];
  (scene.clock as { wallTime: () => number }).wallTime = () => times.shift() ?? 6e12;
  for (const task of ['One.', 'Two.', 'Three.']) await scene.agent.delegate({ ...ORDER, task });
  const exchanges = (await seen(scene)).map(({ exchange }) => exchange);
  expect(exchanges).toEqual(exchanges.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })));
  expect((await seen(scene)).every(({ wallSeconds }) => wallSeconds >= 0)).toBe(true);
});

test('a store that is spoilt is told once, and the work goes on', async () => {
  const home = await folderWith();
  const folder = join(home, '.local/state/parley');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'local.db'), 'this is no database'.repeat(100));
  const scene = await localScene({ home, ollama: say('Yes.') });
  for (let n = 0; n < 3; n++) expect(await scene.agent.delegate(ORDER)).toMatchObject({ status: 'done' });
  const told = scene.seen('notice').filter(({ text }) => text.includes('local.db'));
  expect(told).toHaveLength(1);
  expect(await seen(scene)).toHaveLength(3);
});
