/** Elections of all kinds, for properties that hold in any of them. */

import {
  type ApprovalBallot,
  approval,
  borda,
  type ChoiceBallot,
  type Count,
  condorcet,
  plurality,
  type RankedBallot,
} from '../../../src/patterns/voting/count.ts';
import { fc } from '../../support/chance.ts';

export interface Election {
  candidates: string[];
  choices: ChoiceBallot[];
  approvals: ApprovalBallot[];
  rankings: RankedBallot[];
}

const NAMES = ['ada', 'bob', 'eve', 'kim', 'zoe', '__proto__'];

/** Some voters are authors of a candidate, which they leave out; some leave out others as well. */
export const elections: fc.Arbitrary<Election> = fc
  .record({
    candidates: fc.shuffledSubarray(NAMES, { minLength: 1 }),
    authors: fc.nat(6),
    outsiders: fc.nat(4),
  })
  .chain(({ candidates, authors, outsiders }) => {
    const voters = [
      ...candidates.slice(0, authors),
      ...Array.from({ length: outsiders }, (_, place) => `outsider ${place}`),
    ];
    const each = <T>(ballot: (voter: string) => fc.Arbitrary<T>) =>
      fc.tuple(...voters.map(ballot)) as fc.Arbitrary<T[]>;
    return fc.record({
      candidates: fc.constant(candidates),
      choices: each((voter) => fc.constantFrom(...candidates).map((choice) => ({ voter, choice }))),
      approvals: each((voter) => fc.subarray(candidates).map((approved) => ({ voter, approved }))),
      rankings: each((voter) => rankingBy(voter, candidates)),
    });
  });

function rankingBy(voter: string, candidates: string[]): fc.Arbitrary<RankedBallot> {
  const others = candidates.filter((candidate) => candidate !== voter);
  const excluded = candidates.includes(voter) ? voter : undefined;
  return fc.shuffledSubarray(others).map((ranking) => ({ voter, ranking, excluded }));
}

/** Several candidates, and rankings of all of them. */
export const fullRankings: fc.Arbitrary<Pick<Election, 'candidates' | 'rankings'>> = fc
  .shuffledSubarray(NAMES, { minLength: 2 })
  .chain((candidates) => {
    const ranking = fc.shuffledSubarray(candidates, { minLength: candidates.length });
    return fc.record({
      candidates: fc.constant(candidates),
      rankings: fc
        .array(ranking, { minLength: 1, maxLength: 6 })
        .map((all) => all.map((ranking, place) => ({ voter: `voter ${place}`, ranking }))),
    });
  });

export function countAll({ candidates, choices, approvals, rankings }: Election): Count[] {
  return [
    plurality(candidates, choices),
    approval(candidates, approvals),
    borda(candidates, rankings),
    condorcet(candidates, rankings),
  ];
}

/** A count without what depends on the order in which candidates were given. */
export function essence({ scores, winner, tied, agreement, pairwise, settledBy }: Count) {
  return {
    winner,
    agreement,
    settledBy,
    tied: tied?.toSorted(),
    scores: scores.toSorted((a, b) => (a.candidate < b.candidate ? -1 : 1)),
    pairwise: pairwise
      ?.map(({ candidates: [a, b], votes: [x, y] }) => (a < b ? [a, b, x, y] : [b, a, y, x]))
      .sort(),
  };
}

export function scoreOf(count: Count, candidate: string): number {
  return count.scores.find((score) => score.candidate === candidate)!.score;
}
