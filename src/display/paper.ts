import type { ModelReference } from '../conversation/message.ts';
import { linesOf, printable } from './printable.ts';
import type { Surface } from './surface.ts';
import type { Style, Theme } from './theme.ts';
import { PROSE_WIDTH, type StreamedText, type Typesetting } from './typesetting.ts';

export const INDENT = '  ';
/** A line of this is still a line, however narrow the terminal. */
const NARROWEST = 20;
/** Columns by which the rest of a long line stands further in than its beginning. */
const HANG = 4;
/** Colours may stand before the first word. */
const LEADING = /^(?:\x1b\[[\d;]*m| )*/;

/** What stands left of those who work for somebody that works for another. */
export function marginOf(depth: number): string {
  return INDENT.repeat(Math.max(0, depth - 1));
}

/** Sets lines for a surface: indented, at its width, in the colours of a theme. */
export class Paper {
  readonly theme: Theme;
  readonly #typesetting: Typesetting;
  readonly #surface: Surface;
  readonly #depth: number;

  constructor(theme: Theme, typesetting: Typesetting, surface: Surface, depth = 0) {
    this.theme = theme;
    this.#typesetting = typesetting;
    this.#surface = surface;
    this.#depth = depth;
  }

  /** The same paper with room left for the margin of that depth. */
  inside(depth: number): Paper {
    return depth === this.#depth ? this : new Paper(this.theme, this.#typesetting, this.#surface, depth);
  }

  /** Columns right of the indent, with a free one at the edge. */
  get width(): number {
    return Math.max(NARROWEST, this.#surface.width - marginOf(this.#depth).length - INDENT.length - 1);
  }

  name(reference: ModelReference): string {
    return this.theme.name(reference);
  }

  /** One indented line, cut where it is too long. */
  line(text: string, depth = 1): string {
    return INDENT.repeat(depth) + this.#typesetting.cut(text, this.width - INDENT.length * (depth - 1));
  }

  /** Indented lines, broken between words. */
  paragraph(text: string, depth = 1): string[] {
    return this.wrapped(text, depth).map((line) => (line === '' ? '' : INDENT.repeat(depth) + line));
  }

  /** The same without the indent. */
  wrapped(text: string, depth = 1, width = this.width - INDENT.length * (depth - 1)): string[] {
    const prose = Math.min(width, PROSE_WIDTH);
    return linesOf(text).flatMap((line) => this.#typesetting.wrap(line, prose));
  }

  /** A line of code or of a table; where it is too long it goes on below its own beginning, further in. */
  hung(line: string): string[] {
    const width = this.#surface.width - marginOf(this.#depth).length - 1;
    if (this.columnsOf(line) <= width) return [line];
    const margin = ' '.repeat((LEADING.exec(line)?.[0].match(/ /g)?.length ?? 0) + HANG);
    const [first = '', ...rest] = this.#typesetting.wrap(line, width - margin.length);
    return [first, ...rest.map((row) => margin + row)];
  }

  /** A sentence behind a sign, both in one colour. */
  marked(sign: string, sentence: string, style: Style): string[] {
    return this.wrapped(printable(sentence), 2).map(
      (line, row) => `${INDENT}${style(row === 0 ? sign : ' ')} ${style(line)}`,
    );
  }

  /** The text, cut or filled up to so many columns. */
  filled(text: string, width: number): string {
    return this.#typesetting.fill(text, width);
  }

  columnsOf(text: string): number {
    return this.#typesetting.columnsOf(text);
  }

  openText(width: () => number = () => this.width): StreamedText {
    return this.#typesetting.openText(width);
  }
}

/** Lines of which only the first were shown, kept for who asks for the rest. */
export class Folds {
  readonly #key: string | undefined;
  #folded: { title: string; lines: () => string[] }[] = [];

  /** `key`: what the human presses to see them, where there is such a key. */
  constructor(key: string | undefined) {
    this.#key = key;
  }

  add(title: string, lines: () => string[]): void {
    this.#folded = [...this.#folded, { title, lines }].slice(-KEPT);
  }

  /** What was folded last, and not asked for yet. */
  take(): { title: string; lines: () => string[] } | undefined {
    return this.#folded.pop();
  }

  /** The lines; where there are many more than `most`, the first ones and how many are left. */
  after(most: number, title: string, all: () => string[], { theme }: Paper): string[] {
    const lines = all();
    if (lines.length <= most + SLACK) return lines;
    this.add(title, all);
    const key = this.#key ? ` (${this.#key} shows all)` : '';
    const left = (lines.length - most).toLocaleString('en');
    return [...lines.slice(0, most), INDENT + INDENT + theme.quiet(`… ${left} more lines${key}`)];
  }
}

const KEPT = 20;
/** To fold one or two lines away saves nothing. */
const SLACK = 2;
