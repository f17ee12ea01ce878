/** A worker's code goes to its file without passing through the leader's context. */
import { readFile } from 'node:fs/promises';
import type { FileDiff } from '../../conversation/event.ts';
import { Failure } from '../../conversation/failure.ts';
import type { ModelReference } from '../../conversation/message.ts';
import { refuseGitsOwn } from '../../safety/gits-own.ts';
import { refuseSecret } from '../../safety/secrets.ts';
import { decodeText, encodeText, type TextFile } from '../../tools/text-file.ts';
import type { Room } from '../room.ts';
import { parsePlace } from './material.ts';

const NEW_FILE: TextFile = { text: '', encoding: 'utf-8', bom: false };

/** A file as it would be, not yet written. */
export interface PlannedWrite {
  /** Relative to the workspace. */
  path: string;
  absolute: string;
  text: string;
  bytes: Uint8Array;
}

/**
 * Where the code would go: a whole file, or in place of a range of lines.
 * @throws {Failure} where that may not be written, or the lines are not there.
 */
export async function planWrite(room: Room, place: string, code: string): Promise<PlannedWrite> {
  const { workspace, changes } = room.bench.surroundings;
  const { path, from, to } = parsePlace(place);
  const absolute = await workspace.resolve(path);
  const name = workspace.relative(absolute);
  refuseGitsOwn(path, name);
  refuseSecret(path, absolute);
  const bytes = await readFile(absolute).catch(() => undefined);
  const before = bytes ? decodeText(bytes) : NEW_FILE;
  if (!before) throw new Failure('bad-request', `${name} is no text, so nothing is written into it.`);
  if (from !== undefined && !bytes)
    throw new Failure('bad-request', `There is no file ${name} with a line ${from}.`);
  // Line numbers that somebody made up, or that have moved since, must not cost a file its content.
  if (bytes) changes.requireRead(absolute, bytes);
  const text = from === undefined ? code : replaced(name, before.text, from, to ?? from, code);
  const ending = before.text.includes('\r\n') ? text.replace(/\r?\n/g, '\r\n') : text;
  return { path: name, absolute, text: ending, bytes: encodeText({ ...before, text: ending }) };
}

function replaced(name: string, text: string, from: number, to: number, code: string): string {
  const lines = text.split(/(?<=\n)/);
  if (from < 1 || to < from || to > lines.length)
    throw new Failure('bad-request', `${name} has ${lines.length} lines; there is no ${from}-${to}.`);
  return [...lines.slice(0, from - 1), code, ...lines.slice(to)].join('');
}

/** Asks, keeps the old content, writes. @throws `Refused`, {Failure} */
export function writeThrough(
  room: Room,
  { absolute, bytes }: PlannedWrite,
  speaker: ModelReference,
  signal: AbortSignal,
): Promise<FileDiff[]> {
  const { emit, surroundings } = room.bench;
  return surroundings.changes.apply([{ path: absolute, content: bytes }], { speaker, signal, emit });
}
