import { readFile, rm, stat } from 'node:fs/promises';
import type { Emit, FileDiff } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { Approver } from './approval.ts';
import { writeAtomically } from './atomic-write.ts';
import { Checkpoints, hashOf, type KeptFile } from './checkpoint.ts';
import { diffOf } from './diff.ts';
import type { Workspace } from './workspace.ts';

/** A file as it is to be. */
export interface PlannedChange {
  /** Absolute, from {@link Workspace.resolve}. */
  path: string;
  /** Undefined deletes it. */
  content: Uint8Array | undefined;
}

interface FileState {
  content: Buffer | undefined;
  mode: number;
}

/** The one place where files change: it asks, keeps the old content, writes atomically, and can undo a turn. */
export class FileChanges {
  readonly #workspace: Workspace;
  readonly #approver: Approver;
  readonly #checkpoints: Checkpoints;
  readonly #emit: Emit;
  /** What each file held when the models last saw it. */
  readonly #seen = new Map<string, string | null>();
  #turn = 'turn-0';

  /** @param options.store a folder outside the workspace for the old contents. */
  constructor(options: { workspace: Workspace; approver: Approver; store: string; emit: Emit }) {
    this.#workspace = options.workspace;
    this.#approver = options.approver;
    this.#checkpoints = new Checkpoints(options.store);
    this.#emit = options.emit;
  }

  /** Changes from now on belong to this turn: they are undone together. */
  beginTurn(turn: string): void {
    this.#turn = turn;
  }

  /** A model has seen this file with this content, in whole or in part. */
  noteRead(path: string, content: Uint8Array): void {
    this.#seen.set(path, hashOf(content));
  }

  /**
   * Changes files, all or none, after a yes.
   * @returns the differences, as they were shown. @throws {Failure} where a file was never read or has changed
   * since; `Refused` where the human says no; what the file system throws, with everything put back.
   */
  async apply(
    changes: readonly PlannedChange[],
    { speaker, signal }: { speaker: ModelReference; signal: AbortSignal },
  ): Promise<FileDiff[]> {
    const before = await Promise.all(changes.map(({ path }) => stateOf(path)));
    for (const [place, { path }] of changes.entries()) this.#requireSeen(path, before[place]?.content);
    const diffs = await Promise.all(
      changes.map(({ path, content }, place) =>
        diffOf(this.#workspace.relative(path), before[place]?.content, content),
      ),
    );
    await this.#approver.require({ kind: 'edit', title: titleOf(diffs), diffs, speaker }, signal);
    for (const [place, { path }] of changes.entries()) {
      // The yes was for the difference that was shown, and the answer may have taken its time.
      await this.#requireUnchanged(path, before[place]!);
    }
    for (const [place, { path, content }] of changes.entries()) {
      await this.#checkpoints.keep(this.#turn, path, before[place]!, content);
    }
    await this.#writeAll(changes, before);
    return diffs;
  }

  /**
   * Brings back what the last turn with changes found.
   * @returns the paths, relative to the workspace; none where nothing is left to undo.
   * @throws {Failure} where somebody else has changed one of the files since: nothing is brought back then.
   */
  async undo(): Promise<string[]> {
    const last = await this.#checkpoints.last();
    if (!last) return [];
    const foreign: string[] = [];
    for (const file of last.files)
      if (await changedSince(file)) foreign.push(this.#workspace.relative(file.path));
    if (foreign.length > 0) {
      throw new Failure(
        'bad-request',
        `Not undone: ${foreign.join(', ')} changed since. Put it back by hand, or with git.`,
      );
    }
    for (const file of last.files) {
      const content = await last.contentOf(file);
      if (content) await writeAtomically(file.path, content, file.mode);
      else await rm(file.path, { force: true });
      this.#seen.delete(file.path);
    }
    await last.forget();
    const paths = last.files.map(({ path }) => this.#workspace.relative(path));
    this.#emit({ type: 'files.restored', paths });
    return paths;
  }

  #requireSeen(path: string, content: Buffer | undefined): void {
    if (content === undefined) return;
    const name = this.#workspace.relative(path);
    const seen = this.#seen.get(path);
    if (seen === undefined)
      throw new Failure('bad-request', `${name} exists and was not read yet: read it first.`);
    if (seen !== hashOf(content)) {
      throw new Failure('bad-request', `${name} has changed since it was read: read it again.`);
    }
  }

  async #requireUnchanged(path: string, before: FileState): Promise<void> {
    const { content } = await stateOf(path);
    const same = content === undefined ? before.content === undefined : before.content?.equals(content);
    if (!same) {
      throw new Failure(
        'bad-request',
        `${this.#workspace.relative(path)} changed while the question was open: read it again.`,
      );
    }
  }

  async #writeAll(changes: readonly PlannedChange[], before: readonly FileState[]): Promise<void> {
    const done: number[] = [];
    try {
      for (const [place, { path, content }] of changes.entries()) {
        await put(path, content, before[place]!.mode);
        done.push(place);
      }
    } catch (error) {
      for (const place of done) await put(changes[place]!.path, before[place]!.content, before[place]!.mode);
      throw new Failure('bad-request', `Nothing was changed: ${reasonOf(error)}.`, { cause: error });
    }
    for (const { path, content } of changes) {
      if (content) this.noteRead(path, content);
      else this.#seen.delete(path);
    }
  }
}

async function put(path: string, content: Uint8Array | undefined, mode: number): Promise<void> {
  if (content) await writeAtomically(path, content, mode);
  else await rm(path, { force: true });
}

async function stateOf(path: string): Promise<FileState> {
  try {
    const { mode } = await stat(path);
    return { content: await readFile(path), mode: mode & 0o7777 };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { content: undefined, mode: 0o666 };
    throw new Failure('bad-request', `${path} cannot be changed: ${reasonOf(error)}.`, { cause: error });
  }
}

async function changedSince(file: KeptFile): Promise<boolean> {
  const { content } = await stateOf(file.path);
  // A turn that was cut short may have left the file as it was.
  return ![file.left, file.held].includes(hashOf(content));
}

function titleOf(diffs: readonly FileDiff[]): string {
  const verb = { created: 'create', changed: 'change', deleted: 'delete' };
  return diffs.map(({ change, path }) => `${verb[change]} ${path}`).join(', ');
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    ENOSPC: 'the disk is full',
    EROFS: 'the file system is read-only',
    EISDIR: 'it is a folder',
  };
  return (code && known[code]) ?? message;
}
