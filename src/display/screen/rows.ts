import { stripTerminalSequences, visibleWidth } from '@earendil-works/pi-tui';

const characters = new Intl.Segmenter();

/** Rows that a line takes when a terminal breaks it after so many columns; a wide character is not torn apart. */
export function rowsOf(line: string, width: number): number {
  if (visibleWidth(line) <= width) return 1;
  let rows = 1;
  let column = 0;
  for (const { segment } of characters.segment(stripTerminalSequences(line))) {
    const cells = visibleWidth(segment);
    if (column + cells > width) {
      rows += 1;
      column = 0;
    }
    column += cells;
  }
  return rows;
}
