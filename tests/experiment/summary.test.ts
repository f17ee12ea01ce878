import { describe, expect, test } from 'vitest';
import { askingCurve, errorCurve, summarise, wilson } from '../../src/experiment/summary.ts';
import { run } from '../support/run-result.ts';

const asked = (status: 'done' | 'partial' | 'refused', inTime: boolean) => ({ status, seconds: 1, inTime });

describe('the interval of a pass rate', () => {
  // By the closed form, as R's prop.test(x, n, correct = FALSE) has it.
  test.each([
    [0, 10, 0, 0.2775],
    [10, 10, 0.7225, 1],
    [5, 10, 0.2366, 0.7634],
    [1, 1, 0.2065, 1],
    [45, 50, 0.7864, 0.9565],
  ])('%i of %i', (passed, runs, low, high) => {
    expect(wilson(passed, runs).low).toBeCloseTo(low, 3);
    expect(wilson(passed, runs).high).toBeCloseTo(high, 3);
  });

  test('says nothing where nothing was tried', () => expect(wilson(0, 0)).toEqual({ low: 0, high: 1 }));
});

describe('a summary', () => {
  const runs = [
    run({
      seconds: 2,
      localTokens: 30,
      remoteTokens: 70,
      delegations: [asked('refused', false), asked('done', true)],
    }),
    run({
      seconds: 4,
      passed: false,
      cost: 0.03,
      localTokens: 20,
      remoteTokens: 80,
      forecastErrors: [0.1, 0.3],
    }),
    run({ seconds: 9, forecastErrors: [0.2], delegations: [asked('done', true)] }),
    run({ strategy: 'local alone', cost: undefined }),
  ];

  test('counts by strategy, and leaves out those without a run', () => {
    const [local, advised, ...rest] = summarise(runs, [
      'leader alone',
      'local alone',
      'delegation with advice',
    ]);
    expect(rest).toEqual([]);
    expect(local).toMatchObject({ strategy: 'local alone', runs: 1, cost: undefined, localShare: undefined });
    expect(advised).toMatchObject({
      runs: 3,
      passed: 2,
      seconds: 4,
      localShare: 0.25,
      delegations: { asked: 3, refused: 1, inTime: 2 },
      forecastError: 0.2,
    });
    expect(advised!.cost).toBeCloseTo(0.05 / 3);
  });

  test('has curves call by call, over all runs in their order', () => {
    expect(errorCurve(runs, 'delegation with advice').map(({ call, value }) => [call, value])).toEqual([
      [1, 0.1],
      [2, 0.3],
      [3, 0.2],
    ]);
    expect(askingCurve(runs, 'delegation with advice').map(({ value }) => value)).toEqual([0, 1, 1]);
    expect(askingCurve(runs, 'leader alone')).toEqual([]);
  });
});
