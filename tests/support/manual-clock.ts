import type { Clock } from '../../src/conversation/clock.ts';

interface Timer {
  due: number;
  ring: () => void;
}

/** A clock whose hands a test turns: nothing passes by itself, `advance` rings what falls due, in order. */
export class ManualClock implements Clock {
  #now = 0;
  #timers: Timer[] = [];
  /** Every wait that was asked for, in milliseconds. */
  readonly sleeps: number[] = [];
  /** With this, a sleep is over at once and its time has passed. */
  readonly skipSleeps: boolean;

  constructor(options: { skipSleeps?: boolean } = {}) {
    this.skipSleeps = options.skipSleeps ?? false;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return 1_700_000_000_000 + this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { due: this.#now + ms, ring: callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    if (this.skipSleeps) {
      this.advance(ms);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const cancel = this.after(ms, resolve);
      signal?.addEventListener('abort', () => {
        cancel();
        reject(signal.reason);
      });
    });
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.due);
      next.ring();
    }
    this.#now = end;
  }
}
