import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { CodingAgent } from '../../src/agent.ts';
import { runRepl } from '../../src/cli/repl.ts';
import { Failure } from '../../src/conversation/failure.ts';
import { simulateAnthropic } from '../../src/simulation/anthropic.ts';
import { inOrder, type Script } from '../../src/simulation/script.ts';
import { HeadlessTerminal } from '../support/headless-terminal.ts';
import { PNG } from '../support/image.ts';
import { folderWith } from '../support/scene.ts';

const ENTER = '\r';
const ESC = '\x1b';
const CTRL_C = '\x03';
const CTRL_D = '\x04';
const SHIFT_ENTER = '\x1b[13;2u';
const DOWN = '\x1b[B';
const UP = '\x1b[A';

/** The REPL at a terminal that a test types at, with the real agent and a simulated Anthropic. */
async function openRepl(script: Script, files: Record<string, string> = {}, home?: string) {
  const service = await simulateAnthropic(script);
  const workspace = await folderWith(files);
  const env = {
    HOME: home ?? (await folderWith()),
    PATH: process.env.PATH,
    ANTHROPIC_API_KEY: 'test-key',
    ANTHROPIC_BASE_URL: service.url,
    OLLAMA_BASE_URL: 'http://127.0.0.1:9',
    DEFAULT_MODEL: 'anthropic:claude-sonnet-5-5',
  };
  const agent = new CodingAgent({ workspace, env });
  const terminal = new HeadlessTerminal(100, 40);
  const done = runRepl(agent, { env, terminal });
  const leave = async () => {
    const pressing = setInterval(() => terminal.type(CTRL_C), 20);
    return done.finally(() => clearInterval(pressing));
  };
  onTestFinished(async () => {
    await leave();
    await service.close();
  });
  const text = async () => (await terminal.allRows()).map((row) => row.trimEnd()).join('\n');
  const shows = (what: string | RegExp) =>
    vi.waitFor(async () => expect(await text()).toMatch(what), { timeout: 8_000 });
  await shows('anthropic:claude-sonnet-5-5 leads');
  return {
    agent,
    service,
    workspace,
    env,
    terminal,
    done,
    leave,
    shows,
    send(text: string) {
      terminal.type(text);
      terminal.type(ENTER);
    },
    text,
    asked: () => service.requests.map((request) => request.messages.at(-1)?.text ?? ''),
  };
}

test('a message becomes a turn, what was said stays above the prompt, and Ctrl-D leaves', async () => {
  const repl = await openRepl(() => ({ text: 'Hello, **you**.' }));
  repl.send('Hi there');
  await repl.shows(/› Hi there\n\n● anthropic:claude-sonnet-5-5\n {2}Hello, you\.\n/);
  await repl.shows(/context .* · \/help/);
  repl.terminal.type(CTRL_D);
  expect(await repl.done).toBe(0);
  expect(repl.terminal.running).toBe(false);
  expect(await repl.text()).toMatch(/^Parley .*Hello, you\.\n {2}\d.*$/s);
});

test('Esc stops the reply, keeps what was said, and the conversation goes on', async () => {
  const repl = await openRepl((_request, n) =>
    n === 0 ? { text: 'word '.repeat(4_000), pieceDelayMs: 5 } : { text: 'Here again.' },
  );
  repl.send('Talk');
  await repl.shows(/word word/);
  repl.terminal.type(ESC);
  await repl.shows(/── stopped after/);
  expect(await repl.text()).toContain('  word word');
  repl.send('And now?');
  await repl.shows('Here again.');
});

test('what is sent while a model works waits, and goes out when it is done', async () => {
  const repl = await openRepl(inOrder({ text: 'One.', firstDelayMs: 600 }, { text: 'Two.' }));
  repl.send('first');
  repl.send('second');
  await repl.shows(/› second\n\n›/);
  await repl.shows(/› first[\s\S]*One\.[\s\S]*› second[\s\S]*Two\./);
  expect(repl.asked().map((text) => text.trim())).toEqual(['first', 'second']);
});

test('after a stop what waited is in the editor again and is not sent', async () => {
  const repl = await openRepl(() => ({ text: 'word '.repeat(4_000), pieceDelayMs: 5 }));
  repl.send('first');
  await repl.shows(/word word/);
  repl.send('second');
  repl.terminal.type(CTRL_C);
  await repl.shows(/── stopped after[\s\S]*› second\n[\s\S]*enter sends/);
  expect(repl.service.requests).toHaveLength(1);
});

test('an edit is shown and asked for: no with a reason reaches the model, yes changes the file', async () => {
  const edit = { name: 'edit', args: { path: 'a.txt', edits: [{ old: 'one', new: 'two' }] } };
  const read = { name: 'read', args: { path: 'a.txt' } };
  const repl = await openRepl(
    inOrder({ toolCalls: [read] }, { toolCalls: [edit] }, { toolCalls: [edit] }, { text: 'Done.' }),
    { 'a.txt': 'one\n' },
  );
  repl.send('Change it');
  await repl.shows(/1 - one\n\s+1 \+ two[\s\S]*→ y {2}yes/);
  for (const key of [DOWN, DOWN, DOWN, ENTER]) repl.terminal.type(key);
  repl.send('not yet');
  await repl.shows(/you said no: not yet/);
  await vi.waitFor(() => expect(repl.asked().some((text) => text.includes('not yet'))).toBe(true));
  await repl.shows(/you said no: not yet[\s\S]*→ y {2}yes/);
  expect(await readFile(join(repl.workspace, 'a.txt'), 'utf8')).toBe('one\n');
  repl.terminal.type('y');
  await repl.shows(/Done\./);
  expect(await readFile(join(repl.workspace, 'a.txt'), 'utf8')).toBe('two\n');
  repl.send('/undo');
  await repl.shows(/brought back: a\.txt/);
  expect(await readFile(join(repl.workspace, 'a.txt'), 'utf8')).toBe('one\n');
});

test('undo asks first where somebody changed a file since, or another session did', async () => {
  const write = (path: string) => ({ name: 'write', args: { path, content: 'x\n' } });
  const repl = await openRepl(
    inOrder({ toolCalls: [write('a.txt')] }, { toolCalls: [write('b.txt')] }, { text: 'Done.' }),
  );
  repl.send('Write');
  await repl.shows(/\? create a\.txt[\s\S]*→ y {2}yes/);
  for (const key of [DOWN, ENTER]) repl.terminal.type(key);
  await repl.shows(/Done\./);
  await writeFile(join(repl.workspace, 'b.txt'), 'of the human\n');
  repl.send('/undo');
  await repl.shows(/Changed since by somebody else: b\.txt[\s\S]*bring back the others[\s\S]*bring back all/);
  repl.terminal.type(ENTER);
  await repl.shows(/removed: a\.txt/);
  expect(await readFile(join(repl.workspace, 'b.txt'), 'utf8')).toBe('of the human\n');
  repl.send('/undo');
  await repl.shows('There is nothing to undo.');
});

test('a question does not take the keys of somebody who is writing', async () => {
  const write = { name: 'write', args: { path: 'b.txt', content: 'b\n' } };
  const repl = await openRepl(inOrder({ toolCalls: [write], firstDelayMs: 200 }, { text: 'Done.' }));
  repl.send('Write it');
  const typing = setInterval(() => repl.terminal.type('y'), 30);
  await repl.shows(/\? create b\.txt/).finally(() => clearInterval(typing));
  await repl.shows('a question waits until you pause');
  await repl.shows(/→ y {2}yes/);
  repl.terminal.type('n');
  await repl.shows(/you said no[\s\S]*› y+/);
});

test('a text typed at a question is no answer to it, whatever letters it has', async () => {
  const write = { name: 'write', args: { path: 'b.txt', content: 'b\n' } };
  const repl = await openRepl(inOrder({ toolCalls: [write] }, { text: 'Done.' }));
  repl.send('Write it');
  await repl.shows(/→ y {2}yes/);
  for (const key of '/undo yes') repl.terminal.type(key);
  repl.terminal.type(ESC);
  await repl.shows(/stopped after/);
  expect(await repl.text()).not.toMatch(/you said yes/);
});

test('commands: the unknown one gets its nearest, models are listed, one is chosen from a list', async () => {
  const repl = await openRepl(() => ({ text: 'Hello.' }));
  repl.send('/modles');
  await repl.shows('There is no command /modles. Did you mean /model or /models?');
  repl.send('/models');
  await repl.shows(/› \/models[\s\S]*anthropic:claude-\S+ +\S/);
  repl.send('/cost');
  await repl.shows('Nothing was asked yet.');
  repl.send('/model');
  await repl.shows('Which model shall lead?');
  repl.terminal.type(ESC);
  await repl.shows(/· \/help/);
  repl.send('/model nosuchmodel');
  await repl.shows('No model is called "nosuchmodel".');
  repl.send('/home/me is where I live');
  await repl.shows('Hello.');
});

test('a file that is named goes along with the message, one outside of the workspace does not', async () => {
  const repl = await openRepl(() => ({ text: 'Seen.' }), { 'src/a.js': 'const a = 1;\n' });
  await writeFile(join(repl.workspace, 'picture.png'), PNG);
  repl.send('See @src/a.js, @picture.png, @../outside and me@example.com.');
  await repl.shows(/with src\/a\.js \(1 line\), 1 image/);
  await repl.shows('Seen.');
  expect(repl.asked()[0]).toContain('<file path="src/a.js">\nconst a = 1;\n</file>');
});

test('what was typed is there in the next session, for nobody else to read', async () => {
  const home = await folderWith();
  const first = await openRepl(() => ({ text: 'Yes.' }), {}, home);
  for (const keys of ['remember', SHIFT_ENTER, 'this', ENTER]) first.terminal.type(keys);
  await first.shows('Yes.');
  await first.leave();
  expect((await stat(join(home, '.local/state/parley/history.jsonl'))).mode & 0o777).toBe(0o600);
  const second = await openRepl(() => ({ text: 'Again.' }), {}, home);
  await vi.waitFor(async () => {
    second.terminal.type(UP);
    expect(await second.text()).toMatch(/› remember\n {2}this/);
  });
});

test('two hundred pasted lines are one marker in the editor and whole for the model', async () => {
  const repl = await openRepl(() => ({ text: 'Read.' }));
  const pasted = Array.from({ length: 200 }, (_, n) => `line ${n}`).join('\n');
  repl.terminal.type(`\x1b[200~${pasted}\x1b[201~`);
  await repl.shows('[paste #1 +200 lines]');
  repl.terminal.type(ENTER);
  await repl.shows('Read.');
  expect(repl.asked()[0]).toContain('line 199');
  expect(await repl.text()).toContain('… 188 more lines (ctrl-o shows all)');
});

test('Ctrl-C twice on an empty line leaves, and says so after the first', async () => {
  const repl = await openRepl(() => ({ text: 'Hello.' }));
  repl.terminal.type('some text');
  repl.terminal.type(CTRL_C);
  await repl.shows(/\n›\n/);
  repl.terminal.type(CTRL_C);
  await repl.shows('again to leave');
  repl.terminal.type(CTRL_C);
  expect(await repl.done).toBe(0);
});

test('Esc pressed again right after a stop does not leave', async () => {
  const repl = await openRepl(() => ({ text: 'word '.repeat(4_000), pieceDelayMs: 5 }));
  repl.send('Talk');
  await repl.shows(/word word/);
  repl.terminal.type(ESC);
  await repl.shows(/── stopped after/);
  for (const key of [ESC, ESC, ESC]) repl.terminal.type(key);
  repl.send('/cost');
  await repl.shows(/› \/cost/);
  expect(repl.terminal.running).toBe(true);
});

test('a first press to leave is taken back by another key', async () => {
  const repl = await openRepl(() => ({ text: 'Hello.' }));
  repl.terminal.type(CTRL_C);
  await repl.shows('again to leave');
  repl.send('/cost');
  await repl.shows(/› \/cost/);
  repl.terminal.type(CTRL_C);
  await repl.shows('again to leave');
  expect(repl.terminal.running).toBe(true);
});

test('while a turn does not begin it says what is waited for, and Esc stops it', async () => {
  const repl = await openRepl(() => ({ text: 'Hello.' }));
  repl.agent.chat = (_text, { signal } = {}) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(Failure.stopped())));
  repl.send('Hi');
  await repl.shows(/asking which models there are · \d/);
  repl.terminal.type(ESC);
  await repl.shows('· Stopped.');
  expect(await repl.text()).not.toContain('asking which');
  // What was not said yet is in the editor again.
  await repl.shows(/\n› Hi\n/);
});

test('Esc stops the choice of a model whose server does not answer', async () => {
  const repl = await openRepl(() => ({ text: 'Hello.' }));
  repl.agent.useModel = (_name, { signal } = {}) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(Failure.stopped())));
  repl.send('/model sonnet');
  await repl.shows('esc stops');
  repl.terminal.type(ESC);
  await repl.shows('· Stopped.');
});

test('Esc ends the look at whether a model that leads already is listed', async () => {
  const repl = await openRepl(() => ({ text: 'Hello.' }));
  repl.agent.listAllModels = () => new Promise(() => {});
  repl.send('/model anthropic:claude-opus-5');
  await repl.shows(/anthropic:claude-opus-5 leads[\s\S]*esc stops/);
  repl.terminal.type(ESC);
  await repl.shows(/\/help/);
  expect(repl.agent.model).toBe('anthropic:claude-opus-5');
});

test('Esc stops a command that runs beside a turn as well', async () => {
  const repl = await openRepl(() => ({ text: 'Slow.', fault: { type: 'stall', at: 'text' } }));
  repl.send('Hi');
  await repl.shows(/thinking|waiting|Slow/);
  repl.agent.listAllModels = (signal) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(Failure.stopped())));
  repl.send('/models');
  await repl.shows('asking the providers');
  repl.terminal.type(ESC);
  await repl.shows('· Stopped.');
  await repl.shows('stopped after');
});
