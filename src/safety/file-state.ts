import { readFile, rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeAtomically } from './atomic-write.ts';
import { type FileState, hashOf } from './checkpoint.ts';

/** @throws what the file system throws, and an Error where there is something that is no ordinary file. */
export async function stateOf(path: string): Promise<FileState> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    if (found.code !== 'ENOENT') throw found;
    return { content: undefined, mode: 0o666, newFolder: await topmostMissing(dirname(path)) };
  }
  if (found.isDirectory()) throw new Error('it is a folder');
  // Reading a named pipe would wait for ever, and keep the process from ending.
  if (!found.isFile()) throw new Error('it is no ordinary file');
  return { content: await readFile(path), mode: found.mode & 0o7777 };
}

/** Writes the file, or deletes it where there is no content. */
export async function write(path: string, content: Uint8Array | undefined, mode: number): Promise<void> {
  if (content) await writeAtomically(path, content, mode);
  else await rm(path, { force: true });
}

/** Makes a file what it was, and removes the folders that were made for it where nothing else is in them. */
export async function putBack(path: string, before: FileState): Promise<void> {
  const now = await stateOf(path).catch(() => undefined);
  if (!now || hashOf(now.content) !== hashOf(before.content)) {
    if (before.content) await writeAtomically(path, before.content, before.mode, { exactly: true });
    else await rm(path, { force: true });
  }
  if (before.newFolder) await removeEmptyFolders(dirname(path), before.newFolder);
}

async function removeEmptyFolders(from: string, upTo: string): Promise<void> {
  for (let folder = from; folder.length >= upTo.length; folder = dirname(folder)) {
    const code = await rmdir(folder).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
    if (code !== undefined && code !== 'ENOENT') return;
  }
}

async function topmostMissing(folder: string): Promise<string | undefined> {
  let missing: string | undefined;
  for (let at = folder; !(await exists(at)); at = dirname(at)) missing = at;
  return missing;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}

/** Why the file system said no, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code && REASONS[code]) || message;
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EEXIST: 'a part of its path is a file, not a folder',
  ENAMETOOLONG: 'its name is too long',
};
