import { count, duration, money } from '../../../display/figures.ts';
import type { LedgerRow } from '../../../history/ledger.ts';
import type { Command } from '../command.ts';

export const cost: Command = {
  name: 'cost',
  summary: 'tokens, time and money so far, by model',
  anytime: true,
  run(_argument, { agent, theme, print, tell }) {
    const rows = agent.ledger.rows();
    if (rows.length === 0) {
      tell('info', 'Nothing was sent to a model yet.');
      return;
    }
    const [head, ...body] = aligned([HEAD, ...rows.map(cells)]);
    const share = agent.ledger.localShare();
    const total = [`In all ${money(agent.ledger.totalCost())}`];
    if (share !== undefined) total.push(`${Math.round(share * 100)} % of the tokens stayed local`);
    const coloured = body.map((line, place) => {
      const name = rows[place]?.model ?? '';
      return `  ${theme.speaker(name)(name)}${line.slice(name.length)}`;
    });
    print([`  ${theme.quiet(head ?? '')}`, ...coloured, `  ${total.join(' · ')}`]);
  },
};

const HEAD = ['model', 'exchanges', 'in', 'cached', 'out', 'time', 'cost'];

function cells(row: LedgerRow): string[] {
  const known = row.uncounted < row.exchanges;
  return [
    row.model,
    count(row.exchanges),
    known ? count(row.inputTokens) : 'unknown',
    known ? count(row.cacheReadTokens) : '',
    known ? count(row.outputTokens) : 'unknown',
    duration(row.seconds),
    row.cost === undefined ? 'unknown' : money(row.cost),
  ];
}

/** Columns side by side: the first to the left, figures to the right. */
function aligned(rows: string[][]): string[] {
  const widths = HEAD.map((_title, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}
