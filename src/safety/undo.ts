import { Failure } from '../conversation/failure.ts';
import { type Checkpoint, type Checkpoints, hashOf, type KeptFile } from './checkpoint.ts';
import { putBack, stateOf } from './file-state.ts';
import { reasonOf } from './reason.ts';
import type { Workspace } from './workspace.ts';

/** What becomes of a file that somebody else has changed since: nothing is undone, it is left, or written over. */
export type ChangedSince = 'refuse' | 'leave' | 'overwrite';

/** The last turn that changed files in this workspace, in this session or an earlier one. */
export interface LastChanges {
  /** Relative to the workspace. */
  paths: string[];
  /** Those that somebody else has changed since. */
  changedSince: string[];
  /** Milliseconds since 1970. */
  at: number;
  /** In this session. */
  own: boolean;
}

export async function lastChanges(
  checkpoints: Checkpoints,
  workspace: Workspace,
): Promise<LastChanges | undefined> {
  const last = await checkpoints.last();
  if (!last) return undefined;
  const named = (files: readonly KeptFile[]) => files.map(({ path }) => workspace.relative(path));
  const { files, at, own } = last;
  return { paths: named(files), changedSince: named(await changedSince(files)), at, own };
}

/**
 * Brings back what the last turn with changes found, and forgets it.
 * @returns what was brought back; nothing where nothing is left to undo.
 * @throws {Failure} where somebody else has changed one of the files since and that is to be refused.
 */
export async function undoLast(
  checkpoints: Checkpoints,
  workspace: Workspace,
  foreign: ChangedSince,
): Promise<KeptFile[]> {
  const last = await checkpoints.last();
  if (!last) return [];
  const others = foreign === 'overwrite' ? [] : await changedSince(last.files);
  if (foreign === 'refuse' && others.length > 0) {
    const names = others.map(({ path }) => workspace.relative(path)).join(', ');
    throw new Failure(
      'bad-request',
      `Not undone: ${names} changed since. Say whether to leave that or to write over it.`,
    );
  }
  const restored = last.files.filter((file) => !others.includes(file));
  for (const file of restored) await bringBack(last, file, workspace);
  await last.forget();
  return restored;
}

async function bringBack(last: Checkpoint, file: KeptFile, workspace: Workspace): Promise<void> {
  await workspace.requireSamePlace(file.path);
  const content = await last.contentOf(file);
  await putBack(file.path, { ...file, content }).catch((error: unknown) => {
    throw new Failure(
      'bad-request',
      `${workspace.relative(file.path)} was not brought back: ${reasonOf(error)}.`,
      { cause: error },
    );
  });
}

async function changedSince(files: readonly KeptFile[]): Promise<KeptFile[]> {
  const hashes = await Promise.all(
    files.map(({ path }) =>
      stateOf(path).then(
        ({ content }) => hashOf(content),
        () => undefined,
      ),
    ),
  );
  // A turn that was cut short may have left the file as it was.
  return files.filter(({ held, left }, place) => {
    const now = hashes[place];
    return now === undefined || (now !== held && !left.includes(now));
  });
}
