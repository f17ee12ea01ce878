import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const FRESH_MS = 5_000;

/** The files of a workspace as ripgrep lists them, `.gitignore` honoured; asked again when some time has passed. */
export class FileList {
  readonly #workspace: string;
  #listing: Promise<string[]> | undefined;
  #listedAt = 0;

  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  /** Relative paths; empty where they cannot be listed. */
  paths(): Promise<string[]> {
    const now = performance.now();
    if (!this.#listing || now - this.#listedAt > FRESH_MS) {
      this.#listing = this.#list().catch(() => []);
      this.#listedAt = now;
    }
    return this.#listing;
  }

  async #list(): Promise<string[]> {
    const { rgPath } = await import('@vscode/ripgrep');
    const { stdout } = await promisify(execFile)(
      rgPath,
      ['--files', '--null', '--hidden', '--glob', '!.git'],
      {
        cwd: this.#workspace,
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    return stdout.split('\0').filter(Boolean);
  }
}
