/**
 * Where the text to be replaced stands in a file. A ladder of two rungs: exactly but for line endings, then whole
 * lines that are equal but for white space and look-alike characters, and only where they are unique. Never by
 * similarity: lax matching corrupts files and reports success (docs/tools.md).
 */
import { endingAt, type Line, linesOf, type Unified, unify, withEnding } from '../lines.ts';
import { reindented } from './indentation.ts';

export interface Replacement {
  old: string;
  new: string;
  /** Every exact place instead of the only one. */
  all?: boolean;
}

export type Rung = 'exact' | 'white space' | 'look-alike characters';

/** A stretch of the text, in UTF-16 units, and what comes in its place. */
export interface Span {
  start: number;
  end: number;
  replacement: string;
  rung: Rung;
  /** The place in the list of replacements, from 0. */
  edit: number;
}

export type Match =
  | { spans: Span[] }
  | { problem: 'empty' | 'no change' | 'not found' | 'indentation' }
  | { problem: 'ambiguous'; rung: Rung; places: number[] };

export function matchIn(text: string, replacement: Replacement, edit: number): Match {
  if (replacement.old === '') return { problem: 'empty' };
  if (replacement.old === replacement.new) return { problem: 'no change' };
  return matchExactly(text, replacement, edit) ?? matchLines(text, replacement, edit);
}

function matchExactly(
  text: string,
  { old, new: fresh, all = false }: Replacement,
  edit: number,
): Match | undefined {
  const file = unify(text);
  const wanted = text.includes('\n') ? withEnding(old, '\n') : unify(old).text;
  const places: number[] = [];
  for (let at = file.text.indexOf(wanted); at >= 0; at = file.text.indexOf(wanted, at + wanted.length)) {
    places.push(at);
  }
  if (places.length === 0) return undefined;
  if (places.length > 1 && !all)
    return { problem: 'ambiguous', rung: 'exact', places: places.map(file.original) };
  const spans = places.map((place) => ({
    start: file.original(place),
    end: file.original(place + wanted.length),
    replacement: withOwnEndings(text, file, place, wanted, fresh),
    rung: 'exact' as const,
    edit,
  }));
  return { spans };
}

/** The new text; lines that the model left as they were keep their endings, others take that of the place. */
function withOwnEndings(text: string, file: Unified, place: number, wanted: string, fresh: string): string {
  const old = wanted.split('\n');
  const lines = withEnding(fresh, '\n').split('\n');
  const kept = keptLines(old, lines);
  const usual = endingAt(text, file.original(place));
  let at = place;
  const endings = old.slice(0, -1).map((line) => {
    at += line.length + 1;
    return text.slice(file.original(at - 1), file.original(at));
  });
  return lines
    .map((line, index) => (index === lines.length - 1 ? line : line + (endings[kept[index] ?? -1] ?? usual)))
    .join('');
}

function matchLines(text: string, { old, new: fresh }: Replacement, edit: number): Match {
  const wanted = linesOf(withoutLastEnding(old)).map((line) => line.text);
  if (wanted.every((line) => plainOf(line) === '')) return { problem: 'not found' };
  const lines = linesOf(text);
  const places = placesOf(wanted.map(plainOf), lines);
  const [first] = places;
  if (first === undefined) return { problem: 'not found' };
  const found = lines.slice(first, first + wanted.length);
  const rung = found.every((line, place) => thin(line.text) === thin(wanted[place]!))
    ? 'white space'
    : 'look-alike characters';
  if (places.length > 1) return { problem: 'ambiguous', rung, places: places.map((at) => lines[at]!.start) };

  const [start, last] = [found[0]!.start, found.at(-1)!];
  const span = { start, rung, edit } as const;
  // Lines that go take their ending with them.
  if (fresh === '') return { spans: [{ ...span, end: last.next, replacement: '' }] };
  // Where only the old text ends a line, the new one is meant to as well: it replaces whole lines.
  const body = old === withoutLastEnding(old) ? fresh : withoutLastEnding(fresh);
  const freshLines = linesOf(body).map((line) => line.text);
  const replacement = replaced(text, wanted, found, freshLines);
  return replacement === undefined
    ? { problem: 'indentation' }
    : { spans: [{ ...span, end: last.end, replacement }] };
}

/** The line numbers, from 0, at which the file has the wanted lines. */
function placesOf(plainWanted: readonly string[], lines: readonly Line[]): number[] {
  const plainLines = lines.map((line) => plainOf(line.text));
  const places: number[] = [];
  for (let first = 0; first + plainWanted.length <= lines.length; first++) {
    if (plainWanted.every((line, offset) => plainLines[first + offset] === line)) places.push(first);
  }
  return places;
}

/**
 * The new lines; those that the model left as they were keep the file's own bytes. Undefined where nobody can tell
 * how the others are to be indented.
 */
function replaced(text: string, wanted: string[], found: Line[], fresh: string[]): string | undefined {
  const kept = keptLines(wanted, fresh);
  const pairs = wanted.map((line, place): [string, string] => [line, found[place]!.text]);
  const added = reindented(
    fresh.filter((_, place) => kept[place] === undefined),
    pairs,
  );
  if (!added) return undefined;
  const ending = endingAt(text, found[0]!.start);
  const pieces = fresh.map((_, place) => {
    const own = kept[place] === undefined ? undefined : found[kept[place]]!;
    return {
      text: own ? own.text : added.shift()!,
      ending: own && own.next > own.end ? text.slice(own.end, own.next) : ending,
    };
  });
  return pieces.map(({ text, ending }, place) => (place < pieces.length - 1 ? text + ending : text)).join('');
}

/** For each new line the old one that it repeats, in order; undefined where it is a new one. */
function keptLines(wanted: readonly string[], fresh: readonly string[]): (number | undefined)[] {
  let from = 0;
  return fresh.map((line) => {
    const place = wanted.indexOf(line, from);
    if (place < 0) return undefined;
    from = place + 1;
    return place;
  });
}

function withoutLastEnding(text: string): string {
  return text.replace(/(\r\n|\n|\r)$/, '');
}

const LOOK_ALIKES: [RegExp, string][] = [
  [/[\u2018\u2019\u201a\u201b\u2032]/g, "'"],
  [/[\u201c\u201d\u201e\u201f\u2033]/g, '"'],
  [/[\u2010-\u2015\u2212]/g, '-'],
  [/\u2026/g, '...'],
  [/\u200b|\u200c|\u200d|\ufeff/g, ''],
];

/** A line as it is compared: white space thinned out, look-alikes as plain ASCII. */
export function plainOf(line: string): string {
  let plain = line;
  for (const [pattern, ascii] of LOOK_ALIKES) plain = plain.replace(pattern, ascii);
  return thin(plain);
}

/** White space inside as one blank, none around it. */
function thin(line: string): string {
  return line.replace(/\s+/gu, ' ').trim();
}
