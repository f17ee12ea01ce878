import {
  type Terminal,
  TuiMainScreen,
  type TuiStopOptions,
  truncateToWidth,
  visibleWidth,
} from '@earendil-works/pi-tui';
import type { Environment } from '../../environment.ts';
import type { LiveRegion, RenderLive, Surface } from '../surface.ts';
import { rowsOf } from './rows.ts';

const FRAME_MS = 1000 / 30;
/** A window that is being dragged has many widths; the one that it keeps so long is drawn. */
const SETTLED_MS = 100;

const BEGIN_FRAME = '\x1b[?2026h';
const END_FRAME = '\x1b[?2026l';
const NO_WRAP = '\x1b[?7l';
const WRAP = '\x1b[?7h';
/**
 * From the first column on. Not `J` alone: where the cursor is in the first cell of the screen, tmux takes that for
 * clearing all of it, and keeps what was there in its scrollback.
 */
const ERASE_BELOW = '\x1b7\x1b[K\x1b[B\r\x1b[J\x1b8';
const ERASE_LINE = '\x1b[2K';
const RESET = '\x1b[0m';

/**
 * A screen inside the terminal's own: finished lines are written once and belong to the scrollback from then
 * on; below them stands a live region of at most one row less than the terminal has, drawn again where it
 * changed. Nothing is ever cleared but that region. A frame is one write, and there are at most 30 a second.
 *
 * Components are children of the screen, as in pi-tui; the live lines of {@link Surface} stand above them.
 */
export class InlineScreen extends TuiMainScreen implements Surface {
  readonly live: LiveRegion;
  readonly #reflows: boolean;
  #liveLines: RenderLive | undefined;
  /** Finished lines that the next frame writes. */
  #finished: string[] = [];
  /** The live region as it stands on the terminal. */
  #drawn: string[] = [];
  #drawnWidth = 0;
  #drawnHeight = 0;
  #newWidth = { width: 0, since: 0 };
  /** Whether lines stand above the components: something is under way. */
  #busy = false;
  /** Where the cursor is, from the first cell of the live region. */
  #cursor = { row: 0, column: 0 };
  #drawAll = true;
  #lastFrame = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** `reflows`: whether the terminal breaks its lines anew when its width changes. */
  constructor(terminal: Terminal, options: { reflows?: boolean } = {}) {
    super(terminal);
    this.#reflows = options.reflows ?? true;
    this.live = {
      show: (render) => {
        this.#liveLines = render;
        this.requestRender();
      },
      changed: () => this.requestRender(),
    };
  }

  get width(): number {
    return this.terminal.columns;
  }

  commit(lines: readonly string[]): void {
    this.#finished.push(...lines);
    this.requestRender();
  }

  override render(width: number): string[] {
    const below = super.render(width);
    const room = this.terminal.rows - 1 - below.length;
    const above = room > 0 ? (this.#liveLines?.(width, room) ?? []).slice(-room) : [];
    this.#busy = above.length > 0;
    return [...above, ...below].slice(-(this.terminal.rows - 1)).map((line) => fitted(line.trimEnd(), width));
  }

  override requestRender(force = false): void {
    if (force) this.resetRenderState();
    if (this.stopped || this.#timer) return;
    const next = Math.max(this.#lastFrame + FRAME_MS, this.#settledAt());
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        if (this.#settledAt() > performance.now()) this.requestRender();
        else this.#draw();
      },
      Math.max(0, next - performance.now()),
    );
  }

  override renderNow(force = false): void {
    if (force) this.resetRenderState();
    this.#draw();
  }

  override start(): void {
    this.#drawn = [];
    this.#drawnWidth = 0;
    this.#cursor = { row: 0, column: 0 };
    super.start();
  }

  /** Asked for by pi-tui after a key. */
  protected override doRender(): void {
    const now = performance.now();
    if (now - this.#lastFrame >= FRAME_MS && this.#settledAt() <= now) this.#draw();
    else this.requestRender();
  }

  protected override resetRenderState(): void {
    this.#drawAll = true;
  }

  /** Leaves what is finished, and the cursor below it, on an empty line. */
  protected override beforeTerminalStop(_options: TuiStopOptions): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.terminal.write(BEGIN_FRAME + this.#fromTheTop(this.terminal.columns, []) + END_FRAME);
  }

  /** When the terminal's width counts as settled, where it is not the one that was drawn at. */
  #settledAt(): number {
    const { columns: width } = this.terminal;
    if (width === this.#drawnWidth || this.#drawnWidth === 0) return 0;
    if (width !== this.#newWidth.width) this.#newWidth = { width, since: performance.now() };
    return this.#newWidth.since + SETTLED_MS;
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.stopped) return;
    this.#lastFrame = performance.now();
    const { columns: width, rows: height } = this.terminal;
    const lines = this.render(width);
    const mark = this.extractCursorPosition(lines, lines.length);
    const resized = width !== this.#drawnWidth || height !== this.#drawnHeight;
    const afresh = this.#drawAll || this.#finished.length > 0 || resized;
    this.#drawnHeight = height;
    const body = afresh ? this.#fromTheTop(width, lines) : this.#changes(lines);
    const place = this.#restingPlace(mark);
    const moved = place.row !== this.#cursor.row || place.column !== this.#cursor.column;
    if (body === '' && !moved) return;
    const toMark = `${this.#moveTo(place.row)}${place.column > 0 ? `\x1b[${place.column}C` : ''}`;
    this.#cursor = place;
    this.terminal.write(BEGIN_FRAME + body + toMark + END_FRAME);
  }

  /**
   * Between frames the cursor is where the human writes, for input methods that open a window there. While
   * something is under way, or nothing can be written, it is in the first cell of the live region: a terminal may
   * break its lines anew some frames before it tells us, and that cell is found again whatever became of the lines
   * below it.
   */
  #restingPlace(mark: { row: number; col: number } | null): { row: number; column: number } {
    return mark && !this.#busy ? { row: mark.row, column: mark.col } : { row: 0, column: 0 };
  }

  /** Erases the live region, writes what is finished in its place and the live lines below that. */
  #fromTheTop(width: number, lines: string[]): string {
    const finished = this.#finished.map((line) => `${closed(line)}\r\n`).join('');
    const body = lines.map(closed).join('\r\n');
    const out = `${this.#moveUp(this.#rowsAboveCursor(width))}\r${ERASE_BELOW}${finished}${NO_WRAP}${body}${WRAP}`;
    this.#finished = [];
    this.#drawAll = false;
    this.#drawn = lines;
    this.#drawnWidth = width;
    this.#cursor = { row: Math.max(0, lines.length - 1), column: 0 };
    return out;
  }

  /** Rewrites the live lines that differ from what is drawn. */
  #changes(lines: string[]): string {
    let out = '';
    for (const [row, line] of lines.entries()) {
      if (line === this.#drawn[row]) continue;
      const isNew = row >= this.#drawn.length && row > 0;
      out += isNew ? `${this.#moveTo(row - 1)}\r\n` : this.#moveTo(row);
      this.#cursor = { row, column: 0 };
      out += `${ERASE_LINE}${closed(line)}`;
    }
    if (lines.length < this.#drawn.length) {
      out += `${this.#moveTo(lines.length)}${ERASE_BELOW}`;
      this.#cursor = { row: lines.length, column: 0 };
    }
    this.#drawn = lines;
    return out === '' ? '' : NO_WRAP + out + WRAP;
  }

  /** To the first column of a row of the live region. */
  #moveTo(row: number): string {
    const down = row - this.#cursor.row;
    return down > 0 ? `\r\x1b[${down}B` : `${this.#moveUp(-down)}\r`;
  }

  #moveUp(rows: number): string {
    return rows > 0 ? `\x1b[${rows}A` : '';
  }

  /** Rows between the first cell of the live region and the cursor's, as the terminal shows them now. */
  #rowsAboveCursor(width: number): number {
    if (width === this.#drawnWidth || !this.#reflows) return this.#cursor.row;
    let rows = Math.floor(this.#cursor.column / width);
    for (const line of this.#drawn.slice(0, this.#cursor.row)) rows += rowsOf(line, width);
    return rows;
  }
}

/** All terminals that people use break their lines anew, except xterm. */
export function reflows(env: Environment): boolean {
  return env.XTERM_VERSION === undefined;
}

/** What stands beyond the edge is not on the screen, and would be counted as rows when the width changes. */
function fitted(line: string, width: number): string {
  return visibleWidth(line) > width ? truncateToWidth(line, width, '') : line;
}

/** Nothing of a line's style reaches into the next one. */
function closed(line: string): string {
  return line.includes('\x1b') ? line + RESET : line;
}
