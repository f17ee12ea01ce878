import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readExperiment, runsOf, STRATEGIES } from '../../src/experiment/plan.ts';
import { folderWith } from '../support/scene.ts';

const HEAD = 'leader: sonnet\nworker: qwen\n';
const TASK = 'tasks:\n  - name: one\n    prompt: Do it.\n    check: "true"\n';

async function read(text: string, files: Record<string, string> = {}) {
  const folder = await folderWith({ 'mine.yaml': text, ...files });
  return readExperiment(join(folder, 'mine.yaml'));
}

describe('an experiment', () => {
  test('needs models and tasks; the rest is as one would expect', async () => {
    const experiment = await read(HEAD + TASK);
    expect(experiment).toMatchObject({
      name: 'mine',
      strategies: STRATEGIES,
      repeats: 3,
      limits: {},
      tasks: [{ name: 'one', files: {}, seconds: 600 }],
    });
  });

  test('that comes along as an example can be read', async () => {
    const example = await readExperiment(resolve(import.meta.dirname, '../../examples/experiment.yaml'));
    expect(runsOf(example)).toHaveLength(36);
  });

  test('has its folders beside its file', async () => {
    const text = `${HEAD}${TASK}    folder: sample\n`;
    const { tasks } = await read(text, { 'sample/a.txt': 'a' });
    expect(tasks[0]!.folder).toMatch(/\/sample$/);
  });

  test('is another one as soon as a task is, but not for its name or limits', async () => {
    const [first, renamed, other] = await Promise.all([
      read(HEAD + TASK),
      read(`name: x\nlimits: { dollars: 1 }\n${HEAD}${TASK}`),
      read(HEAD + TASK.replace('Do it.', 'Do it well.')),
    ]);
    expect(renamed.fingerprint).toBe(first.fingerprint);
    expect(other.fingerprint).not.toBe(first.fingerprint);
  });
});

test('every strategy does every task in every repeat once, and none is always first', async () => {
  const second = TASK.split('\n').slice(1).join('\n').replace('one', 'two');
  const runs = runsOf(await read(HEAD + TASK + second));
  expect(runs).toHaveLength(2 * 4 * 3);
  const keys = runs.map(({ task, strategy, repeat }) => [task.name, strategy, repeat].join());
  expect(new Set(keys).size).toBe(runs.length);
  const firsts = runs
    .filter((run, place) => runs[place - 1]?.task !== run.task)
    .map(({ strategy }) => strategy);
  expect(new Set(firsts).size).toBe(4);
  expect(runs.map(({ repeat }) => repeat)).toEqual(runs.map(({ repeat }) => repeat).toSorted());
});

describe('what is wrong is told with its place', () => {
  test.each([
    [`${HEAD}taks: []\n`, /mine\.yaml:3:1: unknown key "taks"\. Did you mean tasks\?/],
    [HEAD, /mine\.yaml:1:1: .*tasks/],
    [`${HEAD}strategies: [delegation]\n${TASK}`, /mine\.yaml:3:14: .*leader alone/],
    [`${HEAD}repeats: 0\n${TASK}`, /mine\.yaml:3:10/],
    [`${HEAD}${TASK}    files: { ../out: x }\n`, /mine\.yaml:7:\d+: "\.\.\/out" is not inside the workspace/],
    [`${HEAD}${TASK}    files: { /etc/x: x }\n`, /"\/etc\/x" is not inside the workspace/],
    [`${HEAD}${TASK}    folder: gone\n`, /mine\.yaml:7:13: there is no folder gone/],
    [
      `${HEAD}${TASK}${TASK.split('\n').slice(1).join('\n')}`,
      /mine\.yaml:7:11: there are two tasks called one/,
    ],
    [`${HEAD}${TASK.replace('name: one', 'name: a/b')}`, /mine\.yaml:4:11: .*no name/],
    ['leader: [', /mine\.yaml:1/],
  ])('%#: %j', async (text, sentence) => {
    await expect(read(text)).rejects.toMatchObject({
      kind: 'bad-config',
      message: expect.stringMatching(sentence),
    });
  });

  test('a file that is not there is told too', async () => {
    await expect(readExperiment('/no/such.yaml')).rejects.toMatchObject({ kind: 'usage' });
  });
});
