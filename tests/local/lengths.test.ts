import { describe, expect, test } from 'vitest';
import { expectedLength } from '../../src/local/lengths.ts';
import type { Observation } from '../../src/local/observation.ts';
import { seededRandom } from '../../src/simulation/ollama/ground-truth.ts';
import { MODEL, observed } from '../support/measured.ts';

const replies = (lengths: readonly number[], more: Partial<Observation> = {}) =>
  lengths.map((writtenTokens) => observed({ writtenTokens, outputLimit: 2000, ...more }));
const asked = { model: MODEL, kind: 'code', limit: 2000 } as const;

describe('how long a reply will be', () => {
  test('is its limit before there is anything to go by', () => {
    expect(expectedLength([], asked)).toEqual({ tokens: 2000, boundTokens: 2000, unknown: false });
    expect(expectedLength([], { ...asked, chosen: false })).toMatchObject({ unknown: true });
  });

  test('is what past work of the kind was, and the bound what nine of ten did not pass', () => {
    const seen = replies([100, 120, 110, 90, 105, 95, 130, 100, 115, 108, 300]);
    const { tokens, boundTokens } = expectedLength(seen, asked);
    expect(tokens).toBeGreaterThan(95);
    expect(tokens).toBeLessThan(120);
    expect(boundTokens).toBeGreaterThan(120);
    expect(boundTokens).toBeLessThan(340);
  });

  test.each([
    [2, 61, 170],
    [6, 61, 115],
  ])('is bounded by %i replies already, less tightly by fewer', (count, tokens, most) => {
    const seen = replies(Array.from({ length: count }, () => 61));
    const expected = expectedLength(seen, { ...asked, limit: 4000 });
    expect(expected.tokens).toBe(tokens);
    expect(expected.boundTokens).toBeGreaterThan(80);
    expect(expected.boundTokens).toBeLessThan(most);
  });

  test('holds for nine of ten replies of a kind whose lengths lie as far apart as they usually do', () => {
    const random = seededRandom(5);
    const drawn = () => {
      const gauss = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      return Math.ceil(120 * Math.exp(0.6 * gauss));
    };
    let within = 0;
    for (let time = 0; time < 400; time++) {
      const seen = replies(Array.from({ length: 2 + (time % 8) }, drawn), { outputLimit: 9000 });
      if (drawn() <= expectedLength(seen, { ...asked, limit: 9000 }).boundTokens) within++;
    }
    expect(within / 400).toBeGreaterThan(0.86);
    expect(within / 400).toBeLessThan(0.96);
  });

  test('is at least what was heard of replies that were stopped', () => {
    const stopped = replies([0, 0, 0], { complete: false, heardTokens: 300 });
    const { boundTokens } = expectedLength([...replies([50, 60, 55, 52]), ...stopped], asked);
    expect(boundTokens).toBeGreaterThan(400);
  });

  test('is never beyond the limit', () => {
    expect(expectedLength(replies([500, 520, 510, 530, 505]), { ...asked, limit: 64 })).toMatchObject({
      tokens: 64,
      boundTokens: 64,
    });
  });

  test('goes by the limit where replies do: who asks knows the work', () => {
    const limits = [100, 200, 400, 800, 1600, 100, 200, 400, 800, 1600];
    const seen = limits.flatMap((outputLimit) => replies([Math.round(outputLimit * 0.8)], { outputLimit }));
    expect(expectedLength(seen, { ...asked, limit: 1000 }).tokens).toBe(800);
    expect(expectedLength(seen, { ...asked, limit: 300 }).tokens).toBe(240);
  });

  test('takes a reply that ran into its limit for at least so long', () => {
    const cut = replies(
      Array.from({ length: 8 }, () => 200),
      { outputLimit: 200 },
    );
    const whole = replies([50, 60, 55]);
    expect(expectedLength([...whole, ...cut], asked).tokens).toBe(2000);
  });

  test("of one model or kind says nothing of another, but the model's other work is better than nothing", () => {
    const tests = replies([400, 410, 420, 430, 405], { kind: 'tests' });
    expect(expectedLength(tests, { ...asked, model: 'ollama:other' }).tokens).toBe(2000);
    expect(expectedLength(tests, asked)).toMatchObject({ tokens: 410, boundTokens: 2000 });
    const both = [...tests, ...replies([50, 52, 54, 56])];
    expect(expectedLength(both, asked).tokens).toBeLessThan(60);
  });

  test('is not learnt from what was cut short, or from measuring', () => {
    const stopped = replies([9, 9, 9, 9, 9], { complete: false });
    const measured = replies([16, 16, 16, 16, 16], { kind: 'calibration' });
    expect(expectedLength([...stopped, ...measured], asked).tokens).toBe(2000);
  });
});
