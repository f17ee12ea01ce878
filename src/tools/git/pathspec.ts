import { stat } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import { Failure } from '../../conversation/failure.ts';
import type { Workspace } from '../../safety/workspace.ts';
import type { ToolContext } from '../base.ts';

/**
 * A path as git takes it, by its own name: a symlink is a file of its own to git.
 * @throws {Failure} where it lies in another repository: of what is in there, git here knows nothing.
 */
export async function pathspec(path: string, { workspace }: ToolContext): Promise<string> {
  const written = normalize(path);
  const folder = await workspace.resolve(dirname(written));
  const absolute = ['.', '..'].includes(basename(written))
    ? await workspace.resolve(written)
    : join(folder, basename(written));
  await refuseNested(path, dirname(absolute), workspace);
  return `:(literal)${workspace.relative(absolute)}`;
}

async function refuseNested(path: string, folder: string, workspace: Workspace): Promise<void> {
  for (let at = folder; at.length > workspace.root.length; at = dirname(at)) {
    if (!(await isRepository(at))) continue;
    const repository = workspace.relative(at);
    throw new Failure(
      'bad-request',
      `${path} belongs to another git repository, that of ${repository}: use the shell for it, with git -C ${repository}.`,
    );
  }
}

/** A worktree or a submodule has a file in place of the folder. */
async function isRepository(folder: string): Promise<boolean> {
  const own = await stat(join(folder, '.git')).catch(() => undefined);
  return own?.isFile() || (await stat(join(folder, '.git', 'HEAD')).catch(() => undefined)) !== undefined;
}
