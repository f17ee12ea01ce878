/** What was measured of the local models, as tables for a human. Pure: whoever has the figures passes them. */
import { count, duration, plural, speed } from '../display/figures.ts';
import type { Table } from '../display/report/page.ts';
import { tableLines } from '../display/table-lines.ts';
import { wrapped } from '../display/wrap.ts';
import { USUAL_PROMPT, USUAL_WRITTEN } from '../local/budget.ts';
import { GUIDE_SECONDS, type ModelCard } from '../local/field-guide.ts';
import type { DelegationRecord, Observation, SessionShare } from '../local/observation.ts';
import { countOutcomes } from '../local/outcomes.ts';
import { median } from '../local/speed.ts';

/** Everything that a profile is made from. */
export interface Measured {
  /** Of the models that a server offers now. */
  cards: readonly ModelCard[];
  /** Oldest first. */
  observations: readonly Observation[];
  delegations: readonly DelegationRecord[];
  /** Oldest session first. */
  shares: readonly SessionShare[];
}

const UNKNOWN = 'unknown';
const SESSIONS_SHOWN = 8;
/** Forecasts at the beginning and at the end that are compared. */
const COMPARED = 10;
const BARS = '▁▂▃▄▅▆▇█';
const MOST_BARS = 16;
/** An error, as a share, from which on a bar is full: bars of two models can be compared. */
const FULL_BAR = 0.5;
const SHARE_BAR = 10;

export const HOW_TO_BEGIN =
  'No local model was measured on this machine yet. `parley calibrate` asks each a short series of questions and learns from it how fast they are.';
export const NO_SERVER =
  'No local model answers now: start Ollama (`ollama serve`), with a model pulled (`ollama pull qwen2.5-coder:7b`).';

/** All tables that say something, in the order in which they are read. */
export function profileTables(measured: Measured): Table[] {
  const tables = [
    modelTable(measured),
    budgetTable(measured),
    errorTable(measured.observations),
    outcomeTable(measured.delegations),
    shareTable(measured.shares),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

/** What is lacking, and what to do about it; empty where nothing is. */
export function profileRemarks({ cards, observations }: Measured): string[] {
  const remarks: string[] = [];
  if (cards.length === 0) remarks.push(NO_SERVER);
  if (observations.length === 0) remarks.push(HOW_TO_BEGIN);
  return remarks;
}

interface Setting {
  /** How titles are set, and heads and notes; plain where left out. */
  strong?: Style;
  quiet?: Style;
  /** Characters of a line at the most. */
  width?: number;
}

export function profileLines(
  measured: Measured,
  { strong = plain, quiet = plain, width = Number.POSITIVE_INFINITY }: Setting = {},
): string[] {
  const lines: string[] = [];
  for (const table of profileTables(measured)) {
    const [head, ...rows] = tableLines(table, width);
    lines.push(strong(table.title), quiet(head!), ...rows);
    lines.push(...wrapped(table.note ?? '', width).map(quiet), '');
  }
  const remarks = profileRemarks(measured).flatMap((remark) => wrapped(remark, width));
  return remarks.length > 0 ? [...lines, ...remarks] : lines.slice(0, -1);
}

type Style = (text: string) => string;

function plain(text: string): string {
  return text;
}

export function modelTable({ cards, observations }: Measured): Table {
  let guessed = false;
  const rows = cards.map((card) => {
    const { info, contextSize, speeds, rig } = card;
    const own = observations.filter(({ model }) => model === info.reference);
    const measured = own.filter(({ complete }) => complete).length;
    const known = (value: number | undefined, written: (value: number) => string, shown: boolean) => {
      if (value === undefined || shown) return orUnknown(value, written);
      guessed = true;
      return `~${written(value)}`;
    };
    const loaded = own.some(({ loadedBefore, loadSeconds }) => !loadedBefore && loadSeconds !== undefined);
    return [
      info.reference,
      count(info.contextTokens ?? contextSize),
      orUnknown(own.findLast(({ gpuShare }) => gpuShare !== undefined)?.gpuShare, percent),
      known(speeds?.readPerSecond, speed, measured > 0),
      known(speeds?.writePerSecond, speed, measured > 0),
      known(rig.coldLoad?.seconds, duration, loaded),
      count(measured),
    ];
  });
  return {
    title: 'Local models',
    head: ['model', 'window', 'on GPU', 'reads/s', 'writes/s', 'cold load', 'measured'],
    rows,
    leftOut: [6, 2, 1, 5],
    note: guessed ? '~ not measured: by its size, from other models of this machine.' : undefined,
  };
}

export function budgetTable({ cards, observations }: Measured): Table {
  const known = cards.filter(({ fits }) => fits.length > 0);
  return {
    title: 'What fits, nine times of ten',
    head: ['model', ...GUIDE_SECONDS.map((seconds) => `in ${seconds} s`)],
    rows: known.map(({ info, fits }) => {
      const measured = observations.some(({ model, complete }) => complete && model === info.reference);
      const cells = GUIDE_SECONDS.map((seconds) => {
        const fit = fits.find((one) => one.seconds === seconds);
        if (!fit) return UNKNOWN;
        return `${measured ? '' : '~'}${count(fit.promptTokens)} / ${count(fit.writtenTokens)}`;
      });
      return [info.reference, ...cells];
    }),
    leftOut: [3, 2],
    note: `Tokens read, with ${USUAL_WRITTEN} written / tokens written, behind ${USUAL_PROMPT} read; loaded, nothing cached.`,
  };
}

/** |forecast − fact| / fact of what came to its end and had a forecast, oldest first. */
export function forecastErrors(observations: readonly Observation[]): number[] {
  return observations.flatMap(({ complete, forecast, wallSeconds }) =>
    complete && forecast && wallSeconds > 0 ? [Math.abs(forecast.seconds - wallSeconds) / wallSeconds] : [],
  );
}

export function errorTable(observations: readonly Observation[]): Table {
  const models = [...new Set(observations.map(({ model }) => model))];
  const rows = models.flatMap((model) => {
    const errors = forecastErrors(observations.filter((one) => one.model === model));
    if (errors.length === 0) return [];
    const parts = [errors.slice(0, COMPARED), errors.slice(-COMPARED), errors];
    return [[model, sparkline(errors), count(errors.length), ...parts.map((part) => percent(median(part)))]];
  });
  return {
    title: 'Forecast error',
    head: ['model', 'over time', 'forecasts', `first ${COMPARED}`, `last ${COMPARED}`, 'all'],
    words: 2,
    rows,
    leftOut: [2, 3, 1],
    note: `The median of |forecast − fact| / fact; each bar a group in time, full at ${percent(FULL_BAR)} or more.`,
  };
}

/** A bar for the median of each group of neighbours. @param errors as shares, oldest first. */
export function sparkline(errors: readonly number[]): string {
  const size = Math.max(1, Math.ceil(errors.length / MOST_BARS));
  let bars = '';
  for (let start = 0; start < errors.length; start += size) {
    const share = Math.min(1, median(errors.slice(start, start + size)) / FULL_BAR);
    bars += BARS[Math.min(BARS.length - 1, Math.floor(share * BARS.length))];
  }
  return bars;
}

export function outcomeTable(delegations: readonly DelegationRecord[]): Table {
  const rows = [...countOutcomes(delegations)].flatMap(([model, kinds]) =>
    [...kinds].map(([kind, { accepted, fixed, rejected }]) => [
      model,
      kind,
      ...[accepted, fixed, rejected].map(count),
    ]),
  );
  const open = delegations.filter(({ outcome }) => !outcome).length;
  return {
    title: 'What became of delegated work',
    head: ['model', 'kind', 'accepted', 'fixed', 'rejected'],
    words: 2,
    rows,
    note: open > 0 ? `${plural(open, 'delegation')} not judged.` : undefined,
  };
}

export function shareTable(shares: readonly SessionShare[]): Table {
  return {
    title: 'Work kept local',
    head: ['session', 'share', 'kept local', 'local tokens', 'remote tokens'],
    words: 2,
    leftOut: [1],
    rows: shares.slice(-SESSIONS_SHOWN).map((session) => {
      const share = localShare(session);
      return [
        dateOf(session.at),
        share === undefined ? '' : bar(share),
        orUnknown(share, percent),
        count(session.localTokens),
        count(session.remoteTokens),
      ];
    }),
  };
}

/** Share of a session's tokens, 0 to 1; undefined where it had none. */
export function localShare({ localTokens, remoteTokens }: SessionShare): number | undefined {
  const all = localTokens + remoteTokens;
  return all > 0 ? localTokens / all : undefined;
}

/** `2026-03-01 14:05`, in the human's own time. */
export function dateOf(at: number): string {
  const date = new Date(at);
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

function bar(share: number): string {
  const full = Math.round(share * SHARE_BAR);
  return '█'.repeat(full) + '░'.repeat(SHARE_BAR - full);
}

function orUnknown(value: number | undefined, written: (value: number) => string): string {
  return value === undefined || Number.isNaN(value) ? UNKNOWN : written(value);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
