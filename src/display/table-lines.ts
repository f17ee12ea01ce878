import { inLine } from './printable.ts';
import type { Table } from './report/page.ts';

const GAP = 2;
/** Characters of the first column at the least, where others have to go for it. */
const NARROWEST = 32;

/**
 * The head and a line for each row; words to the left, figures to the right. A column without a word in it takes
 * none. Where there is no room for all columns, some are left out, and then the first one is cut.
 * @param width characters at the most.
 */
export function tableLines(table: Table, width = Number.POSITIVE_INFINITY): string[] {
  const { head, rows, words = 1 } = table;
  const cells = [head, ...rows].map((row) => row.map((cell) => inLine(cell)));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const columns = columnsThatFit(table, widths, width);
  const first = Math.min(widths[0]!, Math.max(1, width - columnsOf(columns.slice(1), widths)));
  widths[0] = first;
  return cells.map((row) =>
    columns
      .map((column) => {
        const cell = column === 0 ? cut(row[0]!, first) : row[column]!;
        return column < words ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

function columnsThatFit({ head, leftOut = [] }: Table, widths: readonly number[], width: number): number[] {
  let columns = head.map((_, column) => column).filter((column) => widths[column]! > 0);
  for (const column of leftOut) {
    const left = width - columnsOf(columns.slice(1), widths);
    if (left >= Math.min(widths[0]!, NARROWEST)) break;
    columns = columns.filter((other) => other !== column);
  }
  return columns;
}

/** With the gap before each. */
function columnsOf(columns: readonly number[], widths: readonly number[]): number {
  return columns.reduce((sum, column) => sum + GAP + widths[column]!, 0);
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
