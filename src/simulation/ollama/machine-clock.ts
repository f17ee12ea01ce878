import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Clock } from '../../conversation/clock.ts';

/** The time of the simulated machine, in milliseconds. */
export interface MachineClock {
  now(): number;
  /** Waits shorter than this are not worth a timer. */
  readonly resolution: number;
  /** Rejects when the signal aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back in the machine's time; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
}

/**
 * A machine whose time passes so many times faster than ours. Infinite: nothing is waited for, and time passes
 * only by the work that the machine does.
 */
export function acceleratedClock(speed: number): MachineClock {
  if (!Number.isFinite(speed)) return new WorkClock();
  const started = performance.now();
  return {
    resolution: speed,
    now: () => (performance.now() - started) * speed,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      if (ms > 0) await sleepFor(ms / speed, undefined, { signal });
    },
    after(ms, callback) {
      const timer = setTimeout(callback, ms / speed);
      return () => clearTimeout(timer);
    },
  };
}

/** A machine that nobody waits for until somebody watches; from then on its time is ours. */
export class UnwatchedClock implements MachineClock {
  #clock: MachineClock = new WorkClock();
  #before = 0;

  watch(): void {
    this.#before = this.#clock.now();
    this.#clock = acceleratedClock(1);
  }

  get resolution(): number {
    return this.#clock.resolution;
  }

  now(): number {
    return this.#before + this.#clock.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(ms, signal);
  }

  after(ms: number, callback: () => void): () => void {
    return this.#clock.after(ms, callback);
  }
}

/** Parley's clock where it is to live in a machine's time. */
export function clockOf(machine: MachineClock, wallTime = () => 1.7e12 + machine.now()): Clock {
  return {
    now: () => machine.now(),
    wallTime,
    sleep: (ms, signal) => machine.sleep(ms, signal),
    after: (ms, callback) => machine.after(ms, callback),
  };
}

interface Due {
  at: number;
  ring(): void;
}

/** Turns of the event loop in which what was said reaches whoever hears it, over loopback, and is acted on. */
const TURNS = 24;

/**
 * Time that passes only by work: it goes on to the end of the wait that ends first, once all that was said has been
 * heard. Timers ring on the way there, and never by themselves.
 */
class WorkClock implements MachineClock {
  readonly resolution = 250;
  #now = 0;
  #waits: Due[] = [];
  #timers: Due[] = [];
  #goesOn = false;

  now(): number {
    return this.#now;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const wait: Due = { at: this.#now + ms, ring: resolve };
    const giveUp = () => {
      this.#waits = this.#waits.filter((other) => other !== wait);
      reject(signal?.reason);
    };
    this.#waits.push(wait);
    signal?.addEventListener('abort', giveUp);
    void this.#goOn();
    await promise.finally(() => signal?.removeEventListener('abort', giveUp));
  }

  after(ms: number, callback: () => void): () => void {
    const timer: Due = { at: this.#now + ms, ring: callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  async #goOn(): Promise<void> {
    if (this.#goesOn) return;
    this.#goesOn = true;
    for (;;) {
      await quiet();
      const wait = earliest(this.#waits);
      if (!wait) break;
      const timer = earliest(this.#timers);
      const next = timer && timer.at <= wait.at ? timer : wait;
      this.#waits = this.#waits.filter((other) => other !== next);
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.ring();
    }
    this.#goesOn = false;
  }
}

function earliest(some: readonly Due[]): Due | undefined {
  let first = some[0];
  for (const one of some) if (first && one.at < first.at) first = one;
  return first;
}

function quiet(): Promise<void> {
  return new Promise((resolve) => {
    let left = TURNS;
    const turn = () => {
      left--;
      if (left > 0) setImmediate(turn);
      else resolve();
    };
    setImmediate(turn);
  });
}
