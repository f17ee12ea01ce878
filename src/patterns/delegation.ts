/**
 * One model gives another a piece of work. Local work is looked at before it is sent: what would not be done in time
 * is not begun, and the caller is told by how much and what would fit. Afterwards the caller reads what it cost.
 */
import { Failure } from '../conversation/failure.ts';
import { type ModelReference, textOf, userMessage } from '../conversation/message.ts';
import { likelySeconds } from '../local/forecast.ts';
import type { Outlook } from '../local/machine.ts';
import { chooseWorker } from './delegation/choose-worker.ts';
import { inPieces } from './delegation/in-pieces.ts';
import { inOnePiece } from './delegation/one-piece.ts';
import type { DelegationOrder, DelegationResult } from './delegation/order.ts';
import { refuse, refuseForSize } from './delegation/refusal.ts';
import { planSplit, type SplitPlan } from './delegation/split.ts';
import { isWorthATry, saidToBeATry } from './delegation/try.ts';
import { type Done, fitsWindow, fitted, questionOf, surelyFits, type Work } from './delegation/work.ts';
import { objection } from './delegation/worker-prompt.ts';
import { targetOf } from './delegation/write-through.ts';
import { pricesIn, tellEstimate } from './estimate.ts';
import { limitsOf, Purse } from './limits.ts';
import { gather, imagesIn, placeOf } from './material.ts';
import { type Room, roomWithin, type WorkerTalk } from './room.ts';

export const DEFAULT_BUDGET_SECONDS = 60;
/** How often the same work may be objected to. */
const DEFAULT_ROUNDS = 2;

/**
 * @param by who gives the work: a model reference, or the human.
 * @throws {Failure} where the order cannot be understood: no such model, no such file, no place to write to.
 */
export async function delegate(
  outer: Room,
  order: DelegationOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<DelegationResult> {
  const id = outer.nextId('d');
  const work = await prepare(roomWithin(outer, id), id, order, by, signal);
  const { model, kind, budgetSeconds, outlook } = work;
  const limits = limitsOf(outer, order.limits);
  // Inside a pattern it was told by that.
  if (outer.depth === 0) {
    const text = work.question.messages.map(textOf).join('\n');
    await tellEstimate(outer, limits, [{ model, text }]);
  }
  const purse = new Purse(outer, limits, pricesIn(outer), signal);
  const room = purse.watch(work.room);
  const started = room.door.clock.now();
  outer.door.emit({
    type: 'delegation.started',
    delegation: id,
    from: by,
    to: model,
    task: order.task,
    kind,
    files: work.excerpts.map(placeOf),
    budgetSeconds: outlook && budgetSeconds,
    forecast: outlook?.forecast && {
      seconds: outlook.forecast.seconds,
      boundSeconds: outlook.forecast.boundSeconds,
    },
  });
  const done = await carryOut({ ...work, room }, purse.signal).catch(undone);
  purse.close();
  const seconds = (room.door.clock.now() - started) / 1000;
  const result: DelegationResult = { id, model, kind, seconds, pieces: 1, checks: [], ...done };
  if (outlook) result.budgetSeconds = budgetSeconds;
  outer.door.emit({
    type: 'delegation.ended',
    delegation: id,
    model,
    status: result.status,
    seconds: result.seconds,
    text: result.text,
    advice: result.advice,
    checks: result.checks,
    pieces: result.pieces,
    diffs: result.written,
    failure: result.failure,
    cost: result.cost,
  });
  remember(work, result);
  return result;
}

/** The conversation with a worker that did a piece of work before. @throws {Failure} where it may not go on. */
function talkOf({ talks, limits }: Room, id: string): WorkerTalk {
  const talk = talks.get(id);
  if (!talk)
    throw new Failure('bad-request', `There is no delegation ${id} that could go on: give the work anew.`);
  const most = limits.rounds ?? DEFAULT_ROUNDS;
  if (talk.rounds > most)
    throw new Failure(
      'bad-request',
      `${talk.model} was asked ${talk.rounds} times for ${id}: do it yourself, or give it to another model.`,
    );
  return talk;
}

/** Whatever happens, what was begun is told to have ended. */
function undone(thrown: unknown): Done {
  const failure = Failure.from(thrown);
  return { status: 'failed', text: failure.message, advice: '', failure: failure.report() };
}

async function prepare(
  room: Room,
  id: string,
  order: DelegationOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<Work> {
  const kind = order.kind ?? (order.writeTo || order.form === 'code' ? 'code' : 'question');
  const budgetSeconds = order.budgetSeconds ?? DEFAULT_BUDGET_SECONDS;
  const excerpts = await gather(room, order.files ?? [], signal);
  const target = order.writeTo === undefined ? undefined : await targetOf(room, order.writeTo);
  const draft = (model: ModelReference) => questionOf(order, kind, excerpts, model);
  const earlier = order.again === undefined ? undefined : talkOf(room, order.again);
  const named = earlier?.model ?? order.model;
  const model = await chooseWorker(room, named, { kind, budgetSeconds, draft, by }, signal);
  const asked = earlier
    ? { ...draft(model), messages: [...earlier.messages, userMessage(objection(order))] }
    : draft(model);
  const { question, outlook } = await fitted(room, asked, signal);
  return { id, room, order, model, kind, budgetSeconds, excerpts, target, by, draft, question, outlook };
}

/** Whole where that is sure to be in time, in pieces where these are, else whichever is likely to be. */
async function carryOut(work: Work, signal: AbortSignal): Promise<Done> {
  const { order, outlook, budgetSeconds } = work;
  if (!outlook) return inOnePiece(work, signal);
  const inTime = order.insist || isSure(outlook, budgetSeconds);
  if (surelyFits(outlook) && inTime) return inOnePiece(work, signal);
  const plan = await splitOf(work, outlook, signal);
  if (plan && (order.insist || !plan.forecast || plan.forecast.boundSeconds <= budgetSeconds))
    return inPieces(work, plan, signal);
  const fits = fitsWindow(outlook);
  if (fits && (inTime || isLikely(outlook, budgetSeconds))) return inOnePiece(work, signal);
  if (plan?.forecast && likelySeconds(plan.forecast) <= budgetSeconds) return inPieces(work, plan, signal);
  if (!fits && !plan) return refuseForSize(work, outlook, signal);
  const cut = fits ? undefined : plan;
  if (!isWorthATry(work, outlook, cut)) return refuse(work, outlook, plan, signal);
  return saidToBeATry(await (cut ? inPieces(work, cut, signal) : inOnePiece(work, signal)));
}

/** Nine of ten times it is done in its budget, or nobody can say. */
function isSure({ forecast, atLeastSeconds = 0 }: Outlook, budgetSeconds: number): boolean {
  return (forecast?.boundSeconds ?? atLeastSeconds) <= budgetSeconds;
}

/** What was never heard to end takes at least as long as it was waited for. */
function isLikely({ forecast, atLeastSeconds = 0 }: Outlook, budgetSeconds: number): boolean {
  return (forecast ? likelySeconds(forecast) : atLeastSeconds) <= budgetSeconds;
}

async function splitOf(work: Work, outlook: Outlook, signal: AbortSignal): Promise<SplitPlan | undefined> {
  const { order, excerpts } = work;
  // What is written into one place, or seen, is one piece of work.
  if (order.split === false || order.writeTo || excerpts.length === 0 || imagesIn(excerpts).length > 0)
    return undefined;
  return planSplit(work, outlook, signal);
}

function remember({ room, kind, outlook }: Work, result: DelegationResult): void {
  const { id, model, status, seconds, budgetSeconds, forecast, checks, failure } = result;
  room.local?.store.addDelegation({
    id,
    session: room.session,
    at: room.door.clock.wallTime(),
    model,
    kind,
    local: outlook !== undefined,
    status,
    seconds,
    budgetSeconds,
    forecast,
    failure: failure?.kind,
    ...(checks.length > 0 && { checked: checks.every(({ passed }) => passed) }),
  });
}
