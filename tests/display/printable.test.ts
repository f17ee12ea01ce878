import { expect, test } from 'vitest';
import { revealed, withoutGaps } from '../../src/display/printable.ts';

test.each([
  ['a\u200bb', 'a<U+200B>b'],
  ['pass\u00adword', 'pass<U+AD>word'],
  ['x\u202ey', 'x<U+202E>y'],
  ['x\u2028y', 'x<U+2028>y'],
  ['\u3164=1', '<U+3164>=1'],
  ['\u115f\u1160\uffa0\u2800', '<U+115F><U+1160><U+FFA0><U+2800>'],
  ['ok\u{e0041}\u{e0042}', 'ok<U+E0041><U+E0042>'],
  ['a\ufe0f\u{e0100}', 'a<U+FE0F><U+E0100>'],
  ['\x1b[8mhidden', '␛[8mhidden'],
])('what has no shape is shown by its code: %j', (text, shown) => {
  expect(revealed(text)).toBe(shown);
});

test.each(['⚠️ 👨‍👩‍👧 née 日本語', 'tab\tand line\n', ' '.repeat(80)])('what has one is not: %j', (text) => {
  expect(revealed(text)).toBe(text);
});

test('blanks that push the rest out of sight are shown by their number', () => {
  expect(revealed(`true${' '.repeat(2_200)}; rm -rf ~`)).toBe('true⟨2,200 blanks⟩; rm -rf ~');
  expect(revealed(`true${'\u00a0\u3000'.repeat(100)}; rm`)).toBe('true⟨200 blanks⟩; rm');
});

test('so are many empty lines', () => {
  expect(withoutGaps(['a', '', '', 'b', ...Array(300).fill(' '), 'c'])).toEqual([
    'a',
    '',
    '',
    'b',
    '⟨300 empty lines⟩',
    'c',
  ]);
});
