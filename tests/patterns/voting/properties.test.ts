import { describe, expect, test } from 'vitest';
import {
  approval,
  borda,
  breakTie,
  condorcet,
  plurality,
  type RankedBallot,
} from '../../../src/patterns/voting/count.ts';
import { fc } from '../../support/chance.ts';
import { countAll, type Election, elections, essence, fullRankings } from './elections.ts';

function renamed(election: Election, name: (candidate: string) => string): Election {
  return {
    candidates: election.candidates.map(name),
    choices: election.choices.map((ballot) => ({ ...ballot, choice: name(ballot.choice) })),
    approvals: election.approvals.map((ballot) => ({ ...ballot, approved: ballot.approved.map(name) })),
    rankings: election.rankings.map(({ voter, ranking, excluded }) => ({
      voter,
      ranking: ranking.map(name),
      excluded: excluded === undefined ? undefined : name(excluded),
    })),
  };
}

/** The same ballots, in another order and handed in by other voters. */
const shuffled = elections.chain((election) => {
  const order = election.rankings.map((_, place) => place);
  return fc.shuffledSubarray(order, { minLength: order.length }).map((order) => {
    const moved = <B extends { voter: string }>(ballots: B[]): B[] =>
      order.map((from, to) => ({ ...ballots[from]!, voter: ballots[to]!.voter }));
    const { choices, approvals, rankings } = election;
    const after = {
      ...election,
      choices: moved(choices),
      approvals: moved(approvals),
      rankings: moved(rankings),
    };
    return { before: election, after };
  });
});

describe('under every rule', () => {
  test('it does not matter who cast a ballot, nor when', () => {
    fc.assert(
      fc.property(shuffled, ({ before, after }) => {
        expect(countAll(after)).toEqual(countAll(before));
      }),
    );
  });

  test('new names for candidates only rename the result', () => {
    const name = (candidate: string) => `${[...candidate].reverse().join('')}!`;
    fc.assert(
      fc.property(elections, (election) => {
        const text = JSON.stringify(countAll(election), (_, value) =>
          typeof value === 'string' && election.candidates.includes(value) ? name(value) : value,
        );
        expect(JSON.stringify(countAll(renamed(election, name)))).toBe(text);
      }),
    );
  });

  test('the order in which candidates are given does not matter', () => {
    fc.assert(
      fc.property(elections, (election) => {
        const turned = { ...election, candidates: election.candidates.toReversed() };
        expect(countAll(turned).map(essence)).toEqual(countAll(election).map(essence));
      }),
    );
  });

  test('there is a winner or a tie, never both, and never more or less than the first place', () => {
    fc.assert(
      fc.property(elections, (election) => {
        for (const count of countAll(election)) {
          expect(count.winner === undefined).toBe(count.tied !== undefined);
          expect(count.tied?.length ?? 2).toBeGreaterThan(1);
          expect([count.winner, ...(count.tied ?? [])]).toContain(count.scores[0]!.candidate);
          if (count.rule === 'condorcet') continue;
          const first = count.scores.filter(({ score }) => score === count.scores[0]!.score);
          expect(first.map(({ candidate }) => candidate)).toEqual(count.tied ?? [count.winner]);
        }
      }),
    );
  });

  test('a tie is broken for one of the tied, or stays as it is', () => {
    fc.assert(
      fc.property(elections, fc.array(fc.constantFrom('ada', 'bob', 'eve')), (election, chair) => {
        for (const count of countAll(election)) {
          const after = breakTie(count, chair);
          expect({ ...after, winner: count.winner, settledBy: undefined }).toEqual({
            ...count,
            settledBy: undefined,
          });
          if (after.settledBy) expect(count.tied).toContain(after.winner);
          expect(breakTie(after, chair)).toEqual(after);
        }
      }),
    );
  });

  test('agreement is from 0 to 1', () => {
    fc.assert(
      fc.property(elections, (election) => {
        for (const { agreement = 0 } of countAll(election)) {
          expect(agreement).toBeGreaterThanOrEqual(0);
          expect(agreement).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe('whom all put first', () => {
  test('wins, also where authors leave out their own', () => {
    // Two ballots, so that no rival was left out of all of them.
    const unanimous = elections.filter(
      ({ candidates, rankings }) => candidates.length > 1 && rankings.length > 1,
    );
    fc.assert(
      fc.property(unanimous, ({ candidates, rankings, choices }) => {
        const first = candidates.at(-1)!;
        const favour = ({ voter, ranking, excluded }: RankedBallot): RankedBallot => ({
          voter,
          ranking: [first, ...ranking.filter((candidate) => candidate !== first)],
          excluded: excluded === first ? undefined : excluded,
        });
        const ballots = rankings.map(favour);
        const counts = [
          plurality(
            candidates,
            choices.map(({ voter }) => ({ voter, choice: first })),
          ),
          approval(
            candidates,
            choices.map(({ voter }) => ({ voter, approved: [first] })),
          ),
          borda(candidates, ballots),
          condorcet(candidates, ballots),
        ];
        for (const { winner } of counts) expect(winner).toBe(first);
      }),
    );
  });
});

describe('who beats every other', () => {
  test('is the winner under Condorcet, and nobody else is', () => {
    fc.assert(
      fc.property(elections, ({ candidates, rankings }) => {
        const place = ({ ranking }: RankedBallot, candidate: string) =>
          ranking.includes(candidate) ? ranking.indexOf(candidate) : ranking.length;
        const beats = (one: string, other: string) => {
          const both = rankings.filter(({ excluded }) => excluded !== one && excluded !== other);
          const margins = both.map((ballot) => Math.sign(place(ballot, other) - place(ballot, one)));
          return margins.reduce((sum, margin) => sum + margin, 0) > 0;
        };
        const [winner] = candidates.filter((one) =>
          candidates.every((other) => one === other || beats(one, other)),
        );
        const count = condorcet(candidates, rankings);
        expect(count.winner).toBe(winner);
        for (const one of count.tied ?? [])
          for (const outside of candidates)
            if (!count.tied!.includes(outside)) expect(beats(one, outside)).toBe(true);
      }),
    );
  });

  test('is never last of the tied when a tie of Borda is broken', () => {
    fc.assert(
      fc.property(fullRankings, ({ candidates, rankings }) => {
        const { winner } = condorcet(candidates, rankings);
        const count = borda(candidates, rankings);
        fc.pre(winner !== undefined && count.tied?.includes(winner) === true);
        expect(breakTie(count).winner).toBe(winner);
      }),
    );
  });
});
