/** The files that models are given to read, laid out so that the same ones come out the same, to the byte. */
import { Failure } from '../conversation/failure.ts';
import type { ImagePart } from '../conversation/message.ts';
import { readWhole } from '../safety/reading.ts';
import { imageIn } from '../tools/file/image.ts';
import { linesOf } from '../tools/lines.ts';
import { decodeText } from '../tools/text-file.ts';
import type { Material, Room } from './room.ts';

export type { Material } from './room.ts';

/** Lines of a file, or an image, which has none. */
export interface Excerpt {
  /** Relative to the workspace. */
  path: string;
  /** The number of its first line. */
  from: number;
  to: number;
  text: string;
  image?: ImagePart;
}

/** The files as every pattern but a delegation gives them: with numbers, so that places can be cited. */
export async function materialOf(
  room: Room,
  places: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Material> {
  const excerpts = await gather(room, places ?? [], signal);
  return { text: layOut(excerpts, true), images: imagesIn(excerpts) };
}

export function imagesIn(excerpts: readonly Excerpt[]): ImagePart[] {
  return excerpts.flatMap(({ image }) => image ?? []);
}

/** As it is named in an order. */
export function placeOf({ path, from, to, image }: Excerpt): string {
  return image ? path : `${path}:${from}-${to}`;
}

/** A place as models write it: `src/a.ts`, `src/a.ts:10`, `src/a.ts:10-80`. */
export function parsePlace(place: string): { path: string; from?: number; to?: number } {
  const parts = /^(.+?):(\d+)(?:-(\d+))?$/.exec(place.trim());
  if (!parts) return { path: place.trim() };
  const from = Number(parts[2]);
  return { path: parts[1]!, from, to: Number(parts[3] ?? from) };
}

/** Characters of all files together, as many as the largest windows take. */
const MOST_MATERIAL = 4_000_000;

/**
 * Reads what a piece of work needs. It counts as seen by a model, so that it may be written over.
 * @throws {Failure} `bad-request` where a file cannot be read, or the lines are not in it.
 */
export async function gather(room: Room, places: readonly string[], signal: AbortSignal): Promise<Excerpt[]> {
  const excerpts: Excerpt[] = [];
  let characters = 0;
  for (const place of places) {
    const excerpt = await excerptOf(room, place, signal);
    excerpts.push(excerpt);
    characters += excerpt.text.length;
    if (characters > MOST_MATERIAL)
      throw new Failure(
        'bad-request',
        `With ${place} it is more than any model reads: name lines of it, as in path:10-80.`,
      );
  }
  return excerpts;
}

async function excerptOf({ bench }: Room, place: string, signal: AbortSignal): Promise<Excerpt> {
  const { workspace, changes } = bench.surroundings;
  const { path, from = 1, to } = parsePlace(place);
  const { absolute, name, bytes } = await readWhole(workspace, path, { signal });
  const image = imageIn(name, bytes);
  if (image) return { path: name, from: 1, to: 1, text: '', image };
  const file = decodeText(bytes);
  if (!file) throw new Failure('bad-request', `${name} is no text.`);
  changes.noteRead(absolute, bytes);
  const lines = linesOf(bench.redact(file.text)).map((line) => line.text);
  if (lines.at(-1) === '') lines.pop();
  const last = Math.min(to ?? lines.length, lines.length);
  if (from > lines.length || last < from)
    throw new Failure('bad-request', `${name} has ${lines.length} lines; there is no ${from}-${to ?? ''}.`);
  return { path: name, from, to: last, text: lines.slice(from - 1, last).join('\n') };
}

/** Files first, in the order in which they were named. @param numbered for answers that cite lines. */
export function layOut(excerpts: readonly Excerpt[], numbered: boolean): string {
  return excerpts
    .map((excerpt) => {
      const { path, from, to, text, image } = excerpt;
      if (image) return `=== ${path}, an image\n`;
      const lines = numbered
        ? text
            .split('\n')
            .map((line, place) => `${from + place}\t${line}`)
            .join('\n')
        : text;
      return `=== ${path}, lines ${from} to ${to}\n${lines}\n`;
    })
    .join('\n');
}
