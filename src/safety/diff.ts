import { isUtf8 } from 'node:buffer';
import type { FileDiff } from '../conversation/event.ts';

/** A comparison that takes longer is given up; 20,000 lines with 2,000 changes take 0.8 s. */
const TIMEOUT_MS = 2_000;
const CONTEXT_LINES = 3;

/**
 * What changes in a file, for the human and the log.
 * @param path relative to the workspace. @param before undefined where the file is new, `after` where it goes.
 * @param redact takes keys out of a text.
 */
export async function diffOf(
  path: string,
  before: Uint8Array | undefined,
  after: Uint8Array | undefined,
  redact: (text: string) => string = (text) => text,
): Promise<FileDiff> {
  const change = before === undefined ? 'created' : after === undefined ? 'deleted' : 'changed';
  const [old, now] = [before, after].map((bytes) => (isBinary(bytes) ? '' : redact(textOf(bytes))));
  const notes = [binaryNote(before, 'before'), binaryNote(after, 'now')].flat();
  const lines = await patchOf(old!, now!);
  return {
    path,
    change,
    added: count(lines, '+'),
    removed: count(lines, '-'),
    patch: [...notes, ...lines].join('\n'),
  };
}

async function patchOf(old: string, now: string): Promise<string[]> {
  const { structuredPatch } = await import('diff');
  const found = structuredPatch('', '', old, now, '', '', { context: CONTEXT_LINES, timeout: TIMEOUT_MS });
  if (!found) return wholesale(linesOf(old), linesOf(now));
  return found.hunks.flatMap((hunk) => [
    `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
    ...hunk.lines,
  ]);
}

/** Of a change that is too large to compare, as if all from the first change to the last had been replaced: true, if not the shortest. */
function wholesale(old: readonly string[], now: readonly string[]): string[] {
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const [removed, added] = [old.slice(head, old.length - tail), now.slice(head, now.length - tail)];
  return [
    `@@ -${head + 1},${removed.length} +${head + 1},${added.length} @@`,
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
  ];
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function count(lines: string[], sign: '+' | '-'): number {
  return lines.filter((line) => line.startsWith(sign)).length;
}

function binaryNote(bytes: Uint8Array | undefined, when: 'before' | 'now'): string[] {
  return bytes && isBinary(bytes)
    ? [`(${when} ${bytes.length.toLocaleString('en')} bytes that are no text)`]
    : [];
}

function isBinary(bytes: Uint8Array | undefined): boolean {
  return (
    bytes !== undefined && !encodingOf(bytes).startsWith('utf-16') && bytes.subarray(0, 8_000).includes(0)
  );
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes ? new TextDecoder(encodingOf(bytes)).decode(bytes) : '';
}

/** Good enough to be looked at: a change is judged by this text, and made to the bytes. */
function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return isUtf8(bytes) ? 'utf-8' : 'windows-1252';
}
