import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/local/observation.ts';
import { type RigKey, rigFrom } from '../../src/local/rig.ts';
import { readingOf, writingOf } from '../../src/local/timings.ts';
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

  test('of which more lies on the CPU than before is known by a call of its own, not by the faster ones', () => {
    const before = work(20, () => ({ gpuShare: 1, contextSize: 8192 }));
    const spilled = { ...KEY, gpuShare: 0.8, contextSize: 32_768 };
    const slow = { gpuShare: 0.8, contextSize: 32_768, readSeconds: 12, writeSeconds: 20 };
    const own = [observed({ promptTokens: 2000, writtenTokens: 201, ...slow })];
    expect(read(spilled, [...before, ...own])).toBeGreaterThan(10);
    expect(written(spilled, [...before, ...own])).toBeGreaterThan(15);
    expect(read({ ...KEY, gpuShare: 1, contextSize: 16_384 }, [...before, ...own])).toBeCloseTo(2.05, 1);
  });

  test('of which more is to lie on the CPU than was ever seen is taken for slower', () => {
    const before = work(20, () => ({ gpuShare: 1, contextSize: 8192 }));
    const spilled = { ...KEY, gpuShare: 0.8, contextSize: 32_768 };
    expect(read(spilled, before)!).toBeGreaterThan(2 * 2.05);
    expect(written(spilled, before)!).toBeGreaterThan(1.5 * (199 / 40));
    // A wait that ended with nothing is a least: it makes nothing faster.
    const stopped = observed({ complete: false, wallSeconds: 0.2, gpuShare: 0.8, contextSize: 32_768 });
    const expectedPrompt = { tokens: 2000, cachedTokens: 0 };
    expect(read(spilled, [...before, { ...stopped, expectedPrompt }])!).toBeGreaterThan(2 * 2.05);
  });

  test.each([0.95, 0.969])('of which %f lies on the GPU is slower than one that is all on it', (gpuShare) => {
    const whole = work(20, () => ({ gpuShare: 1, contextSize: 8192 }));
    const spilled = { ...KEY, gpuShare, contextSize: 16_384 };
    expect(read(spilled, whole)!).toBeGreaterThan(1.5 * 2.05);
    // As good as all of it.
    expect(read({ ...spilled, gpuShare: 0.995 }, whole)).toBeCloseTo(2.05, 1);
  });

  test('counts only what was read, not what was cached', () => {
    const cached = work(20, (n) => ({ promptTokens: 3000, cachedTokens: 2000 + n * 40 }));
    expect(read(KEY, cached, 500, 2500)! / 0.55).toBeGreaterThan(0.9);
    expect(read(KEY, cached, 500, 2500)! / 0.55).toBeLessThan(1.1);
  });

  describe('stopped before it came to its end', () => {
    const stopped = (more: Partial<Observation>): Observation => ({
      ...observed({ complete: false, wallSeconds: 12, ...more }),
      ...{ promptTokens: undefined, cachedTokens: undefined, writtenTokens: undefined },
      ...{ readSeconds: undefined, writeSeconds: undefined, loadSeconds: undefined },
    });
    const expectedPrompt = { tokens: 2000, cachedTokens: 0 };

    test('is timed by our own clock: until the first token, and from there to the last', () => {
      const heard = { expectedPrompt, firstTokenSeconds: 4.2, heardTokens: 101, heardSeconds: 5 };
      const { reading, writing } = rigFrom(KEY, [stopped(heard)]);
      expect(reading!.expect(readingOf(2000, 0)).seconds).toBeCloseTo(4.1, 1);
      expect(writing!.expect(writingOf(101, 2000)).seconds).toBeCloseTo(5, 1);
    });

    test('reads at least as long as was waited in vain, and no more is said of it', () => {
      expect(read(KEY, [stopped({ expectedPrompt })])).toBeCloseTo(13.2, 0);
      expect(rigFrom(KEY, [stopped({ expectedPrompt })]).writing).toBeUndefined();
      expect(read(KEY, [...work(20), stopped({ expectedPrompt, wallSeconds: 1 })])).toBeCloseTo(2.05, 1);
    });

    test('says of other windows too that the machine became slower', () => {
      const before = work(20, () => ({ contextSize: 8192 }));
      const waited = { expectedPrompt, contextSize: 8192, wallSeconds: 40 };
      const elsewhere = { ...KEY, contextSize: 32_768 };
      expect(read(elsewhere, before)).toBeCloseTo(2.05, 1);
      expect(read(elsewhere, [...before, stopped(waited), stopped(waited)])!).toBeGreaterThan(35);
    });

    test('teaches nothing of reading where nobody knows how much was cached, or how long it loaded', () => {
      expect(read(KEY, [stopped({ expectedPrompt: { tokens: 2000 } })])).toBeUndefined();
      const cold = { expectedPrompt, loadedBefore: false };
      expect(read(KEY, [stopped({ ...cold, firstTokenSeconds: 8 })])).toBeUndefined();
      expect(read(KEY, [stopped(cold)])).toBeUndefined();
      expect(read(KEY, [stopped({ ...cold, bytes: 1e9 })])).toBeCloseTo(7.7, 0);
    });
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
    expect(
      read(
        { ...big, gpuShare: 0 },
        work(20, () => ({ parameters: 8e9, gpuShare: 1 })),
      ),
    ).toBeUndefined();
  });

  test('is not guessed as slow because the others mostly read what was cached', () => {
    const big = { host: HOST, model: 'ollama:big', parameters: 16e9, bytes: 10e9 };
    const seen = [1500, ...Array.from({ length: 14 }, () => 20)].map((uncached) =>
      observed({ promptTokens: 1500, cachedTokens: 1500 - uncached, parameters: 8e9, bytes: 5e9 }),
    );
    expect(read(big, seen)! / 4).toBeLessThan(1.3);
  });

  test('that is not loaded is taken to lie where the others do', () => {
    const onCpu = work(20, () => ({ parameters: 8e9, bytes: 5e9, gpuShare: 0 }));
    const cold = { host: HOST, model: 'ollama:cold', parameters: 8e9, bytes: 5e9 };
    expect(read(cold, onCpu)! / 2.05).toBeCloseTo(1, 1);
    expect(read({ ...cold, gpuShare: 1 }, onCpu)).toBeUndefined();
  });

  test('of experts that take turns is guessed by those that work on a token, with more doubt', () => {
    const seen = work(20, () => ({ parameters: 8e9, bytes: 5e9 }));
    const dense = { host: HOST, model: 'ollama:dense', parameters: 8e9, bytes: 5e9 };
    const mixture = { ...dense, parameters: 32e9, bytes: 20e9, activeShare: 0.125 };
    expect(read(mixture, seen)! / read(dense, seen)!).toBeCloseTo(0.5, 5);
    const doubt = (key: RigKey) => {
      const { seconds, spread } = rigFrom(key, seen).writing!.expect(writingOf(200, 500));
      return spread / seconds;
    };
    expect(doubt(mixture)).toBeGreaterThan(doubt(dense) * 1.3);
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

  test('is not learnt from who waited while others were served', () => {
    const waited = loaded(40, { parallelRequests: 2, requestsAhead: 1 });
    expect(rigFrom(KEY, [loaded(8), waited]).coldLoad!.seconds).toBe(8);
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
