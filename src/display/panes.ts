import { INDENT, type Paper } from './paper.ts';

/** What one of several speakers shows while it speaks. */
export interface Pane {
  name: string;
  /** What it does, for how long, how much it said. */
  status: string;
  /** The last rows of what it says. */
  body(rows: number, width: number): string[];
}

/** What a band of panes may take: columns and rows of each, and whether it has the whole width. */
interface Space {
  cell: number;
  most: number;
  alone: boolean;
}

/** Columns that a pane needs, with the line between it and the next. */
const NARROWEST_PANE = 45;
const BETWEEN = 3;
/** Rows of a pane, one above the other and side by side. */
const STACKED_ROWS = 6;
const COLUMN_ROWS = 12;
/** The same where there is more than one band of columns. */
const BAND_ROWS = 8;
/** Columns beside a name in which a status can stand. */
const STATUS_COLUMNS = 36;
/** With fewer rows than these, no empty row is spent between panes. */
const AIRY_ROWS = 4;

/** Places panes side by side where there is room for it, else one above the other. */
export class PaneBoard {
  readonly #paper: Paper;
  #layout = '';
  /** How many rows of text each band of panes had, so that nothing shrinks and jumps. */
  #heights: number[] = [];

  constructor(paper: Paper) {
    this.#paper = paper;
  }

  /** @param room rows at the most. */
  rows(panes: readonly Pane[], width: number, room: number): string[] {
    const columns = columnsFor(panes.length, width);
    const cell = Math.floor((width - 1 - BETWEEN * (columns - 1)) / columns);
    const bands = Array.from({ length: Math.ceil(panes.length / columns) }, (_, n) =>
      panes.slice(n * columns, (n + 1) * columns),
    );
    const layout = `${panes.map(({ name }) => name).join()} ${width} ${room}`;
    if (layout !== this.#layout) this.#heights = [];
    this.#layout = layout;

    const share = Math.floor(room / bands.length);
    if (share === 0) return this.#crowded(bands.flat(), cell, room);
    const airy = share >= AIRY_ROWS;
    const wanted = columns === 1 ? STACKED_ROWS : bands.length === 1 ? COLUMN_ROWS : BAND_ROWS;
    const most = Math.min(wanted, share - Number(airy));
    return bands.flatMap((band, n) => [
      ...(airy ? [''] : []),
      ...this.#band(band, n, { cell, most, alone: columns === 1 }),
    ]);
  }

  #band(band: readonly Pane[], n: number, { cell, most, alone }: Space): string[] {
    const beside = band.every(({ name }) => cell - this.#paper.columnsOf(name) >= STATUS_COLUMNS);
    const heads = band.map((pane) => this.#head(pane, cell, beside || most < 3));
    const left = most - (heads[0]?.length ?? 0);
    const indent = alone ? INDENT : '';
    const bodies = band.map((pane) => (left > 0 ? pane.body(left, cell - indent.length) : []));
    const height = Math.min(left, Math.max(this.#heights[n] ?? 0, ...bodies.map(({ length }) => length)));
    this.#heights[n] = height;
    const rowAt = (row: number) =>
      band.map(
        (_, place) => heads[place]?.[row] ?? indent + (bodies[place]?.[row - heads[place]!.length] ?? ''),
      );
    return Array.from({ length: most - left + height }, (_, row) => this.#join(rowAt(row), cell));
  }

  #head({ name, status }: Pane, cell: number, oneRow: boolean): string[] {
    if (!oneRow) return [name, this.#paper.theme.quiet(status)];
    return [this.#paper.filled(`${name}  ${this.#paper.theme.quiet(status)}`, cell).trimEnd()];
  }

  /**
   * Cells of one row. Each begins at its column, wherever the terminal thinks that the one before it ended: not all
   * of them agree on how wide an emoji is.
   */
  #join(cells: string[], cell: number): string {
    const line = this.#paper.theme.quiet(' │ ');
    return cells
      .map((text, n) => {
        const whole = this.#paper.filled(text, cell);
        const filled = `${n === cells.length - 1 ? whole.trimEnd() : whole}${text.includes('\x1b') ? RESET : ''}`;
        return n === 0 ? filled : `\x1b[${n * cell + (n - 1) * BETWEEN + 1}G${line}${filled}`;
      })
      .join('');
  }

  /** More speakers than rows: who fits, and how many do not. */
  #crowded(panes: readonly Pane[], cell: number, room: number): string[] {
    if (room <= 0) return [];
    const shown = panes.slice(0, room - 1).flatMap((pane) => this.#head(pane, cell, true));
    return [...shown, this.#paper.theme.quiet(`… and ${panes.length - shown.length} more`)];
  }
}

const RESET = '\x1b[0m';

/** As many as fit, in bands of the same length as far as possible. */
function columnsFor(panes: number, width: number): number {
  const most = Math.max(1, Math.floor(width / NARROWEST_PANE));
  return Math.ceil(panes / Math.ceil(panes / most));
}
