/** What was measured of the local models, as tables for a human. Pure: whoever has the figures passes them. */
import type { ModelReference } from '../conversation/message.ts';
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
  /** Of the models that a server offers now, and after them of those that were measured once. */
  cards: readonly ModelCard[];
  /** Oldest first. */
  observations: readonly Observation[];
  delegations: readonly DelegationRecord[];
  /** Oldest session first. */
  shares: readonly SessionShare[];
  /** What is wrong with the file that all of this is kept in. */
  trouble?: string;
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
const ABSENT = ' *';
const KINDS_OF_FORECAST = [
  ['work', false],
  ['measuring', true],
] as const;

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
export function profileRemarks({ cards, observations, trouble }: Measured): string[] {
  const remarks = trouble ? [trouble] : [];
  if (cards.every(({ absent }) => absent)) remarks.push(NO_SERVER);
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

/** The exchanges of a model on its host: the same name elsewhere is another machine. */
export function ownOf<T extends { host: string; model: ModelReference }>(
  { info, host }: ModelCard,
  seen: readonly T[],
): T[] {
  return seen.filter((one) => one.model === info.reference && one.host === host);
}

/** The reference, with the host where it stands on several. */
export function nameIn(
  all: readonly { model: ModelReference; host: string }[],
  { model, host }: { model: ModelReference; host: string },
): string {
  const elsewhere = all.some((other) => other.model === model && other.host !== host);
  return elsewhere ? `${model} at ${host.replace(/^https?:\/\//, '')}` : model;
}

/** A model and its host. */
export function rigOf({ info, host }: ModelCard): { model: ModelReference; host: string } {
  return { model: info.reference, host };
}

/** What was stopped shows speeds too, from its first word on. */
function tells({ complete, firstTokenSeconds }: Observation): boolean {
  return complete || firstTokenSeconds !== undefined;
}

export function modelTable({ cards, observations }: Measured): Table {
  let guessed = false;
  const rigs = cards.map(rigOf);
  const rows = cards.map((card) => {
    const { info, contextSize, speeds, rig, absent } = card;
    const own = ownOf(card, observations);
    const measured = own.filter(tells).length;
    const known = (value: number | undefined, written: (value: number) => string, shown: boolean) => {
      if (value === undefined || shown) return orUnknown(value, written);
      guessed = true;
      return `~${written(value)}`;
    };
    const loaded = own.some(({ loadedBefore, loadSeconds }) => !loadedBefore && loadSeconds !== undefined);
    return [
      nameIn(rigs, rigOf(card)) + (absent ? ABSENT : ''),
      count(info.contextTokens ?? contextSize),
      orUnknown(own.findLast(({ gpuShare }) => gpuShare !== undefined)?.gpuShare, percent),
      known(speeds?.readPerSecond, speed, measured > 0),
      known(speeds?.writePerSecond, speed, measured > 0),
      known(rig.coldLoad?.seconds, duration, loaded),
      count(measured),
    ];
  });
  const notes = [
    guessed && '~ not measured: by its size, from other models of this machine.',
    cards.some(({ absent }) => absent) && `${ABSENT.trim()} not offered now.`,
  ];
  return {
    title: 'Local models',
    head: ['model', 'window', 'on GPU', 'reads/s', 'writes/s', 'cold load', 'measured'],
    rows,
    leftOut: [6, 2, 1, 5],
    note: notes.filter(Boolean).join(' ') || undefined,
  };
}

export function budgetTable({ cards, observations }: Measured): Table {
  const rigs = cards.map(rigOf);
  const known = cards.filter(({ fits }) => fits.length > 0);
  return {
    title: 'What fits, nine times of ten',
    head: ['model', ...GUIDE_SECONDS.map((seconds) => `in ${seconds} s`)],
    rows: known.map((card) => {
      const guess = ownOf(card, observations).some(tells) ? '' : '~';
      const cells = GUIDE_SECONDS.map((seconds) => {
        const fit = card.fits.find((one) => one.seconds === seconds);
        return fit
          ? `${fit.guessed ? '~' : guess}${count(fit.promptTokens)} / ${fit.writtenGuessed ? '~' : guess}${count(fit.writtenTokens)}`
          : UNKNOWN;
      });
      return [nameIn(rigs, rigOf(card)), ...cells];
    }),
    leftOut: [3, 2],
    note: `Tokens read, with ${USUAL_WRITTEN} written / tokens written, behind ${USUAL_PROMPT} read; loaded, nothing cached. ~ not measured.`,
  };
}

/** |forecast − fact| / fact of what came to its end and had a forecast, oldest first. */
export function forecastErrors(observations: readonly Observation[]): number[] {
  return observations.flatMap(({ complete, forecast, wallSeconds }) =>
    complete && forecast && wallSeconds > 0 ? [Math.abs(forecast.seconds - wallSeconds) / wallSeconds] : [],
  );
}

/** Of work; what was forecast while measuring stands apart. */
export function errorTable(observations: readonly Observation[]): Table {
  const rigs = new Map(observations.map((one) => [JSON.stringify([one.host, one.model]), one]));
  const rows = [...rigs.values()].flatMap((rig) =>
    KINDS_OF_FORECAST.flatMap(([what, measuring]) => {
      const own = observations.filter(({ host, model, kind }) => {
        return host === rig.host && model === rig.model && (kind === 'calibration') === measuring;
      });
      const errors = forecastErrors(own);
      if (errors.length === 0) return [];
      const parts = [errors.slice(0, COMPARED), errors.slice(-COMPARED), errors];
      const medians = parts.map((part) => percent(median(part)));
      return [[nameIn(observations, rig), what, sparkline(errors), count(errors.length), ...medians]];
    }),
  );
  return {
    title: 'Forecast error',
    head: ['model', 'of', 'over time', 'forecasts', `first ${COMPARED}`, `last ${COMPARED}`, 'all'],
    words: 3,
    rows,
    leftOut: [3, 4, 2],
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
  const open = delegations.filter(({ outcome, status }) => !outcome && status !== 'refused').length;
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
    head: ['session', 'share', 'kept local', 'without cached', 'local tokens', 'remote tokens'],
    words: 2,
    leftOut: [1, 3],
    rows: shares.slice(-SESSIONS_SHOWN).map((session) => {
      const share = localShare(session);
      return [
        dateOf(session.at),
        share === undefined ? '' : bar(share),
        orUnknown(share, percent),
        orUnknown(localShare(session, { cached: false }), percent),
        count(session.localTokens),
        count(session.remoteTokens),
      ];
    }),
    note: 'Of all tokens read and written; a conversation is read again with each exchange, most of it from a cache.',
  };
}

/** Share of a session's tokens, 0 to 1; undefined where it had none. @param cached whether those from a cache count. */
export function localShare(session: SessionShare, { cached = true } = {}): number | undefined {
  const { localTokens, remoteTokens, localCached, remoteCached } = session;
  const local = localTokens - (cached ? 0 : localCached);
  const all = local + remoteTokens - (cached ? 0 : remoteCached);
  return all > 0 ? local / all : undefined;
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
