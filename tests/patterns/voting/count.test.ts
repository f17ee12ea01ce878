import { describe, expect, test } from 'vitest';
import {
  approval,
  borda,
  breakTie,
  condorcet,
  plurality,
  type RankedBallot,
} from '../../../src/patterns/voting/count.ts';

/** `'a>b -c'`: a before b, and c is the voter's own. */
function ranked(...ballots: string[]): RankedBallot[] {
  return ballots.map((written, place) => {
    const [ranking = '', excluded] = written.split(' -');
    return { voter: `voter ${place}`, ranking: ranking.split('>').filter(Boolean), excluded };
  });
}

const abc = ['a', 'b', 'c'];

describe('plurality and approval', () => {
  test('count votes, best first, and say how many of the voters are for the winner', () => {
    const choices = ['b', 'a', 'b', 'c'].map((choice, place) => ({ voter: `${place}`, choice }));
    expect(plurality(abc, choices)).toEqual({
      rule: 'plurality',
      scores: [
        { candidate: 'b', score: 2, ballots: 4 },
        { candidate: 'a', score: 1, ballots: 4 },
        { candidate: 'c', score: 1, ballots: 4 },
      ],
      winner: 'b',
      agreement: 0.5,
    });
    const approvals = [['a', 'c'], ['c'], []].map((approved, place) => ({ voter: `${place}`, approved }));
    expect(approval(abc, approvals)).toMatchObject({ winner: 'c', agreement: 2 / 3 });
  });

  test('do not reward whose own ballot is missing', () => {
    // All approve of all others; the ballot of c is spoilt. Votes alone would make c the winner, by two to one.
    const ballots = [
      { voter: 'a', excluded: 'a', approved: ['b', 'c'] },
      { voter: 'b', excluded: 'b', approved: ['a', 'c'] },
    ];
    const { tied, winner, scores } = approval(abc, ballots);
    expect([tied, winner]).toEqual([abc, undefined]);
    expect(scores.find(({ candidate }) => candidate === 'c')).toEqual({
      candidate: 'c',
      score: 2,
      ballots: 2,
    });
    const choices = [
      { voter: 'a', excluded: 'a', choice: 'b' },
      { voter: 'b', excluded: 'b', choice: 'c' },
      { voter: 'c', excluded: 'c', choice: 'b' },
    ];
    // Everybody who could vote for b did.
    expect(plurality(abc, choices)).toMatchObject({ winner: 'b', agreement: 1 });
  });

  test('say that a tie is a tie', () => {
    const count = plurality(abc, [
      { voter: 'x', choice: 'c' },
      { voter: 'y', choice: 'a' },
    ]);
    expect(count).toMatchObject({ tied: ['a', 'c'], agreement: 0.5 });
    expect(count.winner).toBeUndefined();
  });

  test('without ballots all are tied, and nobody agrees', () => {
    expect(plurality(abc, [])).toMatchObject({ tied: abc, agreement: undefined });
    expect(approval([], [])).toMatchObject({ scores: [], winner: undefined, agreement: undefined });
  });
});

describe('Borda', () => {
  test('gives the share of rivals that a candidate is put before', () => {
    const { scores } = borda(abc, ranked('a>b>c'));
    expect(scores.map(({ score }) => score)).toEqual([1, 0.5, 0]);
  });

  test('is the count of Borda where nobody leaves out anything', () => {
    // His own example, of 1781: most single votes are for a, whom most like least.
    const ballots = ranked(
      'a>b>c',
      ...Array(7).fill('a>c>b'),
      ...Array(7).fill('b>c>a'),
      ...Array(6).fill('c>b>a'),
    );
    const points = borda(abc, ballots).scores.map(({ candidate, score }) => [candidate, score * 2 * 21]);
    expect(points).toEqual([
      ['c', 26],
      ['b', 21],
      ['a', 16],
    ]);
  });

  test('lets those that are left out share the remaining places', () => {
    const { scores } = borda(['a', 'b', 'c', 'd', 'e'], ranked('e>b'));
    expect(Object.fromEntries(scores.map(({ candidate, score }) => [candidate, score]))).toEqual({
      e: 1,
      b: 0.75,
      a: 0.25,
      c: 0.25,
      d: 0.25,
    });
  });

  test('does not punish those whose authors vote', () => {
    // The sums of a and b are equal, but only three of the four could rank a.
    const ballots = ranked('b>c -a', 'a>b -c', 'a>b>c', 'b>a>c');
    const { winner, scores } = borda(abc, ballots);
    expect(winner).toBe('a');
    expect(scores.slice(0, 2)).toEqual([
      { candidate: 'a', score: 2.5 / 3, ballots: 3 },
      { candidate: 'b', score: 2.5 / 4, ballots: 4 },
    ]);
  });

  test('leaves out a ballot that could compare nothing', () => {
    const { scores, tied } = borda(['a', 'b'], ranked('b -a', 'a -b'));
    expect(scores.map(({ score, ballots }) => [score, ballots])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(tied).toEqual(['a', 'b']);
  });
});

describe('Condorcet', () => {
  test('finds who beats every other, though first for few', () => {
    const count = condorcet(abc, ranked('a>c>b', 'a>c>b', 'b>c>a', 'b>c>a', 'c>a>b'));
    expect(count).toMatchObject({ winner: 'c', scores: [{ candidate: 'c', score: 2, ballots: 5 }, {}, {}] });
    expect(count.pairwise).toContainEqual({ candidates: ['a', 'c'], votes: [2, 3] });
  });

  test('has no winner in a circle, and says who is in it', () => {
    const count = condorcet(['a', 'b', 'c', 'd'], ranked('a>b>c', 'b>c>a', 'c>a>b'));
    expect(count.winner).toBeUndefined();
    expect(count.tied).toEqual(abc);
    expect(breakTie(count).winner).toBeUndefined();
    expect(breakTie(count, ['d', 'b'])).toMatchObject({ winner: 'b', settledBy: 'judge', tied: abc });
  });

  test('compares two only where a voter could rank both', () => {
    const { pairwise } = condorcet(abc, ranked('c>b -a', 'a -b', 'a>b -c'));
    expect(pairwise).toEqual([
      { candidates: ['a', 'b'], votes: [1, 0] },
      { candidates: ['a', 'c'], votes: [1, 0] },
      { candidates: ['b', 'c'], votes: [0, 1] },
    ]);
  });
});

describe('a tie', () => {
  // a and b have seven of Borda's points each; four of six put a before b.
  const ballots = ranked('a>b>c', 'a>b>c', 'a>b>c', 'b>c>a', 'b>c>a', 'c>a>b');
  const drawn = ranked('a>b>c', 'b>a>c');

  test('is settled by comparing the tied in pairs', () => {
    const count = borda(abc, ballots);
    expect(count.winner).toBeUndefined();
    expect(breakTie(count, ['b'])).toMatchObject({ winner: 'a', settledBy: 'condorcet', tied: ['a', 'b'] });
  });

  test('is settled by the judge where pairs are drawn, and stays one without', () => {
    const count = borda(abc, drawn);
    expect(breakTie(count)).toEqual(count);
    expect(breakTie(count, ['c'])).toEqual(count);
    expect(breakTie(count, ['c', 'b', 'a'])).toMatchObject({ winner: 'b', settledBy: 'judge' });
  });

  test('of single votes goes to the judge', () => {
    const count = plurality(abc, [
      { voter: 'x', choice: 'c' },
      { voter: 'y', choice: 'a' },
    ]);
    expect(breakTie(count, ['a'])).toMatchObject({ winner: 'a', settledBy: 'judge' });
  });

  test('is all that can be broken', () => {
    const count = borda(abc, ranked('a>b>c'));
    expect(breakTie(count, ['b'])).toEqual(count);
  });
});

describe('agreement of rankings', () => {
  test.each([
    ['the same order', ['a>b>c', 'a>b>c'], 1],
    ['opposite orders', ['a>b>c', 'c>b>a'], 0],
    ['one neighbouring pair swapped', ['a>b>c', 'b>a>c'], 2 / 3],
    ['places that are shared do not count', ['a', 'a>b>c'], 1],
    ['own answers do not count', ['b>c -a', 'a>b>c'], 1],
    ['one ballot', ['a>b>c'], undefined],
    ['three judges who each leave out their own', ['b>c -a', 'a>c -b', 'a>b -c'], undefined],
  ])('%s: %j', (_, ballots, agreement) => {
    expect(borda(abc, ranked(...ballots)).agreement).toBe(agreement);
    expect(condorcet(abc, ranked(...ballots)).agreement).toBe(agreement);
  });
});

describe('what cannot be counted is refused', () => {
  const choice = (voter: string, choice: string) => ({ voter, choice });
  test.each([
    ['a stranger', () => plurality(abc, [choice('x', 'd')]), 'x named d, which is no candidate'],
    ['two votes', () => plurality(abc, [choice('x', 'a'), choice('x', 'a')]), 'x voted twice'],
    ['two of a name', () => plurality(['a', 'a'], []), 'a is a candidate twice'],
    ['two places', () => borda(abc, ranked('a>b>a')), 'named a twice'],
    ['oneself', () => condorcet(abc, ranked('a>b -a')), 'its own candidate'],
  ])('%s', (_, count, why) => {
    expect(count).toThrow(RangeError);
    expect(count).toThrow(why);
  });
});
