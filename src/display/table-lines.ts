import { onOneLine, visible } from './printable.ts';
import type { Table } from './report/page.ts';

/** The head and a line for each row; words to the left, figures to the right. */
export function tableLines({ head, rows, words = 1 }: Table): string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => visible(onOneLine(cell))));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => (column < words ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
