import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../conversation/failure.ts';
import { nearestNames } from '../../conversation/nearest.ts';
import { readOrdinary, TooLarge } from '../../safety/reading.ts';
import { reasonOf } from '../../safety/reason.ts';
import { isSecretFile } from '../../safety/secrets.ts';
import type { ToolContext } from '../base.ts';
import { filesBelow } from '../search/ripgrep.ts';

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
    return await readOrdinary(absolute, { signal: context.signal });
  } catch (error) {
    if (error instanceof TooLarge) return { size: error.size };
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw await missing(name, absolute, context);
    if (code === 'EISDIR') throw new Failure('bad-request', `${name} is a folder: use list.`);
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
