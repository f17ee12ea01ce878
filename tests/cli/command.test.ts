import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ScriptedReply } from '../../src/simulation/script.ts';
import { pipeIntoParley, type Ran, startParley } from '../support/command-scene.ts';
import { CLAUDE, type Lines, patternScene } from '../support/pattern-scene.ts';

async function parley(
  lines: Lines,
  args: string[],
  input?: string,
  files?: Record<string, string>,
): Promise<Ran> {
  const scene = await patternScene(lines, { files });
  const ran = await startParley(args, { cwd: scene.workspace, env: scene.env }, input).ended;
  expect(ran.stderr).not.toMatch(/^\s+at /m);
  return ran;
}

const write: ScriptedReply = { toolCalls: [{ name: 'write', args: { path: 'b.txt', content: 'b' } }] };
const afterWriting = (_request: unknown, n: number): ScriptedReply => (n === 0 ? write : { text: 'Done.' });

describe('parley -p', () => {
  test('prints the answer and nothing else on standard output', async () => {
    const ran = await parley({ claude: 'Because.' }, ['-p', 'Why?', '-m', CLAUDE]);
    expect([ran.code, ran.stdout]).toEqual([0, 'Because.\n']);
  });

  test('takes the task, or more of it, from standard input', async () => {
    const echo: Lines = { claude: ({ messages }) => ({ text: messages.at(-1)!.text }) };
    expect((await parley(echo, ['-m', CLAUDE], 'Why?\n')).stdout).toBe('Why?\n');
    const scene = await patternScene(echo);
    const piped = await pipeIntoParley('a diff', ['-p', 'Review this:', '-m', CLAUDE], {
      cwd: scene.workspace,
      env: scene.env,
    });
    expect(piped.stdout).toBe('Review this:\n\na diff\n');
  });

  test('prints one object, or each event, as JSON', async () => {
    const one = await parley({ claude: 'Because.' }, ['-p', 'Why?', '-m', CLAUDE, '--output-format', 'json']);
    expect(JSON.parse(one.stdout)).toMatchObject({ schema: 1, outcome: 'answered', result: 'Because.' });
    const all = await parley({ claude: 'Because.' }, [
      '-p',
      'Why?',
      '-m',
      CLAUDE,
      '--output-format',
      'stream-json',
    ]);
    const types = all.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect([types[0], types.at(-1)]).toEqual(['session.started', 'turn.ended']);
  });

  test('refuses what would need a yes, and does it where it is approved', async () => {
    const refused = await parley({ claude: afterWriting }, [
      '-p',
      'Write.',
      '-m',
      CLAUDE,
      '--output-format',
      'json',
    ]);
    expect(JSON.parse(refused.stdout)).toMatchObject({ filesChanged: [], refused: ['create b.txt'] });
    const args = ['-p', 'Write.', '-m', CLAUDE, '--output-format', 'json', '--approve', 'edits'];
    expect(JSON.parse((await parley({ claude: afterWriting }, args)).stdout)).toMatchObject({
      filesChanged: ['b.txt'],
    });
  });

  test('ends with 1 where the task fails, and says why in a sentence', async () => {
    const fault = { type: 'status', status: 401 } as const;
    const ran = await parley({ claude: { fault } }, ['-p', 'Why?', '-m', CLAUDE]);
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(/^parley: .*key/m);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends with %s in the middle of an answer as %i, with what was said', async (signal, code) => {
    const scene = await patternScene({ claude: { text: 'word '.repeat(400), pieceDelayMs: 20 } });
    const args = ['-p', 'Talk.', '-m', CLAUDE, '--output-format', 'stream-json'];
    const { child, ended } = startParley(args, { cwd: scene.workspace, env: scene.env });
    child.stdout!.on('data', (data) => {
      if (String(data).includes('"type":"text"')) child.kill(signal);
    });
    const ran = await ended;
    const last = JSON.parse(ran.stdout.trim().split('\n').at(-1)!) as { outcome: string; text: string };
    expect([ran.code, last.outcome, last.text.startsWith('word')]).toEqual([code, 'stopped', true]);
  });

  test('leaves quietly where nobody reads on', async () => {
    const scene = await patternScene({ claude: { text: 'word '.repeat(4000), pieceDelayMs: 1 } });
    const args = ['-p', 'Talk.', '-m', CLAUDE, '--output-format', 'stream-json'];
    const { child, ended } = startParley(args, { cwd: scene.workspace, env: scene.env });
    child.stdout!.once('data', () => child.stdout!.destroy());
    const ran = await ended;
    expect([ran.code, ran.stderr]).toEqual([0, '']);
  });
});

describe('what cannot be understood', () => {
  test.each([
    [['--modle', 'x'], 2, /There is no option --modle. Did you mean --model/],
    [['-p', ''], 2, /No task\. Say what to do/],
    [['-p', 'x', '--output-format', 'xml'], 2, /--output-format takes text, json or stream-json, not "xml"/],
    [['-p', 'x', '--approve', 'everything'], 2, /--approve takes edits, commands or all, not "everything"/],
    [['-p', 'x', '--max-steps', '0'], 2, /--max-steps takes a whole number/],
    [['modles'], 2, /There is no command modles\. Did you mean parley models\?/],
    [['-p', 'x', '-m', 'anthropic:'], 1, /No model is called/],
    [['-p', 'x', '-m', 'sonet'], 1, /No model is called "sonet"\. Did you mean/],
    [['-p', 'x', '-C', '/no/such/folder'], 2, /There is no folder/],
  ])('is told in one sentence: %j', async (args, code, sentence) => {
    const ran = await parley({ claude: 'x' }, args);
    expect([ran.code, ran.stdout]).toEqual([code, '']);
    expect(ran.stderr).toMatch(sentence);
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
  });
});

test('models lists what there is, and a provider that is down in its line', async () => {
  const scene = await patternScene({});
  const env = { ...scene.env, OLLAMA_BASE_URL: 'http://127.0.0.1:1' };
  const ran = await startParley(['models'], { cwd: scene.workspace, env }).ended;
  expect(ran.stdout).toContain('anthropic:claude-');
  expect(ran.stdout).toMatch(/ollama.*(not running|could not|unreachable|ECONNREFUSED|answer)/i);
  expect(ran.code).toBe(0);
});

test('doctor says what works and mends what does not', async () => {
  const ran = await parley({}, ['doctor']);
  expect(ran.stdout).toMatch(/Ready: \d+ models to work with\./);
  expect([ran.code, ran.stderr]).toEqual([0, '']);
});

describe('parley undo', () => {
  const approved = ['-p', 'Write.', '-m', CLAUDE, '--approve', 'edits'];

  test('brings back what a run before it changed', async () => {
    const scene = await patternScene({ claude: afterWriting });
    const at = { cwd: scene.workspace, env: scene.env };
    await startParley(approved, at).ended;
    expect(await readFile(join(scene.workspace, 'b.txt'), 'utf8')).toBe('b');
    expect(await startParley(['undo'], at).ended).toMatchObject({ code: 0, stdout: 'b.txt\n' });
    await expect(readFile(join(scene.workspace, 'b.txt'))).rejects.toThrow('ENOENT');
    expect(await startParley(['undo'], at).ended).toMatchObject({
      code: 1,
      stderr: 'There is nothing to undo.\n',
    });
  });

  test('says what else can be done where somebody changed a file since', async () => {
    const scene = await patternScene({ claude: afterWriting });
    const at = { cwd: scene.workspace, env: scene.env };
    await startParley(approved, at).ended;
    await writeFile(join(scene.workspace, 'b.txt'), 'of the human');
    expect(await startParley(['undo'], at).ended).toMatchObject({
      code: 1,
      stderr:
        'parley: Not undone: b.txt changed since. --others leaves that and brings back the rest, --all brings back all, --keep none.\n',
    });
    expect(await startParley(['undo', '--all', '--keep'], at).ended).toMatchObject({ code: 2 });
    expect(await startParley(['undo', '--keep'], at).ended).toMatchObject({ code: 0, stdout: '' });
    expect(await readFile(join(scene.workspace, 'b.txt'), 'utf8')).toBe('of the human');
    expect((await startParley(['undo'], at).ended).stderr).toBe('There is nothing to undo.\n');
  });
});
