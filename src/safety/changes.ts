import type { Emit, FileDiff } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { Approver } from './approval.ts';
import { Checkpoints, type ContentHash, type FileState, hashOf, type KeptFile } from './checkpoint.ts';
import { diffOf } from './diff.ts';
import { putBack, stateOf, write } from './file-state.ts';
import { bytesWithKeysKept, withKeysKept } from './kept-keys.ts';
import { LARGEST_WHOLE, TooLarge } from './reading.ts';
import { reasonOf } from './reason.ts';
import { runsByItself } from './runs-by-itself.ts';
import { createRedactor, type Keys } from './secrets.ts';
import { type ChangedSince, type LastChanges, lastChanges, undoLast } from './undo.ts';
import type { Workspace } from './workspace.ts';

/** A file as it is to be. */
export interface PlannedChange {
  /** Absolute, from {@link Workspace.resolve}. */
  path: string;
  /** Undefined deletes it. */
  content: Uint8Array | undefined;
}

/** The one place where files change: it asks, keeps the old content, writes atomically, and can undo a turn. */
export class FileChanges {
  readonly #workspace: Workspace;
  readonly #approver: Approver;
  readonly #checkpoints: Checkpoints;
  readonly #emit: Emit;
  readonly #keys: Keys;
  readonly #redact: (text: string) => string;
  /** What each file held when the models last saw it. */
  readonly #seen = new Map<string, ContentHash>();
  #turn = 'turn-0';
  /** The end of the last change: between the check and the write nobody else may come. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param options.store a folder outside the workspace for the old contents: what an earlier session left there can
   * be undone as well.
   * @param options.keys that models know by the names of their variables alone.
   */
  constructor(options: { workspace: Workspace; approver: Approver; store: string; keys?: Keys; emit: Emit }) {
    this.#workspace = options.workspace;
    this.#approver = options.approver;
    this.#checkpoints = new Checkpoints(options.store);
    this.#emit = options.emit;
    this.#keys = options.keys ?? {};
    this.#redact = createRedactor(this.#keys);
  }

  /** Changes from now on belong to this turn: they are undone together. */
  beginTurn(turn: string): void {
    this.#turn = turn;
  }

  /** A model has seen this file with this content, in whole or in part. */
  noteRead(path: string, content: Uint8Array): void {
    this.#seen.set(path, hashOf(content));
  }

  /** @throws {Failure} where no model has read the file, or it no longer holds what was read. */
  requireRead(path: string, content: Uint8Array): void {
    const name = this.#workspace.relative(path);
    const seen = this.#seen.get(path);
    if (seen === undefined)
      throw new Failure('bad-request', `${name} exists and was not read yet: read it first.`);
    if (seen !== hashOf(content)) {
      throw new Failure('bad-request', `${name} has changed since it was read: read it again.`);
    }
  }

  /** A text as a model wrote it, with the keys that it saw by their names alone. @param held what the file holds. */
  withKeys(text: string, held: string): string {
    return withKeysKept(text, held, this.#keys);
  }

  /** What would change, with keys by their names. @param path absolute. */
  compare(path: string, before: Uint8Array | undefined, after: Uint8Array | undefined): Promise<FileDiff> {
    return diffOf(this.#workspace.relative(path), before, after, this.#redact);
  }

  /**
   * Changes files, all or none, after a yes. What already is as it should be is left alone.
   * @returns the differences, as they were shown. @throws {Failure} where a file was never read or has changed
   * since, or cannot be written: everything is put back then. `Refused` where the human says no.
   */
  async apply(
    planned: readonly PlannedChange[],
    { speaker, signal, emit }: { speaker: ModelReference; signal: AbortSignal; emit?: Emit },
  ): Promise<FileDiff[]> {
    const states = await Promise.all(planned.map(({ path }) => this.#stateOf(path, LARGEST_WHOLE)));
    for (const [place, { path }] of planned.entries()) {
      const { content } = states[place]!;
      if (content) this.requireRead(path, content);
    }
    const changes = planned.flatMap(({ path, content: asked }, place) => {
      const before = states[place]!;
      const content = this.#withKeysKept(path, asked, before.content);
      return hashOf(content) === hashOf(before.content) ? [] : [{ path, content, before }];
    });
    if (changes.length === 0) return [];
    const diffs = await Promise.all(
      changes.map(({ path, content, before }) => this.compare(path, before.content, content)),
    );
    const singly = diffs.some(({ path }) => runsByItself(path));
    const request = { kind: 'edit', title: titleOf(diffs), diffs, singly, speaker } as const;
    await this.#approver.require(request, signal, emit);
    await this.#alone(async () => {
      // The yes was for the difference that was shown, and the answer may have taken its time.
      for (const { path, before } of changes) await this.#requireAsShown(path, before);
      await this.#keepAll(changes);
      await this.#writeAll(changes);
    });
    return diffs;
  }

  /**
   * What a command made of a file that is being changed, a formatter for instance: nobody else's change, so that it may be
   * changed again, and is undone with the rest.
   * @param before what the file held before the change.
   * @returns the difference from that; undefined where there is none.
   */
  adopt(path: string, before: Uint8Array | undefined): Promise<FileDiff | undefined> {
    return this.#alone(async () => {
      const { content, mode } = await this.#stateOf(path, LARGEST_WHOLE);
      await this.#checkpoints.keep(this.#turn, path, { content: before, mode }, content);
      if (content) this.noteRead(path, content);
      else this.#seen.delete(path);
      return hashOf(content) === hashOf(before) ? undefined : this.compare(path, before, content);
    });
  }

  /** The last turn that changed files here, as far as it can be undone. */
  last(): Promise<LastChanges | undefined> {
    return this.#alone(() => lastChanges(this.#checkpoints, this.#workspace));
  }

  /**
   * Brings back what the last turn with changes found.
   * @returns the paths, relative to the workspace; none where nothing is left to undo.
   * @throws {Failure} where somebody else has changed one of the files since: nothing is brought back then, unless
   * `changedSince` says otherwise.
   */
  undo({ changedSince = 'refuse' }: { changedSince?: ChangedSince } = {}): Promise<string[]> {
    return this.#alone(async () => {
      const restored = await undoLast(this.#checkpoints, this.#workspace, changedSince);
      for (const { path } of restored) this.#seen.delete(path);
      const named = (files: readonly KeptFile[]) => files.map(({ path }) => this.#workspace.relative(path));
      const [paths, removed] = [named(restored), named(restored.filter(({ copy }) => copy === null))];
      if (paths.length > 0) this.#emit({ type: 'files.restored', paths, removed });
      return paths;
    });
  }

  /** Leaves what the last turn did as it is: an undo then goes to the turn before. */
  keepLast(): Promise<void> {
    return this.#alone(async () => (await this.#checkpoints.last())?.forget());
  }

  #withKeysKept(path: string, asked: Uint8Array | undefined, held: Uint8Array | undefined) {
    if (!asked || !held) return asked;
    return bytesWithKeysKept(this.#workspace.relative(path), asked, held, this.#keys);
  }

  async #requireAsShown(path: string, before: FileState): Promise<void> {
    await this.#workspace.requireSamePlace(path);
    const { content } = await this.#stateOf(path);
    if (hashOf(content) === hashOf(before.content)) return;
    throw new Failure(
      'bad-request',
      `${this.#workspace.relative(path)} has changed meanwhile: read it again.`,
    );
  }

  async #keepAll(changes: readonly (PlannedChange & { before: FileState })[]): Promise<void> {
    for (const { path, content, before } of changes) {
      await this.#checkpoints.keep(this.#turn, path, before, content).catch((error: unknown) => {
        throw new Failure(
          'bad-request',
          `Nothing was changed, for the old content could not be kept: ${reasonOf(error)}.`,
          { cause: error },
        );
      });
    }
  }

  async #writeAll(changes: readonly (PlannedChange & { before: FileState })[]): Promise<void> {
    for (const [place, { path, content, before }] of changes.entries()) {
      try {
        await write(path, content, before.mode);
      } catch (error) {
        await this.#putAllBack(changes.slice(0, place + 1));
        const name = this.#workspace.relative(path);
        throw new Failure('bad-request', `Nothing was changed: ${name}: ${reasonOf(error)}.`, {
          cause: error,
        });
      }
    }
    for (const { path, content } of changes) {
      if (content) this.noteRead(path, content);
      else this.#seen.delete(path);
    }
  }

  async #putAllBack(changes: readonly (PlannedChange & { before: FileState })[]): Promise<void> {
    const stuck: string[] = [];
    for (const { path, before } of changes) {
      await putBack(path, before).catch(() => stuck.push(this.#workspace.relative(path)));
    }
    if (stuck.length === 0) return;
    throw new Failure(
      'bad-request',
      `The change failed halfway, and ${stuck.join(', ')} could not be put back: undo has the old content.`,
    );
  }

  async #stateOf(path: string, most?: number): Promise<FileState> {
    try {
      return await stateOf(path, most);
    } catch (error) {
      const name = this.#workspace.relative(path);
      const remedy = error instanceof TooLarge ? '; change it with a command' : '';
      throw new Failure('bad-request', `${name} cannot be changed: ${reasonOf(error)}${remedy}.`, {
        cause: error,
      });
    }
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}

function titleOf(diffs: readonly FileDiff[]): string {
  const verb = { created: 'create', changed: 'change', deleted: 'delete' };
  return diffs.map(({ change, path }) => `${verb[change]} ${path}`).join(', ');
}
