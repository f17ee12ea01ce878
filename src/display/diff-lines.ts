import type { FileDiff } from '../conversation/event.ts';
import { count, plural } from './figures.ts';
import { linesOf, onOneLine, revealed } from './printable.ts';
import type { Theme } from './theme.ts';

/** `+3 −1`. */
export function changeCount(diff: FileDiff): string {
  return `+${count(diff.added)} −${count(diff.removed)}`;
}

/** `src/a.ts +3 −1`, `src/b.ts new, 12 lines`. */
export function changeTitle(diff: FileDiff): string {
  const path = onOneLine(revealed(diff.path));
  if (diff.change === 'created') return `${path} new, ${plural(diff.added, 'line')}`;
  if (diff.change === 'deleted') return `${path} deleted, ${plural(diff.removed, 'line')}`;
  return `${path} ${changeCount(diff)}`;
}

/**
 * A unified diff with line numbers: of the old file for what goes, of the new file for the rest. What is no hunk, a
 * note on a binary file, is shown as it is.
 */
export function diffLines(diff: FileDiff, theme: Theme): string[] {
  const { notes, hunks } = partsOf(diff.patch);
  const last = hunks.at(-1);
  const digits = String(
    Math.max((last?.oldStart ?? 0) + (last?.lines.length ?? 0), last?.newStart ?? 0),
  ).length;
  const lines = notes.map((note) => theme.quiet(note));
  for (const [index, hunk] of hunks.entries()) {
    if (index > 0) lines.push(theme.quiet(`${' '.repeat(digits)} ⋯`));
    let { oldStart: oldLine, newStart: newLine } = hunk;
    for (const { sign, text, times } of runsOf(hunk.lines)) {
      const row = (number: number) => `${String(number).padStart(digits)} ${sign} ${text}`;
      if (sign === '+') lines.push(theme.added(row(newLine)));
      else if (sign === '-') lines.push(theme.removed(row(oldLine)));
      else if (sign === '\\') lines.push(theme.quiet(`${' '.repeat(digits)}   ${text.trim()}`));
      else lines.push(theme.quiet(row(newLine)));
      if (sign === '+' || sign === ' ') newLine += times;
      if (sign === '-' || sign === ' ') oldLine += times;
    }
  }
  return lines;
}

/** As many empty lines as are a page in no file. */
const MANY_EMPTY = 20;

interface Row {
  sign: string;
  text: string;
  /** Lines that it stands for. */
  times: number;
}

/** The lines of a hunk; of very many empty ones their number. */
function runsOf(lines: readonly string[]): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!;
    const sign = line[0]!;
    let end = at + 1;
    if (line.slice(1).trim() === '') while (isEmpty(lines[end], sign)) end++;
    const times = end - at;
    if (times > MANY_EMPTY) rows.push({ sign, text: `⟨${count(times)} empty lines⟩`, times });
    else for (const each of lines.slice(at, end)) rows.push({ sign, text: each.slice(1), times: 1 });
    at = end;
  }
  return rows;
}

function isEmpty(line: string | undefined, sign: string): boolean {
  return line?.[0] === sign && line.slice(1).trim() === '';
}

interface Hunk {
  oldStart: number;
  newStart: number;
  lines: string[];
}

function partsOf(patch: string): { notes: string[]; hunks: Hunk[] } {
  const notes: string[] = [];
  const hunks: Hunk[] = [];
  for (const line of linesOf(revealed(patch))) {
    const head = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (head) hunks.push({ oldStart: Number(head[1]), newStart: Number(head[2]), lines: [] });
    else if (line !== '') (hunks.at(-1)?.lines ?? notes).push(line);
  }
  return { notes, hunks };
}
