import { setImmediate as nextTurn, setTimeout as sleepFor } from 'node:timers/promises';

/** The time of the simulated machine, in milliseconds. */
export interface MachineClock {
  now(): number;
  /** Waits shorter than this are not worth a timer. */
  readonly resolution: number;
  /** Rejects when the signal aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * A machine whose time passes so many times faster than ours. Infinite: nothing is waited for, and time passes
 * only by the work that the machine does.
 */
export function acceleratedClock(speed: number): MachineClock {
  if (Number.isFinite(speed)) {
    const started = performance.now();
    return {
      resolution: speed,
      now: () => (performance.now() - started) * speed,
      async sleep(ms, signal) {
        signal?.throwIfAborted();
        if (ms > 0) await sleepFor(ms / speed, undefined, { signal });
      },
    };
  }
  let now = 0;
  return {
    resolution: Number.POSITIVE_INFINITY,
    now: () => now,
    async sleep(ms, signal) {
      const due = now + ms;
      signal?.throwIfAborted();
      await nextTurn(undefined, { signal });
      // What happens side by side takes no longer together.
      now = Math.max(now, due);
    },
  };
}
