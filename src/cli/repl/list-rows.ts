import { truncateToWidth, visibleWidth } from '@earendil-works/pi-tui';
import { inLine } from '../../display/printable.ts';
import type { Theme } from '../../display/theme.ts';

/** Columns of a name at the most, where a description stands behind it. */
const NAME_COLUMNS = 40;
/** Columns that pi-tui's list keeps for itself. */
const FRAME = 4;

export interface ListItem {
  value: string;
  /** What stands for it in the list; the value where left out. */
  name?: string;
  description?: string;
}

/**
 * The rows of a list of so many columns: names and descriptions side by side, cut with an ellipsis. Left to itself,
 * pi-tui's list cuts in the middle of a word and does not say so.
 */
export function listRows(items: readonly ListItem[], { quiet }: Theme, columns: number) {
  const names = items.map(({ value, name = value }) => inLine(name));
  const widest = Math.min(NAME_COLUMNS, Math.max(0, ...names.map((name) => visibleWidth(name))));
  return items.map(({ value, description }, place) => {
    const name = names[place]!;
    const gap = ' '.repeat(Math.max(0, widest - visibleWidth(name)));
    const row = description ? `${name}${gap}  ${quiet(inLine(description))}` : name;
    return { value, label: truncateToWidth(row, columns - FRAME, '…') };
  });
}
