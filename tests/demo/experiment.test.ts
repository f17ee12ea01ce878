import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { examplePlan, simulateLaboratory } from '../../src/demo/experiment.ts';
import { conduct } from '../../src/experiment/conduct.ts';
import { readExperiment } from '../../src/experiment/plan.ts';
import { Results } from '../../src/experiment/results.ts';
import { folderWith, never } from '../support/scene.ts';

test('the simulated leader learns to ask where it is told what fits, and does not where it is not', async () => {
  const home = await folderWith();
  const laboratory = await simulateLaboratory(home);
  onTestFinished(laboratory.close);
  const plan = await readExperiment(examplePlan());
  const strategies = ['delegation without advice', 'delegation with advice'] as const;
  const experiment = { ...plan, strategies, repeats: 2 };
  const folder = join(home, 'results');
  const results = await Results.open(folder, experiment, { resume: false, at: 0 });
  const quiet = { begins: () => {}, ended: () => {}, skipped: () => {} };
  await conduct(experiment, results, { folder, approve: [], ...laboratory }, quiet, never);
  expect(results.runs.filter(({ passed }) => !passed)).toEqual([]);
  const asked = await firstAsked(
    folder,
    results.runs.map(({ strategy }) => strategy),
  );
  expect(
    asked.filter(({ strategy }) => strategy === 'delegation without advice').map(({ tokens }) => tokens),
  ).toEqual([4000, 4000, 4000, 4000, 4000, 4000]);
  const advised = asked
    .filter(({ strategy }) => strategy === 'delegation with advice')
    .map(({ tokens }) => tokens);
  expect(advised[0]).toBe(4000);
  expect(Math.max(...advised.slice(3))).toBeLessThan(900);
}, 60_000);

/** The output limit of the first delegation of each run, from the events that were kept. */
async function firstAsked(folder: string, strategies: readonly string[]) {
  const files = (await readdir(join(folder, 'events'))).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, 'events', file), 'utf8')));
  return texts.map((text, place) => {
    const calls = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; name?: string; args?: { max_output?: number } });
    const first = calls.find(({ type, name }) => type === 'tool.started' && name === 'delegate');
    return { strategy: strategies[place]!, tokens: first?.args?.max_output ?? 0 };
  });
}
