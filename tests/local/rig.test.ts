import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/local/observation.ts';
import { type RigKey, readingOf, rigFrom, writingOf } from '../../src/local/rig.ts';
import { seededRandom } from '../../src/simulation/ollama/ground-truth.ts';
import { HOST, MODEL, observed } from '../support/measured.ts';

const KEY: RigKey = { host: HOST, model: MODEL };
const read = (key: RigKey, seen: readonly Observation[], tokens = 2000, depth = 0) =>
  rigFrom(key, seen).reading?.expect(readingOf(tokens, depth)).seconds;
const written = (key: RigKey, seen: readonly Observation[], tokens = 200) =>
  rigFrom(key, seen).writing?.expect(writingOf(tokens, 500)).seconds;

/** Exchanges of many sizes with a machine that reads 1000 and writes 40 tokens a second. */
function work(count: number, more: (n: number) => Partial<Observation> = () => ({})): Observation[] {
  const random = seededRandom(3);
  return Array.from({ length: count }, (_, n) => {
    const promptTokens = Math.round(100 + random() * 4000);
    return observed({ promptTokens, writtenTokens: Math.round(10 + random() * 300), ...more(n) });
  });
}

describe('a rig', () => {
  test('of which nothing is known forecasts nothing', () => {
    const { reading, writing, coldLoad, own } = rigFrom(KEY, []);
    expect({ reading, writing, coldLoad, own }).toEqual({ own: 0 });
  });

  test('reads and writes as it did', () => {
    expect(read(KEY, work(20))).toBeCloseTo(2.05, 1);
    expect(written(KEY, work(20))).toBeCloseTo(199 / 40, 1);
  });

  test('counts only what was read, not what was cached', () => {
    const cached = work(20, (n) => ({ promptTokens: 3000, cachedTokens: 2000 + n * 40 }));
    expect(read(KEY, cached, 500, 2500)! / 0.55).toBeGreaterThan(0.9);
    expect(read(KEY, cached, 500, 2500)! / 0.55).toBeLessThan(1.1);
  });

  test.each([
    ['was cut short', { complete: false }],
    ['shared the machine', { parallelRequests: 2 }],
    ['has no figures', { readSeconds: undefined, writeSeconds: undefined }],
    ['has figures of zero', { readSeconds: 0, writeSeconds: 0 }],
  ])('learns nothing from what %s', (_, spoilt) => {
    const slow = work(10, () => ({ readSeconds: 99, writeSeconds: 99, ...spoilt }));
    expect(read(KEY, [...work(20), ...slow])).toBeCloseTo(2.05, 1);
    expect(written(KEY, [...work(20), ...slow])).toBeCloseTo(199 / 40, 1);
  });

  test('that was never measured is guessed from the others of its host, by size', () => {
    const seen = work(20, () => ({ parameters: 8e9, bytes: 5e9 }));
    const big = { host: HOST, model: 'ollama:big', parameters: 16e9, bytes: 10e9 };
    expect(read(big, seen)! / read(KEY, seen)!).toBeCloseTo(2, 0);
    expect(written(big, seen)! / written(KEY, seen)!).toBeCloseTo(2, 0);
    expect(read({ ...big, parameters: undefined }, seen)).toBeUndefined();
    // How fast a GPU is says nothing about a CPU.
    expect(read({ ...big, gpuShare: 0 }, seen)).toBeUndefined();
  });

  test('with another window begins with what is known of the model, and then goes by its own', () => {
    const small = work(20, () => ({ contextSize: 4096 }));
    const large = { ...KEY, contextSize: 32_768 };
    expect(read(large, small)).toBeCloseTo(2.05, 0);
    const own = work(12, () => ({ contextSize: 32_768 })).map((one) => ({
      ...one,
      readSeconds: one.readSeconds! * 2,
    }));
    expect(read(large, [...small, ...own])! / 4.1).toBeGreaterThan(0.85);
    expect(read({ ...KEY, contextSize: 4096 }, [...small, ...own])).toBeCloseTo(2.05, 1);
  });

  test('is another one when the model was pulled anew', () => {
    const old = work(20, () => ({ digest: 'old' }));
    expect(rigFrom({ ...KEY, digest: 'old' }, old).own).toBe(20);
    expect(rigFrom({ ...KEY, digest: 'new' }, old).own).toBe(0);
  });
});

describe('loading', () => {
  const loaded = (seconds: number, more: Partial<Observation> = {}) =>
    observed({ loadedBefore: false, loadSeconds: seconds, ...more });

  test('takes as long as the last times; the first is slower, from the disk', () => {
    expect(rigFrom(KEY, [loaded(30), loaded(8), loaded(9), loaded(8.5)]).coldLoad!.seconds).toBe(8.5);
    expect(rigFrom(KEY, [loaded(30)]).coldLoad!.seconds).toBe(30);
  });

  test('of a model that was never loaded goes by its bytes', () => {
    const seen = [loaded(10, { bytes: 5e9 })];
    expect(rigFrom({ host: HOST, model: 'ollama:big', bytes: 10e9 }, seen).coldLoad!.seconds).toBe(20);
  });

  test('is never free where the model is in memory', () => {
    expect(rigFrom(KEY, []).warmLoad.seconds).toBe(0.1);
    expect(
      rigFrom(
        KEY,
        work(10, () => ({ loadSeconds: 0.04 })),
      ).warmLoad.seconds,
    ).toBe(0.04);
  });
});
