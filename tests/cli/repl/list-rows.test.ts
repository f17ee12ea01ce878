import { stripVTControlCharacters } from 'node:util';
import { visibleWidth } from '@earendil-works/pi-tui';
import { expect, test } from 'vitest';
import { listRows } from '../../../src/cli/repl/list-rows.ts';
import { createTheme } from '../../../src/display/theme.ts';

const items = [
  { value: 'go on' },
  { value: 'say', name: 'say something first', description: 'what you write next is heard by all of them' },
];

test('names and descriptions stand in columns, and what does not fit ends with an ellipsis', () => {
  const rowsIn = (columns: number) => listRows(items, createTheme(1), columns).map(({ label }) => label);
  expect(rowsIn(80)).toEqual(['go on', 'say something first  what you write next is heard by all of them']);
  for (const columns of [50, 30, 12]) {
    const cut = rowsIn(columns)[1]!;
    expect(visibleWidth(cut)).toBeLessThanOrEqual(columns - 4);
    expect(stripVTControlCharacters(cut)).toMatch(/^say.*…$/);
  }
});
