/** What is learnt has to reach the next request: here it is seen on the wire. */
import { describe, expect, test } from 'vitest';
import { MACHINES } from '../../src/simulation/ollama/ground-truth.ts';
import type { ScriptedReply, SeenRequest } from '../../src/simulation/script.ts';
import { CODER, linesOfCode, localScene, WORKER } from '../support/local-scene.ts';
import type { Json } from '../support/ollama-scene.ts';

const last = ({ messages }: SeenRequest) => messages.at(-1)!.text;
const words = (count: number): ScriptedReply => ({ text: 'word '.repeat(count).trim() });
const quiet = { noise: 0, outliers: 0, drift: { share: 0, calls: 100 } };

test('a leader that was told what would fit asks for that, and gets it in time', async () => {
  const order = (more: object) => ({
    toolCalls: [
      { name: 'delegate', args: { task: 'List the names.', files: ['a.ts:1-20'], kind: 'extract', ...more } },
    ],
  });
  const leader = (request: SeenRequest, n: number): ScriptedReply => {
    if (n === 0) return order({ max_output: 4000, seconds: 30 });
    const fits = /max_output: (\d+)/.exec(last(request))?.[1];
    return n === 1 && fits ? order({ max_output: Number(fits), seconds: 30 }) : { text: 'Done.' };
  };
  const scene = await localScene({
    files: { 'a.ts': linesOfCode(100) },
    leader,
    // As long as it may become, but for a little.
    ollama: {
      machine: 'laptop',
      script: ({ body }) => words(Math.max(1, (body as Json).options.num_predict - 5)),
    },
  });
  await scene.calibrate();
  await scene.agent.chat('Names, please.');
  const [refused, done] = scene.seen('delegation.ended');
  expect([refused!.status, done!.status]).toEqual(['refused', 'done']);
  expect(done!.seconds).toBeLessThan(30);
  expect(done!.seconds).toBeGreaterThan(15);
  const sent = scene.machine.requests.at(-1)!.body as Json;
  expect(sent.options.num_predict).toBeLessThan(4000);
});

describe('a machine that became five times as slow', () => {
  const machine = { ...MACHINES.desktop, ...quiet, change: { afterCalls: 18, factor: 5 } };
  const order = {
    task: 'Summarize it.',
    files: ['a.ts'],
    kind: 'summarize',
    model: WORKER,
    maxOutputTokens: 100,
  } as const;
  const slowScene = async () => {
    const scene = await localScene({
      files: { 'a.ts': linesOfCode(60) },
      ollama: { machine, script: () => words(80) },
    });
    await scene.calibrate();
    for (let call = 0; call < 5; call++)
      expect(await scene.agent.delegate(order)).toMatchObject({ status: 'done' });
    return scene;
  };

  test('is followed by the gate, though no run comes to its end any more', async () => {
    const scene = await slowScene();
    const runs = [];
    for (let call = 0; call < 4; call++)
      runs.push(await scene.agent.delegate({ ...order, budgetSeconds: 3.5 }));
    expect(runs.map(({ status }) => status)).toEqual(['partial', 'refused', 'refused', 'refused']);
    const truth = scene.machine.served.at(-1)!;
    const whole = truth.readSeconds + truth.writeSeconds;
    expect(runs.at(-1)!.forecast!.seconds / whole).toBeGreaterThan(0.8);
    expect(runs.at(-1)!.forecast!.seconds / whole).toBeLessThan(1.25);
  });

  test('has a run stopped at its bound where it would not end in its budget, and left alone where it would', async () => {
    const scene = await slowScene();
    const late = await scene.agent.delegate({ ...order, budgetSeconds: 3.5 });
    expect(late.status).toBe('partial');
    expect(late.seconds).toBeLessThan(3);
    expect(late.text).toMatch(
      /^word.*\[partial: ollama:qwen2\.5-coder:7b was stopped after 2\.\d s: it passed its bound of 2\.\d s, and at that pace would not have ended within 3\.5 s\.\]$/s,
    );
    const patient = await scene.agent.delegate({ ...order, budgetSeconds: 60 });
    expect(patient.status).toBe('done');
    expect(patient.seconds).toBeGreaterThan(8);
  });
});

test('a machine that was slow for a while is tried again, and found to be as fast as before', async () => {
  const scene = await localScene({
    files: { 'a.ts': linesOfCode(60) },
    ollama: { machine: { ...MACHINES.desktop, ...quiet }, script: () => words(80) },
  });
  const { machine } = scene.machine.truth;
  await scene.calibrate();
  const order = {
    task: 'Sum up.',
    files: ['a.ts'],
    kind: 'summarize',
    model: WORKER,
    maxOutputTokens: 100,
  } as const;
  const run = async (times: number, budgetSeconds: number) => {
    const all = [];
    for (let time = 0; time < times; time++)
      all.push(await scene.agent.delegate({ ...order, budgetSeconds }));
    return all;
  };
  const statuses = async (times: number) => (await run(times, 5)).map(({ status }) => status);
  await run(6, 60);
  machine.change = { afterCalls: 0, factor: 4 };
  await run(8, 60);
  const stillSlow = await run(5, 5);
  expect(stillSlow.map(({ status }) => status)).toEqual([
    'refused',
    'refused',
    'refused',
    'partial',
    'refused',
  ]);
  expect(stillSlow[3]).toMatchObject({
    failure: { kind: 'overloaded' },
    advice: expect.stringMatching(/^It was a try, for it was forecast to take longer than its seconds/),
  });
  machine.change = { afterCalls: 0, factor: 1 };
  expect(await statuses(5)).toEqual(['refused', 'refused', 'done', 'done', 'done']);
  machine.change = { afterCalls: 0, factor: 4 };
  await run(8, 60);
  machine.change = { afterCalls: 0, factor: 1 };
  await scene.clock.sleep(3_600_000);
  expect(await statuses(2)).toEqual(['done', 'done']);
});

describe('a model that was never measured is known from what was stopped:', () => {
  const slowScene = (text: ScriptedReply) =>
    localScene({
      files: { 'a.ts': linesOfCode(300), 'b.ts': linesOfCode(300), 'c.ts': linesOfCode(300) },
      ollama: { machine: { ...MACHINES.laptop, ...quiet }, script: () => text },
    });
  const order = (file: string, more: object = {}) => {
    return { task: 'Sum it up.', files: [file], kind: 'summarize', split: false, ...more } as const;
  };

  test('how long reading takes at least, where nothing came', async () => {
    const { agent } = await slowScene(words(60));
    for (const file of ['a.ts', 'b.ts'])
      expect(await agent.delegate(order(file))).toMatchObject({ status: 'failed', forecast: undefined });
    const third = await agent.delegate(order('c.ts'));
    expect(third.status).toBe('refused');
    expect(third.text).toMatch(
      /^Not sent\. Reading it alone takes 6\d s or more: over the budget of 60 s \([\d,]+ tokens\)\. Would fit: files: \["c\.ts:1-\d+"\]/,
    );
    const [places] = /\["c\.ts:1-\d+"\]/.exec(third.text)!;
    const less = await agent.delegate(order('c.ts', { files: JSON.parse(places) }));
    expect(less.status).not.toBe('refused');
  });

  test('how fast it writes, where it began to', async () => {
    const { agent } = await slowScene(words(600));
    const short = { files: [], maxOutputTokens: 600, kind: 'docs' };
    // The first has to be loaded, so that only the second shows how long reading takes.
    for (const file of ['a.ts', 'b.ts'])
      expect(await agent.delegate(order(file, short))).toMatchObject({
        status: 'partial',
        forecast: undefined,
      });
    const third = await agent.delegate(order('c.ts', short));
    expect(third.status).toBe('refused');
    expect(third.forecast!.seconds).toBeGreaterThan(60);
    expect(third.forecast!.seconds).toBeLessThan(110);
  });
});

test('rejected work sends the next piece to another model', async () => {
  const scene = await localScene({
    ollama: {
      models: [CODER, 'llama3.2:3b'],
      machine: { ...MACHINES.workstation, ...quiet },
      script: () => words(20),
    },
  });
  await scene.calibrate();
  await scene.calibrate('llama3.2:3b');
  const order = { task: 'Name it.', kind: 'extract', maxOutputTokens: 40 } as const;
  const first = await scene.agent.delegate(order);
  expect(first.model).toBe(WORKER);
  for (let time = 0; time < 3; time++) {
    const { id } = await scene.agent.delegate({ ...order, model: WORKER });
    await scene.agent.judge({ delegation: id, outcome: 'rejected', why: 'wrong names' });
  }
  expect((await scene.agent.delegate(order)).model).toBe('ollama:llama3.2:3b');
});

test('the window stays one size for a model, and only grows', async () => {
  const scene = await localScene({
    files: { 'a.ts': linesOfCode(700) },
    ollama: { script: () => words(10) },
  });
  for (const lines of ['1-5', '1-200', '1-5', '1-700', '1-5', '1-300']) {
    await scene.agent.delegate({
      task: 'Look.',
      files: [`a.ts:${lines}`],
      model: WORKER,
      maxOutputTokens: 20,
    });
  }
  const sizes = scene.machine.requests.map(({ body }) => (body as Json).options.num_ctx as number);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  expect(new Set(sizes).size).toBeLessThanOrEqual(3);
  expect(scene.machine.served.filter(({ loaded }) => loaded)).toHaveLength(new Set(sizes).size);
});

describe('a window that pushes a part of its model off the GPU', () => {
  const SPILLING = 'qwen3:8b';
  const small = { task: 'Say it.', model: `ollama:${SPILLING}`, maxOutputTokens: 40 } as const;
  const large = { ...small, files: ['a.ts'], split: false, insist: true } as const;
  const spillingScene = async () => {
    const scene = await localScene({
      files: { 'a.ts': linesOfCode(500), 'b.ts': linesOfCode(1000), 'c.ts': linesOfCode(2000) },
      ollama: {
        models: [SPILLING],
        machine: { ...MACHINES.desktop, ...quiet, vramBytes: 7.5e9 },
        script: () => words(20),
      },
    });
    await scene.calibrate(SPILLING);
    return scene;
  };
  const inPieces = { ...small, files: ['c.ts'], kind: 'question', budgetSeconds: 100 } as const;
  const windowNow = ({ machine }: Awaited<ReturnType<typeof spillingScene>>) =>
    (machine.requests.at(-1)!.body as Json).options.num_ctx;

  test('is given up once the model has to be loaded anew for small work', async () => {
    const scene = await spillingScene();
    await scene.agent.delegate({ ...large, budgetSeconds: 200 });
    const spilled = await scene.agent.delegate({ ...small, task: 'Say more.' });
    expect([windowNow(scene), spilled.profile!.gpuShare]).toEqual([16_384, expect.closeTo(0.94, 1)]);
    await scene.provider.unload(SPILLING);
    expect((await scene.agent.delegate(small)).profile!.gpuShare).toBe(1);
    expect(windowNow(scene)).toBe(8192);
  });

  test('is forecast as slower, and said to be, once it is known how much room there is', async () => {
    const scene = await spillingScene();
    const { machine } = await scene.agent.local();
    await scene.agent.delegate({ ...large, budgetSeconds: 200 });
    await scene.provider.unload(SPILLING);
    const before = await machine.lookAt(
      scene.provider,
      { model: SPILLING, messages: [], contextSize: 8192 },
      'question',
    );
    expect(before!.prospect.gpuShare).toBe(1);
    const refused = await scene.agent.delegate({
      ...large,
      files: ['b.ts'],
      insist: false,
      budgetSeconds: 9,
    });
    expect(refused.text).toMatch(/with only [78]\d % of it on the GPU beside a window of 32,768\)\./);
    const guide = await (await scene.agent.local()).guide();
    expect(guide).not.toContain('~');
  });

  test('is not taken for pieces that fit a smaller one, loaded or not', async () => {
    const scene = await spillingScene();
    const smallWindowOf = async () => {
      const result = await scene.agent.delegate(inPieces);
      expect([result.status, result.pieces]).toEqual(['done', expect.toSatisfy((pieces) => pieces > 3)]);
      expect(result.profile!.gpuShare).toBe(1);
      expect(result.seconds).toBeLessThan(result.forecast!.boundSeconds);
      const windows = scene.machine.requests.slice(-result.pieces - 1).map(({ body }) => body as Json);
      return [...new Set(windows.map(({ options }) => options.num_ctx))];
    };
    expect(await smallWindowOf()).toEqual([8192]);
    await scene.agent.delegate({ ...large, files: ['b.ts'], budgetSeconds: 600 });
    expect(windowNow(scene)).toBe(32_768);
    expect(await smallWindowOf()).toEqual([8192]);
    await scene.provider.unload(SPILLING);
    expect(await smallWindowOf()).toEqual([8192]);
  });
});

describe('a worker', () => {
  test('that repeats itself is stopped, and what it said is kept', async () => {
    const loop = 'and then it calls itself again, '.repeat(400);
    const scene = await localScene({
      ollama: { script: () => ({ text: loop, pieceLength: 40, pieceDelayMs: 3 }) },
    });
    const result = await scene.agent.delegate({
      task: 'Explain.',
      model: WORKER,
      maxOutputTokens: 4000,
      insist: true,
    });
    expect(result.status).toBe('partial');
    expect(result.text).toMatch(
      /\[partial: ollama:qwen2\.5-coder:7b began to repeat itself and was stopped\.\]$/,
    );
    expect(result.text.length).toBeLessThan(loop.length);
  });

  test('of which nothing is known is stopped at the end of its budget, and what it wrote is said to be partial', async () => {
    const scene = await localScene({ ollama: { machine: 'laptop', script: () => words(400) } });
    const result = await scene.agent.delegate({ task: 'Talk.', model: WORKER, budgetSeconds: 25 });
    expect(result.status).toBe('partial');
    expect(result.text).toMatch(
      /^word.*\[partial: ollama:qwen2\.5-coder:7b was stopped after 25 s, at the end of its budget: how long it takes was not known\.\]$/s,
    );
    const { machine } = await scene.agent.local();
    const [seen] = machine.observations(scene.machine.url);
    expect(seen).toMatchObject({ complete: false });
    expect((seen!.heardTokens! - 1) / seen!.heardSeconds!).toBeCloseTo(7.5, 0);
  });
});
