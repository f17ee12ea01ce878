import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readExperiment, runsOf } from '../../src/experiment/plan.ts';
import { Results, type RunResult } from '../../src/experiment/results.ts';
import { folderWith } from '../support/scene.ts';

const PLAN =
  'leader: a\nworker: b\nstrategies: [leader alone]\nrepeats: 2\ntasks: [{ name: one, prompt: Do it., check: "true" }]\n';

async function scene() {
  const folder = await folderWith({ 'mine.yaml': PLAN });
  const experiment = await readExperiment(join(folder, 'mine.yaml'));
  const open = (resume: boolean) => Results.open(join(folder, 'results'), experiment, { resume, at: 5 });
  return { folder, experiment, open, file: join(folder, 'results/runs.jsonl') };
}

const result = (repeat: number) =>
  ({ task: 'one', strategy: 'leader alone', repeat, passed: true }) as unknown as RunResult;

describe('results', () => {
  test('are kept line by line, and known when it goes on', async () => {
    const { open, experiment, file } = await scene();
    const first = await open(false);
    await first.add(result(1));
    const again = await open(true);
    expect(runsOf(experiment).map((run) => again.has(run))).toEqual([true, false]);
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(3);
  });

  test('are not begun anew unasked', async () => {
    const { open } = await scene();
    await (await open(false)).add(result(1));
    await expect(open(false)).rejects.toThrow(/holds 1 runs already: go on with --resume, or remove it/);
  });

  test('of another plan are refused', async () => {
    const { open, experiment, folder } = await scene();
    await open(false);
    const changed = { ...experiment, fingerprint: 'another' };
    await expect(Results.open(join(folder, 'results'), changed, { resume: true, at: 6 })).rejects.toThrow(
      /mine\.yaml was changed since the runs/,
    );
  });

  test('a line that a crash cut off is made again, and the next begins a line of its own', async () => {
    const { open, file } = await scene();
    await (await open(false)).add(result(1));
    await appendFile(file, '{"task":"one","stra');
    const again = await open(true);
    expect(again.runs).toHaveLength(1);
    await again.add(result(2));
    expect((await open(true)).runs.map(({ repeat }) => repeat)).toEqual([1, 2]);
  });

  test('that were spoilt by hand are told with their line', async () => {
    const { open, file } = await scene();
    await (await open(false)).add(result(1));
    await appendFile(file, 'no json\n');
    await expect(open(true)).rejects.toThrow(/runs\.jsonl:3 is no JSON/);
  });
});
