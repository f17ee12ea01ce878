/** What the leader is told: what a piece of work cost, what it was expected to cost, and how to ask next time. */
import type { ForecastFigures, Profile } from '../conversation/reply.ts';
import { remedyFor, speedsOf } from './budget.ts';
import { forecast } from './forecast.ts';
import type { Outlook } from './machine.ts';
import type { Rig } from './rig.ts';

/** A part that takes this share of the time dominates. */
const DOMINANT = 0.5;
/** Seconds of slack that are not worth a word. */
const TIGHT = 0.8;
/** Fewer written tokens are not worth a word. */
const FEW = 16;
/** A question changes so many tokens at the end of a prompt whose files stay the same. */
const TASK_TOKENS = 80;
/** More is not asked of a local model at once, tokens. */
const LONGEST_REPLY = 8192;

/** Arguments of an order that would be in time. */
export interface Offer {
  files?: readonly string[];
  maxOutputTokens?: number;
  model?: string;
  boundSeconds?: number;
  seconds?: number;
  /** In so many pieces. */
  pieces?: number;
}

/** Work in pieces, for whole no window has room for it. */
interface Cut {
  forecast: ForecastFigures;
  pieces: number;
}

/** Why a request was not sent, and what would fit: as arguments that can be given as they stand. */
export function refusalText(
  outlook: Outlook,
  budgetSeconds: number,
  offers: readonly Offer[],
  cut?: Cut,
): string {
  const why = whyRefused(outlook, budgetSeconds, cut);
  const fits = offers.length > 0 ? ` Would fit: ${offers.map(argumentsOf).join('; or ')}.` : '';
  return `${why}.${fits} Or insist: true.`;
}

function whyRefused(outlook: Outlook, budgetSeconds: number, cut: Cut | undefined): string {
  const { forecast: whole, atLeastSeconds, load, prospect } = outlook;
  const budget = `the budget of ${seconds(budgetSeconds)}`;
  const over = (expected: ForecastFigures) => {
    const range = `${seconds(expected.seconds)}, up to ${seconds(expected.boundSeconds)}`;
    return `${range}: ${seconds(expected.boundSeconds - budgetSeconds)} over ${budget}`;
  };
  if (cut) {
    const size = `about ${figure(load.promptTokens)} tokens, too long for its window of ${figure(prospect.contextSize)}`;
    return `It has ${size}; in ${cut.pieces} pieces it would take ${over(cut.forecast)}`;
  }
  if (whole) return `It would take ${over(whole)} (${partsOf(outlook, whole)})`;
  if (atLeastSeconds === undefined) return 'How long it would take is not known';
  return `Reading it alone takes ${seconds(atLeastSeconds)} or more: over ${budget} (${figure(load.promptTokens)} tokens)`;
}

function argumentsOf(offer: Offer): string {
  const { files, maxOutputTokens, model, boundSeconds, seconds: budget, pieces } = offer;
  const parts = [
    files && `files: ${JSON.stringify(files)}`,
    maxOutputTokens !== undefined && `max_output: ${maxOutputTokens}`,
    model && `model: "${model}" (up to ${seconds(boundSeconds)})`,
    budget !== undefined && `seconds: ${budget}${pieces ? ` (in ${pieces} pieces)` : ''}`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** How an exchange went beside its profile. */
export interface Account {
  /** As it was made before it was sent. */
  forecast?: ForecastFigures;
  /** As it is known now. */
  rig?: Rig;
  outlook?: Outlook;
  budgetSeconds?: number;
  /** It was stopped for its time. */
  late?: boolean;
  /** It failed for another reason than its time. */
  failed?: boolean;
  /** What was written of a reply that was stopped, in tokens, for its server tells none. */
  writtenAbout?: number;
  /** The prompt began with files, which the next one may have again. */
  hasFiles?: boolean;
}

/** What it cost and what to change next time. */
export function adviceAfter(profile: Profile, account: Account): string {
  const { forecast: expected, budgetSeconds, late, writtenAbout = 0 } = account;
  const lines = [`Cost: ${partsTaken(profile, account)}${forecastPart(profile, expected)}.`];
  const next = profile.complete ? nextTime(profile, account) : undefined;
  if (next) lines.push(next);
  if (late && writtenAbout >= FEW && budgetSeconds !== undefined)
    lines.push(`${seconds(profile.wallSeconds)} hold no more: ask for less, or for it in pieces.`);
  const room = account.failed ? undefined : roomNextTime(profile, account);
  if (room) lines.push(room);
  return lines.join(' ');
}

function nextTime(profile: Profile, { budgetSeconds, rig }: Account): string | undefined {
  const { wallSeconds, loadSeconds = 0, readSeconds = 0, writeSeconds = 0, overheadSeconds = 0 } = profile;
  const share = (part: number) => part / wallSeconds;
  if (share(loadSeconds) > DOMINANT)
    return 'Loading dominated: the model is in memory now, the next call has it ready.';
  if (share(overheadSeconds) > DOMINANT) return 'Waiting dominated: other requests were before it.';
  if (share(readSeconds) > DOMINANT) {
    const speed = rig && speedsOf(rig)?.readPerSecond;
    const cost = speed ? ` 1,000 tokens of new text cost ${seconds(1000 / speed)}:` : '';
    const { promptTokens = 0, cachedTokens = 0 } = profile;
    const cached =
      cachedTokens > promptTokens / 2 ? '' : ', or the same ones first again, which are read from the cache';
    return `Reading dominated (${percent(share(readSeconds))}):${cost} name fewer lines${cached}.`;
  }
  if (share(writeSeconds) <= DOMINANT) return undefined;
  const tight = budgetSeconds !== undefined && wallSeconds > TIGHT * budgetSeconds;
  const less = tight ? ': ask for less, a list or a patch instead of prose or whole files' : '';
  return `Writing dominated (${percent(share(writeSeconds))})${less}.`;
}

/** How much may be written behind the same files within the same seconds, by what is known now. */
function roomNextTime(profile: Profile, { rig, outlook, budgetSeconds, hasFiles }: Account) {
  if (!rig?.reading || !rig.writing || !outlook || budgetSeconds === undefined) return undefined;
  const promptTokens = profile.promptTokens ?? outlook.load.promptTokens;
  const cachedTokens = hasFiles ? Math.max(0, promptTokens - TASK_TOKENS) : 0;
  const room = Math.max(0, Math.min(LONGEST_REPLY, outlook.prospect.contextSize - promptTokens));
  const written = { tokens: room, boundTokens: room };
  const load = { ...outlook.load, promptTokens, cachedTokens, written, loaded: true, waitSeconds: 0 };
  const { writtenTokens } = remedyFor(load, budgetSeconds, (changed) => forecast(rig, changed)?.boundSeconds);
  const again = hasFiles ? 'Asked again about the same files' : 'With another prompt like this';
  return `${again}, ${seconds(budgetSeconds)} hold ${figure(writtenTokens)} tokens of output.`;
}

function partsTaken(profile: Profile, { failed, writtenAbout = 0 }: Account): string {
  const { promptTokens, cachedTokens, readSeconds, writtenTokens, writeSeconds, loadSeconds, wallSeconds } =
    profile;
  if (!profile.complete)
    return `${seconds(wallSeconds)}, then ${failed ? 'it failed' : 'stopped'}: ${heardOf(profile, writtenAbout)}`;
  const parts: string[] = [];
  if (loadSeconds !== undefined && loadSeconds >= 0.5) parts.push(`load ${seconds(loadSeconds)}`);
  const cached = cachedTokens ? ` (${figure(cachedTokens)} cached)` : '';
  parts.push(`read ${amount(promptTokens)}${cached}${spent(readSeconds)}`);
  const speed =
    writtenTokens && writeSeconds ? ` at ${((writtenTokens - 1) / writeSeconds).toFixed(0)}/s` : '';
  parts.push(`write ${amount(writtenTokens)}${speed}${spent(writeSeconds)}`);
  return `${seconds(wallSeconds)} = ${parts.join(' + ')}`;
}

/** Nobody counted what was stopped: this is what was heard. */
function heardOf({ firstTokenSeconds, heardTokens = 0, heardSeconds = 0 }: Profile, about: number): string {
  if (firstTokenSeconds === undefined) return 'nothing came';
  const speed =
    heardTokens > FEW && heardSeconds > 0 ? ` at ${(heardTokens / heardSeconds).toFixed(0)}/s` : '';
  const first = `the first word after ${seconds(firstTokenSeconds)}`;
  return about < 1 ? first : `${first}, then about ${figure(about)} tokens${speed}`;
}

function forecastPart({ wallSeconds, complete }: Profile, expected: ForecastFigures | undefined): string {
  if (!expected) return '; no forecast yet';
  if (!complete) return `; forecast ${seconds(expected.seconds)}`;
  return `; forecast ${seconds(expected.seconds)} (${signed(expected.seconds / wallSeconds - 1)})`;
}

function partsOf({ load, prospect }: Outlook, expected: NonNullable<Outlook['forecast']>): string {
  const { loadSeconds, readSeconds, promptTokens, cachedTokens, writeSeconds, writtenTokens, exchanges } =
    expected;
  const loading = loadSeconds >= 0.5 ? `load ${seconds(loadSeconds)}, ` : '';
  const cached = cachedTokens > 0 ? ` (${figure(cachedTokens)} cached)` : '';
  const most =
    load.written.boundTokens > load.written.tokens ? `, ${figure(load.written.boundTokens)} at most` : '';
  const several = exchanges ? `, in ${exchanges} exchanges with tools` : '';
  const { gpuShare = 1, contextSize } = prospect;
  const place =
    gpuShare > 0 && gpuShare < 0.99
      ? `, with only ${percent(gpuShare)} of it on the GPU beside a window of ${figure(contextSize)}`
      : '';
  return `${loading}read ${figure(promptTokens)}${cached} ${seconds(readSeconds)}, write ${figure(writtenTokens)} ${seconds(writeSeconds)}${most}${several}${place}`;
}

function amount(tokens: number | undefined): string {
  return tokens === undefined ? 'unknown tokens' : `${figure(tokens)} tokens`;
}

function spent(value: number | undefined): string {
  return value === undefined ? ' in unknown time' : ` ${seconds(value)}`;
}

export function figure(value: number): string {
  return Math.round(value).toLocaleString('en');
}

export function seconds(value: number | undefined): string {
  if (value === undefined) return 'unknown';
  return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} s`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function signed(share: number): string {
  const value = Math.round(share * 100);
  return `${value > 0 ? '+' : value < 0 ? '−' : '±'}${Math.abs(value)} %`;
}
