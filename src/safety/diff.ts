import { isUtf8 } from 'node:buffer';
import type { FileDiff } from '../conversation/event.ts';

/** A comparison that takes longer is given up; 20,000 lines with 2,000 changes take 0.8 s. */
const TIMEOUT_MS = 2_000;
const CONTEXT_LINES = 3;

/**
 * What changes in a file, for the human and the log.
 * @param path relative to the workspace. @param before undefined where the file is new, `after` where it goes.
 */
export async function diffOf(
  path: string,
  before: Uint8Array | undefined,
  after: Uint8Array | undefined,
): Promise<FileDiff> {
  const change = before === undefined ? 'created' : after === undefined ? 'deleted' : 'changed';
  if (isBinary(before) || isBinary(after)) return { path, change, added: 0, removed: 0, patch: '(binary)' };
  const { structuredPatch } = await import('diff');
  const [old, now] = [textOf(before), textOf(after)];
  const found = structuredPatch(path, path, old, now, '', '', {
    context: CONTEXT_LINES,
    timeout: TIMEOUT_MS,
  });
  if (!found) return wholesale(path, change, old, now);
  const lines = found.hunks.flatMap((hunk) => [
    `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
    ...hunk.lines,
  ]);
  return { path, change, added: count(lines, '+'), removed: count(lines, '-'), patch: lines.join('\n') };
}

/** Of a change that is too large to compare, as if all had been replaced: true, if not the shortest. */
function wholesale(path: string, change: FileDiff['change'], old: string, now: string): FileDiff {
  const [removed, added] = [old.split('\n').length, now.split('\n').length];
  return { path, change, added, removed, patch: `(too large to compare: ${removed} lines become ${added})` };
}

function count(lines: string[], sign: '+' | '-'): number {
  return lines.filter((line) => line.startsWith(sign)).length;
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
