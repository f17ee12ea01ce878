import { OUTPUT_CAP } from '../base.ts';

export const LONGEST_LINE = 2_000;
/** Below what is passed on to a model, so that a read ends between lines and says where to go on. */
const MOST_CHARACTERS = OUTPUT_CAP - 1_000;

export interface NumberedLines {
  /** With their numbers, a tab after each. */
  shown: string[];
  /** The number of the last. */
  last: number;
  /** Lines that were asked for are left. */
  more: boolean;
}

/** @param lines those from `from` on. @param to the last line that is asked for. */
export function numbered(lines: readonly string[], from: number, to: number): NumberedLines {
  const width = String(Math.min(to, from + lines.length - 1)).length;
  const shown: string[] = [];
  let characters = 0;
  for (const [offset, line] of lines.slice(0, to - from + 1).entries()) {
    const text = `${String(from + offset).padStart(width)}\t${shortened(line)}`;
    characters += text.length + 1;
    if (characters > MOST_CHARACTERS && shown.length > 0) break;
    shown.push(text);
  }
  return { shown, last: from + shown.length - 1, more: shown.length < lines.length };
}

function shortened(line: string): string {
  if (line.length <= LONGEST_LINE) return line;
  return `${line.slice(0, LONGEST_LINE).toWellFormed()} [the line goes on; column: ${LONGEST_LINE + 1}]`;
}

/** As much of one line as is passed on, and where it goes on. @param column of its first character, from 1. */
export function stretchOf(line: string, column: number): { text: string; next: number | undefined } {
  const end = column - 1 + MOST_CHARACTERS;
  return {
    text: line.slice(column - 1, end).toWellFormed(),
    next: end < line.length ? end + 1 : undefined,
  };
}
