/** What was measured, as the report that becomes a page: what each model costs, how forecasts got better, what stayed local. */
import { count, duration } from '../display/figures.ts';
import { visible } from '../display/printable.ts';
import type { Chart, Point, PointChart, ShareChart } from '../display/report/charts.ts';
import type { Report, Section, Table } from '../display/report/page.ts';
import type { ModelCard } from '../local/field-guide.ts';
import type { Observation } from '../local/observation.ts';
import { median, quantile, type Speed } from '../local/speed.ts';
import { readingOf, writingOf } from '../local/timings.ts';
import {
  budgetTable,
  dateOf,
  errorTable,
  forecastErrors,
  localShare,
  type Measured,
  modelTable,
  nameIn,
  outcomeTable,
  ownOf,
  profileRemarks,
  rigOf,
  shareTable,
} from './profile-lines.ts';

/** Of each model and of the sessions, so many of the newest are drawn. */
const POINTS_SHOWN = 300;
const SESSIONS_SHOWN = 20;
const CURVE_STEPS = 40;
/** The normal distribution's 95th percentile: nine of ten lie within so many standard deviations. */
const NINE_OF_TEN = 1.645;
/** Calls that the level of the machine is known from. */
const RECENT = 30;
/** Forecasts that the running median goes over. */
const RUNNING = 10;

/** @param at when it was made, milliseconds since 1970. */
export function profileReport(measured: Measured, at: number): Report {
  const { cards, observations, delegations } = measured;
  const hosts = [...new Set(cards.filter(({ absent }) => !absent).map(({ host }) => host))];
  const sections: Section[] = [
    { title: 'Local models', tables: [modelTable(measured), budgetTable(measured)] },
    ...cards.map((card) => modelSection(card, measured)),
    { title: 'Forecast error', tables: [errorTable(observations)] },
    { title: 'Work kept local', charts: shareCharts(measured), tables: [withoutBars(measured)] },
    { title: 'What became of delegated work', tables: [outcomeTable(delegations)] },
  ];
  return {
    title: 'Parley: what the local models can do',
    lead: [dateOf(at), ...hosts].join(' · '),
    remarks: profileRemarks(measured),
    sections: sections
      .map(({ tables = [], ...section }) => ({
        ...section,
        tables: tables.filter(hasRows).map(printableTable),
      }))
      .filter(({ charts = [], tables }) => charts.length + tables.length > 0),
  };
}

function modelSection(card: ModelCard, { observations, cards }: Measured): Section {
  const seen = ownOf(card, observations).slice(-POINTS_SHOWN);
  const alone = seen.filter(({ complete, parallelRequests }) => complete && parallelRequests === 1);
  const work = seen.filter(({ kind }) => kind !== 'calibration');
  const charts = [
    readingChart(alone, card.rig.reading),
    writingChart(alone, card.rig.writing),
    learningChart(work),
  ].filter((chart) => chart !== undefined);
  return { title: visible(nameIn(cards.map(rigOf), rigOf(card))), charts };
}

/** Undefined where nothing was measured. */
export function readingChart(alone: readonly Observation[], speed: Speed | undefined): Chart | undefined {
  const read = alone.flatMap(({ promptTokens, cachedTokens, readSeconds }) => {
    if (promptTokens === undefined || cachedTokens === undefined || readSeconds === undefined) return [];
    return [{ tokens: promptTokens - cachedTokens, depth: cachedTokens, seconds: readSeconds }];
  });
  return timingChart(read, speed, {
    title: 'Reading',
    xLabel: 'tokens not in the cache',
    shape: readingOf,
    at: (depth) => `with ${count(depth)} cached, the median`,
  });
}

/** Undefined where nothing was measured. */
export function writingChart(alone: readonly Observation[], speed: Speed | undefined): Chart | undefined {
  const written = alone.flatMap(({ promptTokens, writtenTokens, writeSeconds }) => {
    if (promptTokens === undefined || !writtenTokens || writeSeconds === undefined) return [];
    return [{ tokens: writtenTokens, depth: promptTokens, seconds: writeSeconds }];
  });
  return timingChart(written, speed, {
    title: 'Writing',
    xLabel: 'written tokens',
    shape: writingOf,
    at: (depth) => `behind a prompt of ${count(depth)}, the median`,
  });
}

interface TimedWork {
  tokens: number;
  /** Tokens that stand before them. */
  depth: number;
  seconds: number;
}

/**
 * What was measured at many depths is drawn as it would have been at their median, so that points, curve and band are
 * of one thing; what it really was is said where the pointer rests. The curve is of the machine as it is just now, so
 * older points stand back.
 */
function timingChart(
  done: readonly TimedWork[],
  speed: Speed | undefined,
  is: {
    title: string;
    xLabel: string;
    shape(tokens: number, depth: number): number[];
    at(depth: number): string;
  },
): PointChart | undefined {
  if (done.length === 0) return undefined;
  const depth = Math.round(median(done.map((one) => one.depth)));
  const longest = Math.max(...done.map(({ tokens }) => tokens));
  const expected = (tokens: number, behind: number) => speed?.expect(is.shape(tokens, behind)).seconds ?? 1;
  const curve = speed
    ? Array.from({ length: CURVE_STEPS + 1 }, (_, step) => {
        const x = (longest * step) / CURVE_STEPS;
        return { x, ...speed.expect(is.shape(x, depth)) };
      })
    : [];
  return {
    type: 'points',
    title: is.title,
    xLabel: is.xLabel,
    yLabel: 'seconds',
    points: done.map(({ tokens, depth: behind, seconds }, place) => ({
      x: tokens,
      y: seconds * (expected(tokens, depth) / expected(tokens, behind)),
      faint: place < done.length - RECENT,
      what: `${count(tokens)} tokens behind ${count(behind)}: ${duration(seconds)}`,
    })),
    line: curve.map(({ x, seconds }) => ({ x, y: seconds })),
    band: curve.map(({ x, seconds, spread }) => ({
      x,
      low: seconds - NINE_OF_TEN * spread,
      high: seconds + NINE_OF_TEN * spread,
    })),
    legend: {
      points: speed ? `measured, brought to that depth; faint: before the last ${RECENT}` : 'measured',
      line: speed ? `expected ${is.at(depth)}` : '',
      band: speed ? '90 % of such calls' : '',
    },
  };
}

/** The error of each forecast, and the median of the last few. Undefined where there was no forecast. */
export function learningChart(seen: readonly Observation[]): Chart | undefined {
  const errors = forecastErrors(seen);
  if (errors.length === 0) return undefined;
  return {
    type: 'points',
    title: 'Forecast error, of work',
    xLabel: 'forecasts, oldest first',
    yLabel: '|forecast − fact| / fact',
    percent: true,
    points: errors.map((error, place) => ({
      x: place + 1,
      y: error,
      what: `forecast ${place + 1}: ${Math.round(error * 100)} % off`,
    })),
    line: runningMedian(errors),
    top: Math.min(Math.max(...errors, 0.05), Math.max(0.2, 1.25 * quantile(errors, 0.9))),
    legend: { points: 'a forecast (▲ beyond the edge)', line: `median of the last ${RUNNING}` },
  };
}

function runningMedian(errors: readonly number[]): Point[] {
  return errors.map((_, place) => ({
    x: place + 1,
    y: median(errors.slice(Math.max(0, place + 1 - RUNNING), place + 1)),
  }));
}

function shareCharts({ shares }: Measured): ShareChart[] {
  if (shares.length === 0) return [];
  const bars = shares.slice(-SESSIONS_SHOWN).map((session) => ({
    label: dateOf(session.at),
    share: localShare(session),
    what: `${count(session.localTokens)} local (${count(session.localCached)} cached), ${count(session.remoteTokens)} remote tokens (${count(session.remoteCached)} cached)`,
  }));
  const legend = { part: 'tokens of local models', rest: 'of remote ones, those from a cache among them' };
  return [{ type: 'shares', title: 'By session', legend, bars }];
}

/** The chart beside it has them. */
function withoutBars({ shares }: Measured): Table {
  const { head, rows, ...table } = shareTable(shares);
  const others = (row: readonly string[]) => row.filter((_, column) => column !== 1);
  return { ...table, words: 1, head: others(head), rows: rows.map(others) };
}

function hasRows({ rows }: Table): boolean {
  return rows.length > 0;
}

/** Names of models come from elsewhere, and may turn the direction of reading. */
function printableTable(table: Table): Table {
  return { ...table, rows: table.rows.map((row) => row.map(visible)) };
}
