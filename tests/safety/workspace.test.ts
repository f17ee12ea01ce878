import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Workspace } from '../../src/safety/workspace.ts';
import { folderWith } from '../support/scene.ts';

async function openedWith(files: Record<string, string> = {}) {
  const root = await folderWith(files);
  return { root, workspace: await Workspace.open(root), outside: await folderWith({ 'secret.txt': 'x' }) };
}

test('paths inside are found, relative or absolute, whether they exist or not', async () => {
  const { root, workspace } = await openedWith({ 'src/a.ts': '' });
  expect(await workspace.resolve('src/a.ts')).toBe(join(root, 'src/a.ts'));
  expect(await workspace.resolve(join(root, 'src/a.ts'))).toBe(join(root, 'src/a.ts'));
  expect(await workspace.resolve('src/../new/folder/b.ts')).toBe(join(root, 'new/folder/b.ts'));
  expect(await workspace.resolve('.')).toBe(root);
  expect(workspace.relative(join(root, 'src/a.ts'))).toBe('src/a.ts');
  expect(workspace.relative(root)).toBe('.');
});

test.each(['..', '../x', 'src/../../x', '/etc/passwd', '~', '~/x'])(
  '%s leads outside and is refused',
  async (path) => {
    const { workspace, root } = await openedWith();
    await expect(workspace.resolve(path)).rejects.toThrow(`${path} is outside the workspace ${root}`);
  },
);

test('a folder whose name begins like the workspace is outside', async () => {
  const { root, workspace } = await openedWith();
  await expect(workspace.resolve(`${root}-other/x`)).rejects.toThrow('outside the workspace');
});

test.each([
  ['a link to a file outside', 'link', (o: string) => join(o, 'secret.txt'), 'link'],
  ['a file below a link to a folder outside', 'link', (o: string) => o, 'link/secret.txt'],
  ['a new file below a link to a folder outside', 'link', (o: string) => o, 'link/new/deep.txt'],
  ['a dangling link that points outside', 'link', (o: string) => join(o, 'none/yet.txt'), 'link'],
  ['a new file below a dangling link', 'link', (o: string) => join(o, 'none'), 'link/new.txt'],
])('%s is refused', async (_what, name, target, path) => {
  const { root, workspace, outside } = await openedWith();
  await symlink(target(outside), join(root, name));
  await expect(workspace.resolve(path)).rejects.toThrow('outside the workspace');
});

test('a chain of links is followed to its end', async () => {
  const { root, workspace, outside } = await openedWith({ 'real.txt': '' });
  await symlink('b', join(root, 'a'));
  await symlink('real.txt', join(root, 'b'));
  expect(await workspace.resolve('a')).toBe(join(root, 'real.txt'));
  await symlink('d', join(root, 'c'));
  await symlink(join(outside, 'none.txt'), join(root, 'd'));
  await expect(workspace.resolve('c')).rejects.toThrow('outside the workspace');
});

test('links in a circle are told, not followed for ever', async () => {
  const { root, workspace } = await openedWith();
  await symlink('b', join(root, 'a'));
  await symlink('a', join(root, 'b'));
  await expect(workspace.resolve('a/x')).rejects.toThrow('symlinks lead in a circle');
});

test('a dangling link that stays inside counts as where it leads', async () => {
  const { root, workspace } = await openedWith();
  await symlink('to/come.txt', join(root, 'link'));
  expect(await workspace.resolve('link')).toBe(join(root, 'to/come.txt'));
});

test('a workspace that is itself reached through a link works', async () => {
  const { root } = await openedWith({ 'a.txt': '' });
  const elsewhere = await folderWith();
  await symlink(root, join(elsewhere, 'project'));
  const workspace = await Workspace.open(join(elsewhere, 'project'));
  expect(workspace.root).toBe(root);
  expect(await workspace.resolve(join(elsewhere, 'project/a.txt'))).toBe(join(root, 'a.txt'));
});

test('a name with a NUL is refused, one with a line break or a leading dash is not', async () => {
  const { root, workspace } = await openedWith();
  await expect(workspace.resolve('a\0b')).rejects.toThrow('NUL');
  expect(await workspace.resolve('-rf')).toBe(join(root, '-rf'));
  expect(await workspace.resolve('a\nb')).toBe(join(root, 'a\nb'));
});

test('a folder outside can be opened for reading alone', async () => {
  const root = await folderWith();
  const readable = await folderWith({ 'output.txt': '' });
  const workspace = await Workspace.open(root, { readable: [readable] });
  expect(await workspace.resolveForReading(join(readable, 'output.txt'))).toBe(join(readable, 'output.txt'));
  await expect(workspace.resolve(join(readable, 'output.txt'))).rejects.toThrow('outside');
  await expect(workspace.resolveForReading(homedir())).rejects.toThrow('outside');
  await symlink('/etc', join(readable, 'link'));
  await expect(workspace.resolveForReading(join(readable, 'link/passwd'))).rejects.toThrow('outside');
});

test('a folder that became a link since it was resolved is noticed', async () => {
  const { root, workspace, outside } = await openedWith();
  await mkdir(join(root, 'folder'));
  const path = await workspace.resolve('folder/new.txt');
  await workspace.requireSamePlace(path);
  await rm(join(root, 'folder'), { recursive: true });
  await symlink(outside, join(root, 'folder'));
  await expect(workspace.requireSamePlace(path)).rejects.toThrow('leads elsewhere by now');
});

test('there is no workspace where there is no folder', async () => {
  const { root } = await openedWith();
  await writeFile(join(root, 'file'), '');
  await expect(Workspace.open(join(root, 'none'))).rejects.toThrow('There is no folder');
  await expect(Workspace.open(join(root, 'file'))).rejects.toThrow('There is no folder');
});
