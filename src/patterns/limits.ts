import type { Emit, EventBody, RequestSize } from '../conversation/event.ts';
import type { BeforeExchange } from '../conversation/exchange.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import { BYTES_PER_TOKEN, tokensAbout } from '../conversation/token-estimate.ts';
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

type Started = Extract<EventBody, { type: 'exchange.started' }>;
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
  readonly limits: Limits;
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
    this.limits = limits;
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
    const before: BeforeExchange = async (asked) =>
      (await room.door.before?.(asked)) ?? (await this.#admit(asked.model, asked.size));
    const { steer } = room;
    return {
      ...room,
      door: { ...room.door, emit: counted(room.door.emit), before },
      bench: { ...room.bench, emit: counted(room.bench.emit) },
      within: (id) => counted(room.within(id)),
      ...(steer && { steer: (...asked) => this.#waitFor(() => steer(...asked)) }),
    };
  }

  /** Whether nothing more may be asked; what was reached with the last answer stops it only here. */
  get over(): boolean {
    const spent = this.#exceeded(this.#spent());
    if (spent) this.#end(spent.used);
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

  /** What is read counts beforehand: a request cannot be called back. */
  async #admit(model: ModelReference, size: RequestSize): Promise<Failure | undefined> {
    if (this.limits.dollars !== undefined && !this.#prices.has(model))
      this.#prices.set(model, await this.#priceOf(model));
    const spent = this.#exceeded(this.#spent());
    if (spent) return this.#end(spent.used);
    const read = readingOf(size);
    const next = this.#exceeded(this.#spent({ price: this.#prices.get(model), read, written: 0 }));
    return next && this.#end(next.notEnough);
  }

  #hear(event: EventBody): void {
    switch (event.type) {
      case 'exchange.started':
        this.#begin(event);
        return;
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

  #begin({ exchange, model, size }: Started): void {
    this.#underWay.set(exchange, { price: this.#prices.get(model), read: readingOf(size), written: 0 });
  }

  #count({ exchange, usage, cost }: Ended): void {
    const estimated = this.#underWay.get(exchange);
    this.#underWay.delete(exchange);
    if (cost === undefined) this.#priceUnknown = true;
    this.#dollars += cost ?? (estimated ? dollarsOf(estimated) : 0);
    if (usage) this.#tokens += usage.inputTokens + usage.outputTokens;
    else if (estimated && cost !== 0) this.#tokens += estimated.read + estimated.written;
  }

  /** @param next what would be under way as well. */
  #spent(...next: UnderWay[]): { dollars: number; tokens: number } {
    let [dollars, tokens] = [this.#dollars, this.#tokens];
    for (const one of [...this.#underWay.values(), ...next]) {
      dollars += dollarsOf(one);
      tokens += one.read + one.written;
    }
    return { dollars, tokens };
  }

  /** The limit that was reached, in words for what is spent already, and for what would be too much. */
  #exceeded({ dollars, tokens }: { dollars: number; tokens: number }) {
    const { limits } = this;
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

  #end(why: string): Failure {
    this.#why ??= why;
    const failure = new Failure('stopped', `Stopped: ${this.#why}.`);
    this.#stop.abort(failure);
    return failure;
  }
}

function dollarsOf({ price, read, written }: UnderWay): number {
  return price ? read * price.read + written * price.written : 0;
}

function readingOf({ characters }: RequestSize): number {
  return characters / BYTES_PER_TOKEN;
}

/** Those of an order over those that hold everywhere, over what the pattern itself takes as usual. */
export function limitsOf(room: Pick<Room, 'limits'>, own: Limits = {}, usual: Limits = {}): Limits {
  const given = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...usual, ...room.limits, ...Object.fromEntries(given) };
}

/** Enough places for what one exchange costs. */
export function inDollars(dollars: number): string {
  return `$${dollars < 0.0001 ? dollars.toPrecision(1) : dollars.toFixed(dollars < 1 ? 4 : 2)}`;
}
