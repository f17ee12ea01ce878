import { sep } from 'node:path';
import { Failure } from '../../conversation/failure.ts';
import type { ToolContext } from '../base.ts';
import { gitOutput } from './look.ts';

/**
 * A repository's settings may name any folder as the one that its files are in (`core.worktree`); a comparison
 * with that folder would show what is in it.
 * @throws {Failure} where the workspace is not inside that folder.
 */
export async function requireOwnWorktree(context: ToolContext): Promise<void> {
  const folder = (await gitOutput(['rev-parse', '--show-toplevel'], context)).replace(/\n$/, '');
  const { root } = context.workspace;
  if (root === folder || root.startsWith(folder.endsWith(sep) ? folder : folder + sep)) return;
  throw new Failure(
    'bad-request',
    `The settings of this repository say that its files are in ${folder}, outside the workspace.`,
  );
}

/** Whether the workspace is a folder within the repository: what lies beside it is none of our business. */
export async function isPartOfRepository(context: ToolContext): Promise<boolean> {
  return (await gitOutput(['rev-parse', '--show-prefix'], context)).trim() !== '';
}
