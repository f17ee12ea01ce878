import type { Emit } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import { textUnits } from '../local/tokens.ts';
import { priceOf } from '../providers/price.ts';
import { providerOf, type Room } from './room.ts';
import type { Limits } from './settings.ts';

/** Watches what a pattern uses up, and stops it at its limits; what was said until then is kept. */
export class Purse {
  readonly limits: Limits;
  readonly #stop = new AbortController();
  readonly #clockOff: () => void;
  readonly #outer: AbortSignal;
  #dollars = 0;
  #priceUnknown = false;
  #tokens = 0;
  #why: string | undefined;

  constructor(room: Room, limits: Limits, outer: AbortSignal) {
    this.limits = limits;
    this.#outer = outer;
    this.#clockOff =
      limits.seconds === undefined
        ? () => {}
        : room.door.clock.after(limits.seconds * 1000, () =>
            this.#end(`its ${limits.seconds} seconds are over`),
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

  /** The room, with everything that is spent in it counted. */
  watch(room: Room): Room {
    const emit: Emit = (event) => {
      room.door.emit(event);
      if (event.type !== 'exchange.ended') return;
      if (event.cost === undefined) this.#priceUnknown = true;
      this.#dollars += event.cost ?? 0;
      this.#tokens += (event.usage?.inputTokens ?? 0) + (event.usage?.outputTokens ?? 0);
      const { dollars, tokens } = this.limits;
      if (dollars !== undefined && this.#dollars >= dollars) this.#end(`its ${money(dollars)} are spent`);
      if (tokens !== undefined && this.#tokens >= tokens)
        this.#end(`its ${tokens.toLocaleString('en')} tokens are used up`);
    };
    return { ...room, door: { ...room.door, emit } };
  }

  close(): void {
    this.#clockOff();
  }

  #end(why: string): void {
    if (this.#stop.signal.aborted) return;
    this.#why = why;
    this.#stop.abort(new Failure('stopped', `Stopped: ${why}.`));
  }
}

/** Tokens that a reply is taken to have before anything is known of it. */
const REPLY_TOKENS = 700;

/**
 * Tells the human before it begins where it may cost more than they set. The estimate counts a reply of usual length
 * for each model and round; a price that is not known is left out and said to be.
 */
export async function tellEstimate(
  room: Room,
  limits: Limits,
  plan: { models: readonly string[]; text: string; rounds: number },
): Promise<void> {
  if (limits.dollars === undefined) return;
  let dollars = 0;
  const unknown: string[] = [];
  for (const reference of new Set(plan.models)) {
    const { provider, model } = await providerOf(room, reference);
    if (provider.local) continue;
    const calls = plan.models.filter((one) => one === reference).length * plan.rounds;
    const usage = { inputTokens: textUnits(plan.text) + 300, outputTokens: REPLY_TOKENS };
    const each = await priceOf(provider.priceList, model, usage);
    if (each === undefined) unknown.push(reference);
    else dollars += each * calls;
  }
  if (dollars <= limits.dollars) return;
  const rest = unknown.length > 0 ? `, and what ${unknown.join(' and ')} cost is not known` : '';
  room.door.emit({
    type: 'notice',
    level: 'warning',
    text: `This may cost about ${money(dollars)}, above your limit of ${money(limits.dollars)}${rest}; it will be stopped at the limit.`,
  });
}

function money(dollars: number): string {
  return `$${dollars.toFixed(dollars < 1 ? 4 : 2)}`;
}
