import type { Paper } from './paper.ts';
import type { Lines, StreamedText } from './typesetting.ts';

/** Finished rows that a pane keeps: more than any pane shows. */
const ROWS_KEPT = 60;
/** Of a text that is set anew, the last so many characters. */
const CHARACTERS_SET = 8_000;
/** Opens or closes a block of code. */
const FENCE = /^ {0,3}(?:```|~~~)/gm;

/** The end of a text that is still being written, set at the width of its pane. Only what is new is looked at. */
export class PaneText {
  readonly #paper: Paper;
  #all = '';
  /** How much of it is set. */
  #set = 0;
  #width = 0;
  #text: StreamedText | undefined;
  /** What is finished of it, as far as a pane may show it. */
  #blocks: { rows: string[] }[] = [];
  /** The tail that was drawn last, and at what length of the text. */
  #tail: { length: number; rows: string[] } | undefined;

  constructor(paper: Paper) {
    this.#paper = paper;
  }

  add(piece: string): void {
    this.#all += piece;
  }

  /** The last rows, at most so many. */
  last(height: number, width: number): string[] {
    if (!this.#text || width !== this.#width) this.#begin(width);
    this.#take();
    if (this.#tail?.length !== this.#all.length) {
      this.#tail = { length: this.#all.length, rows: this.#text?.tail(ROWS_KEPT) ?? [] };
    }
    const { rows: tail } = this.#tail;
    const rows = this.#blocks.flatMap((block) => block.rows);
    const gap = rows.length > 0 && tail.length > 0 ? [''] : [];
    return [...rows, ...gap, ...tail].slice(-height);
  }

  #begin(width: number): void {
    this.#width = width;
    this.#text = this.#paper.openText(() => this.#width);
    this.#blocks = [];
    this.#tail = undefined;
    this.#set = 0;
    if (this.#all.length <= CHARACTERS_SET) return;
    this.#set = this.#all.indexOf('\n', -CHARACTERS_SET + this.#all.length) + 1;
    const fences = this.#all.slice(0, this.#set).match(FENCE)?.length ?? 0;
    if (fences % 2 === 1) this.#text.push('```\n');
  }

  #take(): void {
    if (!this.#text || this.#set === this.#all.length) return;
    for (const block of this.#text.push(this.#all.slice(this.#set))) this.#keep(block);
    this.#set = this.#all.length;
  }

  /** Where colours have to be loaded first, the rows as they were drawn last stand in for them. */
  #keep(lines: Lines): void {
    const block = { rows: Array.isArray(lines) ? lines : ['', ...(this.#tail?.rows ?? [])] };
    this.#blocks.push(block);
    let rows = this.#blocks.reduce((sum, one) => sum + one.rows.length, 0);
    for (let [first] = this.#blocks; first && rows - first.rows.length > ROWS_KEPT; [first] = this.#blocks) {
      rows -= first.rows.length;
      this.#blocks.shift();
    }
    if (Array.isArray(lines)) return;
    lines.then((ready) => {
      block.rows = ready;
    });
  }
}
