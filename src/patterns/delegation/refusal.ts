/**
 * Why a piece of work was not sent, and what would fit: as arguments that can be given as they stand. What is offered
 * was looked at like an order of its own, so that whoever follows it is not refused again.
 */

import { figure, type Offer, refusalText } from '../../local/advice.ts';
import { remedyFor } from '../../local/budget.ts';
import { readingAlone } from '../../local/forecast.ts';
import type { Outlook } from '../../local/machine.ts';
import { type Excerpt, layOut, placeOf } from '../material.ts';
import type { Question } from '../room.ts';
import { rankWorkers } from './choose-worker.ts';
import { type DelegationResult, LONGEST_BUDGET_SECONDS } from './order.ts';
import type { SplitPlan } from './split.ts';
import { fitsWindow, foresee, lookAt, questionOf, roomInWindow, surelyFits, type Work } from './work.ts';
import { citesLines } from './worker-prompt.ts';

/** Less than this is not worth asking for, tokens. */
const LEAST = { written: 16, read: 100 };
/** Of what should fit, taken until it does: a forecast is made of rounded figures. */
const SHARES = [1, 0.9, 0.75];

type Refusal = Pick<DelegationResult, 'status' | 'text' | 'advice' | 'forecast'>;

/** @param plan of the pieces in which it would take less time; undefined where it cannot be cut. */
export async function refuse(
  work: Work,
  outlook: Outlook,
  plan: SplitPlan | undefined,
  signal: AbortSignal,
): Promise<Refusal> {
  const { budgetSeconds, order } = work;
  const offers = await offersFor(work, outlook, plan, signal);
  const cut =
    plan?.forecast && !fitsWindow(outlook)
      ? { forecast: plan.forecast, pieces: plan.pieces.length }
      : undefined;
  const advice = refusalText(outlook, budgetSeconds, offers, cut);
  const text =
    order.advice === false ? 'Not sent: it would not be done within its seconds.' : `Not sent. ${advice}`;
  return { status: 'refused', text, advice, forecast: cut?.forecast ?? outlook.forecast };
}

/** What no window has room for, and what cannot be cut, is not sent either: the server would only say so later. */
export async function refuseForSize(work: Work, outlook: Outlook, signal: AbortSignal): Promise<Refusal> {
  const { model, excerpts } = work;
  const { load, prospect } = outlook;
  const places = await placesThatFit(work, outlook, signal);
  const remedy = places
    ? `Would fit: files: ${JSON.stringify(places)}.`
    : excerpts.length > 0
      ? `${excerpts[0]!.path}:${excerpts[0]!.from} alone is longer than that.`
      : 'Say it with fewer words.';
  const advice = `It has about ${figure(load.promptTokens)} tokens, and the window of ${model} holds ${figure(prospect.contextSize)}. ${remedy}`;
  return { status: 'refused', text: `Not sent. ${advice}`, advice, forecast: outlook.forecast };
}

async function placesThatFit(
  work: Work,
  outlook: Outlook,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  for (const share of SHARES) {
    const excerpts = fewerLines(work, outlook, roomInWindow(outlook) * share);
    if (excerpts.length === 0) return undefined;
    const seen = await lookAt(work.room, changed(work, { files: excerpts.map(placeOf) }, excerpts), signal);
    if (seen && surelyFits(seen)) return excerpts.map(placeOf);
  }
  return undefined;
}

/** Less of it first, then another model, then more time; what fits nowhere is not offered. */
async function offersFor(
  work: Work,
  outlook: Outlook,
  plan: SplitPlan | undefined,
  signal: AbortSignal,
): Promise<Offer[]> {
  const { room, model, question, budgetSeconds } = work;
  const { load } = outlook;
  const rig = room.local!.machine.rig({ ...outlook.prospect, model });
  const takes = (changed: typeof load) =>
    foresee(room, question, outlook, changed)?.boundSeconds ?? readingAlone(rig, changed);
  const around = load.promptTokens - materialOf(work, outlook).tokens;
  const { writtenTokens, promptTokens, both } = remedyFor(load, budgetSeconds, takes, around);
  const less = [
    await offerOf(work, outlook, { writtenTokens }, signal),
    await offerOf(work, outlook, { promptTokens }, signal),
  ];
  if (!less.some(Boolean)) less.push(await offerOf(work, outlook, both, signal));
  const offers = less.filter((offer) => offer !== undefined);
  const others = await rankWorkers(room, work, signal);
  const other = others.find((one) => one.model !== model && one.inTime && one.boundSeconds);
  if (other) offers.push({ model: other.model, boundSeconds: other.boundSeconds });
  const patient = moreTime(outlook, plan);
  if (patient) offers.push(patient);
  return offers;
}

/** Whole or in pieces, whichever is done sooner; undefined where nobody would wait for it. */
function moreTime(outlook: Outlook, plan: SplitPlan | undefined): Offer | undefined {
  const whole = fitsWindow(outlook) ? outlook.forecast?.boundSeconds : undefined;
  const cut = plan?.forecast?.boundSeconds;
  const seconds = Math.ceil(Math.min(whole ?? Number.POSITIVE_INFINITY, cut ?? Number.POSITIVE_INFINITY));
  if (seconds > LONGEST_BUDGET_SECONDS) return undefined;
  return cut !== undefined && (whole === undefined || cut < whole)
    ? { seconds, pieces: plan!.pieces.length }
    : { seconds };
}

/** An order for so much, as far as it is found to be in time; undefined where it is not, or nothing would be left. */
async function offerOf(
  work: Work,
  outlook: Outlook,
  wanted: { promptTokens?: number; writtenTokens?: number },
  signal: AbortSignal,
): Promise<Offer | undefined> {
  for (const share of SHARES) {
    const offer: Offer = {};
    let { excerpts } = work;
    if (wanted.writtenTokens !== undefined) {
      offer.maxOutputTokens = Math.floor(wanted.writtenTokens * share);
      if (offer.maxOutputTokens < LEAST.written) return undefined;
    }
    if (wanted.promptTokens !== undefined) {
      excerpts = fewerLines(work, outlook, wanted.promptTokens * share);
      if (excerpts.length === 0) return undefined;
      offer.files = excerpts.map(placeOf);
    }
    const seconds = await boundOf(work, offer, excerpts, signal);
    if (seconds !== undefined && seconds <= work.budgetSeconds) return offer;
  }
  return undefined;
}

async function boundOf(
  work: Work,
  offer: Offer,
  excerpts: readonly Excerpt[],
  signal: AbortSignal,
): Promise<number | undefined> {
  const seen = await lookAt(work.room, changed(work, offer, excerpts), signal);
  return seen?.forecast?.boundSeconds ?? seen?.atLeastSeconds;
}

/** What would be asked if the order were so. */
function changed(
  { order, kind, model, question }: Work,
  { files = order.files, maxOutputTokens = question.maxOutputTokens }: Offer,
  excerpts: readonly Excerpt[],
): Question {
  if (order.again !== undefined) return { ...question, maxOutputTokens };
  return questionOf({ ...order, files, maxOutputTokens }, kind, excerpts, model);
}

/** The first lines of what was to be read, as many as a prompt of so many tokens has room for. Images stay. */
function fewerLines(work: Work, outlook: Outlook, wanted: number): Excerpt[] {
  const { tokens, tokensOf } = materialOf(work, outlook);
  let left = wanted - (outlook.load.promptTokens - tokens);
  const texts = new Map<Excerpt, Excerpt>();
  for (const excerpt of work.excerpts.filter(({ image }) => !image)) {
    if (left < LEAST.read) break;
    const first = firstLines(excerpt, left, tokensOf);
    if (!first) break;
    texts.set(excerpt, first);
    left -= tokensOf(first);
    if (first.to < excerpt.to) break;
  }
  if (texts.size === 0) return [];
  return work.excerpts.flatMap((one) => (one.image ? one : (texts.get(one) ?? [])));
}

/** What was to be read, in tokens. */
function materialOf({ room, model, kind, excerpts }: Work, { prospect }: Outlook) {
  const scale = room.local!.machine.tokenScale(prospect.host, model);
  const tokensOf = (excerpt: Excerpt) => scale.tokensOf(layOut([excerpt], citesLines(kind)));
  return { tokens: excerpts.reduce((sum, excerpt) => sum + tokensOf(excerpt), 0), tokensOf };
}

function firstLines(
  excerpt: Excerpt,
  room: number,
  tokensOf: (excerpt: Excerpt) => number,
): Excerpt | undefined {
  const lines = excerpt.text.split('\n');
  let most = 0;
  for (let step = 1 << Math.floor(Math.log2(lines.length)); step > 0; step >>= 1)
    if (most + step <= lines.length && tokensOf(upTo(excerpt, lines, most + step)) <= room) most += step;
  return most > 0 ? upTo(excerpt, lines, most) : undefined;
}

function upTo(excerpt: Excerpt, lines: readonly string[], count: number): Excerpt {
  return { ...excerpt, to: excerpt.from + count - 1, text: lines.slice(0, count).join('\n') };
}
