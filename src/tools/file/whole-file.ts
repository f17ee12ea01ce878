import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../conversation/failure.ts';
import { nearestNames } from '../../conversation/nearest.ts';
import { reasonOf } from '../../safety/file-state.ts';
import { isSecretFile } from '../../safety/secrets.ts';
import type { ToolContext } from '../base.ts';
import { filesBelow } from '../search/ripgrep.ts';

/** Bytes of a file that is read at once and can be edited; a larger one is read by lines. */
export const LARGEST_WHOLE = 10 * 1024 * 1024;

/**
 * The content of a file, or only its size where it is too large to hold.
 * @throws {Failure} where there is no such file, with the names that come near.
 */
export async function wholeFile(
  name: string,
  absolute: string,
  context: ToolContext,
): Promise<{ bytes: Buffer } | { size: number }> {
  try {
    const found = await stat(absolute);
    if (found.isDirectory()) throw new Failure('bad-request', `${name} is a folder: use list.`);
    if (!found.isFile()) throw new Failure('bad-request', `${name} is no ordinary file.`);
    if (found.size > LARGEST_WHOLE) return { size: found.size };
    return { bytes: await readFile(absolute, { signal: context.signal }) };
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw await missing(name, absolute, context);
    throw new Failure('bad-request', `${name} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}

/** The same name elsewhere is what a model mostly means, else one like it in the same folder. */
async function missing(name: string, absolute: string, context: ToolContext): Promise<Failure> {
  const { workspace } = context;
  const files = await filesBelow('.', context).catch(() => []);
  const elsewhere = files.filter((path) => basename(path) === basename(absolute));
  const beside = await readdir(dirname(absolute)).catch(() => [] as string[]);
  const alike = nearestNames(basename(absolute), beside).map((found) =>
    workspace.relative(join(dirname(absolute), found)),
  );
  const near = [...elsewhere, ...alike].filter((path) => !isSecretFile(path)).slice(0, 3);
  const offer = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'Use find to look for it.';
  return new Failure('bad-request', `There is no file ${name}. ${offer}`);
}
