import { readdir, readFile, symlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { folderWith } from '../support/scene.ts';
import { toolScene } from '../support/tool-scene.ts';

/** Each tool that takes a path, as a model would try it on this one. */
function attempts(path: string): [tool: string, args: object][] {
  return [
    ['read', { path }],
    ['write', { path, content: 'x' }],
    ['edit', { path, edits: [{ old: 'old', new: 'x' }] }],
    ['search', { pattern: 'old', path }],
  ];
}

test.each([
  ['.env', 'may hold keys or passwords'],
  ['sub/server.pem', 'may hold keys or passwords'],
  ['innocent.txt', 'may hold keys or passwords'],
  ['.git/HEAD', 'belongs to git itself'],
  ['sub/.GIT/HEAD', 'belongs to git itself'],
  ['store/HEAD', 'belongs to git itself'],
])('%s is neither read, written, edited nor searched', async (path, why) => {
  const files = { '.env': 'old', 'sub/server.pem': 'old', '.git/HEAD': 'old', 'sub/.GIT/HEAD': 'old' };
  const scene = await toolScene(files);
  await symlink('.env', scene.at('innocent.txt'));
  await symlink('.git', scene.at('store'));
  for (const [tool, args] of attempts(path)) expect(await scene.refusal(tool, args)).toContain(why);
  expect(scene.asked).toEqual([]);
  expect(await scene.content(path)).toBe('old');
});

test.each(['.env', '.env.production', 'deploy/id_rsa', 'a/.git/hooks/pre-commit'])(
  '%s is not created either',
  async (path) => {
    const scene = await toolScene();
    await scene.refusal('write', { path, content: 'x' });
    expect(await readdir(scene.root)).toEqual([]);
  },
);

test.each([
  ['../outside.txt', 'a path upwards'],
  ['folder/../../outside.txt', 'a path down and upwards'],
  ['/etc/hostname', 'an absolute path'],
  ['~/outside.txt', 'the home folder'],
  ['file-link', 'a link to a file'],
  ['folder-link/outside.txt', 'a file in a linked folder'],
  ['folder-link/new/deep.txt', 'a new file below a linked folder'],
  ['dangling-link', 'a link to what is not there'],
])('%s leads outside (%s): no tool follows', async (path) => {
  const outside = await folderWith({ 'outside.txt': 'old' });
  const scene = await toolScene({ 'folder/a.txt': '' });
  await symlink(`${outside}/outside.txt`, scene.at('file-link'));
  await symlink(outside, scene.at('folder-link'));
  await symlink(`${outside}/none.txt`, scene.at('dangling-link'));
  for (const [tool, args] of [...attempts(path), ['list', { path }] as const]) {
    expect(await scene.refusal(tool, args)).toContain('is outside the workspace');
  }
  expect(scene.asked).toEqual([]);
  expect(await readdir(outside)).toEqual(['outside.txt']);
  expect(await readFile(`${outside}/outside.txt`, 'utf8')).toBe('old');
});

test('a NUL is refused wherever a model may write one', async () => {
  const scene = await toolScene();
  for (const [tool, args] of attempts('a\0b')) expect(await scene.refusal(tool, args)).toContain('NUL');
  expect(await scene.refusal('search', { pattern: 'a\0b' })).toContain('NUL');
  expect(await scene.refusal('find', { glob: 'a\0b' })).toContain('NUL');
  expect(await scene.refusal('shell', { command: 'echo a\0b' })).toContain('NUL');
});

test('a command that is too long for the system is told so', async () => {
  const scene = await toolScene();
  const refusal = await scene.refusal('shell', { command: `echo ${'x'.repeat(3_000_000)}` });
  expect(refusal).toBe('The command could not be started: it is too long; put it into a file.');
});
