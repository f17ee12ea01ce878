import { expect, test } from 'vitest';
import { diffLines } from '../../src/display/diff-lines.ts';
import { createTheme } from '../../src/display/theme.ts';

const shown = (patch: string) =>
  diffLines({ path: 'a', change: 'changed', added: 0, removed: 0, patch }, createTheme(1));

test('lines are numbered: what goes by the old file, the rest by the new one', () => {
  expect(shown('@@ -9,3 +9,3 @@\n one\n-two\n+2\n three')).toEqual([
    ' 9   one',
    '10 - two',
    '10 + 2',
    '11   three',
  ]);
});

test('what is no hunk is shown as it is', () => {
  expect(shown('(before 6 bytes that are no text)\n@@ -1,0 +1,1 @@\n+now')).toEqual([
    '(before 6 bytes that are no text)',
    '1 + now',
  ]);
});

test('very many empty lines are shown by their number, and what comes after them keeps its own', () => {
  const patch = ['@@ -1,1 +1,302 @@', ' a', ...Array(300).fill('+'), '+evil()'].join('\n');
  expect(shown(patch)).toEqual(['  1   a', '  2 + ⟨300 empty lines⟩', '302 + evil()']);
});

test('nothing in a line is hidden', () => {
  expect(shown(`@@ -1,0 +1,1 @@\n+a\u200b${' '.repeat(500)}evil()`)).toEqual([
    '1 + a<U+200B>⟨500 blanks⟩evil()',
  ]);
});
