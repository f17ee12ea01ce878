/** An experiment as tables and as a page. */
import { count, duration, money, plural } from '../display/figures.ts';
import { visible } from '../display/printable.ts';
import type { Chart, PointChart, ShareChart } from '../display/report/charts.ts';
import type { Report, Table } from '../display/report/page.ts';
import { median } from '../local/speed.ts';
import { type Experiment, runsOf, type Strategy } from './plan.ts';
import type { RunResult } from './results.ts';
import { askingCurve, type CallOnCurve, errorCurve, type StrategySummary, summarise } from './summary.ts';

/** Calls that the running line goes over. */
const RUNNING = 5;
const HOW_TO_READ =
  'Where the intervals (95 %, Wilson) overlap much, the runs do not tell the strategies apart: make more.';

export function strategyTable(summaries: readonly StrategySummary[]): Table {
  return {
    title: 'Strategies',
    head: ['strategy', 'passed', '95 %', 'cost of a run', 'time'],
    rows: summaries.map(({ strategy, runs, passed, interval, cost, seconds }) => [
      strategy,
      `${passed}/${runs}`,
      `${Math.round(interval.low * 100)}–${percent(interval.high)}`,
      money(cost),
      duration(seconds),
    ]),
    note: `Cost is the mean, time the median. ${HOW_TO_READ}`,
  };
}

/** What was done by the local model, and how well it was foreseen. */
export function localTable(summaries: readonly StrategySummary[]): Table {
  return {
    title: 'Local work',
    head: ['strategy', 'tokens local', 'done in time', 'not sent', 'forecast error'],
    rows: summaries
      .filter(({ localShare }) => localShare !== undefined)
      .map(({ strategy, localShare, delegations: { asked, inTime, refused }, forecastError }) => [
        strategy,
        percent(localShare!),
        asked === 0 ? '' : `${inTime}/${asked}`,
        asked === 0 ? '' : count(refused),
        forecastError === undefined ? '' : percent(forecastError),
      ]),
  };
}

/** How often each task was done in which way. */
export function taskTable({ tasks, strategies }: Experiment, runs: readonly RunResult[]): Table {
  return {
    title: 'Tasks',
    head: ['strategy', ...tasks.map(({ name }) => name)],
    rows: strategies.map((strategy) => [
      strategy,
      ...tasks.map(({ name }) => {
        const own = runs.filter((run) => run.task === name && run.strategy === strategy);
        return own.length === 0 ? '' : `${own.filter(({ passed }) => passed).length}/${own.length}`;
      }),
    ]),
  };
}

/** What went wrong, in the words of the check. */
function failureTable(runs: readonly RunResult[]): Table {
  return {
    title: 'What did not pass',
    head: ['task', 'strategy', 'run', 'why'],
    words: 4,
    rows: runs
      .filter(({ passed }) => !passed)
      .map(({ task, strategy, repeat, failure, detail = '' }) => [
        task,
        strategy,
        String(repeat),
        failure ?? whyFailed(detail),
      ]),
  };
}

const ERROR = /^(?:Uncaught )?\w*(?:Error|Exception)\b.*?:/;
const FAILURE = /^(?:not ok|✖|✗|×|FAIL|error)(?=\W)/i;
const DIFFERENCE = /^[+-] (?!actual - expected)/;
const WORDS = /\p{L}{3}/u;

/** `exit code 1: ` and the line that says most: the first error, else what failed first, else the last words. */
function whyFailed(detail: string): string {
  const [ending = '', ...lines] = detail.split('\n').flatMap((line) => line.trim() || []);
  const first = (form: RegExp) => lines.findIndex((line) => form.test(line));
  const place = [first(ERROR), first(FAILURE)].find((at) => at >= 0);
  if (place === undefined)
    return [ending, lines.findLast((line) => WORDS.test(line))].filter(Boolean).join(': ');
  return `${ending}: ${lines[place]}${whatDiffers(lines[place]!, lines.slice(place + 1))}`;
}

/** What came and what was expected, below an error that ends with a colon. */
function whatDiffers(error: string, below: readonly string[]): string {
  if (!error.endsWith(':')) return '';
  const differing = below.filter((line) => DIFFERENCE.test(line)).slice(0, 2);
  return ` ${(differing.length > 0 ? differing : below.slice(0, 1)).join(' ')}`;
}

/** @param remarks beside the usual: what is simulated, why it ended early. */
export function experimentReport(
  experiment: Experiment,
  runs: readonly RunResult[],
  { at, remarks = [] }: { at: string; remarks?: readonly string[] },
): Report {
  const { name, leader, worker, strategies } = experiment;
  const summaries = summarise(runs, strategies);
  const missing = runsOf(experiment).length - runs.length;
  const learning = strategies.flatMap((strategy) => learningCharts(runs, strategy));
  const sections = [
    {
      title: 'Did it work?',
      charts: [passChart(summaries), localChart(summaries)],
      tables: [strategyTable(summaries), localTable(summaries), taskTable(experiment, runs)],
    },
    {
      title: 'What was learnt',
      note: 'Each strategy began knowing nothing of the machine, and kept what it learnt from run to run.',
      charts: learning,
    },
    { title: 'What did not pass', tables: [failureTable(runs)] },
  ];
  return {
    title: `Parley: ${visible(name)}`,
    lead: `${at} · leader ${visible(leader)} · local ${visible(worker)} · ${plural(runs.length, 'run')}`,
    remarks: [...remarks, ...(missing > 0 ? [`${plural(missing, 'run')} not made yet.`] : [])],
    sections: sections
      .map(({ tables = [], ...section }) => ({
        ...section,
        tables: tables.filter(({ rows }) => rows.length > 0),
      }))
      .filter(({ charts = [], tables }) => charts.length + tables.length > 0),
  };
}

function passChart(summaries: readonly StrategySummary[]): ShareChart {
  return {
    type: 'shares',
    title: 'Checks passed',
    legend: { part: 'passed', rest: 'failed', interval: 'the pass rate, 95 %' },
    bars: summaries.map(({ strategy, passed, runs, interval }) => ({
      label: strategy,
      share: passed / runs,
      interval,
      what: `${passed} of ${runs}, 95 % between ${percent(interval.low)} and ${percent(interval.high)}`,
    })),
  };
}

function localChart(summaries: readonly StrategySummary[]): ShareChart {
  return {
    type: 'shares',
    title: 'Tokens kept local',
    legend: { part: 'local', rest: 'remote' },
    bars: summaries.map(({ strategy, localShare }) => ({ label: strategy, share: localShare })),
  };
}

function learningCharts(runs: readonly RunResult[], strategy: Strategy): Chart[] {
  const errors = errorCurve(runs, strategy);
  const asking = askingCurve(runs, strategy);
  const charts: Chart[] = [];
  if (asking.length > 0)
    charts.push(
      curveChart(asking, {
        title: `Asked for what can be done in time: ${strategy}`,
        xLabel: 'delegations, oldest first',
        yLabel: 'done within its seconds',
        line: mean,
        what: (value) => (value === 1 ? 'in time' : 'not in time'),
      }),
    );
  if (errors.length > 0)
    charts.push(
      curveChart(errors, {
        title: `Forecast error: ${strategy}`,
        xLabel: 'local calls, oldest first',
        yLabel: '|forecast − fact| / fact',
        line: median,
        what: (value) => `${percent(value)} off`,
      }),
    );
  return charts;
}

function curveChart(
  curve: readonly CallOnCurve[],
  is: {
    title: string;
    xLabel: string;
    yLabel: string;
    line(values: readonly number[]): number;
    what(value: number): string;
  },
): PointChart {
  const values = curve.map(({ value }) => value);
  return {
    type: 'points',
    title: is.title,
    xLabel: is.xLabel,
    yLabel: is.yLabel,
    percent: true,
    points: curve.map(({ call, value }) => ({ x: call, y: value, what: `call ${call}: ${is.what(value)}` })),
    line: curve.map(({ call }, place) => ({
      x: call,
      y: is.line(values.slice(Math.max(0, place + 1 - RUNNING), place + 1)),
    })),
    top: Math.min(1, Math.max(...values)) || 1,
    legend: { points: 'a call (▲ beyond the edge)', line: `the last ${RUNNING}` },
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
