import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { createStreamRedactor, type Keys, type StreamRedactor } from './secrets.ts';

/** Characters kept of the beginning and of the end; errors stand at the end, so it gets more. */
const HEAD = 6_000;
const TAIL = 12_000;
/** Characters that go to the file at the most: a command that never ends must not fill the disk. */
const MOST_SPILLED = 32_000_000;

/** Characters that are told as they come; of more only samples are, so that no reader falls behind for ever. */
const MOST_TOLD = 64_000;
const SAMPLE = 2_000;
const SAMPLE_EVERY_MS = 500;

export interface CapturedOutput {
  /** The whole, or its head and tail with a line between them that says what is left out and where it is. */
  output: string;
  truncated: boolean;
}

interface Spill {
  path: string;
  handle: number;
  characters: number;
}

/**
 * Keeps the head and the tail of an output of any length; what does not fit goes to a file as it comes. A `whole`
 * output is kept in memory as it is.
 */
export class OutputCapture {
  readonly #folder: string;
  readonly #redactor: StreamRedactor;
  readonly #report: ((text: string) => void) | undefined;
  readonly #whole: boolean;
  readonly #decoder = new TextDecoder();
  #head = '';
  #tail = '';
  #left = 0;
  #told = 0;
  #toldAt = 0;
  #spill: Spill | 'failed' | undefined;

  constructor(folder: string, keys: Keys, options: { report?(text: string): void; whole?: boolean } = {}) {
    this.#folder = folder;
    this.#redactor = createStreamRedactor(keys);
    this.#report = options.report;
    this.#whole = options.whole ?? false;
  }

  add(bytes: Uint8Array): void {
    this.#take(this.#redactor.push(this.#decoder.decode(bytes, { stream: true })));
  }

  finish(): CapturedOutput {
    this.#take(this.#redactor.push(this.#decoder.decode()) + this.#redactor.end());
    if (this.#whole) return { output: this.#head, truncated: false };
    if (!this.#spill) return { output: plain(this.#head + this.#tail), truncated: false };
    if (this.#tail.length > TAIL) this.#cutTail();
    const note = `[${this.#left.toLocaleString('en')} characters left out here. ${this.#whereabouts()}]`;
    if (this.#spill !== 'failed') closeSync(this.#spill.handle);
    return { output: `${plain(this.#head)}\n${note}\n${plain(this.#tail)}`, truncated: true };
  }

  #take(text: string): void {
    if (text === '') return;
    this.#tell(text);
    const room = this.#whole ? text.length : Math.max(0, HEAD - this.#head.length);
    this.#head += text.slice(0, room);
    this.#tail += text.slice(room);
    if (this.#spill) this.#write(text);
    if (this.#tail.length <= TAIL) return;
    this.#startSpill();
    // Cut in strides, so that many small pieces do not cost a copy each.
    if (this.#tail.length > 2 * TAIL) this.#cutTail();
  }

  #tell(text: string): void {
    if (this.#told >= MOST_TOLD) {
      const now = performance.now();
      if (now - this.#toldAt < SAMPLE_EVERY_MS) return;
      this.#toldAt = now;
      this.#report?.(text.slice(-SAMPLE).toWellFormed());
      return;
    }
    this.#told += text.length;
    this.#report?.(text.slice(0, MOST_TOLD));
    if (this.#told >= MOST_TOLD)
      this.#report?.('\n[From here on only a part of the output is shown as it comes.]\n');
  }

  #cutTail(): void {
    this.#left += this.#tail.length - TAIL;
    this.#tail = this.#tail.slice(-TAIL);
  }

  #startSpill(): void {
    if (this.#spill) return;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const path = join(this.#folder, `command-${randomUUID().slice(0, 8)}.txt`);
      this.#spill = { path, handle: openSync(path, 'w', 0o600), characters: 0 };
      this.#write(this.#head + this.#tail);
    } catch {
      this.#spill = 'failed';
    }
  }

  #write(text: string): void {
    if (!this.#spill || this.#spill === 'failed') return;
    const { handle, characters } = this.#spill;
    this.#spill.characters += text.length;
    if (characters >= MOST_SPILLED) return;
    try {
      writeSync(handle, text.slice(0, MOST_SPILLED - characters));
    } catch {
      // A full disk is no reason for a command to fail: only the middle of its output is lost, and that is said.
      closeSync(handle);
      this.#spill = 'failed';
    }
  }

  #whereabouts(): string {
    if (!this.#spill || this.#spill === 'failed') return 'They could not be kept on disk.';
    const { path, characters } = this.#spill;
    if (characters <= MOST_SPILLED) return `All of it is in ${path}.`;
    return `The first ${MOST_SPILLED / 1_000_000} million characters are in ${path}.`;
  }
}

/** Without colours; a character that was cut in two would make the request to the model invalid. */
function plain(text: string): string {
  return stripVTControlCharacters(text).toWellFormed();
}
