import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from './atomic-write.ts';

/** SHA-256 of a file's content in hex; null where there is no file. */
export type ContentHash = string | null;

/** What a file is before it is changed. */
export interface FileState {
  /** Undefined where there is no file. */
  content: Buffer | undefined;
  mode: number;
  /** Absolute: the topmost folder that has to be made for it, where one has. */
  newFolder?: string;
}

/** A file as it was before a turn changed it, and what the turn left. */
export interface KeptFile {
  /** Absolute. */
  path: string;
  /** The name of the copy in the checkpoint's folder; null where there was no file. */
  copy: string | null;
  mode: number;
  newFolder?: string;
  held: ContentHash;
  /** All that the turn wrote or was about to write, in order: a crash may have left any of it. */
  left: ContentHash[];
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

const MANIFEST = 'manifest.json';

/**
 * The content that files had before a turn changed them, one folder a turn, outside the workspace. On disk
 * before anything is changed, so that it outlives a crash. Calls must not overlap.
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
  async keep(turn: string, path: string, before: FileState, after: Uint8Array | undefined): Promise<void> {
    const { folder, manifest } = this.#open?.manifest.turn === turn ? this.#open : await this.#create(turn);
    const files = [...manifest.files];
    const place = files.findIndex((file) => file.path === path);
    const kept = files[place];
    if (kept) files[place] = { ...kept, left: [...kept.left, hashOf(after)] };
    else {
      const { content, mode, newFolder } = before;
      const copy = content === undefined ? null : `${files.length}.before`;
      if (copy && content) await writeFile(join(folder, copy), content, { mode: 0o600, flush: true });
      files.push({ path, copy, mode, newFolder, held: hashOf(content), left: [hashOf(after)] });
    }
    const written: Manifest = { turn, files };
    await writeAtomically(join(folder, MANIFEST), Buffer.from(JSON.stringify(written)), 0o600);
    this.#open = { folder, manifest: written };
  }

  /** The files of the last turn that has any left to bring back; undefined where none has. */
  async last(): Promise<Checkpoint | undefined> {
    for (const name of (await this.#folders()).reverse()) {
      const folder = join(this.#store, name);
      const manifest = await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined);
      // Without a manifest nothing was changed yet: a crash came between.
      if (manifest === undefined) continue;
      return {
        files: (JSON.parse(manifest) as Manifest).files,
        contentOf: async ({ copy }) => (copy === null ? undefined : readFile(join(folder, copy))),
        forget: async () => {
          await rm(folder, { recursive: true, force: true });
          this.#open = undefined;
        },
      };
    }
    return undefined;
  }

  async #create(turn: string): Promise<{ folder: string; manifest: Manifest }> {
    const latest = (await this.#folders()).at(-1) ?? '0';
    const folder = join(this.#store, String(Number(latest) + 1).padStart(6, '0'));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return { folder, manifest: { turn, files: [] } };
  }

  /** Oldest first. */
  async #folders(): Promise<string[]> {
    const names = await readdir(this.#store).catch(() => [] as string[]);
    return names.filter((name) => /^\d{6,}$/.test(name)).sort((a, b) => Number(a) - Number(b));
  }
}

export function hashOf(content: Uint8Array | undefined): ContentHash {
  return content === undefined ? null : createHash('sha256').update(content).digest('hex');
}
