/** Material that is too much for one request, cut so that each piece makes sense by itself. */
import { dirname } from 'node:path';
import { definitions } from '../../tools/code/syntax-tree.ts';
import { type Block, blocksOf, type LinedText, linedText, type Measure, textOfLines } from './blocks.ts';

/** Lines of a file that follow each other. */
export interface PiecePart {
  path: string;
  /** The first and the last line, from 1. */
  from: number;
  to: number;
  /** Without the line break after the last line, but for the one that ends the file. */
  text: string;
}

export interface Piece {
  parts: PiecePart[];
  /** It is a single line that is larger than a piece may be. */
  tooLong?: true;
}

interface Source {
  path: string;
  /** The number of its first line. */
  from: number;
  file: LinedText;
}

type SourceBlock = Block & { source: Source };

/** What parts a piece's parts in the text that is measured. */
const JOINT = '\n';
/** How much sense is lost by a cut between two files of a folder: little, but more than between folders. */
const FOLDER_BOND = 0.02;

/**
 * Cuts files into pieces of at most a size, as few as can be and about equally large, in the order given. Files that
 * fit stay whole and share pieces, best with others of their folder. Of larger ones, definitions that fit stay
 * whole; then blank lines and lines at the margin part what is left.
 *
 * Every line is in exactly one piece: the texts of a file's parts, joined by line breaks, are the file.
 * @param files `from` is the number of the first line of a text that is not a whole file.
 * @param measure the size of a text in any unit. That of a piece is of its texts joined by line breaks.
 * @param most in that unit. Only a piece of one line, marked `tooLong`, is larger.
 */
export async function cutIntoPieces(
  files: readonly { path: string; text: string; from?: number }[],
  measure: (text: string) => number,
  most: number,
): Promise<Piece[]> {
  const blocks: SourceBlock[] = [];
  for (const { path, text, from = 1 } of files) {
    const source = { path, from, file: await readied(path, text, measure(text) > most) };
    for (const block of blocksOf(source.file, measure, most)) blocks.push({ ...block, source });
  }
  const bonded = blocks.map((block, place) => ({ ...block, bond: bondBefore(block, blocks[place - 1]) }));
  return pack(bonded, measure, most).map((piece) => pieceOf(piece, most));
}

/** Its definitions are only looked for where it must be cut. */
async function readied(path: string, text: string, isTooLarge: boolean): Promise<LinedText> {
  const file = linedText(text);
  return isTooLarge ? { ...file, definitions: (await definitions(path, text)) ?? [] } : file;
}

function bondBefore(block: SourceBlock, before: SourceBlock | undefined): number {
  if (!before || before.source === block.source) return block.bond;
  return dirname(before.source.path) === dirname(block.source.path) ? FOLDER_BOND : 0;
}

/** Blocks in pieces; in halves where a text turns out larger than the sum of its blocks. */
function pack(blocks: readonly SourceBlock[], measure: Measure, most: number): SourceBlock[][] {
  return cheapestCuts(blocks, most, measure(JOINT)).flatMap((piece) => {
    if (piece.length === 1 || measure(textOfPiece(piece)) <= most) return [piece];
    const half = piece.length >> 1;
    return [piece.slice(0, half), piece.slice(half)].flatMap((part) => pack(part, measure, most));
  });
}

/**
 * The best way to put blocks, in their order, into pieces that have room for so much: as few as can be, then as
 * equal and with as little sense lost as can be. For each place the best way to get there is kept, so that the time
 * goes with the blocks times those that fit a piece.
 */
function cheapestCuts(blocks: readonly SourceBlock[], room: number, joint: number): SourceBlock[][] {
  const best: { cost: number; start: number }[] = [{ cost: 0, start: 0 }];
  for (let end = 1; end <= blocks.length; end++) {
    let chosen = { cost: Number.POSITIVE_INFINITY, start: end - 1 };
    let size = -joint;
    for (let start = end - 1; start >= 0; start--) {
      size += blocks[start]!.size + joint;
      if (size > room && start < end - 1) break;
      const cost =
        best[start]!.cost + costOf(size / room, start === 0 ? 0 : blocks[start]!.bond, blocks.length);
      if (cost < chosen.cost) chosen = { cost, start };
    }
    best.push(chosen);
  }
  const pieces: SourceBlock[][] = [];
  for (let end = blocks.length; end > 0; end = best[end]!.start) {
    pieces.unshift(blocks.slice(best[end]!.start, end));
  }
  return pieces;
}

/** @param filled 1 where a piece is full. One piece less outweighs whatever all the others could save. */
function costOf(filled: number, bond: number, blocks: number): number {
  return 3 * blocks + Math.min(filled, 1) ** 2 + bond;
}

function pieceOf(blocks: readonly SourceBlock[], most: number): Piece {
  const parts = partsOf(blocks);
  return blocks.length === 1 && blocks[0]!.size > most ? { parts, tooLong: true } : { parts };
}

function textOfPiece(blocks: readonly SourceBlock[]): string {
  return partsOf(blocks)
    .map(({ text }) => text)
    .join(JOINT);
}

/** Blocks of a file that follow each other make one part. */
function partsOf(blocks: readonly SourceBlock[]): PiecePart[] {
  const runs: { source: Source; first: number; last: number }[] = [];
  for (const { source, first, last } of blocks) {
    const run = runs.at(-1);
    if (run?.source === source) run.last = last;
    else runs.push({ source, first, last });
  }
  return runs.map(({ source: { path, from, file }, ...range }) => ({
    path,
    from: from + range.first,
    to: from + range.last,
    text: textOfLines(file, range),
  }));
}
