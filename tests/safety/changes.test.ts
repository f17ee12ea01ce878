import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AskHuman } from '../../src/safety/approval.ts';
import { FileChanges } from '../../src/safety/changes.ts';
import { folderWith, never } from '../support/scene.ts';
import { type ToolScene, toolScene } from '../support/tool-scene.ts';

const by = { speaker: 'test:model', signal: never };

/** Reads the files and plans these contents for them; undefined deletes. */
async function change(scene: ToolScene, plan: Record<string, string | undefined>, changes = scene.changes) {
  const planned = [];
  for (const [name, content] of Object.entries(plan)) {
    const path = await scene.workspace.resolve(name);
    const now = await readFile(path).catch(() => undefined);
    if (now) changes.noteRead(path, now);
    planned.push({ path, content: content === undefined ? undefined : Buffer.from(content) });
  }
  return changes.apply(planned, by);
}

test('the human sees the difference before anything is written', async () => {
  let before = '';
  const scene: ToolScene = await toolScene(
    { 'a.txt': 'one\ntwo\n' },
    {
      async ask() {
        before = await scene.content('a.txt');
        return { answer: 'yes' };
      },
    },
  );
  const diffs = await change(scene, { 'a.txt': 'one\n2\n', 'b.txt': 'new\n' });
  expect(before).toBe('one\ntwo\n');
  expect(scene.asked[0]).toMatchObject({ kind: 'edit', title: 'change a.txt, create b.txt', diffs });
  expect(diffs[0]).toEqual({
    path: 'a.txt',
    change: 'changed',
    added: 1,
    removed: 1,
    patch: '@@ -1,2 +1,2 @@\n one\n-two\n+2',
  });
  expect(await scene.content('a.txt')).toBe('one\n2\n');
});

test('after a no nothing is written, nothing is kept, and the reason goes back', async () => {
  const ask: AskHuman = () => Promise.resolve({ answer: 'no', reason: 'use tabs' });
  const scene = await toolScene({ 'a.txt': 'one\n' }, { ask });
  await expect(change(scene, { 'a.txt': 'two\n' })).rejects.toThrow('The human said no: use tabs');
  expect(await scene.content('a.txt')).toBe('one\n');
  expect(await scene.changes.undo()).toEqual([]);
});

test('what already is as it should be is neither asked for nor kept', async () => {
  const scene = await toolScene({ 'a.txt': 'one\n' });
  expect(await change(scene, { 'a.txt': 'one\n' })).toEqual([]);
  expect(scene.asked).toEqual([]);
  expect(await scene.changes.undo()).toEqual([]);
});

test('a file that was not read, or changed since, is not changed', async () => {
  const scene = await toolScene({ 'a.txt': 'one\n' });
  const path = scene.at('a.txt');
  const apply = () => scene.changes.apply([{ path, content: Buffer.from('x') }], by);
  await expect(apply()).rejects.toThrow('a.txt exists and was not read yet');
  scene.changes.noteRead(path, Buffer.from('one\n'));
  await scene.put('a.txt', 'by somebody else\n');
  await expect(apply()).rejects.toThrow('a.txt has changed since it was read');
  expect(await scene.content('a.txt')).toBe('by somebody else\n');
});

test('a file that changes while the human thinks is not overwritten', async () => {
  const scene: ToolScene = await toolScene(
    { 'a.txt': 'one\n' },
    {
      async ask() {
        await scene.put('a.txt', 'the human typed this\n');
        return { answer: 'yes' };
      },
    },
  );
  await expect(change(scene, { 'a.txt': 'two\n' })).rejects.toThrow('has changed meanwhile');
  expect(await scene.content('a.txt')).toBe('the human typed this\n');
});

test('a folder that becomes a link while the human thinks is not written through', async () => {
  const outside = await folderWith();
  const scene: ToolScene = await toolScene(
    { 'folder/keep.txt': '' },
    {
      async ask() {
        await rm(scene.at('folder'), { recursive: true });
        await symlink(outside, scene.at('folder'));
        return { answer: 'yes' };
      },
    },
  );
  await expect(change(scene, { 'folder/new.txt': 'x' })).rejects.toThrow('leads elsewhere by now');
  expect(await readdir(outside)).toEqual([]);
});

test('of several changes at once to one file only those that saw it as it is are made', async () => {
  const scene = await toolScene({ 'a.txt': '0\n' });
  scene.approver.allow(['edits']);
  const path = scene.at('a.txt');
  scene.changes.noteRead(path, Buffer.from('0\n'));
  const attempts = await Promise.allSettled(
    ['1\n', '2\n', '3\n', '4\n'].map((text) =>
      scene.changes.apply([{ path, content: Buffer.from(text) }], by),
    ),
  );
  const done = attempts.flatMap(({ status }, place) => (status === 'fulfilled' ? [`${place + 1}\n`] : []));
  expect(done).toEqual([await scene.content('a.txt')]);
});

test('own writes count as read, across turns', async () => {
  const scene = await toolScene();
  await change(scene, { 'a.txt': 'one\n' });
  scene.changes.beginTurn('turn-2');
  const path = scene.at('a.txt');
  await scene.changes.apply([{ path, content: Buffer.from('two\n') }], by);
  expect(await scene.content('a.txt')).toBe('two\n');
});

test('mode is kept, a link is written through and stays a link, no temporary file is left', async () => {
  const scene = await toolScene({ 'real/run.sh': 'old\n' });
  await chmod(scene.at('real/run.sh'), 0o750);
  await symlink('real/run.sh', scene.at('link'));
  await change(scene, { link: 'new\n' });
  expect(await scene.content('real/run.sh')).toBe('new\n');
  expect((await stat(scene.at('real/run.sh'))).mode & 0o7777).toBe(0o750);
  expect((await readdir(scene.root)).sort()).toEqual(['link', 'real']);
  expect(await readdir(scene.at('real'))).toEqual(['run.sh']);
});

test.runIf(process.getuid?.() === 0)('owner and group are kept', async () => {
  const scene = await toolScene({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
  await chown(scene.at('a.txt'), process.getuid!(), 1234);
  await chown(scene.at('b.txt'), 1235, 1236);
  await change(scene, { 'a.txt': 'A\n', 'b.txt': 'B\n' });
  expect(await stat(scene.at('a.txt'))).toMatchObject({ uid: process.getuid!(), gid: 1234 });
  expect(await stat(scene.at('b.txt'))).toMatchObject({ uid: 1235, gid: 1236 });
});

test('several files are changed all or none', async () => {
  const scene = await toolScene({ 'a.txt': 'a\n', 'gone.txt': 'g\n', 'stays.txt': 's\n' });
  await chmod(scene.at('stays.txt'), 0o444);
  const attempt = change(scene, {
    'a.txt': 'A\n',
    'gone.txt': undefined,
    'new/folder/b.txt': 'b\n',
    'stays.txt': 'S\n',
  });
  await expect(attempt).rejects.toThrow('Nothing was changed: stays.txt: permission denied.');
  expect(await scene.content('a.txt')).toBe('a\n');
  expect(await scene.content('gone.txt')).toBe('g\n');
  expect((await readdir(scene.root)).sort()).toEqual(['a.txt', 'gone.txt', 'stays.txt']);
});

test.skipIf(process.getuid?.() === 0)('a folder without permission is told in words', async () => {
  const scene = await toolScene({ 'locked/a.txt': 'a\n' });
  await chmod(scene.at('locked'), 0o555);
  await expect(change(scene, { 'locked/b.txt': 'b\n' })).rejects.toThrow('locked/b.txt: permission denied');
  await chmod(scene.at('locked'), 0o755);
});

test('a named pipe is no file to write', { timeout: 5_000 }, async () => {
  const scene = await toolScene();
  await scene.commands.run(['mkfifo', 'pipe'], { ...by, timeoutMs: 5_000, ask: false });
  await expect(
    scene.changes.apply([{ path: scene.at('pipe'), content: Buffer.from('x') }], by),
  ).rejects.toThrow('pipe cannot be changed: it is no ordinary file');
});

test('where the old content cannot be kept nothing is changed', async () => {
  const folder = await folderWith({ 'a-file': '' });
  const scene = await toolScene({ 'a.txt': 'one\n' }, { store: join(folder, 'a-file', 'store') });
  await expect(change(scene, { 'a.txt': 'two\n' })).rejects.toThrow('the old content could not be kept');
  expect(await scene.content('a.txt')).toBe('one\n');
});

test('undo brings back what the last turn found: changed, created and deleted files', async () => {
  const scene = await toolScene({ 'a.txt': 'a\n', 'gone.sh': 'g\n' });
  await chmod(scene.at('gone.sh'), 0o775);
  scene.changes.beginTurn('turn-1');
  await change(scene, { 'a.txt': 'A\n', 'new/folder/b.txt': 'b\n', 'gone.sh': undefined });
  await change(scene, { 'a.txt': 'AA\n' });
  expect((await readdir(scene.root)).sort()).toEqual(['a.txt', 'new']);
  const paths = await scene.changes.undo();
  expect(paths.sort()).toEqual(['a.txt', 'gone.sh', 'new/folder/b.txt']);
  const removed = ['new/folder/b.txt'];
  expect(scene.events).toContainEqual({ type: 'files.restored', paths: expect.any(Array), removed });
  expect(await scene.content('a.txt')).toBe('a\n');
  expect(await scene.content('gone.sh')).toBe('g\n');
  expect((await stat(scene.at('gone.sh'))).mode & 0o7777).toBe(0o775);
  expect((await readdir(scene.root)).sort()).toEqual(['a.txt', 'gone.sh']);
});

test('folders that were made for a new file stay while something else is in them', async () => {
  const scene = await toolScene();
  await change(scene, { 'new/folder/b.txt': 'b\n' });
  await scene.put('new/own.txt', 'of the human\n');
  await scene.changes.undo();
  expect(await readdir(scene.at('new'))).toEqual(['own.txt']);
});

test('undo goes back turn by turn, past turns that changed nothing', async () => {
  const scene = await toolScene({ 'a.txt': '0\n' });
  for (const turn of ['1', '2', '3']) {
    scene.changes.beginTurn(turn);
    if (turn !== '2') await change(scene, { 'a.txt': `${turn}\n` });
  }
  await scene.changes.undo();
  expect(await scene.content('a.txt')).toBe('1\n');
  await scene.changes.undo();
  expect(await scene.content('a.txt')).toBe('0\n');
  expect(await scene.changes.undo()).toEqual([]);
});

test('undo refuses, and changes nothing, where somebody else changed a file since, unless told to write over it', async () => {
  const scene = await toolScene({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
  await change(scene, { 'a.txt': 'A\n', 'b.txt': 'B\n' });
  await scene.put('b.txt', 'of the human\n');
  await expect(scene.changes.undo()).rejects.toThrow('Not undone: b.txt changed since');
  expect(await scene.content('a.txt')).toBe('A\n');
  await scene.changes.undo({ changedSince: 'overwrite' });
  expect(await scene.content('a.txt')).toBe('a\n');
  expect(await scene.content('b.txt')).toBe('b\n');
});

test('undo brings back the other files, or leaves the turn as it is, where that is wanted', async () => {
  const scene = await toolScene({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
  for (const turn of ['1', '2']) {
    scene.changes.beginTurn(turn);
    await change(scene, { 'a.txt': `A${turn}\n`, 'b.txt': `B${turn}\n` });
  }
  await scene.put('b.txt', 'of the human\n');
  expect(await scene.changes.last()).toMatchObject({
    paths: ['a.txt', 'b.txt'],
    changedSince: ['b.txt'],
    own: true,
  });
  expect(await scene.changes.undo({ changedSince: 'leave' })).toEqual(['a.txt']);
  expect([await scene.content('a.txt'), await scene.content('b.txt')]).toEqual(['A1\n', 'of the human\n']);
  await scene.changes.keepLast();
  expect(await scene.changes.last()).toBeUndefined();
  expect(await scene.content('a.txt')).toBe('A1\n');
});

test('what was undone has to be read again before it is changed', async () => {
  const scene = await toolScene({ 'a.txt': 'a\n' });
  await change(scene, { 'a.txt': 'A\n' });
  await scene.changes.undo();
  const again = scene.changes.apply([{ path: scene.at('a.txt'), content: Buffer.from('x') }], by);
  await expect(again).rejects.toThrow('was not read yet');
});

/** The changes as a new process finds them. */
function reopened(scene: ToolScene): FileChanges {
  const { workspace, approver, store } = scene;
  return new FileChanges({ workspace, approver, store: join(store, 'checkpoints'), emit: () => {} });
}

test('the old content outlives the process, and a turn of the same name in the next one', async () => {
  const scene = await toolScene({ 'a.txt': '0\n' });
  scene.changes.beginTurn('turn-1');
  await change(scene, { 'a.txt': '1\n' });
  const next = reopened(scene);
  expect(await next.last()).toMatchObject({ paths: ['a.txt'], own: false });
  next.beginTurn('turn-1');
  await change(scene, { 'a.txt': '2\n' }, next);
  await next.undo();
  expect(await scene.content('a.txt')).toBe('1\n');
  await next.undo();
  expect(await scene.content('a.txt')).toBe('0\n');
});

test('two processes that work in one workspace keep apart what they changed', async () => {
  const scene = await toolScene({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
  const other = reopened(scene);
  await Promise.all([change(scene, { 'a.txt': 'A\n' }), change(scene, { 'b.txt': 'B\n' }, other)]);
  expect([...(await other.undo()), ...(await other.undo())].sort()).toEqual(['a.txt', 'b.txt']);
});

test('what is old or too much is forgotten, also of workspaces that nobody works in', async () => {
  const store = join(await folderWith(), '0123456789abcdef');
  const scene = await toolScene({ 'a.txt': '0\n' });
  const changes = new FileChanges({ ...scene, store, emit: () => {} });
  const turn = async (name: string) => {
    changes.beginTurn(name);
    await change(scene, { 'a.txt': `${name}\n` }, changes);
  };
  const old = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
  const [forgotten, foreign] = [join(store, '../fedcba9876543210'), join(store, '../not-ours')];
  for (const folder of [forgotten, foreign]) {
    await mkdir(folder, { recursive: true });
    await utimes(folder, old, old);
  }
  await turn('1');
  await turn('2');
  await turn('3');
  await utimes(join(store, '000001'), old, old);
  await truncate(join(store, '000002/0.before'), 250_000_000);
  await turn('4');
  expect(await readdir(store)).toEqual(['000003', '000004']);
  expect((await readdir(join(store, '..'))).sort()).toEqual(['0123456789abcdef', 'not-ours']);
});

test('a crash before the first change was noted does not stand in the way of an undo', async () => {
  const scene = await toolScene({ 'a.txt': 'a\n' });
  await change(scene, { 'a.txt': 'A\n' });
  await mkdir(join(scene.store, 'checkpoints', '000002'));
  await writeFile(join(scene.store, 'checkpoints', '000002', '0.before'), 'torn');
  expect(await reopened(scene).undo()).toEqual(['a.txt']);
  expect(await scene.content('a.txt')).toBe('a\n');
});

test('a crash between the note and the write leaves a turn that can be undone', async () => {
  const scene = await toolScene({ 'a.txt': '0\n' });
  await change(scene, { 'a.txt': '1\n' });
  await change(scene, { 'a.txt': '2\n' });
  // As if the second write had been noted and then never happened.
  await scene.put('a.txt', '1\n');
  expect(await reopened(scene).undo()).toEqual(['a.txt']);
  expect(await scene.content('a.txt')).toBe('0\n');
});

test('only the owner can read what is kept', async () => {
  const scene = await toolScene({ 'a.txt': 'private\n' });
  await change(scene, { 'a.txt': 'x\n' });
  const copy = join(scene.store, 'checkpoints', '000001', '0.before');
  expect(await readFile(copy, 'utf8')).toBe('private\n');
  expect((await stat(copy)).mode & 0o077).toBe(0);
  expect((await stat(dirname(copy))).mode & 0o077).toBe(0);
});

test('a text in UTF-16 or Windows-1252 is shown as text, a binary file is said to be one', async () => {
  const scene = await toolScene();
  const patchOf = async (before: Buffer, after: Buffer) => {
    await scene.put('f', before);
    scene.changes.noteRead(scene.at('f'), before);
    const [diff] = await scene.changes.apply([{ path: scene.at('f'), content: after }], by);
    return diff?.patch;
  };
  const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
  expect(await patchOf(utf16('é\n'), utf16('ü\n'))).toBe('@@ -1,1 +1,1 @@\n-é\n+ü');
  const latin = (text: string) => Buffer.from(text, 'latin1');
  expect(await patchOf(latin('caf\xe9\n'), latin('th\xe9\n'))).toBe('@@ -1,1 +1,1 @@\n-café\n+thé');
  expect(await patchOf(latin('\x7fELF\x00\xff'), latin('\x7fELF\x00\xfe'))).toBe(
    '(before 6 bytes that are no text)\n(now 6 bytes that are no text)',
  );
  expect(await patchOf(latin('\x7fELF\x00\xff'), latin('now a text\n'))).toBe(
    '(before 6 bytes that are no text)\n@@ -1,0 +1,1 @@\n+now a text',
  );
});

test('of a difference that takes too long to find all is shown from the first change to the last', async () => {
  const lines = (seed: number) =>
    Array.from({ length: 60_000 }, (_, n) => `${(n * seed) % 60_013}\n`).join('');
  const scene = await toolScene({ 'a.txt': lines(7) });
  const [diff] = await change(scene, { 'a.txt': lines(11) });
  expect(diff).toMatchObject({ added: 59_999, removed: 59_999 });
  expect(diff?.patch).toMatch(/^@@ -2,59999 \+2,59999 @@\n-7\n[\s\S]*\n\+11\n/);
});

test('a file that is too large to be looked at is not changed', async () => {
  const scene = await toolScene({ 'a.txt': 'x'.repeat(11 * 1024 * 1024) });
  const attempt = scene.changes.apply([{ path: scene.at('a.txt'), content: Buffer.from('x') }], by);
  await expect(attempt).rejects.toThrow(
    'a.txt cannot be changed: it has 11 MB, which is too large; change it with a command.',
  );
});

describe('a key of the human that stands in a file', () => {
  const KEY = 'sk-of-the-human-1234';
  const keys = { THE_KEY: KEY };

  test('is known by its name in what is shown, and stays what it is', async () => {
    const scene = await toolScene({ 'a.js': `k = '${KEY}'\na = 1\n` }, { keys });
    const [diff] = await change(scene, { 'a.js': "k = '[THE_KEY]'\na = 2\n" });
    expect(await scene.content('a.js')).toBe(`k = '${KEY}'\na = 2\n`);
    expect(diff?.patch).toBe("@@ -1,2 +1,2 @@\n k = '[THE_KEY]'\n-a = 1\n+a = 2");
    expect(JSON.stringify([scene.asked, scene.events])).not.toContain(KEY);
    expect(await change(scene, { 'a.js': "k = '[THE_KEY]'\na = 2\n" })).toEqual([]);
  });

  test('may be taken out', async () => {
    const scene = await toolScene({ 'a.js': `k = '${KEY}'\n` }, { keys });
    await change(scene, { 'a.js': 'k = process.env.THE_KEY\n' });
    expect(await scene.content('a.js')).toBe('k = process.env.THE_KEY\n');
  });

  test('is not overwritten by its name where the file speaks of the name too', async () => {
    const before = `k = '${KEY}' // redacted as [THE_KEY]\n`;
    const scene = await toolScene({ 'a.js': before }, { keys });
    const attempt = change(scene, { 'a.js': "k = '[THE_KEY]' // redacted as [THE_KEY]\n" });
    await expect(attempt).rejects.toThrow('it holds the value of THE_KEY, which you see as [THE_KEY]');
    expect(await scene.content('a.js')).toBe(before);
  });

  test('does not come into a file that does not have it', async () => {
    const scene = await toolScene({ 'a.js': 'k\n' }, { keys });
    await change(scene, { 'a.js': '[THE_KEY]\n', 'b.js': '[THE_KEY]\n' });
    expect([await scene.content('a.js'), await scene.content('b.js')]).toEqual([
      '[THE_KEY]\n',
      '[THE_KEY]\n',
    ]);
  });

  test('is found by an edit that knows its name alone', async () => {
    const scene = await toolScene({ 'a.js': `k = '${KEY}'\na = 1\n` }, { keys });
    await scene.run('read', { path: 'a.js' });
    const edits = [{ old: "k = '[THE_KEY]'\na = 1", new: "k = '[THE_KEY]'\na = 2" }];
    await scene.run('edit', { path: 'a.js', edits });
    expect(await scene.content('a.js')).toBe(`k = '${KEY}'\na = 2\n`);
  });
});

test.each([
  ['.bashrc', true],
  ['.ssh/authorized_keys', true],
  ['app/.github/workflows/ci.yml', true],
  ['.parley/patterns/x.ts', true],
  ['.husky/pre-commit', true],
  ['src/bashrc.ts', false],
  ['.prettierrc', false],
  ['github/a.txt', false],
])('a change of %s is asked for singly: %s', async (path, singly) => {
  const scene = await toolScene();
  await change(scene, { [path]: 'x\n' });
  expect(scene.asked[0]?.singly).toBe(singly);
});
