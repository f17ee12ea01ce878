import type { Emit, EventBody } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import { textUnits } from '../local/tokens.ts';
import type { Room } from './room.ts';
import type { Limits } from './settings.ts';

/** Dollars for a token that a model writes; undefined where its price is not known. */
export type WritingPrices = ReadonlyMap<ModelReference, number | undefined>;

type Ended = Extract<EventBody, { type: 'exchange.ended' }>;

/**
 * Watches what a pattern uses up, and stops it at its limits; what was said until then is kept. What is still being
 * written counts as it arrives, by an estimate that gives way to the service's own count.
 */
export class Purse {
  readonly limits: Limits;
  readonly #stop = new AbortController();
  readonly #clockOff: () => void;
  readonly #outer: AbortSignal;
  readonly #prices: WritingPrices;
  /** Tokens written so far in exchanges that are not over. */
  readonly #writing = new Map<string, { model: ModelReference; tokens: number }>();
  #dollars = 0;
  #priceUnknown = false;
  #tokens = 0;
  #why: string | undefined;

  constructor(room: Room, limits: Limits, prices: WritingPrices, outer: AbortSignal) {
    const { seconds } = limits;
    this.limits = limits;
    this.#outer = outer;
    this.#prices = prices;
    this.#clockOff =
      seconds === undefined
        ? () => {}
        : room.door.clock.after(seconds * 1000, () => this.#end(`its ${seconds} seconds are over`));
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

  /** The room, with everything that is spent in it counted, in patterns inside it too. */
  watch(room: Room): Room {
    const counted =
      (emit: Emit): Emit =>
      (event) => {
        emit(event);
        this.#hear(event);
      };
    return {
      ...room,
      door: { ...room.door, emit: counted(room.door.emit) },
      within: (id) => counted(room.within(id)),
    };
  }

  /** Whatever still runs in it is stopped. */
  close(): void {
    this.#clockOff();
    this.#stop.abort(Failure.stopped());
  }

  #hear(event: EventBody): void {
    switch (event.type) {
      case 'exchange.delta': {
        const { exchange, model, delta } = event;
        if (delta.type !== 'text' && delta.type !== 'thinking') return;
        const tokens = (this.#writing.get(exchange)?.tokens ?? 0) + textUnits(delta.text);
        this.#writing.set(exchange, { model, tokens });
        break;
      }
      case 'exchange.ended':
        this.#count(event);
        break;
      default:
        return;
    }
    this.#stopIfSpent();
  }

  #count({ exchange, usage, cost }: Ended): void {
    const written = this.#writing.get(exchange);
    this.#writing.delete(exchange);
    if (cost === undefined) this.#priceUnknown = true;
    this.#dollars += cost ?? (written ? this.#priceOf(written) : 0);
    this.#tokens += usage ? usage.inputTokens + usage.outputTokens : (written?.tokens ?? 0);
  }

  #stopIfSpent(): void {
    let [dollars, tokens] = [this.#dollars, this.#tokens];
    for (const written of this.#writing.values()) {
      dollars += this.#priceOf(written);
      tokens += written.tokens;
    }
    const { limits } = this;
    if (limits.dollars !== undefined && dollars >= limits.dollars)
      this.#end(`its ${inDollars(limits.dollars)} are spent`);
    if (limits.tokens !== undefined && tokens >= limits.tokens)
      this.#end(`its ${limits.tokens.toLocaleString('en')} tokens are used up`);
  }

  #priceOf({ model, tokens }: { model: ModelReference; tokens: number }): number {
    return tokens * (this.#prices.get(model) ?? 0);
  }

  #end(why: string): void {
    if (this.#stop.signal.aborted) return;
    this.#why = why;
    this.#stop.abort(new Failure('stopped', `Stopped: ${why}.`));
  }
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
