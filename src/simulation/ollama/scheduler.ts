/** Which models are in memory: loading, unloading, and the queue of those who wait for it. */
import type { GroundTruth, Placement } from './ground-truth.ts';
import type { MachineClock } from './machine-clock.ts';
import type { SimulatedModel } from './models.ts';
import { type LaunchOptions, Runner } from './runner.ts';
import { ServiceError } from './service-error.ts';

export interface SchedulerOptions {
  /** OLLAMA_NUM_PARALLEL. */
  slots: number;
  /** OLLAMA_MAX_QUEUE: requests that wait for a model to be loaded. */
  maxQueue: number;
  /** OLLAMA_MAX_LOADED_MODELS. */
  maxLoaded: number;
}

const NEVER = Number.POSITIVE_INFINITY;

export class Scheduler {
  readonly #truth: GroundTruth;
  readonly #clock: MachineClock;
  readonly #options: SchedulerOptions;
  #runners: Runner[] = [];
  /** Models whose file the system still holds in memory. */
  readonly #filesInMemory = new Set<string>();
  #lastTurn: Promise<void> = Promise.resolve();
  #queued = 0;
  #change = Promise.withResolvers<void>();

  constructor(truth: GroundTruth, clock: MachineClock, options: SchedulerOptions) {
    this.#truth = truth;
    this.#clock = clock;
    this.#options = options;
  }

  /** Models in memory, one that is still being loaded among them. */
  get runners(): readonly Runner[] {
    const now = this.#clock.now();
    this.#runners = this.#runners.filter((runner) => runner.holders > 0 || runner.expiresAt > now);
    return this.#runners;
  }

  /**
   * A runner with these options, loaded if need be; to be given back with {@link release}.
   * @returns with the seconds that this took: the server's `load_duration`.
   * @throws {ServiceError} 503 where the queue is full, 500 where the model is too large.
   */
  async acquire(model: SimulatedModel, options: LaunchOptions, signal: AbortSignal) {
    const arrived = this.#clock.now();
    const ready = this.#ready(model, options);
    if (ready) {
      ready.holders++;
      const seconds = this.#truth.warmSeconds * this.#truth.disturbance();
      await this.#whileHeld(ready, seconds, signal);
      return { runner: ready, seconds, loaded: false };
    }
    if (this.#queued >= this.#options.maxQueue) {
      throw new ServiceError(503, 'server busy, please try again.  maximum pending requests exceeded');
    }
    const queued = this.#queued > 0;
    return this.#inTurn(async () => {
      const waited = (really: boolean) => (really ? (this.#clock.now() - arrived) / 1000 : 0);
      const meanwhile = this.#ready(model, options);
      if (meanwhile) {
        meanwhile.holders++;
        return { runner: meanwhile, seconds: waited(queued) + this.#truth.warmSeconds, loaded: false };
      }
      const evicted = await this.#makeRoom(model, options, signal);
      const before = waited(queued || evicted);
      const { runner, seconds } = await this.#load(model, options, signal);
      return { runner, seconds: before + seconds, loaded: true };
    });
  }

  /** @param keepAliveSeconds 0 unloads at once, Infinity never. */
  release(runner: Runner, keepAliveSeconds: number): void {
    runner.holders--;
    runner.lastUsed = this.#clock.now();
    runner.expiresAt = keepAliveSeconds === NEVER ? NEVER : this.#clock.now() + keepAliveSeconds * 1000;
    this.#changed();
  }

  unload(model: SimulatedModel): void {
    this.#runners = this.#runners.filter((runner) => runner.model !== model || runner.holders > 0);
    this.#changed();
  }

  #ready(model: SimulatedModel, options: LaunchOptions): Runner | undefined {
    return this.runners.find((runner) => runner.model === model && runner.serves(options));
  }

  /** One at a time, in order of arrival. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#lastTurn;
    const mine = Promise.withResolvers<void>();
    this.#lastTurn = mine.promise;
    this.#queued++;
    try {
      await before;
      return await work();
    } finally {
      this.#queued--;
      mine.resolve();
    }
  }

  /**
   * Unloads the model itself where it runs with other options, then what is in its way, longest idle first.
   * @returns whether it had to wait for work to end.
   */
  async #makeRoom(model: SimulatedModel, options: LaunchOptions, signal: AbortSignal): Promise<boolean> {
    for (let waited = false; ; ) {
      signal.throwIfAborted();
      const others = [...this.runners];
      const outdated = others.filter((runner) => runner.model === model);
      const inTheWay = outdated.length > 0 ? outdated : this.#fits(model, options) ? [] : others;
      if (inTheWay.length === 0) return waited;
      const idle = inTheWay.filter(({ holders }) => holders === 0).sort((a, b) => a.lastUsed - b.lastUsed)[0];
      if (idle) {
        this.#runners = this.#runners.filter((runner) => runner !== idle);
        continue;
      }
      waited = true;
      await Promise.race([this.#change.promise, aborted(signal)]);
    }
  }

  /** Ollama rather unloads other models than put a part of this one on the CPU. */
  #fits(model: SimulatedModel, options: LaunchOptions): boolean {
    if (this.#runners.length >= this.#options.maxLoaded) return false;
    const { bytes, vramBytes } = this.#place(model, options);
    const { ram } = this.#free();
    if (!this.#truth.machine.gpu || options.gpuLayers === 0) return bytes <= ram;
    return vramBytes >= bytes;
  }

  #place(model: SimulatedModel, options: LaunchOptions): Placement {
    const { contextSize, gpuLayers, batch } = options;
    const place = this.#truth.place(
      model,
      contextSize,
      this.#options.slots,
      gpuLayers === 0,
      this.#free().vram,
    );
    return batch ? { ...place, batch } : place;
  }

  #free(): { vram: number; ram: number } {
    let { vramBytes: vram, ramBytes: ram } = this.#truth.machine;
    for (const { placement } of this.#runners) {
      vram -= placement.vramBytes;
      ram -= placement.bytes - placement.vramBytes;
    }
    return { vram: Math.max(0, vram), ram: Math.max(0, ram) };
  }

  async #load(model: SimulatedModel, options: LaunchOptions, signal: AbortSignal) {
    const placement = this.#place(model, options);
    const { vram, ram } = this.#free();
    if (placement.bytes - placement.vramBytes > ram) {
      const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
      throw new ServiceError(
        500,
        `model requires more system memory (${gib(placement.bytes)}) than is available (${gib(vram + ram)})`,
      );
    }
    const runner = new Runner(model, options, placement, this.#options.slots);
    runner.holders = 1;
    this.#runners.push(runner);
    const inMemory = this.#filesInMemory.has(model.name);
    const seconds = this.#truth.loadSeconds(model, placement, inMemory) * this.#truth.disturbance();
    try {
      await this.#clock.sleep(seconds * 1000, signal);
    } catch (gone) {
      // Whoever wanted it has left before it was loaded, and the server gives up loading.
      this.#runners = this.#runners.filter((other) => other !== runner);
      this.#changed();
      throw gone;
    }
    this.#filesInMemory.add(model.name);
    return { runner, seconds };
  }

  async #whileHeld(runner: Runner, seconds: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(seconds * 1000, signal);
    } catch (gone) {
      runner.holders--;
      this.#changed();
      throw gone;
    }
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

/** Seconds that a model stays: a number of seconds or Go's notation, negative for ever. */
export function keepAliveSeconds(value: unknown, byDefault: number): number {
  if (value === undefined || value === null) return byDefault;
  const seconds = typeof value === 'number' ? value : goDuration(String(value));
  return seconds < 0 ? NEVER : seconds;
}

function goDuration(text: string): number {
  if (text === '0') return 0;
  const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  if (!/^-?(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    throw new ServiceError(400, `time: missing unit in duration "${text}"`);
  }
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    seconds += Number(amount) * units[unit!]!;
  }
  return text.startsWith('-') ? -seconds : seconds;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
