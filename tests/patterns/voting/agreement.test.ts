import { describe, expect, test } from 'vitest';
import { borda } from '../../../src/patterns/voting/count.ts';
import { fc } from '../../support/chance.ts';
import { fullRankings } from './elections.ts';

describe('without own answers left out', () => {
  test('agreement is the mean of Kendall’s tau over the pairs of voters, from 0 to 1', () => {
    const several = fullRankings.filter(({ rankings }) => rankings.length > 1);
    fc.assert(
      fc.property(several, ({ candidates, rankings }) => {
        const taus = rankings.flatMap((one, place) =>
          rankings.slice(place + 1).map((other) => tau(one.ranking, other.ranking)),
        );
        const mean = taus.reduce((sum, tau) => sum + tau, 0) / taus.length;
        expect(borda(candidates, rankings).agreement).toBeCloseTo((1 + mean) / 2, 12);
      }),
    );
  });
});

function tau(one: readonly string[], other: readonly string[]): number {
  let sum = 0;
  for (let a = 0; a < one.length; a++)
    for (let b = a + 1; b < one.length; b++) sum += other.indexOf(one[a]!) < other.indexOf(one[b]!) ? 1 : -1;
  return sum / ((one.length * (one.length - 1)) / 2);
}
