import type { Patience } from '../providers/base.ts';
import type { Clock } from './clock.ts';

export interface Watchdog {
  /** Something of the reply arrived: from now on the shorter patience counts. */
  heard(): void;
  /** Nothing to read yet, but the other side is there: the patience begins anew. */
  alive(): void;
  stop(): void;
}

/**
 * Calls `onStall` with the seconds of silence, once, when a stream stays silent for longer than its patience.
 * A sign of life costs two assignments: the timer is not moved, it looks at the time when it fires.
 */
export function watch(clock: Clock, patience: Patience, onStall: (silentSeconds: number) => void): Watchdog {
  let last = clock.now();
  let limit = patience.firstMs;
  let cancel = clock.after(limit, look);

  function look(): void {
    const silence = clock.now() - last;
    if (silence >= limit) onStall(silence / 1000);
    else cancel = clock.after(limit - silence, look);
  }

  return {
    heard() {
      last = clock.now();
      if (limit === patience.nextMs) return;
      limit = patience.nextMs;
      cancel();
      cancel = clock.after(limit, look);
    },
    alive() {
      last = clock.now();
    },
    stop: () => cancel(),
  };
}
