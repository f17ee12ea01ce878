import type { ParleyEvent } from '../conversation/event.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { Usage } from '../conversation/reply.ts';

export interface LedgerRow {
  model: ModelReference;
  exchanges: number;
  /** Exchanges whose tokens were not told, or not to the end, for instance because they were stopped. */
  uncounted: number;
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  /** Dollars; undefined as soon as the price of one exchange is unknown. */
  cost: number | undefined;
  seconds: number;
  local: boolean;
}

/** Tokens, time and money by model. It only listens. */
export class Ledger {
  readonly #rows = new Map<ModelReference, LedgerRow>();
  #isLowerBound = false;

  listen = (event: ParleyEvent): void => {
    if (event.type !== 'exchange.ended') return;
    const row = this.#rows.get(event.model) ?? emptyRow(event.model);
    this.#rows.set(event.model, row);
    row.exchanges += 1;
    row.seconds += event.seconds;
    row.local = event.profile?.local ?? row.local;
    if (!event.usage || event.failure) row.uncounted += 1;
    if (event.usage?.atLeast && !row.local) this.#isLowerBound = true;
    row.inputTokens += event.usage?.inputTokens ?? 0;
    row.outputTokens += event.usage?.outputTokens ?? 0;
    row.cacheReadTokens += event.usage?.cacheReadTokens ?? 0;
    row.cacheWriteTokens += event.usage?.cacheWriteTokens ?? 0;
    // Stopped before anybody counted, it may have cost something: what is known is the least, and stays known.
    const uncounted = event.cost === undefined && event.failure !== undefined && !event.usage;
    if (uncounted) this.#isLowerBound = true;
    else row.cost = row.cost === undefined || event.cost === undefined ? undefined : row.cost + event.cost;
  };

  /** One row a model, in the order in which they first spoke. */
  rows(): LedgerRow[] {
    return [...this.#rows.values()];
  }

  /** Dollars for all models; undefined where the price of one is unknown. */
  totalCost(): number | undefined {
    let total = 0;
    for (const row of this.#rows.values()) {
      if (row.cost === undefined) return undefined;
      total += row.cost;
    }
    return total;
  }

  /** Whether a paid exchange was not counted to its end, so that all of it cost at least so much. */
  get isLowerBound(): boolean {
    return this.#isLowerBound;
  }

  /** All that local models read and wrote, to be priced elsewhere; undefined where nothing was. */
  localUsage(): Usage | undefined {
    const local = this.rows().filter((row) => row.local);
    const sum = (part: (row: LedgerRow) => number) => local.reduce((total, row) => total + part(row), 0);
    const usage = {
      inputTokens: sum((row) => row.inputTokens),
      outputTokens: sum((row) => row.outputTokens),
      // Another service would have cached the same beginnings.
      cacheReadTokens: sum((row) => row.cacheReadTokens),
    };
    return usage.inputTokens + usage.outputTokens > 0 ? usage : undefined;
  }

  /**
   * Share of all tokens that local models read and wrote, 0 to 1; undefined before the first token.
   * @param counts.cached whether tokens that were read from a cache count.
   */
  localShare({ cached = true } = {}): number | undefined {
    let local = 0;
    let all = 0;
    for (const row of this.#rows.values()) {
      const tokens = row.inputTokens + row.outputTokens - (cached ? 0 : row.cacheReadTokens);
      all += tokens;
      if (row.local) local += tokens;
    }
    return all === 0 ? undefined : local / all;
  }
}

function emptyRow(model: ModelReference): LedgerRow {
  return {
    model,
    exchanges: 0,
    uncounted: 0,
    inputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 0,
    cost: 0,
    seconds: 0,
    local: false,
  };
}
