/**
 * The door through which the content of files comes to a model. Search and git have doors of their own, which leave
 * out the same files; the configuration and what Parley keeps for itself are no business of models.
 */
import { constants, type FileHandle, open } from 'node:fs/promises';
import { Failure } from '../conversation/failure.ts';
import { refuseGitsOwn } from './gits-own.ts';
import { reasonOf } from './reason.ts';
import { refuseSecret } from './secrets.ts';
import type { Workspace } from './workspace.ts';

/** Bytes of a file that is held at once; a larger one is read by lines. */
export const LARGEST_WHOLE = 10 * 1024 * 1024;

/** A file that a model may have to do with. */
export interface Admitted {
  /** Symlinks resolved. */
  absolute: string;
  /** As the models know it. */
  name: string;
}

export interface Content {
  bytes: Buffer;
  mode: number;
}

export interface ReadingOptions {
  signal?: AbortSignal;
  /** Bytes; {@link LARGEST_WHOLE} where left out. */
  most?: number;
}

export class TooLarge extends Error {
  override readonly name = 'TooLarge';
  readonly size: number;

  constructor(size: number) {
    super(`it has ${Math.round(size / 1024 / 1024)} MB, which is too large`);
    this.size = size;
  }
}

/**
 * @param path as a human or a model wrote it; it need not exist.
 * @throws {Failure} where it leads outside, to git's own files, or to keys and passwords.
 */
export async function admitForReading(workspace: Workspace, path: string): Promise<Admitted> {
  return admitted(workspace, path, await workspace.resolveForReading(path));
}

/** As {@link admitForReading}, for a file that is to be changed. @throws {Failure} for the name of a folder too. */
export async function admitForWriting(workspace: Workspace, path: string): Promise<Admitted> {
  if (/.\/\.?$/.test(path)) throw new Failure('bad-request', `${path} names a folder: name the file in it.`);
  return admitted(workspace, path, await workspace.resolveForWriting(path));
}

function admitted(workspace: Workspace, path: string, absolute: string): Admitted {
  const name = workspace.relative(absolute);
  refuseGitsOwn(path, name);
  refuseSecret(path, absolute);
  return { absolute, name };
}

/** The whole of a file. @throws {Failure} in words, where it may not or cannot be read. */
export async function readWhole(
  workspace: Workspace,
  path: string,
  options: ReadingOptions = {},
): Promise<Admitted & Content> {
  const file = await admitForReading(workspace, path);
  try {
    return { ...file, ...(await readOrdinary(file.absolute, options)) };
  } catch (error) {
    if (options.signal?.aborted) throw Failure.stopped();
    throw new Failure('bad-request', `${file.name} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}

/**
 * @param absolute of a file that was admitted.
 * @throws {TooLarge}; what the file system throws; an Error where it is no ordinary file.
 */
export async function readOrdinary(
  absolute: string,
  { signal, most = LARGEST_WHOLE }: ReadingOptions = {},
): Promise<Content> {
  const { file, size, mode } = await openOrdinary(absolute);
  try {
    if (size > most) throw new TooLarge(size);
    return { bytes: await file.readFile({ signal }), mode };
  } finally {
    await file.close();
  }
}

/** Without waiting for somebody to write where it is a named pipe. @throws as {@link readOrdinary} */
export async function openOrdinary(
  absolute: string,
): Promise<{ file: FileHandle; size: number; mode: number }> {
  const file = await open(absolute, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const found = await file.stat();
  if (found.isFile()) return { file, size: found.size, mode: found.mode };
  await file.close();
  if (found.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
  throw new Error('it is no ordinary file');
}
