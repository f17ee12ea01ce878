import { Failure } from '../conversation/failure.ts';

/** Whether a path leads to the files in which git keeps a repository. */
export function isGitsOwn(relative: string): boolean {
  return relative.split('/').some((part) => part.toLowerCase() === '.git');
}

/**
 * Git runs what stands in its own files, and keeps passwords in them.
 * @param path as it was written; @param relative to the workspace, symlinks resolved.
 * @throws {Failure} where the file is one of them.
 */
export function refuseGitsOwn(path: string, relative: string): void {
  if (!isGitsOwn(relative)) return;
  throw new Failure('bad-request', `${path} belongs to git itself: only git reads and writes it.`);
}
