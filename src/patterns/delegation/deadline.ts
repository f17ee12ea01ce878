import type { Clock } from '../../conversation/clock.ts';
import type { Emit, EventBody } from '../../conversation/event.ts';
import { Failure } from '../../conversation/failure.ts';
import type { ModelReference } from '../../conversation/message.ts';
import { seconds as shown } from '../../local/advice.ts';
import { type Forecast, likelySeconds } from '../../local/forecast.ts';
import type { ForecastFigures } from '../../local/observation.ts';
import { textUnits } from '../../local/tokens.ts';
import type { Room } from '../room.ts';
import type { SplitPlan } from './split.ts';
import type { Work } from './work.ts';

interface Terms {
  model: ModelReference;
  budgetSeconds: number;
  /** Undefined where too little is known. */
  forecast?: ForecastFigures;
  /** The same with its parts, where it is for one exchange: then it is known how far that has to be. */
  exchange?: Forecast;
  /** The caller wants it whatever the forecast says: then the bound is the budget, where it is the longer one. */
  insist?: boolean;
}

/** Looked at again after this share of the time more, so that a long wait is not one of many looks. */
const NEXT_LOOK = 1.25;

/** What should have begun to come so long ago may begin after so much more of that: nobody knows what it waits for. */
const WAIT_ON = 0.25;
/** What ends its budget so soon after its bound is not worth a look. */
const SOON = 0.9;

/**
 * How long local work may go on: to the end of its budget, in which only asking counts. Work that passes its bound is
 * looked at: where, as fast as it went so far, it would not end within its budget, it is stopped then and there.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #terms: Terms;
  readonly #outer: AbortSignal;
  readonly #stop = new AbortController();
  /** That there are in all. */
  readonly seconds: number;
  #used = 0;
  #failure: Failure | undefined;

  constructor(clock: Clock, terms: Terms, outer: AbortSignal) {
    const { budgetSeconds, forecast, insist } = terms;
    this.#clock = clock;
    this.#terms = terms;
    this.#outer = outer;
    this.seconds = Math.max(budgetSeconds, (insist && forecast?.boundSeconds) || 0);
  }

  /** Seconds that models were asked for, up to now. */
  get used(): number {
    return this.#used;
  }

  /** Why it was stopped; undefined where it was not, or by somebody else. */
  get failure(): Failure | undefined {
    return this.#outer.aborted ? undefined : this.#failure;
  }

  /** Asks, in what is left of the time. @param ask with a room in which it is heard how far the answer is. */
  async over<T>(room: Room, ask: (room: Room, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { exchange } = this.#terms;
    const before = this.#used;
    const started = this.#clock.now();
    const elapsed = () => before + (this.#clock.now() - started) / 1000;
    const pace = new Pace(room.door.emit, elapsed);
    const offs: (() => void)[] = [];
    if (Number.isFinite(this.seconds))
      offs.push(this.#after(this.seconds - before, () => this.#end(elapsed(), pace, this.#overBudget(pace))));
    const look = (seconds: number) => {
      offs.push(
        this.#after(seconds - elapsed(), () => {
          const end = pace.expectedEnd(exchange!);
          if (end <= this.seconds) look(Math.max(end, elapsed() * NEXT_LOOK));
          else this.#end(elapsed(), pace, this.#tooLate(pace));
        }),
      );
    };
    // A second question, about a fault in the first answer, has no bound of its own.
    if (exchange && before === 0 && exchange.boundSeconds < SOON * this.seconds) look(exchange.boundSeconds);
    try {
      const within = { ...room, door: { ...room.door, emit: pace.emit } };
      return await ask(within, AbortSignal.any([this.#outer, this.#stop.signal]));
    } finally {
      this.#used = elapsed();
      for (const off of offs) off();
    }
  }

  #after(seconds: number, then: () => void): () => void {
    return this.#clock.after(Math.max(0, seconds) * 1000, then);
  }

  #end(seconds: number, pace: Pace, why: string): void {
    if (this.#stop.signal.aborted) return;
    const refused = pace.refused ? `. Its server had not taken it: ${pace.refused}` : '';
    // What waits for its server, or for others there, is not to blame, and neither is what was not expected in time.
    const { forecast } = this.#terms;
    const isBlameless =
      pace.refused || (forecast && (!pace.hasBegun || likelySeconds(forecast) > this.seconds));
    const kind = isBlameless ? 'overloaded' : 'stalled';
    const told = `${this.#terms.model} was stopped after ${shown(seconds)}${why}${refused || '.'}`;
    this.#failure = new Failure(kind, told, { retryable: false });
    this.#stop.abort();
  }

  #overBudget({ hasBegun }: Pace): string {
    const { forecast, insist, budgetSeconds } = this.#terms;
    if (!forecast) return ', at the end of its budget: how long it takes was not known';
    const end = insist && forecast.boundSeconds > budgetSeconds ? 'at its bound' : 'at the end of its budget';
    return `, ${end}${hasBegun ? '' : ', before a word had come'}`;
  }

  #tooLate({ hasBegun }: Pace): string {
    const bound = shown(this.#terms.forecast!.boundSeconds);
    const end = `would not have ended within ${shown(this.seconds)}`;
    return hasBegun
      ? `: it passed its bound of ${bound}, and at that pace ${end}`
      : `: not a word had come, though its bound was ${bound}, and it ${end}`;
  }
}

/** How far an answer is, and when it will be whole if it goes on like that. */
class Pace {
  readonly emit: Emit;
  readonly #elapsed: () => number;
  /** Why the server has not taken it so far, in a sentence. */
  refused: string | undefined;
  #firstAt: number | undefined;
  #units = 0;

  constructor(emit: Emit, elapsed: () => number) {
    this.#elapsed = elapsed;
    this.emit = (event) => {
      emit(event);
      this.#hear(event);
    };
  }

  get hasBegun(): boolean {
    return this.#firstAt !== undefined;
  }

  /**
   * Seconds from the beginning. One that is longer than expected may end at any moment, if it is not slow. Before the
   * first word nobody knows whether it is read slowly or waits for others, so that is not taken for its pace.
   */
  expectedEnd({ seconds, writeSeconds, writtenTokens }: Forecast): number {
    const now = this.#elapsed();
    const overdue = now - (seconds - writeSeconds);
    if (this.#firstAt === undefined) return now + WAIT_ON * overdue + writeSeconds;
    const perUnit = (now - this.#firstAt) / Math.max(1, this.#units);
    return now + perUnit * Math.max(0, writtenTokens - this.#units);
  }

  #hear(event: EventBody): void {
    if (event.type === 'exchange.retrying') this.refused = event.why;
    if (event.type === 'exchange.started') this.refused = undefined;
    if (event.type !== 'exchange.delta') return;
    const { delta } = event;
    if (delta.type === 'progress') return;
    // A call of a tool is a word too.
    this.#firstAt ??= this.#elapsed();
    if (delta.type === 'text' || delta.type === 'thinking') this.#units += textUnits(delta.text);
  }
}

/**
 * What is not local has no bound but the caller's patience.
 * @param plan of the pieces, where it is done in pieces.
 */
export function deadlineOf(work: Work, signal: AbortSignal, plan?: SplitPlan): Deadline {
  const { outlook, budgetSeconds, room, order, model } = work;
  const whole = outlook?.forecast;
  const terms: Terms = {
    model,
    budgetSeconds: outlook ? budgetSeconds : Number.POSITIVE_INFINITY,
    forecast: plan ? plan.forecast : whole,
    exchange: plan || whole?.exchanges ? undefined : whole,
    insist: order.insist,
  };
  return new Deadline(room.door.clock, terms, signal);
}
