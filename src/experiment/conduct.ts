/** Makes the runs of an experiment one after the other, and keeps what came of each. */
import { Failure } from '../conversation/failure.ts';
import { type Experiment, type Run, runsOf } from './plan.ts';
import type { Results, RunResult } from './results.ts';
import { isServiceFault, type Laboratory, makeRun } from './run.ts';

export interface Progress {
  begins(run: Run, of: number): void;
  ended(run: Run, result: RunResult, of: number): void;
  /** A service kept it from being made, which says nothing about its strategy. */
  skipped(run: Run, failure: Failure, of: number): void;
}

/** Why it ended. */
export type Conclusion =
  | { outcome: 'complete' }
  | { outcome: 'stopped' }
  /** Services failed in between; `--resume` makes those runs again. */
  | { outcome: 'incomplete'; skipped: number }
  /** The experiment's own limit of money or time; `--resume` with a higher one goes on. */
  | { outcome: 'limit'; why: string };

/** So many runs in a row that a service kept from being made are the end of it. */
const MOST_FAULTS = 3;

/**
 * Makes all runs that are not there yet.
 * @throws {Failure} where no run can be made: no such model, a service that does not answer again and again.
 */
export async function conduct(
  experiment: Experiment,
  results: Results,
  laboratory: Laboratory,
  progress: Progress,
  signal: AbortSignal,
): Promise<Conclusion> {
  const runs = runsOf(experiment);
  const { limits } = experiment;
  let faults = 0;
  let skipped = 0;
  for (const run of runs) {
    if (results.has(run)) continue;
    const why = exhausted(limits, results.runs);
    if (why) return { outcome: 'limit', why };
    progress.begins(run, runs.length);
    try {
      const result = await makeRun(experiment, run, laboratory, signal);
      await results.add(result);
      progress.ended(run, result, runs.length);
      faults = 0;
    } catch (error) {
      if (signal.aborted) return { outcome: 'stopped' };
      const failure = Failure.from(error);
      faults++;
      if (faults === MOST_FAULTS || !isServiceFault(failure)) throw failure;
      progress.skipped(run, failure, runs.length);
      skipped++;
    }
  }
  return skipped > 0 ? { outcome: 'incomplete', skipped } : { outcome: 'complete' };
}

function exhausted(
  { dollars, seconds }: Experiment['limits'],
  runs: readonly RunResult[],
): string | undefined {
  const spent = runs.reduce((sum, { cost = 0 }) => sum + cost, 0);
  if (dollars !== undefined && spent >= dollars) return `its $${dollars} are spent`;
  const taken = runs.reduce((sum, run) => sum + run.seconds, 0);
  return seconds !== undefined && taken >= seconds ? `its ${seconds} seconds are over` : undefined;
}
