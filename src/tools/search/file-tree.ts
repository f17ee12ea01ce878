import { nameShown } from './name-shown.ts';

interface Folder {
  folders: Map<string, Folder>;
  files: string[];
  /** Files in it and below. */
  count: number;
}

export interface FileTree {
  lines: string[];
  /** Some folders are only counted. */
  folded: boolean;
}

/**
 * Paths as an indented tree, folders first. What lies deeper than the depth is counted; without a depth, as deep
 * as the lines suffice.
 */
export function treeOf(paths: readonly string[], mostLines: number, depth?: number): FileTree {
  const root = folderOf(paths);
  if (depth !== undefined) return { lines: linesOf(root, depth), folded: isDeeper(root, depth) };
  let level = 1;
  let lines = linesOf(root, level);
  while (isDeeper(root, level)) {
    const more = linesOf(root, level + 1);
    if (more.length > mostLines) return { lines, folded: true };
    lines = more;
    level++;
  }
  return { lines, folded: false };
}

function folderOf(paths: readonly string[]): Folder {
  const root = emptyFolder();
  for (const path of paths) {
    const parts = path.split('/');
    const file = parts.pop()!;
    let folder = root;
    folder.count++;
    for (const part of parts) {
      const next: Folder = folder.folders.get(part) ?? emptyFolder();
      folder.folders.set(part, next);
      folder = next;
      folder.count++;
    }
    folder.files.push(file);
  }
  return root;
}

function emptyFolder(): Folder {
  return { folders: new Map(), files: [], count: 0 };
}

function linesOf({ folders, files }: Folder, depth: number, indent = ''): string[] {
  const below = [...folders].flatMap(([name, folder]) => {
    const line = `${indent}${nameShown(name)}/`;
    if (depth > 1) return [line, ...linesOf(folder, depth - 1, `${indent}  `)];
    return [`${line} (${folder.count} ${folder.count === 1 ? 'file' : 'files'})`];
  });
  return [...below, ...files.map((name) => indent + nameShown(name))];
}

function isDeeper({ folders }: Folder, depth: number): boolean {
  if (folders.size === 0) return false;
  return depth === 1 || [...folders.values()].some((folder) => isDeeper(folder, depth - 1));
}
