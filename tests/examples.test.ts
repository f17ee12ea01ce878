import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { ScriptedReply, SeenRequest } from '../src/simulation/script.ts';
import { ballot, CLAUDE, GEMINI, GPT, labelOf, patternScene, QWEN } from './support/pattern-scene.ts';
import { folderWith } from './support/scene.ts';

const examples = resolve(import.meta.dirname, '../examples');

function run(example: string, args: string[], cwd: string, env: Record<string, string | undefined>) {
  const command = ['--conditions', 'parley-source', join(examples, example), ...args];
  return promisify(execFile)(process.execPath, command, { cwd, env });
}

test('basic-usage.ts answers with a tool of its own, and says what it cost', async () => {
  const scene = await patternScene({
    claude: (_request, n) =>
      n === 0
        ? { toolCalls: [{ name: 'weekday', args: { date: '2026-11-23' } }] }
        : { text: 'It is a Monday.' },
  });
  const { stdout } = await run('basic-usage.ts', ['Which day is it?'], scene.workspace, scene.env);
  expect(stdout).toContain('It is a Monday.');
  expect(stdout).toMatch(/anthropic:claude-sonnet-5-5: 2 exchanges, \d+ tokens/);
});

test('basic-usage.ts says in one sentence what it needs where there is no model', async () => {
  const folder = await folderWith();
  const env = { HOME: folder, PATH: process.env.PATH, OLLAMA_HOST: '127.0.0.1:9' };
  const failed = await run('basic-usage.ts', [], folder, env).catch((error: { stderr: string }) => error);
  expect(failed.stderr).toMatch(/^No model to work with\. .*\n$/);
});

test.each([
  ['multi-model-refactor.ts', [], /^Usage: multi-model-refactor\.ts FILE .*\n$/],
  ['consultation-example.ts', [], /^Usage: consultation-example\.ts "QUESTION" .*\n$/],
  ['multi-model-refactor.ts', ['a.js', 'Rename x.'], /^[^\n]+\n$/],
  ['consultation-example.ts', ['Queue or cron?'], /^[^\n]+\n$/],
])('%s %j says in one line what it needs where that is not there', async (example, args, line) => {
  const folder = await folderWith();
  const env = { HOME: folder, PATH: process.env.PATH, OLLAMA_HOST: '127.0.0.1:9' };
  const failed = await run(example, args, folder, env).catch((error: { stderr: string }) => error);
  expect(failed.stderr).toMatch(line);
});

test('consultation-example.ts asks, lets vote, and discusses a dissent', async () => {
  const views: Record<string, string> = { gemini: 'A queue.', qwen: 'Cron.', gpt: 'A webhook.' };
  const likes: Record<string, string[]> = {
    gemini: ['qwen', 'gpt'],
    qwen: ['gpt', 'gemini'],
    gpt: ['gemini', 'qwen'],
  };
  const voice =
    (name: string) =>
    (request: SeenRequest): ScriptedReply => {
      if (request.system.includes('You are a voter')) {
        const ranking = likes[name]!.map((liked) => labelOf(request, views[liked]!));
        return { text: ballot(`${likes[name]![0]} is simpler.`, { ranking }) };
      }
      if (request.system.includes('minutes')) return { text: 'Decision: a queue. Minority report: none.' };
      return {
        text: request.system.includes('discussion') ? `${views[name]}\nPosition: agree` : views[name]!,
      };
    };
  const scene = await patternScene({ gemini: voice('gemini'), qwen: voice('qwen'), gpt: voice('gpt') });
  const { stdout } = await run(
    'consultation-example.ts',
    ['Queue or cron?', GEMINI, QWEN, GPT],
    scene.workspace,
    scene.env,
  );
  // A circle: gemini's ballot puts qwen first, qwen's gpt, gpt's gemini.
  expect(stdout).toMatch(/Vote \(condorcet\): a tie between/);
  expect(stdout).toContain('Decision: a queue.');
});

test('multi-model-refactor.ts plans remotely, writes locally, and reviews', async () => {
  const scene = await patternScene(
    {
      claude: ({ system }) => ({ text: system.includes('You review') ? 'Verdict: approve' : 'Rename it.' }),
      qwen: ({ system }, n) => {
        if (system.includes('one piece of work')) return { text: 'It still adds.' };
        return n === 1
          ? { toolCalls: [{ name: 'edit', args: { path: 'a.js', edits: [{ old: 'x', new: 'sum' }] } }] }
          : { text: 'Renamed.' };
      },
    },
    { files: { 'a.js': 'export const x = 1;\n' } },
  );
  const env = { ...scene.env, LEADER: CLAUDE, WORKER: QWEN };
  const { stdout } = await run(
    'multi-model-refactor.ts',
    ['a.js', 'Rename x.', 'true'],
    scene.workspace,
    env,
  );
  expect(stdout).toContain('agreed after one round');
  expect(stdout).toMatch(/\d+ % of the tokens stayed local/);
});
