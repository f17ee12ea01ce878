import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/local/observation.ts';
import { largestOnGpu, shareWith } from '../../src/local/placement.ts';
import { HOST, MODEL, observed } from '../support/measured.ts';

const PLACED = { host: HOST, model: MODEL, cacheBytesPerToken: 1e5 };
const seen = (contextSize: number, memoryBytes: number, gpuShare: number, more: Partial<Observation> = {}) =>
  observed({ contextSize, memoryBytes, gpuShare, ...more });
const whole = seen(8192, 6e9, 1);

describe('the share on the GPU with another window', () => {
  test('is unknown where nothing of that size was seen to fit, nor not to', () => {
    expect(shareWith(16_384, PLACED, [])).toBeUndefined();
    expect(shareWith(16_384, PLACED, [whole])).toBeUndefined();
    expect(shareWith(8192, PLACED, [whole])).toBe(1);
    expect(shareWith(4096, PLACED, [whole])).toBe(1);
  });

  test('is all where another model as large was on it', () => {
    const larger = seen(4096, 8e9, 1, { model: 'ollama:other' });
    expect(shareWith(16_384, PLACED, [larger, whole])).toBe(1);
    expect(shareWith(16_384, { ...PLACED, cacheBytesPerToken: undefined }, [larger, whole])).toBeUndefined();
  });

  test('is what has room there, where less did not have it', () => {
    const spilled = seen(4096, 10e9, 0.7, { model: 'ollama:other' });
    expect(shareWith(32_768, PLACED, [spilled, whole])).toBeCloseTo(7 / (6 + 2.4576), 5);
    // 6.8 GB lie between what fitted and what did not.
    expect(shareWith(16_384, PLACED, [spilled, whole])).toBeUndefined();
    expect(shareWith(32_768, PLACED, [spilled, whole], 2)).toBeCloseTo(7 / (6 + 2 * 2.4576), 5);
  });

  test('goes by what two windows took, rather than by the shape of the model', () => {
    const two = [whole, seen(16_384, 10e9, 0.8)];
    expect(shareWith(32_768, { ...PLACED, cacheBytesPerToken: 1 }, two)).toBeCloseTo(8 / 18, 5);
  });

  test('is none without a GPU', () => expect(shareWith(32_768, PLACED, [seen(8192, 6e9, 0)])).toBe(0));
});

test('the largest window on the GPU is one that was seen there', () => {
  const all = [
    seen(4096, 5e9, 1),
    whole,
    seen(16_384, 7e9, 0.9),
    seen(32_768, 6e9, 1, { model: 'ollama:other' }),
  ];
  expect(largestOnGpu(16_384, PLACED, all)).toBe(8192);
  expect(largestOnGpu(4096, PLACED, all)).toBe(4096);
  expect(largestOnGpu(16_384, PLACED, all.slice(2))).toBeUndefined();
});
