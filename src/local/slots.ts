/**
 * How many requests a server works on at once. It does not say, so it is seen: a request that was not kept waiting while
 * others before it were still at work had a slot beside theirs.
 */
import type { Observation } from './observation.ts';
import { median } from './speed.ts';

const NEWEST = 20;
/** So often it has to be seen: one that was about to end when another came tells the wrong thing. */
const SURE = 2;
/** Who waited less than this share of the time until one before it had ended did not wait for that. */
const WAITED = 0.5;
/** A model in memory is looked up for no longer than this, and that is no waiting. */
const LONGEST_LOOK_SECONDS = 0.3;
/** What each further request beside it costs a request, before it was seen: half as much again. */
const USUAL_SLOWDOWN = 0.5;

/** Undefined where too few came together. @param seen of one host, oldest first. */
export function slotsSeen(seen: readonly Observation[]): number | undefined {
  const served = tellingIn(seen).map(servedAtOnce);
  return served.sort((a, b) => b - a)[SURE - 1];
}

/** The most that were ever sent at once, lately. */
export function triedAtOnce(seen: readonly Observation[]): number {
  return Math.max(1, ...tellingIn(seen).map(({ requestsAhead = 0 }) => requestsAhead + 1));
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
  const costs = tellingIn(seen).flatMap((one) => {
    const others = servedAtOnce(one) - 1;
    const expected = others > 0 ? alone(one) : undefined;
    const { readSeconds = 0, writeSeconds = 0 } = one;
    return expected ? [((readSeconds + writeSeconds) / expected - 1) / others] : [];
  });
  return 1 + Math.max(0, costs.length > 0 ? median(costs) : USUAL_SLOWDOWN) * (atOnce - 1);
}

/** What was sent while others were at work for the same model. Where it had to be loaded, all waited for that. */
function tellingIn(seen: readonly Observation[]): Observation[] {
  return seen
    .filter(({ complete, loadedBefore, requestsAhead = 0 }) => complete && loadedBefore && requestsAhead > 0)
    .slice(-NEWEST);
}

function servedAtOnce(one: Observation): number {
  const { requestsAhead = 0, aheadSeconds = 0, overheadSeconds = 0, loadSeconds = 0 } = one;
  const waited = overheadSeconds + Math.max(0, loadSeconds - LONGEST_LOOK_SECONDS);
  return waited < WAITED * aheadSeconds ? requestsAhead + 1 : 1;
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
