import type { Clock } from '../conversation/clock.ts';

/** Seconds that run out, but for pauses, of which several may overlap. */
export class Countdown {
  readonly #clock: Clock;
  readonly #over: () => void;
  #left: number;
  #since = 0;
  #pauses = 0;
  #off: (() => void) | undefined;

  constructor(clock: Clock, seconds: number, over: () => void) {
    this.#clock = clock;
    this.#over = over;
    this.#left = seconds * 1000;
    this.#run();
  }

  pause(): void {
    this.#pauses += 1;
    if (this.#pauses > 1) return;
    this.cancel();
    this.#left -= this.#clock.now() - this.#since;
  }

  goOn(): void {
    this.#pauses -= 1;
    if (this.#pauses === 0) this.#run();
  }

  cancel(): void {
    this.#off?.();
    this.#off = undefined;
  }

  #run(): void {
    this.#since = this.#clock.now();
    this.#off = this.#clock.after(Math.max(0, this.#left), this.#over);
  }
}
