import type { FileDiff } from '../conversation/event.ts';
import { count, plural } from './figures.ts';
import { linesOf, onOneLine, visible } from './printable.ts';
import type { Theme } from './theme.ts';

/** `+3 −1`. */
export function changeCount(diff: FileDiff): string {
  return `+${count(diff.added)} −${count(diff.removed)}`;
}

/** `src/a.ts +3 −1`, `src/b.ts new, 12 lines`. */
export function changeTitle(diff: FileDiff): string {
  const path = onOneLine(visible(diff.path));
  if (diff.change === 'created') return `${path} new, ${plural(diff.added, 'line')}`;
  if (diff.change === 'deleted') return `${path} deleted, ${plural(diff.removed, 'line')}`;
  return `${path} ${changeCount(diff)}`;
}

/** A unified diff with line numbers: of the old file for what goes, of the new file for the rest. */
export function diffLines(diff: FileDiff, theme: Theme): string[] {
  const hunks = hunksOf(diff.patch);
  const last = hunks.at(-1);
  const digits = String(
    Math.max((last?.oldStart ?? 0) + (last?.lines.length ?? 0), last?.newStart ?? 0),
  ).length;
  const lines: string[] = [];
  for (const [index, hunk] of hunks.entries()) {
    if (index > 0) lines.push(theme.quiet(`${' '.repeat(digits)} ⋯`));
    let { oldStart: oldLine, newStart: newLine } = hunk;
    for (const line of hunk.lines) {
      const text = line.slice(1);
      const row = (number: number, sign: string) => `${String(number).padStart(digits)} ${sign} ${text}`;
      if (line.startsWith('+')) lines.push(theme.added(row(newLine++, '+')));
      else if (line.startsWith('-')) lines.push(theme.removed(row(oldLine++, '-')));
      else if (line.startsWith('\\')) lines.push(theme.quiet(`${' '.repeat(digits)}   ${text.trim()}`));
      else {
        lines.push(theme.quiet(row(newLine++, ' ')));
        oldLine++;
      }
    }
  }
  return lines;
}

interface Hunk {
  oldStart: number;
  newStart: number;
  lines: string[];
}

function hunksOf(patch: string): Hunk[] {
  const hunks: Hunk[] = [];
  for (const line of linesOf(visible(patch))) {
    const head = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (head) hunks.push({ oldStart: Number(head[1]), newStart: Number(head[2]), lines: [] });
    else if (line !== '') hunks.at(-1)?.lines.push(line);
  }
  return hunks;
}
