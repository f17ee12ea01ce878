import { describe, expect, test } from 'vitest';
import { approval, borda, plurality } from '../../../src/patterns/voting/count.ts';
import { fc } from '../../support/chance.ts';
import { elections, fullRankings, scoreOf } from './elections.ts';

describe('more support never harms', () => {
  test('one more vote for a candidate lowers neither its score nor the winner', () => {
    fc.assert(
      fc.property(elections, ({ candidates, choices, approvals }) => {
        const [favourite] = candidates as [string];
        const before = [plurality(candidates, choices), approval(candidates, approvals)];
        const after = [
          plurality(candidates, [...choices, { voter: 'new', choice: favourite }]),
          approval(candidates, [...approvals, { voter: 'new', approved: [favourite] }]),
        ];
        for (const [place, count] of before.entries()) {
          expect(scoreOf(after[place]!, favourite)).toBeGreaterThan(scoreOf(count, favourite));
          if (count.winner === favourite || count.tied?.includes(favourite))
            expect(after[place]!.winner).toBe(favourite);
        }
      }),
    );
  });

  test('to be moved up in a full ranking lowers no Borda score, and the winner stays', () => {
    fc.assert(
      fc.property(fullRankings, fc.nat(), fc.nat(), ({ candidates, rankings }, whose, to) => {
        const [favourite] = candidates as [string];
        const raised = rankings.map((ballot, place) => {
          if (place !== whose % rankings.length) return ballot;
          const others = ballot.ranking.filter((candidate) => candidate !== favourite);
          const at = Math.min(to % candidates.length, ballot.ranking.indexOf(favourite));
          return { ...ballot, ranking: others.toSpliced(at, 0, favourite) };
        });
        const [before, after] = [borda(candidates, rankings), borda(candidates, raised)];
        expect(scoreOf(after, favourite)).toBeGreaterThanOrEqual(scoreOf(before, favourite));
        if (before.winner === favourite) expect(after.winner).toBe(favourite);
      }),
    );
  });

  test('one more ballot with a candidate first lowers no Borda score', () => {
    fc.assert(
      fc.property(elections, ({ candidates, rankings }) => {
        const [favourite] = candidates as [string];
        const after = borda(candidates, [...rankings, { voter: 'new', ranking: candidates }]);
        const before = scoreOf(borda(candidates, rankings), favourite);
        expect(scoreOf(after, favourite)).toBeGreaterThanOrEqual(before);
      }),
    );
  });
});
