import { describe, expect, test } from 'vitest';
import { fitSpeed, median, quantile, type Timing } from '../../src/local/speed.ts';
import { seededRandom } from '../../src/simulation/ollama/ground-truth.ts';

const PRIOR = { mean: [0.04, 0.0015], spread: [2, 0.6] };

/** 50 ms and 1 ms a token, times what is going on at the n-th call. */
function timings(count: number, going: (n: number) => number = () => 1): Timing[] {
  const random = seededRandom(11);
  return Array.from({ length: count }, (_, n) => {
    const tokens = 100 + random() * 3000;
    const noise = 1 + 0.04 * (random() * 2 - 1);
    return { x: [1, tokens], seconds: (0.05 + tokens / 1000) * noise * going(n) };
  });
}

const off = (made: Timing[], factor: number) =>
  Math.abs(fitSpeed(made, PRIOR).expect([1, 1000]).seconds / (1.05 * factor) - 1);

describe('a speed', () => {
  test('is known after a few calls, and says how sure it is', () => {
    expect(off(timings(12), 1)).toBeLessThan(0.04);
    const { expect: expects, noise } = fitSpeed(timings(60), PRIOR);
    expect(noise).toBeLessThan(0.05);
    const { seconds, spread } = expects([1, 1000]);
    expect(spread / seconds).toBeLessThan(0.07);
  });

  test('follows a sudden change within a few calls', () => {
    const made = timings(66, (n) => (n >= 60 ? 2 : 1));
    expect(off(made.slice(0, 60), 1)).toBeLessThan(0.03);
    expect(off(made, 2)).toBeLessThan(0.06);
  });

  test.each([3, 4, 5, 7, 8])('follows a large one without lagging behind, %i calls after it', (calls) => {
    const made = timings(60 + calls, (n) => (n >= 60 ? 8 : 1));
    expect(off(made, 8)).toBeLessThan(0.025);
  });

  test.each([1 / 12, 4, 12, 50])('follows a change of %f that its prior knows nothing of', (factor) => {
    const sure = { mean: [0.05, 0.001], spread: [0.35, 0.35] };
    const made = timings(32, (n) => (n >= 30 ? factor : 1));
    expect(fitSpeed(made, sure).expect([1, 1000]).seconds / (1.05 * factor)).toBeCloseTo(1, 1);
  });

  test('follows a slow drift', () => {
    expect(
      off(
        timings(120, (n) => 1 + n / 200),
        1 + 119 / 200,
      ),
    ).toBeLessThan(0.08);
  });

  test('follows after two calls of which nobody saw the end', () => {
    const given = { x: [1, 1000], seconds: 1.8, atLeast: true };
    expect(off([...timings(40), given, given], 1.98 / 1.05)).toBeLessThan(0.1);
  });

  test('learns nothing from what was given up before it was to end', () => {
    const given = { x: [1, 1000], seconds: 0.7, atLeast: true };
    const expects = (made: Timing[]) => fitSpeed(made, PRIOR).expect([1, 1000]);
    expect(expects([...timings(40), given, given])).toEqual(expects(timings(40)));
  });

  test('hardly follows what was a small part of its exchange: a machine rounds that as it likes', () => {
    const small = timings(40).map((one, n) =>
      n % 2 ? one : { ...one, seconds: one.seconds * 1.5, share: 0.05 },
    );
    expect(off(small, 1)).toBeLessThan(0.05);
    const large = small.map((one) => ({ ...one, share: 1 }));
    expect(off(large, 1)).toBeGreaterThan(0.1);
  });

  test('is not led astray by one call that took long', () => {
    expect(
      off(
        timings(40, (n) => (n === 39 ? 6 : 1)),
        1,
      ),
    ).toBeLessThan(0.06);
  });

  test('keeps the shape over a change: what a token costs beside what is fixed', () => {
    const { expect: expects } = fitSpeed(
      timings(80, (n) => (n >= 60 ? 3 : 1)),
      PRIOR,
    );
    const [short, long] = [100, 3000].map((tokens) => expects([1, tokens]).seconds);
    expect(long! / short!).toBeCloseTo(3.05 / 0.15, -1);
    expect(Math.abs(long! / short! / (3.05 / 0.15) - 1)).toBeLessThan(0.1);
  });

  test.each([
    ['became slower', (n: number) => (n >= 60 ? 3 : 1), 3],
    ['became faster', (n: number) => (n >= 60 ? 1 : 3), 1],
    ['was slow for a while', (n: number) => (n >= 40 && n < 60 ? 3 : 1), 1],
    ['never changed', () => 1, 1],
  ])('knows how much slower it is than before, where it %s', (_, level, slowed) => {
    expect(fitSpeed(timings(80, level), PRIOR).slowed).toBeCloseTo(slowed, 0);
  });

  test('with nothing measured is the prior, with much doubt', () => {
    const { timings: rests, expect: expects } = fitSpeed([], PRIOR);
    const { seconds, spread } = expects([1, 1000]);
    expect(rests).toBe(0);
    expect(seconds).toBeCloseTo(1.54, 5);
    expect(spread / seconds).toBeGreaterThan(0.5);
  });
});

test('nine of ten calls are no longer than the 90 % bound, about', () => {
  const made = timings(200);
  let within = 0;
  for (let n = 100; n < 200; n++) {
    const { seconds, spread } = fitSpeed(made.slice(0, n), PRIOR).expect(made[n]!.x);
    if (made[n]!.seconds <= seconds + 1.2816 * spread) within++;
  }
  expect(within).toBeGreaterThanOrEqual(85);
});

test.each([
  [[3], 0.5, 3],
  [[1, 2], 0.5, 1.5],
  [[4, 1, 3, 2], 0.5, 2.5],
  [[1, 2, 3, 4, 5], 0.9, 4.6],
  [[1, 2, 3], 1, 3],
])('the quantile of %j at %f', (values, share, expected) =>
  expect(quantile(values, share)).toBeCloseTo(expected),
);

test('the median of nothing is no number', () => expect(median([])).toBeNaN());
