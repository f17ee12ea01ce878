/** The files that a worker reads, laid out so that the same ones come out the same, to the byte. */
import { readFile } from 'node:fs/promises';
import { Failure } from '../../conversation/failure.ts';
import { reasonOf } from '../../safety/file-state.ts';
import { refuseGitsOwn } from '../../safety/gits-own.ts';
import { refuseSecret } from '../../safety/secrets.ts';
import { decodeText } from '../../tools/text-file.ts';
import type { Room } from '../room.ts';

/** Lines of a file. */
export interface Excerpt {
  /** Relative to the workspace. */
  path: string;
  /** The number of its first line. */
  from: number;
  to: number;
  text: string;
}

/** A place as models write it: `src/a.ts`, `src/a.ts:10`, `src/a.ts:10-80`. */
export function parsePlace(place: string): { path: string; from?: number; to?: number } {
  const parts = /^(.+?):(\d+)(?:-(\d+))?$/.exec(place.trim());
  if (!parts) return { path: place.trim() };
  const from = Number(parts[2]);
  return { path: parts[1]!, from, to: Number(parts[3] ?? from) };
}

/**
 * Reads what a piece of work needs. It counts as seen by a model, so that it may be written over.
 * @throws {Failure} `bad-request` where a file cannot be read, or the lines are not in it.
 */
export async function gather(room: Room, places: readonly string[]): Promise<Excerpt[]> {
  return Promise.all(places.map((place) => excerptOf(room, place)));
}

async function excerptOf({ bench }: Room, place: string): Promise<Excerpt> {
  const { workspace, changes } = bench.surroundings;
  const { path, from = 1, to } = parsePlace(place);
  const absolute = await workspace.resolveForReading(path);
  const name = workspace.relative(absolute);
  refuseGitsOwn(path, name);
  refuseSecret(path, absolute);
  const bytes = await readFile(absolute).catch((error: unknown) => {
    throw new Failure('bad-request', `${name} cannot be read: ${reasonOf(error)}.`, { cause: error });
  });
  const file = decodeText(bytes);
  if (!file) throw new Failure('bad-request', `${name} is no text.`);
  changes.noteRead(absolute, bytes);
  const lines = bench.redact(file.text).split(/\r?\n/);
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
      const { path, from, to, text } = excerpt;
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
