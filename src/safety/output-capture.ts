import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Characters kept of the beginning and of the end; errors stand at the end, so it gets more. */
const HEAD = 6_000;
const TAIL = 12_000;

export interface CapturedOutput {
  /** The whole, or its head and tail with a line between them that says what is left out and where it is. */
  output: string;
  truncated: boolean;
}

/** Keeps the head and the tail of an output of any length; what does not fit goes to a file as it comes. */
export class OutputCapture {
  readonly #folder: string;
  readonly #redact: (text: string) => string;
  readonly #report: ((text: string) => void) | undefined;
  readonly #decoder = new TextDecoder();
  #head = '';
  #tail = '';
  #left = 0;
  #file: { path: string; handle: number } | undefined;

  constructor(folder: string, redact: (text: string) => string, report?: (text: string) => void) {
    this.#folder = folder;
    this.#redact = redact;
    this.#report = report;
  }

  add(bytes: Uint8Array): void {
    this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  #take(raw: string): void {
    if (raw === '') return;
    const text = this.#redact(raw);
    this.#report?.(text);
    if (this.#file) writeSync(this.#file.handle, text);
    const room = HEAD - this.#head.length;
    if (room > 0) this.#head += text.slice(0, room);
    this.#tail += text.slice(Math.max(0, room));
    if (this.#tail.length <= TAIL) return;
    this.#spill();
    // Cut in strides, so that many small pieces do not cost a copy each.
    if (this.#tail.length > 2 * TAIL) this.#cutTail();
  }

  #cutTail(): void {
    this.#left += this.#tail.length - TAIL;
    this.#tail = this.#tail.slice(-TAIL);
  }

  #spill(): void {
    if (this.#file) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, `command-${randomUUID().slice(0, 8)}.txt`);
    this.#file = { path, handle: openSync(path, 'w', 0o600) };
    writeSync(this.#file.handle, this.#head + this.#tail);
  }

  finish(): CapturedOutput {
    this.#take(this.#decoder.decode());
    if (!this.#file) return { output: this.#head + this.#tail, truncated: false };
    closeSync(this.#file.handle);
    if (this.#tail.length > TAIL) this.#cutTail();
    const left = this.#left.toLocaleString('en');
    const note = `[${left} characters left out here. All of it is in ${this.#file.path}.]`;
    return { output: `${this.#head}\n${note}\n${this.#tail}`, truncated: true };
  }
}
