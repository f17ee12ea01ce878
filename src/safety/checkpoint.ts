import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeAtomically } from './atomic-write.ts';

/** SHA-256 of a file's content in hex; null where there is no file. */
export type ContentHash = string | null;

/** What a file is before it is changed. */
export interface FileState {
  /** Undefined where there is no file. */
  content: Uint8Array | undefined;
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
  /** Milliseconds since 1970. */
  at: number;
  /** Kept by this process, not by an earlier one. */
  own: boolean;
  contentOf(file: KeptFile): Promise<Uint8Array | undefined>;
  forget(): Promise<void>;
}

interface Manifest {
  /** Of the process that kept it. */
  session: string;
  turn: string;
  at: number;
  files: KeptFile[];
}

const MANIFEST = 'manifest.json';
/** The name of a workspace's store: nothing else beside it is touched. */
const STORE = /^[0-9a-f]{16}$/;
/** Turns that are kept of a workspace, their bytes together, and how long. */
const MOST_TURNS = 100;
const MOST_BYTES = 200_000_000;
const LONGEST_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * The content that files had before a turn changed them, one folder a turn, outside the workspace. On disk
 * before anything is changed, so that it outlives a crash, and the session. Calls must not overlap.
 */
export class Checkpoints {
  readonly #store: string;
  readonly #session = randomUUID();
  #open: { folder: string; manifest: Manifest } | undefined;

  /** @param store of one workspace; those of others stand beside it. */
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
    const written: Manifest = { ...manifest, files };
    await writeAtomically(join(folder, MANIFEST), Buffer.from(JSON.stringify(written)), 0o600);
    this.#open = { folder, manifest: written };
  }

  /** The files of the last turn that has any left to bring back; undefined where none has. */
  async last(): Promise<Checkpoint | undefined> {
    for (const name of (await this.#folders()).reverse()) {
      const folder = join(this.#store, name);
      const manifest = await manifestIn(folder);
      // Without a manifest nothing was changed yet: a crash came between.
      if (!manifest) continue;
      return {
        files: manifest.files,
        at: manifest.at,
        own: manifest.session === this.#session,
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
    await mkdir(this.#store, { recursive: true, mode: 0o700 });
    await this.#prune();
    const manifest = { session: this.#session, turn, at: Date.now(), files: [] };
    for (let number = Number((await this.#folders()).at(-1) ?? 0) + 1; ; number++) {
      const folder = join(this.#store, String(number).padStart(6, '0'));
      // Another process may be at work in the same workspace.
      if (await isMade(folder)) return { folder, manifest };
    }
  }

  /** Forgets what is old or too much, and the stores of workspaces that nobody worked in for long. */
  async #prune(): Promise<void> {
    const folders = (await this.#folders()).reverse().map((name) => join(this.#store, name));
    let bytes = 0;
    for (const [place, folder] of folders.entries()) {
      const { size, at } = await extentOf(folder);
      bytes += size;
      if (place < MOST_TURNS && bytes <= MOST_BYTES && Date.now() - at <= LONGEST_MS) continue;
      await rm(folder, { recursive: true, force: true });
    }
    const beside = dirname(this.#store);
    const names = STORE.test(basename(this.#store)) ? await readdir(beside) : [];
    for (const folder of names.filter((name) => STORE.test(name)).map((name) => join(beside, name))) {
      const { at } = await extentOf(folder);
      if (Date.now() - at > LONGEST_MS) await rm(folder, { recursive: true, force: true });
    }
  }

  /** Oldest first. */
  async #folders(): Promise<string[]> {
    const names = await readdir(this.#store).catch(() => [] as string[]);
    return names.filter((name) => /^\d{6,}$/.test(name)).sort((a, b) => Number(a) - Number(b));
  }
}

async function manifestIn(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, MANIFEST), 'utf8'));
  } catch {
    return undefined;
  }
}

async function isMade(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The bytes in a folder, and when anything in it was made or taken away last, in milliseconds since 1970. */
async function extentOf(folder: string): Promise<{ size: number; at: number }> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (found) => found.size,
        () => 0,
      ),
    ),
  );
  const at = await stat(folder).then(
    (found) => found.mtimeMs,
    () => Date.now(),
  );
  return { size: sizes.reduce((sum, size) => sum + size, 0), at };
}

export function hashOf(content: Uint8Array | undefined): ContentHash {
  return content === undefined ? null : createHash('sha256').update(content).digest('hex');
}
