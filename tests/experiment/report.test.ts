import { expect, test } from 'vitest';
import type { PointChart } from '../../src/display/report/charts.ts';
import type { Experiment } from '../../src/experiment/plan.ts';
import { experimentReport } from '../../src/experiment/report.ts';
import type { RunResult } from '../../src/experiment/results.ts';
import { run } from '../support/run-result.ts';

function reportOf(...runs: RunResult[]) {
  const experiment = {
    ...{ name: 'chores', leader: 'a:one', worker: 'o:two', repeats: 1, tasks: [] },
    strategies: ['delegation with advice'],
  } as unknown as Experiment;
  return experimentReport(experiment, runs, { at: 'today' });
}

test.each([
  ['nothing', 'exit code 1\n', 'exit code 1'],
  [
    'a stack',
    `exit code 1
node:assert:90
  throw new AssertionError(obj);

AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:
+ actual - expected

  {
+   inhabitants: '302749',
-   inhabitants: 302749,
  }
    at [eval]:2:19
}`,
    "exit code 1: AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal: +   inhabitants: '302749', -   inhabitants: 302749,",
  ],
  [
    'TAP',
    'exit code 1\nok 1 - parses\nnot ok 2 - formats\n  ---\n  code: 5\n# fail 1',
    'exit code 1: not ok 2 - formats',
  ],
  [
    'an error that names what came',
    'took too long\nError: boom:\n1 !== 2',
    'took too long: Error: boom: 1 !== 2',
  ],
  ['words, then brackets', 'exit code 2\nno such file: a.ts\n{\n}', 'exit code 2: no such file: a.ts'],
])('why a check failed is told by its most telling line: %s', (_, detail, why) => {
  const { sections } = reportOf(run({ passed: false, detail }));
  expect(sections.at(-1)!.tables![0]!.rows[0]!.at(-1)).toBe(why);
});

test('a curve that never leaves the ground still has an axis', () => {
  const late = { status: 'refused', seconds: 1, inTime: false } as const;
  const charts = reportOf(run({ delegations: [late, late] })).sections.flatMap((one) => one.charts ?? []);
  const [curve] = charts.filter((chart): chart is PointChart => chart.type === 'points');
  expect(curve!.top).toBe(1);
});
