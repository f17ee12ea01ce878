import type { RunResult } from '../../src/experiment/results.ts';

export const run = (more: Partial<RunResult>): RunResult => ({
  task: 'one',
  strategy: 'delegation with advice',
  repeat: 1,
  at: 0,
  passed: true,
  outcome: 'answered',
  seconds: 1,
  cost: 0.01,
  exchanges: 2,
  localTokens: 0,
  remoteTokens: 0,
  delegations: [],
  forecastErrors: [],
  ...more,
});
