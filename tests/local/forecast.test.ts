import { describe, expect, test } from 'vitest';
import { fitWithin, freshLoad, remedyFor, speedsOf } from '../../src/local/budget.ts';
import { forecast, type Load, likelySeconds, mostWithin } from '../../src/local/forecast.ts';
import type { Observation } from '../../src/local/observation.ts';
import { rigFrom } from '../../src/local/rig.ts';
import { seededRandom } from '../../src/simulation/ollama/ground-truth.ts';
import { fc } from '../support/chance.ts';
import { HOST, MODEL, observed } from '../support/measured.ts';

const KEY = { host: HOST, model: MODEL };

/** A machine that reads 1000 and writes 40 tokens a second, with 3 % of chance, and loads in 8 s. */
function measured(): Observation[] {
  const random = seededRandom(17);
  const chance = () => 1 + 0.06 * (random() - 0.5);
  const seen = Array.from({ length: 40 }, () => {
    const one = observed({
      promptTokens: Math.round(80 + random() * 6000),
      writtenTokens: Math.round(5 + random() * 400),
    });
    return { ...one, readSeconds: one.readSeconds! * chance(), writeSeconds: one.writeSeconds! * chance() };
  });
  return [observed({ loadedBefore: false, loadSeconds: 8 }), ...seen];
}

const rig = rigFrom(KEY, measured());
const load = (more: Partial<Load> = {}): Load => ({ ...freshLoad(2000, 200), ...more });

describe('a forecast', () => {
  test('is loading, reading, writing and the rest', () => {
    const { seconds, loadSeconds, readSeconds, writeSeconds, overheadSeconds } = forecast(rig, load())!;
    expect(seconds).toBeCloseTo(loadSeconds + readSeconds + writeSeconds + overheadSeconds, 9);
    expect(Math.abs(readSeconds / 2.05 - 1)).toBeLessThan(0.03);
    expect(Math.abs(writeSeconds / (199 / 40) - 1)).toBeLessThan(0.03);
  });

  test('adds a cold load where the model is not in memory, and a wait where others are before it', () => {
    const warm = forecast(rig, load())!.seconds;
    expect(forecast(rig, load({ loaded: false }))!.seconds - warm).toBeCloseTo(7.9, 1);
    expect(forecast(rig, load({ waitSeconds: 5 }))!.seconds - warm).toBeCloseTo(5, 6);
  });

  test('is none where a part of it is unknown: half of it would be taken for the whole', () => {
    expect(forecast(rigFrom(KEY, []), load())).toBeUndefined();
    const neverLoaded = rigFrom(KEY, measured().slice(1));
    expect(forecast(neverLoaded, load())).toBeDefined();
    expect(forecast(neverLoaded, load({ loaded: false }))).toBeUndefined();
    const written = { tokens: 500, boundTokens: 500, unknown: true };
    expect(forecast(rig, load({ written }))).toBeUndefined();
  });

  test('has a bound above its median, further off where the length is not known', () => {
    const sure = forecast(rig, load())!;
    const unsure = forecast(rig, load({ written: { tokens: 200, boundTokens: 900 } }))!;
    expect(sure.boundSeconds).toBeGreaterThan(sure.seconds);
    expect(unsure.seconds).toBeCloseTo(sure.seconds, 9);
    expect(unsure.boundSeconds - unsure.seconds).toBeGreaterThan(700 / 41);
    for (const one of [sure, unsure]) {
      expect(likelySeconds(one)).toBeGreaterThan(one.seconds);
      expect(likelySeconds(one)).toBeLessThan(one.boundSeconds);
    }
  });
});

const sizes = fc.record({
  promptTokens: fc.integer({ min: 2, max: 30_000 }),
  cached: fc.double({ min: 0, max: 1, noNaN: true }),
  written: fc.integer({ min: 1, max: 4000 }),
  more: fc.integer({ min: 1, max: 5000 }),
});
const seconds = (promptTokens: number, cachedTokens: number, written: number) =>
  forecast(rig, { ...freshLoad(promptTokens, written), cachedTokens })!.seconds;

describe('whatever is asked for', () => {
  test('more tokens never take less time, and what is cached takes no longer', () => {
    fc.assert(
      fc.property(sizes, ({ promptTokens, cached, written, more }) => {
        const known = Math.floor(promptTokens * cached);
        const now = seconds(promptTokens, known, written);
        expect(now).toBeGreaterThan(0);
        expect(seconds(promptTokens + more, known, written)).toBeGreaterThanOrEqual(now);
        expect(seconds(promptTokens, known, written + more)).toBeGreaterThan(now);
        expect(seconds(promptTokens, 0, written)).toBeGreaterThanOrEqual(now - 1e-9);
      }),
    );
  });

  test('what is said to fit does fit, and a little more would not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (budget) => {
        const { promptTokens, writtenTokens } = fitWithin(rig, budget, 128_000)!;
        const takes = (prompt: number, written: number) =>
          forecast(rig, freshLoad(prompt, written))!.boundSeconds;
        if (promptTokens > 0) expect(takes(promptTokens, 200)).toBeLessThanOrEqual(budget);
        if (promptTokens < 127_000) expect(takes(promptTokens * 1.02 + 3, 200)).toBeGreaterThan(budget);
        if (writtenTokens > 0) expect(takes(500, writtenTokens)).toBeLessThanOrEqual(budget);
        if (writtenTokens < 127_000) expect(takes(500, writtenTokens * 1.02 + 3)).toBeGreaterThan(budget);
      }),
    );
  });

  test('what would make it fit does', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 100 }), ({ promptTokens, cached, written }, budget) => {
        const asked = {
          ...freshLoad(promptTokens, written),
          cachedTokens: Math.floor(promptTokens * cached),
        };
        const {
          writtenTokens,
          both,
          promptTokens: fewer,
        } = remedyFor(asked, budget, (one) => forecast(rig, one)?.boundSeconds);
        const bound = (change: Partial<Load>) => forecast(rig, { ...asked, ...change })!.boundSeconds;
        const writing = (tokens: number) => ({ written: { tokens, boundTokens: tokens } });
        if (writtenTokens > 0) expect(bound(writing(writtenTokens))).toBeLessThanOrEqual(budget);
        const reading = (tokens: number) => ({
          promptTokens: tokens,
          cachedTokens: Math.min(asked.cachedTokens, tokens),
        });
        if (fewer > 0) expect(bound(reading(fewer))).toBeLessThanOrEqual(budget);
        if (both.writtenTokens > 0 && both.promptTokens > 1)
          expect(
            bound({ ...reading(both.promptTokens), ...writing(both.writtenTokens) }),
          ).toBeLessThanOrEqual(budget);
      }),
    );
  });
});

test('more seconds hold more', () => {
  const fits = [5, 10, 30, 60, 120].map((budget) => fitWithin(rig, budget, 128_000)!);
  expect(fits.map(({ promptTokens }) => promptTokens)).toEqual(
    fits.map(({ promptTokens }) => promptTokens).toSorted((a, b) => a - b),
  );
  expect(fitWithin(rigFrom(KEY, []), 10, 8192)).toBeUndefined();
});

test('speeds are told as people read them', () => {
  const { readPerSecond, writePerSecond } = speedsOf(rig)!;
  expect(Math.abs(readPerSecond / 952 - 1)).toBeLessThan(0.05);
  expect(Math.abs(writePerSecond / 40 - 1)).toBeLessThan(0.03);
});

test.each([
  [10, 100, (n: number) => n, 10],
  [1000, 100, (n: number) => n, 100],
  [0.5, 100, (n: number) => n + 1, 0],
  [10, 100, () => undefined, 0],
])('within %f of at most %i', (budget, most, takes, expected) =>
  expect(mostWithin(budget, most, takes)).toBe(expected),
);
