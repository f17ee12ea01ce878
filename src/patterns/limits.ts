import type { Emit, EventBody } from '../conversation/event.ts';
import type { Asked, Gate } from '../conversation/exchange.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import { tokensAbout } from '../conversation/token-estimate.ts';
import { Countdown } from './countdown.ts';
import type { Room } from './room.ts';
import type { Limits } from './settings.ts';

/** Dollars for a token. */
export interface TokenPrice {
  read: number;
  written: number;
}

/** Undefined where the price of a model is not known. */
export type PriceOf = (model: ModelReference) => Promise<TokenPrice | undefined>;

type Ended = Extract<EventBody, { type: 'exchange.ended' }>;

/** An exchange that is not over. Tokens, estimated. */
interface UnderWay {
  price: TokenPrice | undefined;
  read: number;
  written: number;
}

/**
 * Watches what a pattern uses up, and stops it at its limits; what was said until then is kept. What is read counts
 * before it is sent, and what is being written as it arrives, by estimates that give way to the service's own count.
 */
export class Purse {
  readonly #limits: Limits;
  readonly #stop = new AbortController();
  readonly #countdown: Countdown | undefined;
  readonly #outer: AbortSignal;
  readonly #priceOf: PriceOf;
  readonly #prices = new Map<ModelReference, TokenPrice | undefined>();
  readonly #underWay = new Map<string, UnderWay>();
  #dollars = 0;
  #priceUnknown = false;
  #tokens = 0;
  #why: string | undefined;

  constructor(room: Room, limits: Limits, priceOf: PriceOf, outer: AbortSignal) {
    const { seconds } = limits;
    this.#limits = limits;
    this.#outer = outer;
    this.#priceOf = priceOf;
    if (seconds !== undefined)
      this.#countdown = new Countdown(room.door.clock, seconds, () =>
        this.#end(`its ${seconds} seconds are over`),
      );
  }

  /** The human's stop, or the limits'. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.#outer, this.#stop.signal]);
  }

  /** Why it was stopped, where it was the limits. */
  get exhausted(): string | undefined {
    return this.#outer.aborted ? undefined : this.#why;
  }

  /** Dollars; undefined where a price was unknown. */
  get cost(): number | undefined {
    return this.#priceUnknown ? undefined : this.#dollars;
  }

  /**
   * The room, with everything that is spent in it counted, in patterns inside it too. While the human is asked
   * something, no time passes.
   */
  watch(room: Room): Room {
    const counted =
      (emit: Emit): Emit =>
      (event) => {
        emit(event);
        this.#hear(event);
      };
    const outer = room.door.gate;
    const gate: Gate = {
      admit: async (asked) => (await outer?.admit(asked)) ?? (await this.#admit(asked)),
      withdraw: (exchange) => {
        this.#underWay.delete(exchange);
        outer?.withdraw(exchange);
      },
    };
    const { steer } = room;
    return {
      ...room,
      door: { ...room.door, emit: counted(room.door.emit), gate },
      bench: { ...room.bench, emit: counted(room.bench.emit) },
      within: (id) => counted(room.within(id)),
      ...(steer && { steer: (...asked) => this.#waitFor(() => steer(...asked)) }),
    };
  }

  /** Whether nothing more may be asked; what was reached with the last answer stops it only here. */
  get over(): boolean {
    const why = this.#why ?? this.#exceeded(this.#spent())?.used;
    if (why !== undefined) this.#end(why);
    return this.signal.aborted;
  }

  /** Whatever still runs in it is stopped. */
  close(): void {
    this.#countdown?.cancel();
    this.#stop.abort(Failure.stopped());
  }

  async #waitFor<T>(human: () => Promise<T>): Promise<T> {
    this.#countdown?.pause();
    try {
      return await human();
    } finally {
      this.#countdown?.goOn();
    }
  }

  /** What is read counts beforehand: a request cannot be called back. What was admitted before goes on. */
  async #admit({ exchange, model, size }: Asked): Promise<Failure | undefined> {
    if (this.#limits.dollars !== undefined && !this.#prices.has(model))
      this.#prices.set(model, await this.#priceOf(model));
    const before = this.#exceeded(this.#spent());
    this.#underWay.set(exchange, { price: this.#prices.get(model), read: size.tokens, written: 0 });
    const exceeded = before?.used ?? this.#exceeded(this.#spent())?.notEnough;
    if (exceeded === undefined) return undefined;
    this.#why ??= exceeded;
    return this.#reason();
  }

  #hear(event: EventBody): void {
    switch (event.type) {
      case 'exchange.delta': {
        const { exchange, delta } = event;
        const one = this.#underWay.get(exchange);
        if (!one || (delta.type !== 'text' && delta.type !== 'thinking')) return;
        one.written += tokensAbout(delta.text);
        break;
      }
      case 'exchange.ended':
        this.#count(event);
        // What is over is not undone by having cost too much: that ends what would come next.
        if (this.#underWay.size === 0) return;
        break;
      case 'approval.asked':
        this.#countdown?.pause();
        return;
      case 'approval.answered':
        this.#countdown?.goOn();
        return;
      default:
        return;
    }
    const exceeded = this.#exceeded(this.#spent());
    if (exceeded) this.#end(exceeded.used);
  }

  #count({ exchange, usage, cost }: Ended): void {
    const estimated = this.#underWay.get(exchange);
    this.#underWay.delete(exchange);
    if (cost === undefined) this.#priceUnknown = true;
    this.#dollars += cost ?? (estimated ? dollarsOf(estimated) : 0);
    if (usage) this.#tokens += usage.inputTokens + usage.outputTokens;
    else if (estimated && cost !== 0) this.#tokens += estimated.read + estimated.written;
  }

  #spent(): { dollars: number; tokens: number } {
    let [dollars, tokens] = [this.#dollars, this.#tokens];
    for (const one of this.#underWay.values()) {
      dollars += dollarsOf(one);
      tokens += one.read + one.written;
    }
    return { dollars, tokens };
  }

  /** The limit that was reached, in words for what is spent already, and for what would be too much. */
  #exceeded({ dollars, tokens }: { dollars: number; tokens: number }) {
    const limits = this.#limits;
    if (limits.dollars !== undefined && dollars >= limits.dollars) {
      const limit = inDollars(limits.dollars);
      return { used: `its ${limit} are spent`, notEnough: `its ${limit} are not enough for what comes next` };
    }
    if (limits.tokens !== undefined && tokens >= limits.tokens) {
      const limit = `its ${limits.tokens.toLocaleString('en')} tokens`;
      return { used: `${limit} are used up`, notEnough: `${limit} are not enough for what comes next` };
    }
    return undefined;
  }

  #end(why: string): void {
    this.#why ??= why;
    this.#stop.abort(this.#reason());
  }

  #reason(): Failure {
    return new Failure('stopped', `Stopped: ${this.#why}.`);
  }
}

function dollarsOf({ price, read, written }: UnderWay): number {
  return price ? read * price.read + written * price.written : 0;
}

/** Those of an order over those that hold everywhere, over what the pattern itself takes as usual. */
export function limitsOf(room: Pick<Room, 'limits'>, own: Limits = {}, usual: Limits = {}): Limits {
  const given = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...usual, ...room.limits, ...Object.fromEntries(given) };
}

/** Enough places for what one exchange costs. */
export function inDollars(dollars: number): string {
  if (dollars >= 0.0001) return `$${dollars.toFixed(dollars < 1 ? 4 : 2)}`;
  return `$${dollars.toLocaleString('en', { maximumSignificantDigits: 1 })}`;
}
