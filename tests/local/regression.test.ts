import { describe, expect, test } from 'vitest';
import { dot, fitRelative, type Sample, uncertaintyAt } from '../../src/local/regression.ts';
import { seededRandom } from '../../src/simulation/ollama/ground-truth.ts';
import { fc } from '../support/chance.ts';

const TRUTH = [0.05, 0.001, 2e-8];
const PRIOR = { mean: [0.1, 0.002, 5e-8], spread: [2, 0.6, 1.5] };
const NOISE = 0.05;

/** Readings of prompts of many sizes; `spoil` changes the n-th. */
function samples(count: number, spoil: (y: number, n: number) => number = (y) => y): Sample[] {
  const random = seededRandom(5);
  return Array.from({ length: count }, (_, n) => {
    const tokens = 50 + random() * 8000;
    const x = [1, tokens, tokens * tokens * 0.5];
    return { x, y: spoil(dot(x, TRUTH) * (1 + NOISE * (random() * 2 - 1)), n), weight: 1 };
  });
}

const at = (tokens: number) => [1, tokens, tokens * tokens * 0.5];
const error = (fit: { coefficients: number[] }, tokens: number) =>
  Math.abs(dot(at(tokens), fit.coefficients) / dot(at(tokens), TRUTH) - 1);

describe('the fit', () => {
  test('finds what a token costs, near and far', () => {
    const fit = fitRelative(samples(60), PRIOR, NOISE);
    for (const tokens of [500, 1000, 8000]) expect(error(fit, tokens)).toBeLessThan(0.03);
    expect(error(fit, 100)).toBeLessThan(0.1);
  });

  test('has little ear for outliers', () => {
    const spoilt = samples(60, (y, n) => (n % 8 === 0 ? y * 5 : y));
    for (const tokens of [300, 1000, 8000])
      expect(error(fitRelative(spoilt, PRIOR, NOISE), tokens)).toBeLessThan(0.08);
  });

  test('is the prior where there is nothing, and surer with every sample', () => {
    const none = fitRelative([], PRIOR, NOISE);
    for (const [place, mean] of PRIOR.mean.entries()) expect(none.coefficients[place]).toBeCloseTo(mean, 9);
    const doubts = [0, 1, 5, 40].map((count) =>
      uncertaintyAt(fitRelative(samples(count), PRIOR, NOISE), at(1000)),
    );
    expect(doubts).toEqual(doubts.toSorted((a, b) => b - a));
    expect(doubts.at(-1)).toBeLessThan(0.05 * doubts[0]!);
  });

  test('counts an old sample less', () => {
    const old = samples(20, (y) => y * 3).map((sample) => ({ ...sample, weight: 0.01 }));
    const fit = fitRelative([...old, ...samples(20)], PRIOR, NOISE);
    expect(error(fit, 1000)).toBeLessThan(0.1);
  });

  test('passes over times of zero and less', () => {
    const broken = [0, -1, Number.NaN].map((y) => ({ x: at(100), y, weight: 1 }));
    expect(fitRelative([...samples(30), ...broken], PRIOR, NOISE)).toEqual(
      fitRelative(samples(30), PRIOR, NOISE),
    );
  });
});

const anySamples = fc.array(
  fc.record({
    x: fc.double({ min: 1, max: 1e5, noNaN: true }).map(at),
    y: fc.double({ min: 1e-4, max: 1e4, noNaN: true }),
    weight: fc.double({ min: 0.01, max: 1, noNaN: true }),
  }),
  { maxLength: 30 },
);

test('nothing is ever faster than free, whatever was measured', () => {
  fc.assert(
    fc.property(anySamples, (some) => {
      const { coefficients } = fitRelative(some, PRIOR, NOISE);
      expect(coefficients.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
    }),
  );
});

/** What a machine might do: each time is off by up to ten. */
const likelySamples = fc.array(
  fc
    .record({
      tokens: fc.integer({ min: 10, max: 50_000 }),
      off: fc.double({ min: 0.1, max: 10, noNaN: true }),
      weight: fc.double({ min: 0.01, max: 1, noNaN: true }),
    })
    .map(({ tokens, off, weight }) => ({ x: at(tokens), y: dot(at(tokens), TRUTH) * off, weight })),
  { maxLength: 30 },
);

test('a machine that is so many times slower has coefficients that are so many times larger', () => {
  fc.assert(
    fc.property(likelySamples, fc.double({ min: 0.01, max: 100, noNaN: true }), (some, factor) => {
      const slower = some.map((sample) => ({ ...sample, y: sample.y * factor }));
      const prior = { ...PRIOR, mean: PRIOR.mean.map((mean) => mean * factor) };
      const [fast, slow] = [fitRelative(some, PRIOR, NOISE), fitRelative(slower, prior, NOISE)];
      for (const tokens of [10, 1000, 50_000]) {
        const [before, after] = [fast, slow].map(({ coefficients }) => dot(at(tokens), coefficients));
        expect(after! / (before! * factor)).toBeCloseTo(1, 4);
      }
    }),
  );
});
