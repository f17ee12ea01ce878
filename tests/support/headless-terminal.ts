import type { Terminal as PiTerminal } from '@earendil-works/pi-tui';
import xterm from '@xterm/headless';

/** A terminal without a window: what a screen writes can be read back as a human would see it. */
export class HeadlessTerminal implements PiTerminal {
  readonly kittyProtocolActive = false;
  readonly writes: string[] = [];
  readonly #emulator: InstanceType<typeof xterm.Terminal>;
  #onInput: (data: string) => void = () => {};
  #onResize: () => void = () => {};
  running = false;
  cursorShown = true;

  constructor(columns = 80, rows = 24) {
    this.#emulator = new xterm.Terminal({
      cols: columns,
      rows,
      scrollback: 10_000,
      allowProposedApi: true,
      convertEol: true,
    });
  }

  start(onInput: (data: string) => void, onResize: () => void): void {
    this.running = true;
    this.#onInput = onInput;
    this.#onResize = onResize;
  }

  stop(): void {
    this.running = false;
  }

  write(data: string): void {
    this.writes.push(data);
    this.#emulator.write(data);
  }

  get columns(): number {
    return this.#emulator.cols;
  }

  get rows(): number {
    return this.#emulator.rows;
  }

  type(keys: string): void {
    this.#onInput(keys);
  }

  resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows);
    this.#onResize();
  }

  /** Everything from the first line of the scrollback to the last one with text, as the rows of the terminal. */
  async allRows(): Promise<string[]> {
    await this.#settled();
    const buffer = this.#emulator.buffer.active;
    const rows = Array.from(
      { length: buffer.length },
      (_, row) => buffer.getLine(row)?.translateToString(true) ?? '',
    );
    while (rows.at(-1) === '') rows.pop();
    return rows;
  }

  /** The same without the breaks that the terminal made itself. */
  async allLines(): Promise<string[]> {
    await this.#settled();
    const buffer = this.#emulator.buffer.active;
    const lines: string[] = [];
    for (let row = 0; row < buffer.length; row++) {
      const line = buffer.getLine(row);
      const text = line?.translateToString(true) ?? '';
      if (line?.isWrapped && lines.length > 0) lines[lines.length - 1] += text;
      else lines.push(text);
    }
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  /** The rows that are on the screen now. */
  async screenRows(): Promise<string[]> {
    await this.#settled();
    const buffer = this.#emulator.buffer.active;
    return Array.from(
      { length: this.rows },
      (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? '',
    );
  }

  drainInput(): Promise<void> {
    return Promise.resolve();
  }

  hideCursor(): void {
    this.cursorShown = false;
  }

  showCursor(): void {
    this.cursorShown = true;
  }

  moveBy(): void {}
  clearLine(): void {}
  clearFromCursor(): void {}
  clearScreen(): void {}
  setTitle(): void {}
  setProgress(): void {}

  #settled(): Promise<void> {
    return new Promise((resolve) => this.#emulator.write('', resolve));
  }
}
