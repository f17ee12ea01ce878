/** A worker's code goes to its file without passing through the leader's context. */
import type { FileDiff } from '../../conversation/event.ts';
import { Failure } from '../../conversation/failure.ts';
import type { ModelReference } from '../../conversation/message.ts';
import { stateOf } from '../../safety/file-state.ts';
import { type Admitted, admitForWriting, LARGEST_WHOLE } from '../../safety/reading.ts';
import { reasonOf } from '../../safety/reason.ts';
import { endingAt, linesOf, withEnding } from '../../tools/lines.ts';
import { decodeText, encodeText, type TextFile } from '../../tools/text-file.ts';
import { parsePlace } from '../material.ts';
import type { Room } from '../room.ts';

const NEW_FILE: TextFile = { text: '', encoding: 'utf-8', bom: false };

/**
 * Where code goes, and what the file held before anything was written: of several attempts each takes the place of
 * the same lines.
 */
export interface Target extends Admitted {
  /** Undefined where there is no file yet. */
  held: Uint8Array | undefined;
  file: TextFile;
  /** Stretch of the text, without the last line's ending; all of it where left out. */
  span?: { start: number; end: number };
}

/** @throws {Failure} where nothing may be written there, nobody has read the file, or the lines are not in it. */
export async function targetOf(room: Room, place: string): Promise<Target> {
  const { workspace, changes } = room.bench.surroundings;
  const { path, from, to = from } = parsePlace(place);
  const { absolute, name } = await admitForWriting(workspace, path);
  const { content: held } = await stateOf(absolute, LARGEST_WHOLE).catch((error: unknown) => {
    throw new Failure('bad-request', `${name} cannot be written: ${reasonOf(error)}.`, { cause: error });
  });
  const file = held ? decodeText(held) : NEW_FILE;
  if (!file) throw new Failure('bad-request', `${name} is no text, so nothing is written into it.`);
  if (from !== undefined && !held)
    throw new Failure('bad-request', `There is no file ${name} with a line ${from}.`);
  // Line numbers that somebody made up, or that have moved since, must not cost a file its content.
  if (held) changes.requireRead(absolute, held);
  const span = from === undefined ? undefined : spanOf(name, file.text, from, to ?? from);
  return { absolute, name, held, file, span };
}

function spanOf(name: string, text: string, from: number, to: number): { start: number; end: number } {
  const lines = linesOf(text);
  if (lines.at(-1)?.text === '') lines.pop();
  const [first, last] = [lines[from - 1], lines[to - 1]];
  if (!first || !last || to < from)
    throw new Failure('bad-request', `${name} has ${lines.length} lines; there is no ${from}-${to}.`);
  return { start: first.start, end: last.end };
}

/** The file with the code in its place, and with the line endings of that place. @throws {Failure} as `encodeText` does. */
export function withCode({ file, span }: Target, code: string): Uint8Array {
  const { text } = file;
  const fresh = withEnding(code, endingAt(text, span?.start ?? 0));
  if (!span) return encodeText({ ...file, text: fresh });
  // What comes after the lines, their last ending too, is not touched.
  const body = fresh.replace(/(\r\n|\n|\r)$/, '');
  return encodeText({ ...file, text: text.slice(0, span.start) + body + text.slice(span.end) });
}

/**
 * Asks, keeps the old content, writes.
 * @returns what is different from before the first attempt. @throws `Refused`, {Failure}
 */
export async function writeThrough(
  room: Room,
  target: Target,
  code: string,
  { speaker, signal }: { speaker: ModelReference; signal: AbortSignal },
): Promise<FileDiff[]> {
  const { emit, surroundings } = room.bench;
  const { changes } = surroundings;
  const content = withCode(target, code);
  await changes.apply([{ path: target.absolute, content }], { speaker, signal, emit });
  const diff = await changes.compare(target.absolute, target.held, content);
  return diff.patch === '' && diff.change === 'changed' ? [] : [diff];
}

/** What a check command made of the file. @returns what is different from before the first attempt. */
export async function takeOver(room: Room, { absolute, held }: Target): Promise<FileDiff[]> {
  const diff = await room.bench.surroundings.changes.adopt(absolute, held);
  return diff ? [diff] : [];
}
