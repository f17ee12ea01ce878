/** A line of a text, in UTF-16 units. */
export interface Line {
  text: string;
  start: number;
  /** Before its ending, and after it. */
  end: number;
  next: number;
}

/**
 * The lines of a text, counted as editors and ripgrep count them: a `\r` alone ends a line only where there is
 * no `\n` at all, as on old Macs. A last line without an ending counts, an empty one does too.
 */
export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  const endings = text.includes('\n') ? /\r?\n/g : /\r/g;
  let start = 0;
  for (let found = endings.exec(text); found; found = endings.exec(text)) {
    lines.push({ text: text.slice(start, found.index), start, end: found.index, next: endings.lastIndex });
    start = endings.lastIndex;
  }
  lines.push({ text: text.slice(start), start, end: text.length, next: text.length });
  return lines;
}

/** How many lines a reader sees: the empty one after the last ending is none. */
export function countLines(text: string): number {
  const lines = linesOf(text);
  return lines.at(-1)?.text === '' ? lines.length - 1 : lines.length;
}

/** The number of the line that a place is in, from 1. */
export function lineAt(text: string, place: number): number {
  return linesOf(text).findLastIndex(({ start }) => start <= place) + 1;
}

/** The ending of the line that a place is in; of the line before where it has none; `\n` where there is none. */
export function endingAt(text: string, place: number): string {
  const after = text.indexOf('\n', place);
  const at = after >= 0 ? after : text.lastIndexOf('\n');
  if (at >= 0) return text[at - 1] === '\r' ? '\r\n' : '\n';
  return text.includes('\r') ? '\r' : '\n';
}

export function withEnding(text: string, ending: string): string {
  return text.replace(/\r\n|\n/g, ending);
}

/** A text whose line endings are all `\n`, and the way back to places of the original. */
export interface Unified {
  text: string;
  original(place: number): number;
}

export function unify(text: string): Unified {
  if (!text.includes('\r')) return { text, original: (place) => place };
  if (!text.includes('\n')) return { text: text.replaceAll('\r', '\n'), original: (place) => place };
  /** Places, in the unified text, of each `\n` that was `\r\n`. */
  const shortened: number[] = [];
  const unified = text.replace(/\r\n/g, (_ending, at: number) => {
    shortened.push(at - shortened.length);
    return '\n';
  });
  return { text: unified, original: (place) => place + countBelow(shortened, place) };
}

/** How many of the numbers, which rise, are below the limit. */
function countBelow(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
