import { rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeAtomically } from './atomic-write.ts';
import { type FileState, hashOf } from './checkpoint.ts';
import { readOrdinary } from './reading.ts';

/**
 * @param most bytes that are read.
 * @throws what the file system throws, and an Error where the file is no ordinary one, or too large.
 */
export async function stateOf(path: string, most = Number.POSITIVE_INFINITY): Promise<FileState> {
  try {
    const { bytes, mode } = await readOrdinary(path, { most });
    return { content: bytes, mode: mode & 0o7777 };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { content: undefined, mode: 0o666, newFolder: await topmostMissing(dirname(path)) };
  }
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
