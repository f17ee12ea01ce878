import { describe, expect, test } from 'vitest';
import type { DelegationOrder } from '../../../src/patterns/delegation/order.ts';
import { MACHINES, seededRandom } from '../../../src/simulation/ollama/ground-truth.ts';
import { linesOfCode, localScene, WORKER } from '../../support/local-scene.ts';
import type { Json } from '../../support/ollama-scene.ts';

const words = (count: number) => {
  const random = seededRandom(count);
  const word = () => ['line', 'node', 'tree', 'value', 'name', 'case'][Math.floor(random() * 6)];
  return { text: Array.from({ length: count }, word).join(' ') };
};

async function laptop(files: Record<string, string>, models = ['qwen2.5-coder:7b']) {
  const scene = await localScene({
    files,
    ollama: {
      ...{ machine: 'laptop', models },
      // As long as it may become, but for a little.
      script: ({ body }) => words(Math.max(1, (body as Json).options.num_predict - 5)),
    },
  });
  for (const model of models) await scene.calibrate(model);
  return scene;
}

/** The orders that a refusal offers, each ready to be given. */
function offersIn(text: string): Partial<DelegationOrder>[] {
  const [, all = ''] = / Would fit: (.*)\. Or insist: true\.$/.exec(text) ?? [];
  return all.split('; or ').map((offer) => {
    const said = (name: string) => new RegExp(`${name}: ("[^"]*"|\\[[^\\]]*\\]|\\d+)`).exec(offer)?.[1];
    const [files, output, seconds, model] = ['files', 'max_output', 'seconds', 'model'].map(said);
    return {
      ...(files && { files: JSON.parse(files) as string[] }),
      ...(output && { maxOutputTokens: Number(output) }),
      ...(seconds && { budgetSeconds: Number(seconds) }),
      ...(model && { model: JSON.parse(model) as string }),
    };
  });
}

describe('advice that is followed', () => {
  test('is accepted, whatever was asked for, and the work is done in time', async () => {
    const scene = await laptop({ 'a.ts': linesOfCode(800) });
    const random = seededRandom(3);
    const between = (low: number, high: number) => Math.floor(low * (high / low) ** random());
    const late: string[] = [];
    let offered = 0;
    for (let n = 0; n < 40; n++) {
      const from = 1 + between(1, 300);
      const order = {
        task: `Do it, number ${n}.`,
        files: [`a.ts:${from}-${from + between(20, 320)}`],
        kind: (['extract', 'code', 'docs'] as const)[n % 3]!,
        model: WORKER,
        maxOutputTokens: between(30, 1200),
        budgetSeconds: between(5, 100),
        split: n % 2 === 0,
      };
      const { status, text } = await scene.agent.delegate(order);
      if (status !== 'refused') continue;
      const offers = offersIn(text);
      expect(offers.length, text).toBeGreaterThan(0);
      for (const offer of offers.slice(0, 1 + (n % 3))) {
        offered++;
        const followed = await scene.agent.delegate({ ...order, ...offer });
        expect(followed.status, `${text}\n${JSON.stringify(offer)}\n${followed.text}`).not.toBe('refused');
        if (followed.status !== 'done') late.push(text);
      }
    }
    expect(offered).toBeGreaterThan(25);
    // What is offered is in time nine of ten times, and these requests have 2 % of outliers.
    expect(late.length / offered).toBeLessThan(0.2);
  });

  test('names whole files and lines of the last, a lower limit, or both', async () => {
    const scene = await laptop({ 'a.ts': linesOfCode(40), 'b.ts': linesOfCode(400) });
    const order = {
      task: 'Name them.',
      files: ['a.ts', 'b.ts:11-310'],
      kind: 'extract',
      split: false,
    } as const;
    const { text } = await scene.agent.delegate({ ...order, maxOutputTokens: 40, budgetSeconds: 45 });
    expect(offersIn(text)[0]!.files).toEqual(['a.ts:1-40', expect.stringMatching(/^b\.ts:11-\d+$/)]);
    const { text: long } = await scene.agent.delegate({
      ...order,
      files: ['a.ts'],
      maxOutputTokens: 2000,
      budgetSeconds: 45,
    });
    expect(offersIn(long)[0]).toEqual({ maxOutputTokens: expect.any(Number) });
    const { text: both } = await scene.agent.delegate({ ...order, maxOutputTokens: 2000, budgetSeconds: 30 });
    expect(offersIn(both)[0]).toEqual({
      files: [expect.stringMatching(/^a\.ts:1-\d+$/)],
      maxOutputTokens: expect.any(Number),
    });
  });

  test('keeps two places of one file apart', async () => {
    const scene = await laptop({ 'b.ts': linesOfCode(400) });
    const { text } = await scene.agent.delegate({
      task: 'Name them.',
      files: ['b.ts:1-40', 'b.ts:101-390'],
      kind: 'extract',
      split: false,
      maxOutputTokens: 40,
      budgetSeconds: 45,
    });
    expect(offersIn(text)[0]!.files).toEqual(['b.ts:1-40', expect.stringMatching(/^b\.ts:101-\d+$/)]);
  });

  test('names another model only where that one would be in time', async () => {
    const scene = await laptop({ 'a.ts': linesOfCode(60) }, ['qwen2.5-coder:7b', 'qwen2.5-coder:1.5b']);
    const order = { task: 'Name them.', files: ['a.ts'], kind: 'extract', maxOutputTokens: 100 } as const;
    const refused = await scene.agent.delegate({ ...order, model: WORKER, budgetSeconds: 20 });
    const offer = offersIn(refused.text).find(({ model }) => model);
    expect(offer).toEqual({ model: 'ollama:qwen2.5-coder:1.5b' });
    const done = await scene.agent.delegate({ ...order, ...offer, budgetSeconds: 20 });
    expect(done.status).toBe('done');
    const hopeless = await scene.agent.delegate({ ...order, model: WORKER, budgetSeconds: 1 });
    expect(offersIn(hopeless.text).some(({ model }) => model)).toBe(false);
  });

  test('offers no more seconds than may be asked for', async () => {
    const scene = await localScene({
      files: { 'a.ts': linesOfCode(700) },
      ollama: { machine: { ...MACHINES.laptop, cpu: { readPerSecond: 2e9, memoryPerSecond: 45e9 } } },
    });
    await scene.calibrate();
    const order = { task: 'Name them.', files: ['a.ts'], kind: 'extract', model: WORKER } as const;
    const { text, forecast } = await scene.agent.delegate(order);
    expect(forecast!.seconds).toBeGreaterThan(3600);
    expect(text).not.toContain('seconds:');
  });

  test('offers pieces only where they take less time than the whole', async () => {
    const scene = await laptop({ 'a.ts': linesOfCode(700) });
    const order = { task: 'Name them.', files: ['a.ts'], kind: 'extract', maxOutputTokens: 30 } as const;
    for (const files of [['a.ts:1-60'], ['a.ts:1-200'], ['a.ts:1-450'], ['a.ts']]) {
      const refused = await scene.agent.delegate({ ...order, files, budgetSeconds: 3 });
      const [, upTo] = /^Not sent\. It would take [\d,]+ s, up to ([\d,]+) s/.exec(refused.text)!;
      const seconds = offersIn(refused.text).at(-1)!.budgetSeconds!;
      expect(seconds).toBeLessThanOrEqual(Number(upTo!.replace(',', '')) + 1);
    }
  });
});

describe('what no window has room for', () => {
  const quiet = { ...MACHINES.workstation, noise: 0, outliers: 0 };

  test('is not sent, and the lines that would fit are named', async () => {
    const scene = await localScene({
      files: { 'a.ts': linesOfCode(3000) },
      ollama: { machine: quiet, script: () => ({ text: 'a.ts:3 value2' }) },
    });
    const order = { task: 'Name them.', files: ['a.ts'], model: WORKER, maxOutputTokens: 100 } as const;
    const refused = await scene.agent.delegate({ ...order, split: false });
    expect(refused.status).toBe('refused');
    const [, places] = /holds 32,768\. Would fit: files: (\["a\.ts:1-\d+"\])\.$/.exec(refused.text)!;
    expect(scene.machine.requests).toHaveLength(0);
    const fewer = await scene.agent.delegate({
      ...order,
      files: JSON.parse(places!) as string[],
      split: false,
    });
    expect(fewer.status).toBe('done');
  });

  test('is said to be too long by its server where nobody could know, and what to do about it', async () => {
    const rare = Array.from({ length: 600 }, (_, n) => `xkrtwq${n % 7}zsdfgh `.repeat(12)).join('\n');
    const scene = await localScene({ files: { 'rare.txt': rare }, ollama: { machine: quiet } });
    const order = {
      task: 'Name them.',
      files: ['rare.txt'],
      model: WORKER,
      insist: true,
      split: false,
    } as const;
    const { status, text } = await scene.agent.delegate(order);
    expect([status, text]).toEqual([
      'failed',
      `The window of ${WORKER} has no room for it: name fewer lines, or ask another model.`,
    ]);
  });

  test('is cut where nobody knows yet how fast the model is', async () => {
    const scene = await localScene({
      files: { 'a.ts': linesOfCode(3000) },
      ollama: { machine: quiet, script: () => ({ text: 'a.ts:3 value2' }) },
    });
    const result = await scene.agent.delegate({ task: 'Name them.', files: ['a.ts'], model: WORKER });
    expect(result).toMatchObject({ status: 'done', text: 'a.ts:3 value2' });
    expect(result.pieces).toBeGreaterThan(2);
    const windows = scene.machine.served.map(({ contextSize }) => contextSize);
    expect(new Set(windows).size).toBe(1);
  });

  test('is told with the time of its pieces, not with that of a whole that cannot be', async () => {
    const scene = await localScene({
      files: { 'a.ts': linesOfCode(3000) },
      ollama: { machine: quiet, script: () => ({ text: 'a.ts:3 value2' }) },
    });
    await scene.calibrate();
    const order = { task: 'Name them.', files: ['a.ts'], model: WORKER, budgetSeconds: 5 } as const;
    const { text, forecast } = await scene.agent.delegate(order);
    const [, pieces, bound] =
      /^Not sent\. It has about [\d,]+ tokens, too long for its window of 32,768; in (\d+) pieces it would take [\d.]+ s, up to ([\d.]+) s: [\d.]+ s over the budget of 5\.0 s\./
        .exec(text)!
        .map(Number);
    expect(forecast!.boundSeconds).toBeCloseTo(bound!, 0);
    expect(text).toContain(`seconds: ${Math.ceil(forecast!.boundSeconds)} (in ${pieces} pieces)`);
  });

  test('is told where it is a single line, which nobody can cut', async () => {
    const scene = await localScene({
      files: { 'min.js': 'var a=1;function f(){return 12}; '.repeat(9000), 'b.js': 'const b = 1;\n' },
      ollama: { machine: quiet, script: () => ({ text: 'b.js:1 b' }) },
    });
    const order = { task: 'Name them.', files: ['min.js'], model: WORKER, kind: 'extract' } as const;
    const refused = await scene.agent.delegate(order);
    expect(refused.text).toMatch(
      /^Not sent\. It has about [\d,]+ tokens, .* min\.js:1 alone is longer than that\.$/,
    );
    expect(scene.machine.requests).toHaveLength(0);
    const partly = await scene.agent.delegate({ ...order, files: ['b.js', 'min.js'] });
    expect(partly.status).toBe('partial');
    expect(partly.text).toBe(
      'b.js:1 b\n[partial: not read to the end: min.js:1-1: the line is longer than the window]',
    );
  });
});
