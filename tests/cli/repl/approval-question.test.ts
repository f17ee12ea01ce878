import { stripVTControlCharacters } from 'node:util';
import { visibleWidth } from '@earendil-works/pi-tui';
import { describe, expect, test } from 'vitest';
import { ApprovalQuestion } from '../../../src/cli/repl/approval-question.ts';
import type { Approval, ApprovalRequest } from '../../../src/conversation/event.ts';
import { createTheme } from '../../../src/display/theme.ts';

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
