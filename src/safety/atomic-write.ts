import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { access, constants, type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes a file so that it holds either the old content or the new, whatever happens: a temporary file beside
 * it, flushed to disk, then renamed. Keeps mode, owner and group of a file that exists; creates folders.
 * A file that may not be written is refused, although its folder would allow the rename.
 * @param path absolute, symlinks resolved: a link itself would be replaced.
 * @param mode for a new file. @param exactly without the umask, to bring back a file as it was.
 */
export async function writeAtomically(
  path: string,
  content: Uint8Array,
  mode = 0o666,
  { exactly = false } = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const existing = await stat(path).catch(() => undefined);
  if (existing) await requireWritable(path, existing.mode);
  const temporary = join(dirname(path), `.parley-${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', existing ? 0o600 : mode);
    try {
      await file.writeFile(content);
      if (existing) await keepOwner(file, existing);
      if (existing) await file.chmod(existing.mode & 0o7777);
      else if (exactly) await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Only root may give a file away; for everybody else it becomes their own, as with any editor, in its group if they are in that. */
async function keepOwner(file: FileHandle, { uid, gid }: Stats): Promise<void> {
  const made = await file.stat();
  if (made.uid === uid && made.gid === gid) return;
  await file.chown(uid, gid).catch(() => file.chown(made.uid, gid).catch(() => {}));
}

/** Root may write anything; a file that nobody may write is still meant to stay as it is. */
async function requireWritable(path: string, mode: number): Promise<void> {
  if ((mode & 0o222) === 0) throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
  await access(path, constants.W_OK);
}
