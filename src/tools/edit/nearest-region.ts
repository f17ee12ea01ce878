import { linesOf } from '../lines.ts';
import { plainOf } from './match.ts';

/** Lines compared at the most; beyond that a file is too long to look for likeness in. */
const MOST_COMPARISONS = 200_000;
/** Lines and characters shown of a region: what is meant is clear by then. */
const MOST_SHOWN = 20;
const LONGEST_SHOWN = 300;
/** Below this share of likeness nothing is worth showing. */
const LEAST_LIKENESS = 0.4;

export interface Region {
  /** From 1, both included. */
  from: number;
  to: number;
  /** The first of them. */
  lines: string[];
}

/** Whether the text is short enough to look for the region. */
export function canCompare(text: string, old: string): boolean {
  return linesOf(old).length * linesOf(text).length <= MOST_COMPARISONS;
}

/** The lines of a file most like the text that was not found: shown to the model, never changed. */
export function nearestRegion(text: string, old: string): Region | undefined {
  const wanted = linesOf(old.replace(/^\s*\n|\n\s*$/g, '')).map((line) => pairsOf(plainOf(line.text)));
  const lines = linesOf(text);
  const pairs = lines.map((line) => pairsOf(plainOf(line.text)));
  let best = { score: 0, first: 0 };
  for (let first = 0; first < lines.length; first++) {
    const alike = wanted.map((want, offset) => likeness(want, pairs[first + offset] ?? new Map()));
    const score = alike.reduce((sum, value) => sum + value, 0) / wanted.length;
    if (score > best.score) best = { score, first };
  }
  if (best.score < LEAST_LIKENESS) return undefined;
  const shown = lines.slice(best.first, best.first + wanted.length);
  return {
    from: best.first + 1,
    to: best.first + shown.length,
    lines: shown.slice(0, MOST_SHOWN).map((line) => line.text.slice(0, LONGEST_SHOWN).toWellFormed()),
  };
}

/** Pairs of neighbouring characters, with how often they occur. */
function pairsOf(line: string): Map<string, number> {
  const pairs = new Map<string, number>();
  for (let place = 0; place < line.length - 1; place++) {
    const pair = line.slice(place, place + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  return pairs;
}

/** Sørensen–Dice coefficient of the pairs of two lines, 0 to 1; two empty lines are alike. */
function likeness(a: Map<string, number>, b: Map<string, number>): number {
  let [shared, all] = [0, 0];
  for (const [pair, times] of a) {
    shared += Math.min(times, b.get(pair) ?? 0);
    all += times;
  }
  for (const times of b.values()) all += times;
  return all === 0 ? 1 : (2 * shared) / all;
}
