/** What every pattern has around it: a room of its own, limits that hold, a beginning and an end in the log. */
import type { EventBody, PatternOutcome } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import { type Call, pricesIn, tellEstimate } from './estimate.ts';
import type { Listener } from './human.ts';
import { Purse } from './limits.ts';
import { paragraphs, type Room, roomWithin } from './room.ts';
import type { Limits } from './settings.ts';

/** A pattern before it begins: everybody in it is known, and every name in the order was looked up. */
export interface Programme {
  /** The first letter of its ids: `r` for `r1`. */
  letter: string;
  /** Who takes part. */
  cast: readonly Listener[];
  limits: Limits;
  /** It must not leave this machine, nor what the human says in it. */
  isPrivate?: boolean;
  /** What it will ask, for an estimate. */
  calls: readonly Call[];
  /** The event with which it begins. */
  begins(id: string): EventBody;
}

/** Why it ended, where the human wanted that between two rounds. */
export const ENDED_BY_HUMAN = 'ended by the human';

export function inRounds(count: number): string {
  return count === 1 ? 'one round' : `${count} rounds`;
}

/** The usual first event. */
export function patternStarted(
  name: string,
  by: ModelReference | 'human',
  task: string,
  roles: readonly { role: string; model: ModelReference }[],
): Programme['begins'] {
  return (pattern) => ({ type: 'pattern.started', pattern, name, by, task, roles: [...roles] });
}

/** The usual last event. */
export function patternEnded(name: string): (result: Closing & { rounds: number }) => EventBody {
  return ({ id: pattern, outcome, why, text, rounds, seconds, cost }) => ({
    type: 'pattern.ended',
    pattern,
    name,
    outcome,
    why,
    text,
    rounds,
    seconds,
    cost,
  });
}

/** Where a pattern takes place. */
export interface Stage {
  id: string;
  /** What is spent in it counts towards the limits. */
  room: Room;
  /** The human's stop, or that of the limits. */
  signal: AbortSignal;
  /** Whether nothing more may be asked. To be looked at before anything is: what is done by then is no less done. */
  over(): boolean;
  /** A further part begins. */
  step(title: string, more?: { model?: ModelReference; round?: number }): void;
  warn(text: string): void;
}

/** What came of it, as far as the pattern itself knows. */
export interface Ending {
  outcome: PatternOutcome;
  /** Everything that a model or a human should read of it. */
  text: string;
  /** Why it ended, where one might ask. */
  why?: string;
}

export interface Closing {
  id: string;
  outcome: PatternOutcome;
  /** With the reason for its end, where there is one. */
  text: string;
  why?: string;
  /** It did not come to its end, because of the human or of a limit: it could go on. */
  unfinished?: boolean;
  seconds: number;
  /** Dollars; undefined where a price is unknown. */
  cost?: number;
}

/** A pattern under way: `ending` may be asked at any time what came of it so far. */
export interface Play<E extends Ending> {
  run(): Promise<void>;
  ending(): E;
}

/**
 * Runs a pattern between its first event and its last. What it throws ends it as failed; what was said is kept.
 * @param ended the last event.
 * @throws {Failure} only where it is too deep inside other patterns.
 */
export async function runFramed<E extends Ending>(
  outer: Room,
  programme: Programme,
  signal: AbortSignal,
  play: (stage: Stage) => Play<E>,
  ended: (result: NoInfer<E> & Closing) => EventBody,
): Promise<E & Closing> {
  const { cast, limits, calls, isPrivate } = programme;
  const { emit, clock } = outer.door;
  const id = outer.nextId(programme.letter);
  const inner = roomWithin(outer, id);
  await tellEstimate(outer, limits, calls);
  const purse = new Purse(outer, limits, pricesIn(outer), signal);
  const leave = outer.human.admit(cast, isPrivate);
  const started = clock.now();
  emit(programme.begins(id));
  const { run, ending } = play({
    id,
    room: purse.watch(inner),
    signal: purse.signal,
    over: () => purse.over,
    step: (title, more) => emit({ type: 'pattern.step', pattern: id, title, ...more }),
    warn: (text) => emit({ type: 'notice', level: 'warning', text }),
  });
  let broken: Failure | undefined;
  try {
    await run();
  } catch (thrown) {
    broken = Failure.from(thrown);
  }
  purse.close();
  leave();
  const own = ending();
  const { exhausted, cost } = purse;
  const outcome = signal.aborted ? 'stopped' : exhausted ? 'limit' : broken ? 'failed' : own.outcome;
  const why = exhausted ? `stopped: ${exhausted}` : signal.aborted ? undefined : (broken?.message ?? own.why);
  const result: E & Closing = {
    ...own,
    id,
    outcome,
    why,
    ...((signal.aborted || exhausted) && { unfinished: true }),
    text: paragraphs(own.text, why && `[${why}]`),
    seconds: (clock.now() - started) / 1000,
    cost,
  };
  emit(ended(result));
  return result;
}
