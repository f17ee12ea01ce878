import { describe, expect, test } from 'vitest';
import {
  type Answer,
  anonymise,
  anonymiseForAll,
  candidateOf,
  unmask,
} from '../../../src/patterns/voting/anonymous.ts';
import { fc } from '../../support/chance.ts';

const answers = fc
  .uniqueArray(fc.string(), { minLength: 1, maxLength: 30 })
  .map((names) => names.map((candidate): Answer => ({ candidate, text: `The answer of ${candidate}` })));

const orderOf = (sheet: readonly Answer[]) => sheet.map(({ candidate }) => candidate);

function panel(...names: string[]): Answer[] {
  return names.map((candidate) => ({ candidate, text: candidate.toUpperCase() }));
}

describe('a judge', () => {
  test('sees all answers but its own, as they were written', () => {
    fc.assert(
      fc.property(answers, fc.nat(), fc.string(), (answers, place, seed) => {
        const voter = answers[place % answers.length]!.candidate;
        const sheet = anonymise(answers, voter, seed);
        const seen = sheet.map(({ candidate, text }) => ({ candidate, text }));
        expect(orderOf(sheet)).not.toContain(voter);
        expect(seen).toHaveLength(answers.length - 1);
        expect(answers).toEqual(expect.arrayContaining(seen));
        expect(anonymise(answers, `not ${answers.map(({ candidate }) => candidate)}`, seed)).toHaveLength(
          answers.length,
        );
      }),
    );
  });

  test('gets the same order again, in whatever order the answers came in', () => {
    fc.assert(
      fc.property(answers, fc.string(), fc.string(), (answers, voter, seed) => {
        expect(anonymise(answers.toReversed(), voter, seed)).toEqual(anonymise(answers, voter, seed));
      }),
    );
  });

  test('finds each answer as often in each place', () => {
    const firsts = Map.groupBy(
      Array.from({ length: 3000 }, (_, seed) => orderOf(anonymise(panel('a', 'b', 'c'), 'x', `${seed}`))),
      (order) => order.join(''),
    );
    expect(firsts.size).toBe(6);
    for (const seen of firsts.values()) expect(Math.abs(seen.length - 500)).toBeLessThan(100);
  });
});

describe('judges', () => {
  test('get orders that differ, where there are three others or more', () => {
    const names = fc.uniqueArray(fc.string(), { minLength: 4, maxLength: 8 });
    const outsiders = fc
      .nat(6)
      .map((count) => Array.from({ length: count }, (_, place) => `outsider ${place}`));
    fc.assert(
      fc.property(names, outsiders, fc.string(), (names, outsiders, seed) => {
        const voters = [...names, ...outsiders];
        const sheets = anonymiseForAll(panel(...names), voters, seed);
        const orders = [...sheets.values()].map((sheet) => JSON.stringify(orderOf(sheet)));
        expect(new Set(orders).size).toBe(voters.length);
        for (const [voter, sheet] of sheets) expect(orderOf(sheet)).not.toContain(voter);
        expect(anonymiseForAll(panel(...names).reverse(), voters.toReversed(), seed)).toEqual(sheets);
      }),
    );
  });

  test('asked for one by one still get their own, but for chance', () => {
    const orders = Array.from({ length: 50 }, (_, voter) =>
      orderOf(anonymise(panel('a', 'b', 'c', 'd', 'e', 'f'), `outsider ${voter}`, 'seed')).join(''),
    );
    expect(new Set(orders).size).toBeGreaterThan(40);
  });

  test('from outside have six orders of three answers between them', () => {
    const voters = ['1', '2', '3', '4', '5', '6'];
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const sheets = anonymiseForAll(panel('a', 'b', 'c'), voters, seed);
        expect(new Set([...sheets.values()].map((sheet) => orderOf(sheet).join(''))).size).toBe(6);
      }),
    );
  });

  test('who are more than there are orders still get one', () => {
    expect(anonymiseForAll(panel('a'), ['1', '2', '3'], 's').size).toBe(3);
    expect(anonymiseForAll([], ['1', '2'], 's').get('2')).toEqual([]);
  });
});

describe('labels', () => {
  test('are A to Z, then AA', () => {
    const many = panel(...Array.from({ length: 30 }, (_, place) => `${place}`));
    const labels = anonymise(many, 'x', 's').map(({ label }) => label);
    expect(labels.slice(0, 3)).toEqual(['A', 'B', 'C']);
    expect(labels.slice(25)).toEqual(['Z', 'AA', 'AB', 'AC', 'AD']);
  });

  test('lead back to exactly the candidates', () => {
    fc.assert(
      fc.property(answers, fc.string(), fc.string(), (answers, voter, seed) => {
        const sheet = anonymise(answers, voter, seed);
        for (const { label, candidate } of sheet) expect(candidateOf(sheet, label)).toBe(candidate);
        const labels = sheet.map(({ label }) => label);
        expect(new Set(labels).size).toBe(sheet.length);
        expect(unmask({ reason: 'A', ranking: labels }, sheet)).toEqual({
          reason: 'A',
          ranking: orderOf(sheet),
        });
      }),
    );
  });

  test('of each kind of ballot are undone', () => {
    const sheet = anonymise(panel('a', 'b', 'c'), 'a', 's');
    const [first, second] = orderOf(sheet);
    expect(unmask({ reason: 'B', choice: 'B' }, sheet)).toEqual({ reason: 'B', choice: second });
    expect(unmask({ approved: ['B', 'A'] }, sheet)).toEqual({ approved: [second, first] });
    expect(candidateOf(sheet, 'C')).toBeUndefined();
    expect(() => unmask({ choice: 'C' }, sheet)).toThrow(RangeError);
  });
});

test('a reason that speaks of a label says whose it is, for each judge has its own labels', () => {
  const sheet = [
    { label: 'A', candidate: 'a:one', text: '' },
    { label: 'B', candidate: 'b:two', text: '' },
  ];
  const { reason, choice } = unmask(
    { reason: 'Answer B is wrong; I answer a question.', choice: 'A' },
    sheet,
  );
  expect([reason, choice]).toEqual(['Answer B (b:two) is wrong; I answer a question.', 'a:one']);
});
