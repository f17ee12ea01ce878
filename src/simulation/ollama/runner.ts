/** A model in memory: its slots, each with a KV cache that the next prompt may share a beginning with. */
import type { Placement } from './ground-truth.ts';
import type { SimulatedModel } from './models.ts';

/** What a runner is started with. A request that differs in any of it makes the server load the model anew. */
export interface LaunchOptions {
  contextSize: number;
  batch?: number;
  gpuLayers?: number;
  mainGpu?: number;
  threads?: number;
  useMmap?: boolean;
  shift: boolean;
}

export interface Slot {
  /** What the KV cache holds. */
  cache: readonly string[];
  busy: boolean;
  lastUsed: number;
}

/** llama-server's `--slot-prompt-similarity`. */
const WORTH_SHARING = 0.1;

interface Waiting {
  prompt: readonly string[];
  enter(slot: Slot): void;
}

export class Runner {
  readonly model: SimulatedModel;
  readonly options: LaunchOptions;
  readonly placement: Placement;
  readonly #slots: Slot[];
  #waiting: Waiting[] = [];
  #uses = 0;
  /** Requests that have this runner, those that wait for a slot included. */
  holders = 0;
  /** Machine time; unloaded after that, when nobody holds it. */
  expiresAt = Number.POSITIVE_INFINITY;
  lastUsed = 0;

  constructor(model: SimulatedModel, options: LaunchOptions, placement: Placement, slots: number) {
    this.model = model;
    this.options = options;
    this.placement = placement;
    this.#slots = Array.from({ length: slots }, () => ({ cache: [], busy: false, lastUsed: 0 }));
  }

  /** Requests at work just now. */
  get active(): number {
    return this.#slots.filter(({ busy }) => busy).length;
  }

  get hasFreeSlot(): boolean {
    return this.active < this.#slots.length;
  }

  serves(options: LaunchOptions): boolean {
    return JSON.stringify(this.options) === JSON.stringify(options);
  }

  /** Takes a slot, of several free ones the best; waits in line where none is free. */
  async enter(prompt: readonly string[], signal: AbortSignal): Promise<Slot> {
    const free = this.#slots.filter(({ busy }) => !busy);
    if (free.length > 0) return this.#take(bestSlot(free, prompt));
    return new Promise<Slot>((resolve, reject) => {
      const waiting = { prompt, enter: resolve };
      this.#waiting.push(waiting);
      signal.addEventListener('abort', () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(signal.reason);
      });
    });
  }

  /** @param cache what the slot's KV cache holds now. */
  leave(slot: Slot, cache: readonly string[]): void {
    slot.cache = cache;
    slot.busy = false;
    const next = this.#waiting.shift();
    next?.enter(this.#take(slot));
  }

  #take(slot: Slot): Slot {
    slot.busy = true;
    slot.lastUsed = ++this.#uses;
    return slot;
  }
}

/** Tokens that need not be read again. The last one of a prompt always is: something must come of it. */
export function cachedTokens({ cache }: Slot, prompt: readonly string[]): number {
  return Math.min(sharedBeginning(cache, prompt), prompt.length - 1);
}

/** The free slot that shares the most, if it is worth it, else the one that was idle longest. */
function bestSlot(slots: Slot[], prompt: readonly string[]): Slot {
  const ranked = slots.map((slot) => {
    const shared = sharedBeginning(slot.cache, prompt);
    return { slot, shared: shared > WORTH_SHARING * prompt.length ? shared : 0 };
  });
  ranked.sort((a, b) => b.shared - a.shared || a.slot.lastUsed - b.slot.lastUsed);
  return ranked[0]!.slot;
}

function sharedBeginning(cache: readonly string[], prompt: readonly string[]): number {
  let shared = 0;
  while (shared < cache.length && shared < prompt.length && cache[shared] === prompt[shared]) shared++;
  return shared;
}
