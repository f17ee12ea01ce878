/**
 * Where the text to be replaced stands in a file. A ladder of two rungs: exactly, then whole lines that are
 * equal but for white space and look-alike characters, and only where they are unique. Never by similarity:
 * lax matching corrupts files and reports success (docs/tools.md).
 */

export interface Replacement {
  old: string;
  new: string;
  /** Every exact place instead of the only one. */
  all?: boolean;
}

/** A stretch of the text, in UTF-16 units, and what comes in its place. */
export interface Span {
  start: number;
  end: number;
  replacement: string;
  how: 'exact' | 'white space';
  /** The place in the list of replacements, from 0. */
  edit: number;
}

export type Match =
  | { spans: Span[] }
  | { problem: 'empty' | 'no change' | 'not found' }
  | { problem: 'ambiguous'; offsets: number[] };

export function matchIn(text: string, replacement: Replacement, edit: number): Match {
  const { old, new: fresh, all = false } = replacement;
  if (old === '') return { problem: 'empty' };
  if (old === fresh) return { problem: 'no change' };
  const ending = lineEndingOf(text);
  const exact = matchExactly(text, withEnding(old, ending), withEnding(fresh, ending), all, edit);
  return exact ?? matchLines(text, old, fresh, ending, edit);
}

function matchExactly(
  text: string,
  old: string,
  fresh: string,
  all: boolean,
  edit: number,
): Match | undefined {
  const offsets: number[] = [];
  for (let at = text.indexOf(old); at >= 0; at = text.indexOf(old, at + old.length)) offsets.push(at);
  if (offsets.length === 0) return undefined;
  if (offsets.length > 1 && !all) return { problem: 'ambiguous', offsets };
  const spans = offsets.map((start) => ({
    start,
    end: start + old.length,
    replacement: fresh,
    how: 'exact' as const,
    edit,
  }));
  return { spans };
}

function matchLines(text: string, old: string, fresh: string, ending: string, edit: number): Match {
  const wanted = linesOf(withoutLastEnding(old));
  const plain = wanted.map((line) => plainOf(line.text));
  if (plain.every((line) => line === '')) return { problem: 'not found' };
  const lines = linesOf(text);
  const plainLines = lines.map((line) => plainOf(line.text));
  const places: number[] = [];
  for (let first = 0; first + plain.length <= lines.length; first++) {
    if (plain.every((line, offset) => plainLines[first + offset] === line)) places.push(first);
  }
  const [first] = places;
  if (first === undefined) return { problem: 'not found' };
  if (places.length > 1) return { problem: 'ambiguous', offsets: places.map((place) => lines[place]!.start) };

  const found = lines.slice(first, first + plain.length);
  const last = found.at(-1)!;
  const indent = indentShift(wanted, found);
  const body = linesOf(withoutLastEnding(fresh)).map(({ text }) => shifted(text, indent));
  const span = { start: found[0]!.start, how: 'white space' as const, edit };
  // Lines that go take their ending with them.
  if (fresh === '') return { spans: [{ ...span, end: last.next, replacement: '' }] };
  return { spans: [{ ...span, end: last.end, replacement: body.join(ending) }] };
}

interface Line {
  text: string;
  start: number;
  /** Before its ending, and after it. */
  end: number;
  next: number;
}

export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  const endings = /\r\n|\n|\r/g;
  let start = 0;
  for (let found = endings.exec(text); found; found = endings.exec(text)) {
    lines.push({ text: text.slice(start, found.index), start, end: found.index, next: endings.lastIndex });
    start = endings.lastIndex;
  }
  lines.push({ text: text.slice(start), start, end: text.length, next: text.length });
  return lines;
}

/** The ending that most lines have; `\n` where there is none. */
function lineEndingOf(text: string): string {
  const windows = text.split('\r\n').length - 1;
  const all = text.split('\n').length - 1;
  if (all === 0) return text.includes('\r') ? '\r' : '\n';
  return windows > all / 2 ? '\r\n' : '\n';
}

function withEnding(text: string, ending: string): string {
  return text.replace(/\r\n|\n|\r/g, ending);
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

/** A line as it is compared: white space inside as one blank, none around it, look-alikes as plain ASCII. */
export function plainOf(line: string): string {
  let plain = line;
  for (const [pattern, ascii] of LOOK_ALIKES) plain = plain.replace(pattern, ascii);
  return plain.replace(/\s+/gu, ' ').trim();
}

interface IndentShift {
  add: string;
  remove: string;
}

/**
 * How the indentation that a model wrote differs from the file's, where all lines differ in the same way:
 * the new lines then differ in that way too, and would stand askew as they are. Else nothing is shifted.
 */
function indentShift(wanted: Line[], found: Line[]): IndentShift {
  let shift: IndentShift | undefined;
  for (const [place, { text }] of wanted.entries()) {
    if (text.trim() === '') continue;
    const [from, to] = [indentOf(text), indentOf(found[place]!.text)];
    const here = to.endsWith(from)
      ? { add: to.slice(0, to.length - from.length), remove: '' }
      : from.endsWith(to)
        ? { add: '', remove: from.slice(0, from.length - to.length) }
        : undefined;
    if (!here || (shift && (here.add !== shift.add || here.remove !== shift.remove)))
      return { add: '', remove: '' };
    shift = here;
  }
  return shift ?? { add: '', remove: '' };
}

function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

function shifted(line: string, { add, remove }: IndentShift): string {
  if (line.trim() === '') return line;
  return line.startsWith(remove) ? add + line.slice(remove.length) : line;
}
