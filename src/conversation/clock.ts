import { setTimeout as sleepFor } from 'node:timers/promises';

/** Time as the engine sees it, so that tests turn the hands themselves. */
export interface Clock {
  /** Milliseconds, only ever growing. */
  now(): number;
  /** Milliseconds since 1970. */
  wallTime(): number;
  /** Resolves after the time, rejects with the signal's reason when that comes first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back after the time; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  sleep: (ms, signal) => sleepFor(ms, undefined, { signal }),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
