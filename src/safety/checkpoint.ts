import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from './atomic-write.ts';

/** A file as it was before a turn changed it, and what the turn left. */
export interface KeptFile {
  /** Absolute. */
  path: string;
  /** The name of the copy in the checkpoint's folder; null where there was no file. */
  copy: string | null;
  mode: number;
  /** SHA-256 of what it held; null where there was no file. */
  held: string | null;
  /** SHA-256 of what the turn was about to write last; null where it was about to delete the file. */
  left: string | null;
}

/** One turn's files. */
export interface Checkpoint {
  files: KeptFile[];
  contentOf(file: KeptFile): Promise<Buffer | undefined>;
  forget(): Promise<void>;
}

interface Manifest {
  turn: string;
  files: KeptFile[];
}

/**
 * The content that files had before a turn changed them, one folder a turn, outside the workspace. On disk
 * before anything is changed, so that it outlives a crash.
 */
export class Checkpoints {
  readonly #store: string;
  #open: { folder: string; manifest: Manifest } | undefined;

  constructor(store: string) {
    this.#store = store;
  }

  /**
   * Keeps what a file holds before it is changed. The first content of a turn is the one to come back; what
   * the turn leaves is noted each time, so that an undo can tell whether somebody else changed it since.
   */
  async keep(
    turn: string,
    path: string,
    { content, mode }: { content: Uint8Array | undefined; mode: number },
    after: Uint8Array | undefined,
  ): Promise<void> {
    if (this.#open?.manifest.turn !== turn) this.#open = await this.#create(turn);
    const { folder, manifest } = this.#open;
    const kept = manifest.files.find((file) => file.path === path);
    if (kept) kept.left = hashOf(after);
    else {
      const copy = content === undefined ? null : `${manifest.files.length}.before`;
      if (copy && content) await writeFile(join(folder, copy), content, { mode: 0o600 });
      manifest.files.push({ path, copy, mode, held: hashOf(content), left: hashOf(after) });
    }
    await writeAtomically(join(folder, 'manifest.json'), Buffer.from(JSON.stringify(manifest)), 0o600);
  }

  /** The files of the last turn that has any left to bring back; undefined where none has. */
  async last(): Promise<Checkpoint | undefined> {
    const [latest] = (await readdir(this.#store).catch(() => [] as string[])).sort().reverse();
    if (latest === undefined) return undefined;
    const folder = join(this.#store, latest);
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
    return {
      files: manifest.files,
      contentOf: async ({ copy }) => (copy === null ? undefined : readFile(join(folder, copy))),
      forget: async () => {
        await rm(folder, { recursive: true, force: true });
        this.#open = undefined;
      },
    };
  }

  async #create(turn: string): Promise<{ folder: string; manifest: Manifest }> {
    const [latest = '000000'] = (await readdir(this.#store).catch(() => [] as string[])).sort().reverse();
    const folder = join(this.#store, String(Number(latest) + 1).padStart(6, '0'));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return { folder, manifest: { turn, files: [] } };
  }
}

/** SHA-256 in hex; null for no file. */
export function hashOf(content: Uint8Array | undefined): string | null {
  return content === undefined ? null : createHash('sha256').update(content).digest('hex');
}
