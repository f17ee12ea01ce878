/** The flow of a session as lines: a tree to the left, times, tokens, money and outcomes in columns to the right. */
import { truncateToWidth, visibleWidth } from '@earendil-works/pi-tui';
import type { Theme } from '../display/theme.ts';
import type { FlowNode } from '../history/flow.ts';
import { flowRows } from './flow-rows.ts';

/** Columns for the tree at the least: figures are left out before it gets less. */
const NARROWEST = 24;

/** Where figures have to go, the tokens go first, then the cost. */
const FIRST_OUT = [1, 2, 0];

/** @param width columns at the most. */
export function flowLines(roots: readonly FlowNode[], theme: Theme, width: number): string[] {
  const rows = flowRows(roots, theme);
  const widthOf = (column: number) => Math.max(0, ...rows.map(({ figures }) => figures[column]!.length));
  const outcomes = Math.max(0, ...rows.map(({ outcome }) => outcome.length));
  let columns = [0, 1, 2].map((column) => ({ column, wide: widthOf(column) }));
  const right = () => columns.reduce((sum, { wide }) => sum + wide + 2, outcomes + 2);
  for (const out of FIRST_OUT)
    if (width - right() < NARROWEST) columns = columns.filter(({ column }) => column !== out);
  const trees = rows.map(({ branch, who, task }) => `${theme.quiet(branch)}${who} ${task}`.trimEnd());
  // Figures stand close to what they are of, however wide the terminal is.
  const left = Math.max(
    0,
    Math.min(width - right(), Math.max(0, ...trees.map((tree) => visibleWidth(tree)))),
  );
  return rows.map(({ figures, outcome }, place) => {
    const cut = shortened(trees[place]!, left);
    const gap = ' '.repeat(left - visibleWidth(cut));
    const cells = columns.map(({ column, wide }) => `  ${figures[column]!.padStart(wide)}`).join('');
    return shortened(`${cut}${gap}${theme.quiet(cells)}  ${outcome}`.trimEnd(), width);
  });
}

/** Where nothing is coloured, the cut puts no codes in either. */
function shortened(text: string, width: number): string {
  const cut = truncateToWidth(text, width, '…');
  return text.includes('\x1b') ? cut : cut.replaceAll('\x1b[0m', '');
}
