import type { ModelReference } from '../conversation/message.ts';
import { count, duration, money } from '../display/figures.ts';
import { inLine } from '../display/printable.ts';
import { tableLines } from '../display/table-lines.ts';
import { wrapped } from '../display/wrap.ts';
import type { Ledger, LedgerRow } from '../history/ledger.ts';

/** What the work of the local models would have cost at another model's price. */
export interface LocalWorth {
  leader: ModelReference;
  /** Dollars; undefined where no price is known. */
  cost: number | undefined;
}

const HEAD = ['model', 'exchanges', 'read', 'cached', 'written', 'time', 'cost'];
/** Where there is no room: what was cached, how often it was asked, how long that took. */
const LEFT_OUT = [3, 1, 5];

/**
 * The ledger as a table for a human: a line a model, then what it came to. Unknown costs are said to be.
 * @param width characters at the most.
 */
export function ledgerLines(
  ledger: Ledger,
  { worth, width = Number.POSITIVE_INFINITY }: { worth?: LocalWorth; width?: number } = {},
): string[] {
  const rows = ledger.rows().map(cellsOf);
  if (rows.length === 0) return ['Nothing was asked yet.'];
  const remarks = [
    `In all ${ledger.isLowerBound ? 'at least ' : ''}${dollars(ledger.totalCost())}${shareTold(ledger)}.`,
  ];
  if (worth && ledger.localUsage()) remarks.push(worthTold(worth));
  return [
    ...tableLines({ title: '', head: HEAD, rows, leftOut: LEFT_OUT }, width),
    ...remarks.flatMap((remark) => wrapped(remark, width)),
  ];
}

function cellsOf(row: LedgerRow): string[] {
  const note = row.uncounted > 0 ? `${row.exchanges} (${row.uncounted} uncounted)` : String(row.exchanges);
  const counts = [row.inputTokens, row.cacheReadTokens, row.outputTokens].map(count);
  return [row.model, note, ...counts, duration(row.seconds), row.local ? 'local' : dollars(row.cost)];
}

/** A conversation is read again with each exchange, mostly from a cache: so the share is told without that too. */
function shareTold(ledger: Ledger): string {
  const [all, anew] = [ledger.localShare(), ledger.localShare({ cached: false })].map((share) =>
    share === undefined ? undefined : `${Math.round(share * 100)} %`,
  );
  if (all === undefined) return '';
  const without = anew === undefined || anew === all ? '' : ` (${anew} of those not read from a cache)`;
  return `, ${all} of all tokens stayed local${without}`;
}

function worthTold({ leader, cost }: LocalWorth): string {
  const name = inLine(leader);
  if (cost === undefined)
    return `What the local part would have cost elsewhere is unknown: no price of ${name} is known.`;
  return `The local part would have cost about ${money(cost)} at the price of ${name} (an estimate: its tokens would differ).`;
}

/** Under a heading that says what it is. */
function dollars(cost: number | undefined): string {
  return cost === undefined ? 'unknown' : money(cost);
}
