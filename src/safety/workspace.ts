import { readlink, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { Failure } from '../conversation/failure.ts';

/** Absolute paths of Parley's own folders, which need not exist. */
interface Exceptions {
  /** Outside of the workspace, and may be read. */
  readable?: readonly string[];
  /** Inside, where the workspace is a whole home, and may not be written. */
  closed?: readonly string[];
}

/** The folder that the agent works in. Paths that lead out of it, through symlinks too, are refused. */
export class Workspace {
  /** Absolute, symlinks resolved. */
  readonly root: string;
  readonly #readable: readonly string[];
  readonly #closed: readonly string[];

  private constructor(root: string, { readable = [], closed = [] }: Exceptions) {
    this.root = root;
    this.#readable = readable;
    this.#closed = closed;
  }

  /** @throws {Failure} `usage` where there is no such folder. */
  static async open(root: string, exceptions: Exceptions = {}): Promise<Workspace> {
    const folder = await stat(root).catch(() => undefined);
    if (!folder?.isDirectory()) throw new Failure('usage', `There is no folder ${root} to work in.`);
    return new Workspace(await realpath(root), exceptions);
  }

  /**
   * The absolute path behind one that a model wrote, symlinks resolved; it need not exist.
   * @throws {Failure} where it leads out of the workspace.
   */
  async resolve(path: string): Promise<string> {
    return this.#resolve(path, [this.root]);
  }

  /** As {@link resolve}, for reading only: Parley's own folders may be read as well. */
  async resolveForReading(path: string): Promise<string> {
    const readable = await Promise.all(this.#readable.map((folder) => realPathOf(folder)));
    return this.#resolve(path, [this.root, ...readable]);
  }

  /** As {@link resolve}, for writing: how Parley works and what it keeps is not for models to change. */
  async resolveForWriting(path: string): Promise<string> {
    const [real, ...closed] = await Promise.all([
      this.resolve(path),
      ...this.#closed.map((folder) => realPathOf(folder)),
    ]);
    if (!closed.some((folder) => isInside(folder, real))) return real;
    throw new Failure('bad-request', `${path} belongs to Parley itself: only the human changes it.`);
  }

  async #resolve(path: string, folders: readonly string[]): Promise<string> {
    if (path.includes('\0')) throw new Failure('bad-request', 'A path cannot hold a NUL character.');
    const written = path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
    const real = await realPathOf(isAbsolute(written) ? resolve(written) : resolve(this.root, written));
    if (folders.some((folder) => isInside(folder, real))) return real;
    throw new Failure(
      'bad-request',
      `${path} is outside the workspace ${this.root}: only what is inside can be used.`,
    );
  }

  /**
   * For a path that was resolved a while ago.
   * @throws {Failure} where a symlink that came since leads it elsewhere.
   */
  async requireSamePlace(absolute: string): Promise<void> {
    if ((await realPathOf(absolute)) === absolute) return;
    throw new Failure(
      'bad-request',
      `${this.relative(absolute)} leads elsewhere by now, through a symlink: nothing was written.`,
    );
  }

  /**
   * As the human and the models know it: relative, with forward slashes; `.` for the root itself. What is
   * outside, such as the rest of a long output, keeps its absolute path.
   */
  relative(absolute: string): string {
    if (!isInside(this.root, absolute)) return absolute;
    return relative(this.root, absolute).split(sep).join('/') || '.';
  }
}

function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Symlinks resolved as far as the path exists; a link that leads nowhere counts as where it leads. */
async function realPathOf(path: string, depth = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if ((code !== 'ENOENT' && code !== 'ENOTDIR') || depth > 64) throw cannotResolve(path, code);
  }
  const target = await readlink(path).catch(() => undefined);
  if (target !== undefined) return realPathOf(resolve(dirname(path), target), depth + 1);
  const parent = dirname(path);
  return parent === path ? path : join(await realPathOf(parent, depth + 1), basename(path));
}

function cannotResolve(path: string, code: string | undefined): Failure {
  const why = code === 'ELOOP' ? 'its symlinks lead in a circle' : (code ?? 'unknown error');
  return new Failure('bad-request', `${path} cannot be followed: ${why}.`);
}
