import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { ApprovalQuestion } from '../../../src/cli/repl/approval-question.ts';
import type { ApprovalRequest } from '../../../src/conversation/event.ts';
import { createTheme } from '../../../src/display/theme.ts';
import { CLAUDE } from '../../support/told.ts';

function rowsOf(request: Partial<ApprovalRequest>, width = 80): string[] {
  const whole: ApprovalRequest = { id: '1', kind: 'command', title: '', speaker: CLAUDE, ...request };
  const question = new ApprovalQuestion(whole, createTheme(1), () => {});
  return question.render(width).map((row) => stripVTControlCharacters(row).trimEnd());
}

test('a short command stands in the line of the question', () => {
  expect(rowsOf({ title: 'npm test' })[1]).toBe(`  ? ${CLAUDE} asks: npm test`);
});

test('a longer one stands below it, with its length', () => {
  const title = `grep -rn "the very long pattern that is looked for" src tests && npm test`;
  expect(rowsOf({ title }).slice(1, 3)).toEqual([
    `  ? ${CLAUDE} asks, ${title.length} characters:`,
    '    grep -rn "the very long pattern that is looked for" src tests && npm test',
  ]);
});

test('of a very long one the beginning and the end, and how much stands above', () => {
  const title = Array.from({ length: 230 }, (_, n) => `echo ${n}`).join('\n');
  const rows = rowsOf({ title });
  expect(rows[1]).toMatch(/asks, [\d,]+ characters in 230 lines:$/);
  expect(rows.slice(2, 11)).toEqual([
    ...[0, 1, 2, 3, 4].map((n) => `    echo ${n}`),
    '    ⋯ 222 more rows, which stand above',
    ...[227, 228, 229].map((n) => `    echo ${n}`),
  ]);
});

test('nothing is pushed out of sight', () => {
  const rows = rowsOf({ title: `true${' '.repeat(3_000)};${'\n'.repeat(3_000)}rm -rf ~` });
  expect(rows.slice(1, 5)).toEqual([
    expect.stringMatching(/asks, [\d,]+ characters in 3,001 lines:$/),
    '    true⟨3,000 blanks⟩;',
    '    ⟨2,999 empty lines⟩',
    '    rm -rf ~',
  ]);
});

test('where a yes counts once, none is offered for the session', () => {
  const text = (singly: boolean) => rowsOf({ kind: 'edit', title: 'change .bashrc', singly }).join('\n');
  expect(text(false)).toContain('in this session');
  expect(text(true)).not.toContain('in this session');
});
