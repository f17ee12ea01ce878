import { execFileSync } from 'node:child_process';
import { glob, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { admitForReading, admitForWriting, readOrdinary, readWhole } from '../../src/safety/reading.ts';
import { Workspace } from '../../src/safety/workspace.ts';
import { folderWith } from '../support/scene.ts';

test('a file is read whole, by whatever name it is written', async () => {
  const root = await folderWith({ 'src/a.txt': 'one' });
  const workspace = await Workspace.open(root);
  await symlink('src', join(root, 'link'));
  const file = await readWhole(workspace, 'link/a.txt');
  expect([file.name, file.absolute, file.bytes.toString()]).toEqual([
    'src/a.txt',
    join(root, 'src/a.txt'),
    'one',
  ]);
});

test.each([
  ['.env', 'may hold keys or passwords'],
  ['innocent.txt', 'may hold keys or passwords'],
  ['.git/HEAD', 'belongs to git itself'],
  ['../outside.txt', 'is outside the workspace'],
  ['none.txt', 'none.txt cannot be read: there is no such file.'],
  ['folder', 'folder cannot be read: it is a folder.'],
])('%s is refused in words', async (path, why) => {
  const root = await folderWith({ '.env': 'KEY=1', '.git/HEAD': 'ref', 'folder/a.txt': '' });
  await symlink('.env', join(root, 'innocent.txt'));
  await expect(readWhole(await Workspace.open(root), path)).rejects.toThrow(why);
});

test('a named pipe is not waited for', { timeout: 5_000 }, async () => {
  const root = await folderWith();
  execFileSync('mkfifo', [join(root, 'pipe')]);
  await expect(readWhole(await Workspace.open(root), 'pipe')).rejects.toThrow('it is no ordinary file');
});

test('what is too large is not read, and a stop ends the reading', async () => {
  const root = await folderWith({ 'large.txt': 'x'.repeat(3 * 1024 * 1024) });
  const workspace = await Workspace.open(root);
  await expect(readWhole(workspace, 'large.txt', { most: 1024 })).rejects.toThrow(
    'large.txt cannot be read: it has 3 MB, which is too large.',
  );
  const signal = AbortSignal.abort();
  await expect(readWhole(workspace, 'large.txt', { signal })).rejects.toMatchObject({ kind: 'stopped' });
  expect((await readOrdinary(join(root, 'large.txt'))).bytes).toHaveLength(3 * 1024 * 1024);
});

test("Parley's own folders are not written, where the workspace is a whole home", async () => {
  const root = await folderWith({ '.config/parley/config.yaml': '', '.config/other': '' });
  const closed = [join(root, '.config/parley'), join(root, '.local/state/parley')];
  const workspace = await Workspace.open(root, { closed });
  for (const path of ['.config/parley/config.yaml', '.local/state/parley/new']) {
    await expect(admitForWriting(workspace, path)).rejects.toThrow(`${path} belongs to Parley itself`);
    expect((await admitForReading(workspace, path)).name).toBe(path);
  }
  expect((await admitForWriting(workspace, '.config/other')).name).toBe('.config/other');
});

/** What reads files by other means, and why a model sees nothing of the workspace by it. */
const OTHER_DOORS: Record<string, string> = {
  'cli/patterns/refine.ts': 'a draft that the human names on the command line',
  'cli/repl/input-history.ts': 'what the human typed, in the state folder',
  'yaml/file.ts': 'settings',
  'config/own-panels.ts': 'settings',
  'config/variables.ts': 'settings',
  'experiment/plan.ts': 'an experiment that the human names on the command line',
  'experiment/results.ts': 'results of experiments',
  'local/store/schema.ts': 'the store, in the state folder',
  'safety/atomic-write.ts': 'opens to write',
  'safety/checkpoint.ts': 'old contents, in the state folder',
  'safety/output-capture.ts': 'opens to write',
  'safety/process-group.ts': 'processes, in /proc',
  'safety/reading.ts': 'the door itself',
};

test('there is no other door', async () => {
  const source = resolve(import.meta.dirname, '../../src');
  const doors: string[] = [];
  for await (const path of glob('**/*.ts', { cwd: source })) {
    const text = await readFile(join(source, path), 'utf8');
    const imported = text.match(/^import [^;]* from 'node:fs(\/promises)?';/gm);
    const reads = /\b(readFile|readFileSync|open|openSync|createReadStream|readv?|fs)\b/;
    if (imported?.some((line) => reads.test(line.replace(/from .*/, '')))) doors.push(path);
  }
  expect(doors.sort()).toEqual(Object.keys(OTHER_DOORS).sort());
});
