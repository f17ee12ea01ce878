/** Within this time a second press leaves. */
const LEAVE_MS = 2_000;
/** A press so soon after a stop was meant for what has just ended. */
const CALM_MS = 1_000;

/** Leaving takes two presses on an empty line, with nothing else in between. */
export class Leaving {
  readonly #changed: () => void;
  #stoppedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;

  /** @param changed called when the first press does not count any more. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Whether the next press leaves. */
  get armed(): boolean {
    return performance.now() - this.#askedAt < LEAVE_MS;
  }

  /** @returns whether that was the second press. */
  press(): boolean {
    if (this.armed) return true;
    const now = performance.now();
    if (now - this.#stoppedAt < CALM_MS) return false;
    this.#askedAt = now;
    setTimeout(this.#changed, LEAVE_MS + 50).unref();
    return false;
  }

  /** Something was stopped, or has just ended because it was. */
  stopped(): void {
    this.#stoppedAt = performance.now();
  }

  disarm(): void {
    this.#askedAt = Number.NEGATIVE_INFINITY;
  }
}
