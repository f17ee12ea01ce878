/** What the runs of an experiment come to, strategy by strategy. Pure. */
import { median } from '../local/speed.ts';
import type { Strategy } from './plan.ts';
import type { RunResult } from './results.ts';

/** Shares from 0 to 1. */
export interface Interval {
  low: number;
  high: number;
}

export interface StrategySummary {
  strategy: Strategy;
  runs: number;
  passed: number;
  /** Of the pass rate, 95 %. */
  interval: Interval;
  /** Dollars a run, the mean; undefined where a price is unknown. */
  cost: number | undefined;
  /** Of a run, the median. */
  seconds: number;
  /** Of all tokens; undefined where none were counted. */
  localShare: number | undefined;
  delegations: { asked: number; refused: number; inTime: number };
  /** The median; undefined where there was no forecast. */
  forecastError: number | undefined;
}

/** One call by its number, over all runs of a strategy in the order in which they were made. */
export interface CallOnCurve {
  call: number;
  /** What is drawn: an error, or 1 and 0. */
  value: number;
}

/** In the order of `strategies`; one without a run is left out. */
export function summarise(runs: readonly RunResult[], strategies: readonly Strategy[]): StrategySummary[] {
  return strategies.flatMap((strategy) => {
    const own = runs.filter((run) => run.strategy === strategy);
    if (own.length === 0) return [];
    const passed = own.filter((run) => run.passed).length;
    const costs = own.map(({ cost }) => cost);
    const local = own.reduce((sum, run) => sum + run.localTokens, 0);
    const all = own.reduce((sum, run) => sum + run.localTokens + run.remoteTokens, 0);
    const delegations = own.flatMap((run) => run.delegations);
    const errors = own.flatMap((run) => run.forecastErrors);
    return {
      strategy,
      runs: own.length,
      passed,
      interval: wilson(passed, own.length),
      cost: costs.includes(undefined)
        ? undefined
        : costs.reduce<number>((sum, cost) => sum + cost!, 0) / own.length,
      seconds: median(own.map(({ seconds }) => seconds)),
      localShare: all > 0 ? local / all : undefined,
      delegations: {
        asked: delegations.length,
        refused: delegations.filter(({ status }) => status === 'refused').length,
        inTime: delegations.filter(({ inTime }) => inTime).length,
      },
      forecastError: errors.length > 0 ? median(errors) : undefined,
    };
  });
}

/** How far forecasts were off, call by call. */
export function errorCurve(runs: readonly RunResult[], strategy: Strategy): CallOnCurve[] {
  return onCurve(runs, strategy, (run) => run.forecastErrors);
}

/** Whether what was asked for was done in time, call by call: whether the leader learns to ask. */
export function askingCurve(runs: readonly RunResult[], strategy: Strategy): CallOnCurve[] {
  return onCurve(runs, strategy, (run) => run.delegations.map(({ inTime }) => (inTime ? 1 : 0)));
}

function onCurve(
  runs: readonly RunResult[],
  strategy: Strategy,
  values: (run: RunResult) => readonly number[],
): CallOnCurve[] {
  return runs
    .filter((run) => run.strategy === strategy)
    .flatMap(values)
    .map((value, place) => ({ call: place + 1, value }));
}

/** The 97.5th percentile of the normal distribution. */
const Z = 1.959964;

/**
 * The score interval of a share, 95 %, which holds for few runs and for shares near 0 and 1.
 * Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference, J. Am. Stat. Assoc.
 * 22 (158), 209–212.
 */
export function wilson(successes: number, trials: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const share = successes / trials;
  const square = Z ** 2 / trials;
  const middle = share + square / 2;
  const reach = Z * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials));
  const edge = (value: number) => Math.min(1, Math.max(0, value / (1 + square)));
  return { low: edge(middle - reach), high: edge(middle + reach) };
}
