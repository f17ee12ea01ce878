import type { OllamaClient } from './client.ts';
import { findRunning, fullName } from './models.ts';
import type { InstalledModel, RunningModel, ShownModel } from './wire.ts';

/** What is asked beside a request is not worth a long wait. */
const GLANCE_TIMEOUT_MS = 2_000;
const LIST_TIMEOUT_MS = 10_000;

/** A model just before a request. */
export interface Sight {
  /** Null where it is not loaded, undefined where the server did not say. */
  running?: RunningModel | null;
  shown?: ShownModel;
}

/** What a server has and has loaded. What cannot change without a new digest is asked once. */
export class Inventory {
  readonly #client: OllamaClient;
  readonly #shown = new Map<string, Promise<ShownModel | undefined>>();
  readonly #digests = new Map<string, string>();
  readonly #bytes = new Map<string, number>();
  /** Asked once, whatever came of it: the size of a file is not worth a second wait. */
  #listed = false;

  constructor(client: OllamaClient) {
    this.#client = client;
  }

  /** @throws what the client throws. */
  async installed(signal?: AbortSignal, timeoutMs = LIST_TIMEOUT_MS): Promise<InstalledModel[]> {
    const { models } = await this.#client.ask<{ models?: InstalledModel[] }>(
      '/api/tags',
      undefined,
      timeoutMs,
      signal,
    );
    for (const { name, digest, size } of models ?? []) {
      this.#noteDigest(name, digest);
      if (size) this.#bytes.set(fullName(name), size);
    }
    return models ?? [];
  }

  /** Undefined where the server does not say: then nothing is known, and the request says what is wrong. */
  async running(signal?: AbortSignal): Promise<RunningModel[] | undefined> {
    try {
      const answer = await this.#client.ask<{ models?: RunningModel[] }>(
        '/api/ps',
        undefined,
        GLANCE_TIMEOUT_MS,
        signal,
      );
      return answer.models ?? [];
    } catch {
      return undefined;
    }
  }

  /** Both answers in parallel, the second from memory where it is there. Throws nothing. */
  async lookAt(name: string, signal?: AbortSignal): Promise<Sight> {
    const [models, shown] = await Promise.all([this.running(signal), unlessAborted(this.show(name), signal)]);
    const running = models && (this.find(models, name) ?? null);
    // The model was pulled anew meanwhile, and may have learnt something.
    if (running?.digest && this.#noteDigest(name, running.digest)) {
      return { running, shown: await unlessAborted(this.show(name), signal) };
    }
    return { running, shown };
  }

  find(models: readonly RunningModel[], name: string): RunningModel | undefined {
    return findRunning(models, name, this.#digests.get(name));
  }

  digest(name: string): string | undefined {
    return this.#digests.get(name);
  }

  /** Of the model's file; undefined where the server does not list it. */
  async bytes(name: string, signal?: AbortSignal): Promise<number | undefined> {
    const bytes = () => this.#bytes.get(fullName(name));
    if (bytes() !== undefined || this.#listed) return bytes();
    await this.installed(signal, GLANCE_TIMEOUT_MS).catch(() => {});
    this.#listed = !signal?.aborted;
    return bytes();
  }

  /** Undefined where the server does not say. Several requests may wait for one answer, so none can stop it. */
  show(name: string): Promise<ShownModel | undefined> {
    const known = this.#shown.get(name);
    if (known) return known;
    const asked = this.#client.ask<ShownModel>('/api/show', { model: name }, GLANCE_TIMEOUT_MS).catch(() => {
      this.#shown.delete(name);
      return undefined;
    });
    this.#shown.set(name, asked);
    return asked;
  }

  /** @returns whether another digest was known before. */
  #noteDigest(name: string, digest: string | undefined): boolean {
    if (!digest) return false;
    const before = this.#digests.get(name);
    this.#digests.set(name, digest);
    const changed = before !== undefined && before !== digest;
    if (changed) this.#shown.delete(name);
    return changed;
  }
}

async function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (!signal) return answer;
  const aborted = Promise.withResolvers<undefined>();
  const leave = () => aborted.resolve(undefined);
  signal.addEventListener('abort', leave);
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
