import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { conduct, type Progress } from '../../src/experiment/conduct.ts';
import { readExperiment } from '../../src/experiment/plan.ts';
import { Results } from '../../src/experiment/results.ts';
import { simulateAnthropic } from '../../src/simulation/anthropic.ts';
import { simulateOllama } from '../../src/simulation/ollama/server.ts';
import type { Script, ScriptedReply } from '../../src/simulation/script.ts';
import { folderWith, never } from '../support/scene.ts';

const quiet: Progress = { begins: () => {}, ended: () => {}, skipped: () => {} };
const write: ScriptedReply = { toolCalls: [{ name: 'write', args: { path: 'x.txt', content: 'x\n' } }] };
/** Writes the file on the first request of a conversation, and is done. */
const writer: Script = ({ messages }) => (messages.length > 1 ? { text: 'Done.' } : write);

async function scene({
  leader = writer,
  worker = writer,
  more = '',
  task = '',
}: {
  leader?: Script;
  worker?: Script;
  more?: string;
  task?: string;
} = {}) {
  const [frontier, machine] = await Promise.all([
    simulateAnthropic(leader),
    simulateOllama({ models: ['qwen2.5-coder:7b'], script: worker, speed: Number.POSITIVE_INFINITY }),
  ]);
  onTestFinished(async () => void (await Promise.all([frontier.close(), machine.close()])));
  const folder = await folderWith({
    'mine.yaml': `leader: sonnet\nworker: qwen2.5-coder:7b\nrepeats: 1\n${more}tasks:\n  - { name: one, prompt: Write x., check: test -f x.txt${task} }\n`,
  });
  const env = {
    HOME: folder,
    PATH: process.env.PATH,
    ANTHROPIC_API_KEY: 'key-of-anthropic-0123456789',
    ANTHROPIC_BASE_URL: frontier.url,
    OLLAMA_BASE_URL: machine.url,
  };
  const laboratory = { folder: join(folder, 'results'), env, approve: [] };
  const experiment = await readExperiment(join(folder, 'mine.yaml'));
  const open = (resume = false) => Results.open(laboratory.folder, experiment, { resume, at: 0 });
  return { frontier, machine, laboratory, experiment, open, folder };
}

test('every strategy does the task with real requests, and the check decides', async () => {
  const broken: Script = () => ({ text: 'I think it is done.' });
  const { experiment, laboratory, open, frontier } = await scene({ worker: broken });
  const results = await open();
  const conclusion = await conduct(experiment, results, laboratory, quiet, never);
  expect(conclusion).toEqual({ outcome: 'complete' });
  expect(
    results.runs.map(({ strategy, passed, remoteTokens, localTokens }) => [
      strategy,
      passed,
      remoteTokens > 0,
      localTokens > 0,
    ]),
  ).toEqual([
    ['leader alone', true, true, false],
    ['local alone', false, false, true],
    ['delegation without advice', true, true, false],
    ['delegation with advice', true, true, false],
  ]);
  const failed = results.runs[1]!;
  expect([failed.outcome, failed.cost, failed.detail]).toEqual(['answered', 0, 'exit code 1\n']);
  expect(results.runs[0]!.exchanges).toBe(2);
  expect(frontier.requests).toHaveLength(6);
  expect(await readdir(join(laboratory.folder, 'events'))).toHaveLength(4);
});

test('the strategies differ in what the leader is told, and in nothing else', async () => {
  const { experiment, laboratory, open, frontier } = await scene();
  // A machine that was measured: what is known of it is in the advised leader's guide alone.
  await conduct(experiment, await open(), laboratory, quiet, never);
  const [alone, unadvised, advised] = [0, 2, 4].map((n) => frontier.requests[n]!);
  expect(alone!.tools).not.toContain('delegate');
  expect(alone!.system).not.toContain('qwen');
  expect(unadvised!.tools).toContain('delegate');
  expect(unadvised!.tools).not.toContain('judge');
  expect(unadvised!.system).toContain('Local models: ollama:qwen2.5-coder:7b.');
  expect(unadvised!.system).not.toContain('field guide');
  expect(advised!.tools).toEqual(expect.arrayContaining(['delegate', 'judge']));
  expect(advised!.system).toMatch(/field guide[\s\S]*qwen2\.5-coder:7b: window/);
});

test('what a strategy learns stays with it, from run to run', async () => {
  const asking: Script = ({ messages, tools }) => {
    if (messages.length > 1 || !tools.includes('delegate')) return { text: 'Done.' };
    const args = { task: 'Say x.', kind: 'question', max_output: 100, seconds: 60 };
    return { toolCalls: [{ name: 'delegate', args }] };
  };
  const { experiment, laboratory, open, frontier } = await scene({
    leader: asking,
    worker: () => ({ text: 'x '.repeat(40) }),
    more: 'strategies: [delegation without advice, delegation with advice]\n',
  });
  const results = await open();
  const twice = { ...experiment, repeats: 2 };
  await conduct(twice, results, laboratory, quiet, never);
  const guides = frontier.requests
    .filter(({ messages }) => messages.length === 1)
    .map(({ system }) => system);
  expect(guides.map((guide) => /not measured yet/.test(guide))).toEqual([false, true, false, false]);
  expect(guides.filter((guide) => /reads [\d,]+\/s/.test(guide))).toHaveLength(1);
  const told = frontier.requests
    .filter(({ messages }) => messages.length > 1)
    .map(({ messages }) => messages.at(-1)!.text);
  expect(told.map((text) => /Cost:/.test(text))).toEqual([false, true, true, false]);
  expect(results.runs.every(({ delegations: [one] }) => one!.status === 'done' && one!.inTime)).toBe(true);
  expect(await readdir(join(laboratory.folder, 'learnt'))).toEqual([
    'delegation-with-advice',
    'delegation-without-advice',
  ]);
});

describe('it ends', () => {
  test('at its own limit of money, and goes on where that is raised', async () => {
    const { experiment, laboratory, open } = await scene();
    const poor = { ...experiment, limits: { dollars: 0.0001 } };
    const results = await open();
    expect(await conduct(poor, results, laboratory, quiet, never)).toEqual({
      outcome: 'limit',
      why: 'its $0.0001 are spent',
    });
    expect(results.runs).toHaveLength(1);
    const again = await open(true);
    expect(await conduct(experiment, again, laboratory, quiet, never)).toEqual({ outcome: 'complete' });
    expect(again.runs).toHaveLength(4);
  });

  test('when the human stops it; the run under way is made again later', async () => {
    const stop = new AbortController();
    const slow: Script = (_request, n) => {
      if (n === 0) queueMicrotask(() => stop.abort());
      return { text: 'word '.repeat(500), pieceDelayMs: 10 };
    };
    const { experiment, laboratory, open } = await scene({ leader: slow });
    const results = await open();
    expect(await conduct(experiment, results, laboratory, quiet, stop.signal)).toEqual({
      outcome: 'stopped',
    });
    expect(results.runs).toEqual([]);
  });

  test('where a service fails again and again, in its words, and nothing is held against the strategy', async () => {
    const down: Script = () => ({ fault: { type: 'status', status: 401 } });
    const { experiment, laboratory, open } = await scene({
      leader: down,
      more: 'strategies: [leader alone]\n',
    });
    const often = { ...experiment, repeats: 5 };
    const results = await open();
    await expect(conduct(often, results, laboratory, quiet, never)).rejects.toThrow(/key/);
    expect(results.runs).toEqual([]);
  });

  test('with a run left out that a service kept from being made', async () => {
    const once: Script = (request, n) =>
      n === 0 ? { fault: { type: 'status', status: 403 } } : writer(request, n);
    const { experiment, laboratory, open } = await scene({ leader: once });
    const results = await open();
    const conclusion = await conduct(experiment, results, laboratory, quiet, never);
    expect([conclusion, results.runs.length]).toEqual([{ outcome: 'incomplete', skipped: 1 }, 3]);
    const again = await open(true);
    expect(await conduct(experiment, again, laboratory, quiet, never)).toEqual({ outcome: 'complete' });
  });

  test('where there is no such model', async () => {
    const { experiment, laboratory, open } = await scene();
    const other = { ...experiment, leader: 'sonet' };
    await expect(conduct(other, await open(), laboratory, quiet, never)).rejects.toThrow(
      /No model is called "sonet"/,
    );
  });
});

test('a task that takes too long is stopped, and is failed by its check', async () => {
  const slow: Script = () => ({ text: 'word '.repeat(500), pieceDelayMs: 10 });
  const { experiment, laboratory, open } = await scene({
    leader: slow,
    more: 'strategies: [leader alone]\n',
    task: ', seconds: 0.2',
  });
  const results = await open();
  await conduct(experiment, results, laboratory, quiet, never);
  expect(results.runs[0]).toMatchObject({ outcome: 'stopped', passed: false });
});

test('commands of models are refused unless allowed, and no key reaches a check', async () => {
  const run: ScriptedReply = { toolCalls: [{ name: 'shell', args: { command: 'touch x.txt' } }] };
  const leader: Script = ({ messages }) => (messages.length > 1 ? { text: 'Done.' } : run);
  const { experiment, laboratory, open, folder } = await scene({
    leader,
    more: 'strategies: [leader alone]\n',
  });
  const results = await open();
  await conduct(experiment, results, laboratory, quiet, never);
  expect(results.runs[0]!.passed).toBe(false);
  const kept = await mkdtemp(join(tmpdir(), 'parley-test-'));
  const check = {
    ...experiment,
    tasks: [{ ...experiment.tasks[0]!, check: `test -f x.txt && env > ${kept}/env` }],
  };
  const allowed = { ...laboratory, folder: join(folder, 'again'), approve: ['commands' as const] };
  const second = await Results.open(allowed.folder, check, { resume: false, at: 0 });
  await conduct(check, second, allowed, quiet, never);
  expect(second.runs[0]!.passed).toBe(true);
  expect(await readFile(join(kept, 'env'), 'utf8')).not.toContain('key-of-anthropic');
});
