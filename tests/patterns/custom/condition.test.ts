import { describe, expect, test } from 'vitest';
import {
  CONDITION_WORDS,
  type Condition,
  type ConditionFault,
  type Facts,
  isTrue,
  parseCondition,
  printCondition,
} from '../../../src/patterns/custom/condition.ts';
import { fc } from '../../support/chance.ts';

const name = fc
  .stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,6}$/)
  .filter((word) => !CONDITION_WORDS.includes(word));
const { condition: anyCondition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ op: fc.constantFrom('approved', 'tied'), step: name, at: fc.constant(0) }),
    fc.record({
      op: fc.constant('contains'),
      step: name,
      text: fc.string({ unit: 'grapheme' }),
      at: fc.constant(0),
    }),
    fc.record({
      op: fc.constant('contains'),
      step: name,
      role: name,
      text: fc.string(),
      at: fc.constant(0),
    }),
    fc.record({ op: fc.constant('winner'), step: name, name: fc.string(), at: fc.constant(0) }),
    fc.record({
      op: fc.constant('round'),
      compare: fc.constantFrom('>=', '<=', '>', '<', '='),
      value: fc.nat(),
      at: fc.constant(0),
    }),
    fc.record({ op: fc.constant('not'), inner: tie('condition') }),
    fc.record({ op: fc.constantFrom('and', 'or'), left: tie('condition'), right: tie('condition') }),
  ) as fc.Arbitrary<Condition>,
}));

/** Without the places, which printing moves. */
function bare(condition: Condition): unknown {
  return JSON.parse(JSON.stringify(condition, (key, value) => (key === 'at' ? undefined : value)));
}

const facts: Facts = {
  approved: (step) => step === 'good',
  tied: (step) => step === 'even',
  text: (step, role) => (step === 'plan' ? `A TODO of ${role ?? 'all'}` : ''),
  winners: (step) => (step === 'vote' ? ['red'] : []),
  round: 2,
};
const holds = (text: string) => isTrue(parseCondition(text), facts);

test('what is printed reads back as the same', () => {
  fc.assert(
    fc.property(anyCondition, (condition) => {
      expect(bare(parseCondition(printCondition(condition)))).toEqual(bare(condition));
    }),
  );
});

test('any text is a condition or a fault with its place in it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), anyCondition.map(printCondition)), (text) => {
      try {
        parseCondition(text);
      } catch (fault) {
        const { at, token } = fault as ConditionFault;
        expect(text.slice(at, at + token.length)).toBe(token);
      }
    }),
  );
});

test.each([
  ['good.approved', true],
  ['bad.approved', false],
  ['not bad.approved', true],
  ['bad.approved and good.approved or good.approved', true],
  ['bad.approved and (good.approved or good.approved)', false],
  ['not bad.approved and not (round > 2)', true],
  ['plan contains "todo"', true],
  ["plan.critic contains 'of critic'", true],
  ['other contains ""', true],
  ['other contains "x"', false],
  ['vote.winner is "red"', true],
  ['vote.winner is "Red"', false],
  ['even.tied', true],
  ['round >= 2', true],
  ['round = 3', false],
  ['round < 2 or round <= 2', true],
])('%s: %s', (text, expected) => expect(holds(text)).toBe(expected));

describe('a fault in a condition says what is expected, and where', () => {
  test.each([
    ['', 0, 'a step, "round", "not" or "(" is expected here, and it ends'],
    [
      'review',
      6,
      '"contains" after review, or review.approved, review.winner, review.tied is expected here, and it ends',
    ],
    ['a.approved b.approved', 11, '"and", "or" or the end is expected here, and there is b.approved'],
    ['(a.approved', 11, '")" is expected here, and it ends'],
    ['a contains todo', 11, 'a text in quotes is expected here, and there is todo'],
    ['a contains "todo', 11, 'this text has no closing quote'],
    ['round is 2', 6, 'a comparison such as ">=" is expected here, and there is is'],
    ['round >= x', 9, 'a number is expected here, and there is x'],
    ['v.winner "x"', 9, '"is" is expected here, and there is "x"'],
    ['process.exit(1)', 12, '"contains" after process.exit'],
    ['a.approved && b.approved', 11, '"&" means nothing here'],
    ['and', 0, 'a step, "round", "not" or "(" is expected here, and there is and'],
    ['('.repeat(100), 21, 'this is too deep'],
  ])('%j', (text, at, message) => {
    expect(() => parseCondition(text)).toThrow(
      expect.objectContaining({ at, message: expect.stringContaining(message) }),
    );
  });
});
