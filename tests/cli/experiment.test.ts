import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startParley } from '../support/command-scene.ts';
import { CLAUDE, type Lines, patternScene, QWEN } from '../support/pattern-scene.ts';

const PLAN = `leader: "${CLAUDE}"
worker: "${QWEN}"
strategies: [leader alone, local alone]
repeats: 1
tasks:
  - { name: one, prompt: Write x., check: test -f x.txt }
`;
const writes = (_: unknown, n: number) =>
  n === 0 ? { toolCalls: [{ name: 'write', args: { path: 'x.txt', content: 'x' } }] } : { text: 'Done.' };

async function scene(lines: Lines) {
  const made = await patternScene(lines, { files: { 'mine.yaml': PLAN } });
  const where = { cwd: made.workspace, env: made.env };
  return { ...made, parley: (...args: string[]) => startParley(['experiment', ...args], where) };
}

test('a dry run says what would be done, and does nothing', async () => {
  const { parley, requests } = await scene({});
  const ran = await parley('mine.yaml', '--dry-run').ended;
  expect(ran.stderr).toMatch(
    /mine: 2 runs would be made = 1 task × 2 strategies × 1 repeat; leader anthropic:/,
  );
  expect(ran.stderr).toMatch(/commands of theirs are refused \(--approve commands allows them\)/);
  expect([ran.code, ran.stdout, requests()]).toEqual([0, '', []]);
});

test('it prints a line for each run and the table, and writes the page', async () => {
  const { parley, workspace } = await scene({ claude: writes, qwen: 'I cannot.' });
  const ran = await parley('mine.yaml').ended;
  expect(ran.stderr).toMatch(
    /1\/2 {2}one · leader alone · 1 {2}passed[\s\S]*2\/2 {2}one · local alone · 1 {2}failed/,
  );
  expect(ran.stdout).toMatch(/^leader alone +1\/1 +21–100 % +\$0\.\d+ /m);
  expect(ran.stdout).toMatch(/^local alone +0\/1 +0–79 % +\$0 [\s\S]*^local alone +100 %$/m);
  expect(ran.code).toBe(0);
  const page = await readFile(join(workspace, 'mine.results/report.html'), 'utf8');
  expect(page).toMatch(/Checks passed[\s\S]*1 of 1, 95 % between 21 % and 100 %/);
  const again = await parley('mine.yaml').ended;
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('holds 2 runs already')]);
  const resumed = await parley('mine.yaml', '--resume', '--json').ended;
  expect(JSON.parse(resumed.stdout)).toMatchObject({
    outcome: 'complete',
    summaries: [{ passed: 1 }, { passed: 0 }],
  });
});

test('Ctrl-C ends it with 130; what was made is kept', async () => {
  const slow = { text: 'word '.repeat(400), pieceDelayMs: 20 };
  const { parley } = await scene({ claude: writes, qwen: slow });
  const { child, ended } = parley('mine.yaml');
  child.stderr!.on('data', (data) => {
    if (String(data).includes('1/2')) child.kill('SIGINT');
  });
  const ran = await ended;
  expect([ran.code, ran.stderr]).toEqual([130, expect.stringContaining('Stopped; --resume goes on.')]);
  expect(ran.stdout).toMatch(/leader alone +1\/1/);
});

test.each([
  [[], /Name the file of the experiment/],
  [['none.yaml'], /There is no file none\.yaml/],
  [['mine.yaml', 'x'], /"x" is too much: parley experiment FILE\.yaml/],
])('%j is told in a sentence', async (args, sentence) => {
  const ran = await (await scene({})).parley(...args).ended;
  expect([ran.code, ran.stdout]).toEqual([2, '']);
  expect(ran.stderr).toMatch(sentence);
});
