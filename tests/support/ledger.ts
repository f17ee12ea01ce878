import type { EventOf } from '../../src/conversation/event.ts';
import { Ledger } from '../../src/history/ledger.ts';

type Ended = EventOf<'exchange.ended'>;

/** The ledger of these exchanges. */
export function ledgerOf(...exchanges: Partial<Ended>[]): Ledger {
  const ledger = new Ledger();
  for (const [place, exchange] of exchanges.entries()) {
    ledger.listen({
      type: 'exchange.ended',
      exchange: `exchange-${place}`,
      model: 'a:one',
      seconds: 1,
      seq: place,
      at: 0,
      session: 's',
      ...exchange,
    });
  }
  return ledger;
}

export const usage = (inputTokens: number, outputTokens: number, cacheReadTokens?: number) => ({
  inputTokens,
  outputTokens,
  cacheReadTokens,
});
/** The profile of a local exchange, as far as a ledger looks at it. */
export const local = {
  complete: true,
  host: 'h',
  local: true,
  promptCharacters: 1,
  wallSeconds: 1,
  parallelRequests: 1,
};
