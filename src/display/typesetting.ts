import { linesOf, printable } from './printable.ts';

/** Wider lines of prose are hard to read, however wide the screen is. */
export const PROSE_WIDTH = 100;

/** Finished lines; a promise where the colours of a language have to be loaded first. */
export type Lines = string[] | Promise<string[]>;

/** How text becomes lines. The plain one leaves lines as they are; the other knows widths, Markdown and colours. */
export interface Typesetting {
  /** The line, cut with an ellipsis where it is wider than so many columns. */
  cut(line: string, width: number): string;
  /** The same, filled up to exactly so many columns. */
  fill(line: string, width: number): string;
  columnsOf(line: string): number;
  /** Lines of at most so many columns, broken between words. */
  wrap(line: string, width: number): string[];
  /** A text in Markdown that arrives piece by piece. `width` is asked whenever lines are made. */
  openText(width: () => number): StreamedText;
}

export interface StreamedText {
  /** Takes a piece and returns what it finished, block by block. */
  push(piece: string): Lines[];
  /** What is left when nothing more will come. */
  end(): Lines[];
  /** The last rows of what is not finished yet. */
  tail(rows: number): string[];
}

export const plainTypesetting: Typesetting = {
  cut: (line) => line,
  fill: (line, width) => line + ' '.repeat(Math.max(0, width - plainColumns(line))),
  columnsOf: plainColumns,
  wrap: (line) => [line],
  openText() {
    let unfinished = '';
    return {
      push(piece) {
        unfinished += piece;
        const end = unfinished.lastIndexOf('\n');
        if (end < 0) return [];
        const finished = unfinished.slice(0, end);
        unfinished = unfinished.slice(end + 1);
        return [linesOf(printable(finished))];
      },
      end() {
        const rest = unfinished;
        unfinished = '';
        return rest.trim() === '' ? [] : [linesOf(printable(rest))];
      },
      tail: () => [],
    };
  },
};

/** Columns are for the eye here: nothing breaks where a wide character counts as one. */
function plainColumns(line: string): number {
  return [...line].length;
}
