/**
 * How many requests a server works on at once. It does not say, so it is seen: requests that were answered side by side
 * had a slot each; where requests were under way together again and again and never were, there is one slot.
 */
import type { Observation } from './observation.ts';
import { median } from './speed.ts';

const NEWEST = 20;
/** So many that were together and never side by side show that there is one slot. */
const SHOWS_ONE = 4;
/** What each further request beside it costs a request, before it was seen: half as much again. */
const USUAL_SLOWDOWN = 0.5;

/** Undefined where too few came together. @param seen of one host, oldest first. */
export function slotsSeen(seen: readonly Observation[]): number | undefined {
  const together = togetherIn(seen);
  const most = Math.max(1, ...together.map(({ answeredAtOnce = 1 }) => answeredAtOnce));
  return most > 1 || together.length >= SHOWS_ONE ? most : undefined;
}

/** The most that were ever under way at once, lately. */
export function triedAtOnce(seen: readonly Observation[]): number {
  return Math.max(1, ...togetherIn(seen).map(({ parallelRequests }) => parallelRequests));
}

/**
 * How many times as long a request takes with so many at work at once, itself included.
 * @param alone seconds that it would have taken by itself; undefined where that is not known.
 */
export function slowdownSeen(
  seen: readonly Observation[],
  atOnce: number,
  alone: (one: Observation) => number | undefined,
): number {
  if (atOnce <= 1) return 1;
  const costs = togetherIn(seen).flatMap((one) => {
    const { complete, answeredAtOnce = 1, readSeconds = 0, writeSeconds = 0 } = one;
    const expected = complete && answeredAtOnce > 1 ? alone(one) : undefined;
    return expected ? [((readSeconds + writeSeconds) / expected - 1) / (answeredAtOnce - 1)] : [];
  });
  return 1 + Math.max(0, costs.length > 0 ? median(costs) : USUAL_SLOWDOWN) * (atOnce - 1);
}

function togetherIn(seen: readonly Observation[]): Observation[] {
  return seen
    .filter((one) => one.parallelRequests > 1 && (one.complete || one.firstTokenSeconds !== undefined))
    .slice(-NEWEST);
}

/** When Parley's own requests are expected to end: who comes next may have to wait for a slot. */
export class Queue {
  /** Milliseconds of our clock, by host. */
  readonly #ends = new Map<string, Set<{ at: number }>>();

  /** @returns to be called when it has ended. */
  enter(host: string, endsAt: number): () => void {
    const ends = this.#ends.get(host) ?? new Set();
    this.#ends.set(host, ends);
    const end = { at: endsAt };
    ends.add(end);
    return () => ends.delete(end);
  }

  /** Requests under way. */
  length(host: string): number {
    return this.#ends.get(host)?.size ?? 0;
  }

  /** When there will be a free slot; undefined where there is one. */
  freeAt(host: string, slots: number): number | undefined {
    const ends = [...(this.#ends.get(host) ?? [])].map(({ at }) => at).sort((a, b) => a - b);
    return ends.length < slots ? undefined : ends[ends.length - slots];
  }
}
