import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type AttachedFile, withFiles } from '../conversation/attached-files.ts';
import { Failure } from '../conversation/failure.ts';
import type { ImagePart } from '../conversation/message.ts';
import { LARGEST_WHOLE, readWhole } from '../safety/reading.ts';
import type { Workspace } from '../safety/workspace.ts';
import { imageIn } from '../tools/file/image.ts';
import { MENTION, withoutStop } from './mentioned-files.ts';

/** Bytes of a text file that go along whole; of a longer one the model reads with its tools what it needs. */
const TEXT_LIMIT = 64 * 1024;

export interface Attached {
  /** The message with the files in it. */
  text: string;
  images: ImagePart[];
  /** What was named and does not go along, and why; one sentence each. */
  refusals: string[];
}

/**
 * Attaches the files that a message names as `@path` or `@"path with spaces"`: inside the workspace, text up to
 * 64 KB, images as long as they can be looked at. Every other word stays as it is; one that seems to be meant for a
 * file or a folder is named among the refusals.
 * @param redact takes keys out of a text.
 */
export async function attachFiles(
  message: string,
  workspace: Workspace,
  redact: (text: string) => string,
): Promise<Attached> {
  const files: AttachedFile[] = [];
  const images: ImagePart[] = [];
  const refusals: string[] = [];
  for (const name of namedFiles(message)) {
    const found = await lookUp(workspace.root, name);
    if (!found) {
      refusals.push(...(await notFound(workspace.root, name)));
      continue;
    }
    const { written, size } = found;
    const tooLong = `${written} is larger than 64 KB: the model reads of it what it needs.`;
    if (size > LARGEST_WHOLE) refusals.push(tooLong);
    else {
      try {
        const { bytes, name } = await readWhole(workspace, written);
        const image = imageIn(name, bytes);
        if (image) images.push(image);
        else if (size > TEXT_LIMIT) refusals.push(tooLong);
        else if (bytes.includes(0)) refusals.push(`${written} is no text and was not attached.`);
        else files.push({ path: name, content: redact(bytes.toString()).replace(/\n$/, '') });
      } catch (error) {
        refusals.push(`Not attached: ${Failure.from(error).message}`);
      }
    }
  }
  return { text: withFiles(message, files), images, refusals };
}

function namedFiles(message: string): Set<string> {
  const names = new Set<string>();
  for (const [, quoted, bare] of message.matchAll(MENTION)) {
    const name = quoted ?? bare;
    if (name) names.add(name);
  }
  return names;
}

/**
 * A word that names a folder, or looks like the name of a file, or of lines in one, and is none: the human would wait
 * for it in vain.
 */
async function notFound(root: string, name: string): Promise<string[]> {
  const written = withoutStop(name);
  if (written.startsWith('../')) return [`Not attached: ${written} is outside the workspace.`];
  if (written && (await stat(resolve(root, written)).catch(() => undefined))?.isDirectory())
    return [`Not attached: ${written} is a folder. Name the files in it, or let the model look there.`];
  const [, whole = ''] = /^(.+?):\d+(?:-\d+)?$/.exec(written) ?? [];
  if (whole && (await lookUp(root, whole)))
    return [`${written} was not attached: a message takes whole files, @${whole}.`];
  const looksLikeFile = /^[\w./-]*[\w-]\.[A-Za-z]\w{0,7}$/.test(whole || written);
  return looksLikeFile ? [`There is no file ${whole || written} here: nothing was attached for it.`] : [];
}

/** A name at the end of a sentence may have a full stop behind it that is not its own. */
async function lookUp(root: string, name: string): Promise<{ written: string; size: number } | undefined> {
  for (const written of [name, withoutStop(name)]) {
    const found = await stat(resolve(root, written)).catch(() => undefined);
    if (found?.isFile()) return { written, size: found.size };
  }
  return undefined;
}
