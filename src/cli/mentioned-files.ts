import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

/** `@path`, or `@"path with spaces"`. */
export const MENTION = /(?<=^|\s|\()@(?:"([^"\n]+)"|([^\s"]+))/g;

/** A name at the end of a sentence may have a full stop behind it that is not its own. */
export function withoutStop(word: string): string {
  return word.replace(/[.,;:!?)]+$/, '');
}

/** Files are named as in a message, with lines where they are meant: `@src/a.ts:10-80`. Other words with @ stay words. */
export async function splitFiles(
  text: string,
  workspace: string,
): Promise<{ task: string; files: string[] }> {
  const files: string[] = [];
  let task = text;
  for (const [mention, quoted, bare = ''] of text.matchAll(MENTION)) {
    const place = quoted ?? withoutStop(bare);
    if (!(await isFile(resolve(workspace, place.replace(/:\d+(-\d+)?$/, ''))))) continue;
    if (!files.includes(place)) files.push(place);
    const written = quoted === undefined ? `@${place}` : mention;
    task = task.replace(written, () => place);
  }
  // What stands before the task is only there to be read.
  while (files.some((file) => task.startsWith(`${file} `)))
    task = task.slice(files.find((file) => task.startsWith(`${file} `))!.length).trimStart();
  return { task: files.includes(task) ? '' : task.trim(), files };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
