import { basename, dirname, join, normalize } from 'node:path';
import type { ToolContext } from '../base.ts';

/** A path as git takes it, by its own name: a symlink is a file of its own to git. */
export async function pathspec(path: string, { workspace }: ToolContext): Promise<string> {
  const written = normalize(path);
  const folder = await workspace.resolve(dirname(written));
  const absolute = ['.', '..'].includes(basename(written))
    ? await workspace.resolve(written)
    : join(folder, basename(written));
  return `:(literal)${workspace.relative(absolute)}`;
}
