import { stripVTControlCharacters } from 'node:util';
import { visibleWidth } from '@earendil-works/pi-tui';
import { describe, expect, test } from 'vitest';
import { ApprovalQuestion } from '../../../src/cli/repl/approval-question.ts';
import type { Approval, ApprovalRequest } from '../../../src/conversation/event.ts';
import { createTheme } from '../../../src/display/theme.ts';
import { CLAUDE } from '../../support/told.ts';

const request: ApprovalRequest = { id: 'approval-1', kind: 'command', title: 'npm test', speaker: 'a:one' };

/** A question that has just opened, at a time that the test turns on. */
function openQuestion(asked: Partial<ApprovalRequest> = {}) {
  const answers: Approval[] = [];
  let time = 1_000;
  const question = new ApprovalQuestion({ ...request, ...asked }, createTheme(1), {
    answer: (approval) => answers.push(approval),
    changed() {},
    now: () => time,
  });
  question.opened();
  return {
    question,
    answers,
    type: (keys: string, every = 60) => {
      for (const key of keys) {
        question.handleInput(key);
        time += every;
      }
    },
    wait: (ms: number) => {
      time += ms;
    },
  };
}

describe('a question that has just opened', () => {
  test.each(['s', 'y', 'n', '\r', 'stop', 'say yes', 'no'])('takes %j for no answer', (keys) => {
    const { answers, type } = openQuestion();
    type(keys);
    expect(answers).toEqual([]);
  });

  test('does not hear the end of a text whose beginning it did not hear', () => {
    const { answers, type, wait } = openQuestion();
    wait(380);
    type('sy');
    expect(answers).toEqual([]);
  });

  test('shows an answer as chosen, and takes one, as soon as it listens', () => {
    const { question, answers, type, wait } = openQuestion();
    expect(question.render(60).join('\n')).not.toContain('→');
    wait(400);
    expect(question.render(60)).toContain('  → y  yes');
    type('s');
    expect(answers).toEqual([{ answer: 'yes-session' }]);
  });
});

test.each([20, 12])('no row is wider than %i columns', (width) => {
  const { question, wait } = openQuestion({ title: 'npm run something-with-a-long-name -- --and --options' });
  wait(1_000);
  const rows = question.render(width);
  expect(Math.max(...rows.map(visibleWidth))).toBeLessThanOrEqual(width);
  expect(stripVTControlCharacters(rows.join('\n'))).toMatch(/s {2}yes.*…/);
});

function rowsOf(request: Partial<ApprovalRequest>, width = 80): string[] {
  const { question, wait } = openQuestion({ speaker: CLAUDE, ...request });
  wait(1_000);
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
