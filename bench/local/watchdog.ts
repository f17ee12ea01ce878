/** A bench that waits for ever says nothing: every step has a limit of real time, and what passes it is named. */

/** In simulated time a step takes milliseconds to seconds of ours. */
const SIMULATED_SECONDS = 120;
/** A real machine may load for minutes and then read for as long as Parley's own patience with it lasts. */
const REAL_SECONDS = 45 * 60;
/** For what was stopped to say so itself. */
const GRACE_SECONDS = 5;

/** A step that took longer than any may. */
export class StalledStep extends Error {}

/** @returns runs a step with a signal that ends it; throws `StalledStep` where it does not end in time. */
export function limitSteps(real: boolean) {
  const seconds = real ? REAL_SECONDS : SIMULATED_SECONDS;
  return async function limited<T>(what: string, step: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const cut = new AbortController();
    const { promise, reject } = Promise.withResolvers<never>();
    const stalled = new StalledStep(`${what}: no end after ${seconds} s`);
    let timer = setTimeout(() => {
      timer = setTimeout(() => reject(stalled), GRACE_SECONDS * 1000);
      cut.abort(stalled);
    }, seconds * 1000);
    try {
      const done = await Promise.race([step(cut.signal), promise]);
      if (cut.signal.aborted) throw stalled;
      return done;
    } catch (error) {
      throw cut.signal.aborted ? stalled : error;
    } finally {
      clearTimeout(timer);
    }
  };
}
