/** Cuts a text where it falls apart by itself: at definitions, at blank lines, at last between any two lines. */
import { type Line, linesOf } from '../../tools/lines.ts';

/** A text by its lines. The empty line after a last line break belongs to the line before. */
export interface LinedText {
  text: string;
  lines: readonly Line[];
  /** Where definitions stand: lines from 1, outer ones before those they hold. */
  definitions: readonly { from: number; to: number }[];
}

/** Lines that stay together. Places count from 0. */
export interface Block {
  first: number;
  last: number;
  size: number;
  /** How much sense is lost by a cut before it: 0 to 1. */
  bond: number;
}

/** The size of a text, in any unit. */
export type Measure = (text: string) => number;

type Range = Pick<Block, 'first' | 'last'>;

/** Of blocks as small as this part of a piece there are enough to choose among, and not too many. */
const GRAIN = 1 / 24;

/** A way to cut lines into smaller ranges. It gives back one range where it finds no place for a cut. */
interface Separator {
  bond: number;
  /** @param stride lines below which a range need not be cut. */
  cut(file: LinedText, range: Range, stride: number): Range[];
}

/** In the order in which they are tried, each on what the ones before left too large. */
const SEPARATORS: readonly Separator[] = [
  { bond: 0.05, cut: atDefinitions },
  { bond: 0.08, cut: cutBefore((file, at) => isOutermost(file, at) && isBlank(file, at - 1)) },
  { bond: 0.12, cut: cutBefore(isOutermost) },
  { bond: 0.15, cut: cutBefore((file, at) => !isBlank(file, at) && isBlank(file, at - 1)) },
  { bond: 0.3, cut: cutBefore(() => true) },
];

export function linedText(text: string): LinedText {
  const lines = linesOf(text);
  if (lines.length > 1 && lines.at(-1)!.text === '') lines.pop();
  return { text, lines, definitions: [] };
}

/** The text of some lines: without the line break after them, but for the one that ends the whole text. */
export function textOfLines({ text, lines }: LinedText, { first, last }: Range): string {
  return text.slice(lines[first]!.start, last === lines.length - 1 ? text.length : lines[last]!.end);
}

/** The largest blocks of at most a size that can be had without a needless cut; only a single line may be above it. */
export function blocksOf(file: LinedText, measure: Measure, most: number): Block[] {
  return divide({ first: 0, last: file.lines.length - 1 }, 0);

  function divide(range: Range, bond: number): Block[] {
    const size = measure(textOfLines(file, range));
    if (size <= most || range.first === range.last) return [{ ...range, size, bond }];
    const stride = ((range.last - range.first + 1) * most * GRAIN) / size;
    for (const separator of SEPARATORS) {
      const ranges = separator.cut(file, range, stride);
      if (ranges.length === 1) continue;
      // What comes first in a range is bound to what is before it as the range is.
      return ranges.flatMap((each, place) => divide(each, place === 0 ? bond : separator.bond));
    }
    return [{ ...range, size, bond }];
  }
}

/** The outermost definitions that lie inside, with the blank lines below, and what is between them. */
function atDefinitions(file: LinedText, { first, last }: Range): Range[] {
  const ranges: Range[] = [];
  let next = first;
  for (const { from, to } of file.definitions) {
    const [start, end] = [from - 1, to - 1];
    if (start < next || end > last || (start === first && end === last)) continue;
    const below = lastBlank(file, end, last);
    if (start > next) ranges.push({ first: next, last: start - 1 });
    const isWhole = start === first && below === last;
    ranges.push({ first: start, last: isWhole ? end : below });
    next = ranges.at(-1)!.last + 1;
  }
  if (next <= last) ranges.push({ first: next, last });
  return ranges;
}

function lastBlank(file: LinedText, line: number, last: number): number {
  let below = line;
  while (below < last && isBlank(file, below + 1)) below++;
  return below;
}

function cutBefore(mayBegin: (file: LinedText, line: number) => boolean): Separator['cut'] {
  return (file, { first, last }, stride) => {
    const ranges: Range[] = [];
    let start = first;
    for (let line = first + 1; line <= last; line++) {
      if (line - start < stride || !mayBegin(file, line)) continue;
      ranges.push({ first: start, last: line - 1 });
      start = line;
    }
    ranges.push({ first: start, last });
    return ranges;
  };
}

function isBlank({ lines }: LinedText, at: number): boolean {
  return lines[at]!.text.trim() === '';
}

/** Begins at the margin, and is not the end of what began before. */
function isOutermost({ lines }: LinedText, at: number): boolean {
  return /^[^\s\])}]/.test(lines[at]!.text) && !/^end\b/.test(lines[at]!.text);
}
