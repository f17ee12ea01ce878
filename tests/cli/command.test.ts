import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ParleyEvent } from '../../src/conversation/event.ts';
import type { ScriptedReply } from '../../src/simulation/script.ts';
import { pipeIntoParley, type Ran, startParley } from '../support/command-scene.ts';
import { CLAUDE, type Lines, patternScene } from '../support/pattern-scene.ts';
import { folderWith } from '../support/scene.ts';
import { silentServer } from '../support/silent-server.ts';

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

  test('takes along what the task names with @, and says what it does not', async () => {
    const echo: Lines = { claude: ({ messages }) => ({ text: messages.at(-1)!.text }) };
    const files = { 'a.js': 'one\n' };
    const ran = await parley(echo, ['-p', 'See @a.js and @b.js', '-m', CLAUDE], undefined, files);
    expect(ran.stdout).toBe('See @a.js and @b.js\n\n<file path="a.js">\none\n</file>\n');
    expect(ran.stderr).toContain('There is no file b.js here');
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

  test('says why it failed and nothing of a conversation to go on with, whatever the service put into it', async () => {
    const fault = { type: 'status', status: 400, message: 'bad\x1b[2J\nparley: all is well' } as const;
    const ran = await parley({ claude: { fault } }, ['-p', 'Why?', '-m', CLAUDE]);
    expect(ran.stderr).toMatch(/^parley: [^\n]*bad␛\[2J parley: all is well[^\n]*\n$/);
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

  test.each([
    ['sonnet', 'text', 'SIGINT', 130, /^$/],
    ['sonnet', 'text', 'SIGTERM', 143, /^$/],
    [
      'ollama',
      'json',
      'SIGINT',
      130,
      /^\{"type":"run\.failed",.*"outcome":"stopped","failure":\{"kind":"stopped"/,
    ],
  ] as const)(
    'is stopped at once while %s is asked for and no server answers: %s, %s',
    async (model, format, signal, code, stdout) => {
      const server = await silentServer();
      const cwd = await folderWith();
      const env = {
        HOME: await folderWith(),
        PATH: process.env.PATH,
        ANTHROPIC_API_KEY: 'test-key',
        ANTHROPIC_BASE_URL: server.url,
        OLLAMA_BASE_URL: server.url,
      };
      const asked = server.next();
      const { child, ended } = startParley(['-p', 'x', '-m', model, '--output-format', format], { cwd, env });
      await asked;
      child.kill(signal);
      const ran = await ended;
      expect([ran.code, ran.stdout]).toEqual([code, expect.stringMatching(stdout)]);
      expect(ran.stderr).toBe(format === 'text' ? 'parley: Stopped.\n' : '');
    },
  );

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
    [['consullt', 'Map?'], 2, /There is no command consullt\. Did you mean parley consult\?/],
    [['fix', 'it'], 2, /The task is one argument: put it in quotes \("fix it"\)\./],
    [['help', 'consl'], 2, /There is no command consl\. Did you mean consult\?/],
    [['-p', 'x', '-m', 'sonnet', '--model=gemini'], 2, /-p takes one model: give -m once\. To ask several: /],
    [['delegate', 'x', '-m', 'a', '-m', 'b'], 2, /^parley: parley delegate takes one model: give -m once\./],
    [['demo', '-m', 'sonnet'], 2, /There is no option -m\. See parley demo --help\./],
    [['delegate', 'x', '--again', 'd1'], 2, /There is no option --again\./],
    [['modles'], 2, /There is no command modles\. Did you mean parley models\?/],
    [['-p', 'x', '-m', 'anthropic:'], 1, /No model is called/],
    [['-p', 'x', '-m', 'sonet'], 1, /No model is called "sonet"\. Did you mean/],
    [['-p', 'x', '-C', '/no/such/folder'], 2, /There is no folder/],
    [['-p', 'x', '-m', 'a\x1b[2J\x1b]0;owned\x07'], 1, /No model is called "a␛\[2J␛\]0;owned␇"/],
  ])('is told in one sentence: %j', async (args, code, sentence) => {
    const ran = await parley({ claude: 'x' }, args);
    expect([ran.code, ran.stdout]).toEqual([code, '']);
    expect(ran.stderr).toMatch(sentence);
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('JSON where nothing begins', () => {
  const noTask = { type: 'run.failed', outcome: 'failed', failure: { kind: 'usage' } };

  test.each([['-p', ''], ['consult'], ['route', '']])('%j without a task', async (...args) => {
    const ran = await parley({}, [...args, '--output-format', 'json']);
    expect(ran.code).toBe(2);
    expect(JSON.parse(ran.stdout)).toMatchObject(noTask);
  });

  test('goes on with the numbers of the events before it', async () => {
    const ran = await parley({}, ['-p', 'x', '-C', '/no/such/folder', '--output-format', 'stream-json']);
    const lines = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ParleyEvent);
    const [first, last] = [lines[0]!, lines.at(-1)!];
    expect(first.type).toBe('session.started');
    expect(last).toMatchObject({ type: 'run.failed', session: first.session, seq: lines.length });
  });
});

test.each([[[]], [['vote']], [['demo']], [['delegate']], [['experiment']]])(
  'help %j fits into 80 columns',
  async (of) => {
    const ran = await parley({}, ['help', ...of]);
    expect(ran.code).toBe(0);
    expect(Math.max(...ran.stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(ran.stdout).toContain(of.length > 0 ? `parley ${of[0]}` : 'Commands:');
  },
);

test('help of a command tells of no option that has no meaning for it', async () => {
  const told = async (command: string) => (await parley({}, [command, '--help'])).stdout;
  expect(await told('demo')).not.toMatch(/--model|--approve|--max-steps|--config/);
  expect(await told('doctor')).not.toMatch(/--model|--approve|--max-steps/);
  expect(await told('delegate')).not.toMatch(/--again/);
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

test('doctor says which lines a key of OpenAI still needs', async () => {
  const scene = await patternScene({});
  const env = { ...scene.env, OPENAI_API_KEY: 'sk-test-0123456789' };
  const ran = await startParley(['doctor'], { cwd: scene.workspace, env }).ended;
  expect(ran.stdout).toMatch(/openai +nothing uses OPENAI_API_KEY: write `openai: \{ type: openai \}`/);
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
