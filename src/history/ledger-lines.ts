import type { ModelReference } from '../conversation/message.ts';
import type { Ledger, LedgerRow } from './ledger.ts';

/** What the work of the local models would have cost at another model's price. */
export interface LocalWorth {
  leader: ModelReference;
  /** Dollars; undefined where no price is known. */
  cost: number | undefined;
}

/** The ledger as a table for a human: a line a model, then what it came to. Unknown costs are said to be. */
export function ledgerLines(ledger: Ledger, worth?: LocalWorth): string[] {
  const rows = ledger.rows();
  if (rows.length === 0) return ['Nothing was asked yet.'];
  const table = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  const lines = table.map((cells) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  const share = ledger.localShare();
  const local = share === undefined ? '' : `, ${Math.round(share * 100)} % of all tokens stayed local`;
  lines.push(`In all ${costOf(ledger.totalCost())}${local}.`);
  if (worth && ledger.localUsage()) lines.push(worthLine(worth));
  return lines;
}

function worthLine({ leader, cost }: LocalWorth): string {
  if (cost === undefined)
    return `What the local part would have cost elsewhere is unknown: no price of ${leader} is known.`;
  return `The local part would have cost about ${costOf(cost)} at the price of ${leader} (an estimate: its tokens would differ).`;
}

const HEAD = ['model', 'exchanges', 'read', 'cached', 'written', 'time', 'cost'];

function cellsOf(row: LedgerRow): string[] {
  const note = row.uncounted > 0 ? `${row.exchanges} (${row.uncounted} uncounted)` : String(row.exchanges);
  const counts = [row.inputTokens, row.cacheReadTokens, row.outputTokens].map((tokens) =>
    tokens.toLocaleString('en'),
  );
  return [row.model, note, ...counts, `${row.seconds.toFixed(1)} s`, row.local ? 'local' : costOf(row.cost)];
}

function costOf(cost: number | undefined): string {
  if (cost === undefined) return 'unknown';
  return cost === 0 ? '$0' : `$${cost.toFixed(cost < 0.1 ? 4 : 2)}`;
}
