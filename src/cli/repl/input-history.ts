import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Entries that the file is cut back to when it has grown to twice as many. */
const KEPT = 500;

/** What the human typed in this and earlier sessions, oldest first; kept in a file that only they can read. */
export class InputHistory {
  readonly #file: string;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  async load(): Promise<string[]> {
    const lines = (await readFile(this.#file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    const entries = lines.flatMap(readEntry);
    if (lines.length > 2 * KEPT) await this.#rewrite(entries.slice(-KEPT));
    return entries.slice(-KEPT);
  }

  /** Errors are let pass: a history that cannot be kept must not disturb the work. */
  add(entry: string): void {
    this.#writing = this.#writing
      .then(() => mkdir(dirname(this.#file), { recursive: true, mode: 0o700 }))
      .then(() => appendFile(this.#file, `${JSON.stringify(entry)}\n`, { mode: 0o600 }))
      .catch(() => {});
  }

  /** Resolves when all entries are on disk. */
  async saved(): Promise<void> {
    await this.#writing;
  }

  async #rewrite(entries: string[]): Promise<void> {
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    await writeFile(this.#file, text, { mode: 0o600 }).catch(() => {});
  }
}

function readEntry(line: string): string[] {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'string' ? [entry] : [];
  } catch {
    return [];
  }
}
