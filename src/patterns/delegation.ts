/**
 * One model gives another a piece of work. Local work is looked at before it is sent: what would not be done in time
 * is not begun, and the caller is told by how much and what would fit. Afterwards the caller reads what it cost.
 */
import type { Exchanged } from '../conversation/exchange.ts';
import { Failure } from '../conversation/failure.ts';
import { type Message, type ModelReference, textOf, userMessage } from '../conversation/message.ts';
import { adviceAfter, adviceBefore } from '../local/advice.ts';
import { likelySeconds } from '../local/forecast.ts';
import type { Outlook } from '../local/machine.ts';
import { textUnits } from '../local/tokens.ts';
import { Refused } from '../safety/approval.ts';
import { workerTools } from '../tools/index.ts';
import { chooseWorker, rankWorkers } from './delegation/choose-worker.ts';
import { Deadline } from './delegation/deadline.ts';
import { Delivery } from './delegation/delivery.ts';
import { type Excerpt, gather, layOut } from './delegation/material.ts';
import type { DelegationOrder, DelegationResult, DelegationStatus } from './delegation/order.ts';
import { planSplit, type SplitPlan, workInPieces } from './delegation/split.ts';
import {
  citesLines,
  correction,
  objection,
  WORKER_ROLE,
  workerMessages,
} from './delegation/worker-prompt.ts';
import { type Target, targetOf } from './delegation/write-through.ts';
import { writingPrices } from './estimate.ts';
import { limitsOf, Purse } from './limits.ts';
import { ask, providerOf, type Question, type Room, roomWithin, type WorkerTalk } from './room.ts';

export const DEFAULT_BUDGET_SECONDS = 60;
/** How often the same work may be objected to. */
const DEFAULT_ROUNDS = 2;
const DEFAULT_OUTPUT_TOKENS = 1024;

/** Everything about a piece of work that is settled before its model is asked. */
interface Work {
  id: string;
  room: Room;
  order: DelegationOrder;
  model: ModelReference;
  kind: NonNullable<DelegationOrder['kind']>;
  budgetSeconds: number;
  excerpts: Excerpt[];
  /** Where its code goes. */
  target?: Target;
  by: ModelReference | 'human';
  /** What would be asked of a model. */
  draft(model: ModelReference): Question;
  question: Question;
  outlook?: Outlook;
}

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
  const prices = limits.dollars === undefined ? new Map() : await writingPrices(outer, [model]);
  const purse = new Purse(outer, limits, prices, signal);
  const room = purse.watch(work.room);
  const started = room.door.clock.now();
  outer.door.emit({
    type: 'delegation.started',
    delegation: id,
    from: by,
    to: model,
    task: order.task,
    kind,
    files: work.excerpts.map(({ path, from, to }) => `${path}:${from}-${to}`),
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
    seconds,
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

type Done = Pick<DelegationResult, 'status' | 'text' | 'advice'> & Partial<DelegationResult>;

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
  const draft = (model: ModelReference): Question => ({
    model,
    kind,
    system: WORKER_ROLE,
    messages: workerMessages(layOut(excerpts, citesLines(kind)), order),
    maxOutputTokens: order.maxOutputTokens ?? DEFAULT_OUTPUT_TOKENS,
    thinking: 'off',
    format: order.schema,
    tools: order.tools ? workerTools() : [],
  });
  const earlier = order.again === undefined ? undefined : talkOf(room, order.again);
  const named = earlier?.model ?? order.model;
  const model = await chooseWorker(room, named, { kind, budgetSeconds, draft, by }, signal);
  const question = earlier
    ? { ...draft(model), messages: [...earlier.messages, userMessage(objection(order))] }
    : draft(model);
  return {
    id,
    room,
    order,
    model,
    kind,
    budgetSeconds,
    excerpts,
    target,
    by,
    draft,
    question,
    outlook: await lookAt(room, question, signal),
  };
}

/** What a question would take, where the model is local. */
async function lookAt(room: Room, question: Question, signal: AbortSignal): Promise<Outlook | undefined> {
  if (!room.local) return undefined;
  const { provider, model } = await providerOf(room, question.model);
  const { system, messages, maxOutputTokens, thinking, format, kind = 'question' } = question;
  return room.local.machine.lookAt(
    provider,
    { model, system, messages, maxOutputTokens, thinking, format },
    kind,
    signal,
  );
}

async function carryOut(work: Work, signal: AbortSignal): Promise<Done> {
  const { order, outlook, budgetSeconds } = work;
  const { forecast } = outlook ?? {};
  if (forecast && likelySeconds(forecast) > budgetSeconds && !order.insist) {
    const plan = await splitOf(work, signal);
    if (plan && likelySeconds(plan) <= budgetSeconds) return inPieces(work, plan, signal);
    return refusal(work, outlook!, plan, signal);
  }
  if (outlook && !fitsWindow(outlook)) {
    const plan = await splitOf(work, signal);
    if (plan) return inPieces(work, plan, signal);
  }
  return inOnePiece(work, signal);
}

/** Answers longer than the rest of the window would be cut. */
function fitsWindow({ load, prospect }: Outlook): boolean {
  return load.promptTokens < prospect.contextSize;
}

async function splitOf(work: Work, signal: AbortSignal): Promise<SplitPlan | undefined> {
  const { order, room, excerpts, question, outlook } = work;
  // What is written into one place is one piece of work.
  if (order.split === false || order.writeTo || excerpts.length === 0 || !outlook) return undefined;
  return planSplit({ room, order, excerpts, question, outlook }, signal);
}

async function refusal(
  work: Work,
  outlook: Outlook,
  plan: SplitPlan | undefined,
  signal: AbortSignal,
): Promise<Done> {
  const { room, budgetSeconds, order, model } = work;
  const rig = room.local!.machine.rig({ ...outlook.prospect, model });
  const others = await rankWorkers(room, work, signal);
  const other = others.find(
    ({ model: name, inTime, boundSeconds }) => name !== model && inTime && boundSeconds,
  );
  const seconds = plan && Math.ceil(plan.boundSeconds);
  const pieces = plan
    ? ` In ${plan.pieces.length} pieces it would take ${seconds} s: seconds ${seconds} does that.`
    : '';
  const advice = `${adviceBefore(outlook, rig, budgetSeconds, other)}${pieces} Or insist.`;
  const text =
    order.advice === false ? 'Not sent: it would not be done within its seconds.' : `Not sent. ${advice}`;
  return { status: 'refused', text, advice, forecast: outlook.forecast };
}

async function inPieces(work: Work, plan: SplitPlan, signal: AbortSignal): Promise<Done> {
  const deadline = deadlineOf(work, signal);
  const { text, exchanges, complete } = await deadline.over(work.room, (room, stop) =>
    workInPieces({ ...work, room }, plan, stop),
  );
  const seconds = exchanges.reduce((sum, said) => sum + said.seconds, 0);
  const advice = `Cut into ${plan.pieces.length} pieces of about ${plan.pieceTokens.toLocaleString('en')} tokens, answered locally in ${seconds.toFixed(1)} s (forecast ${plan.seconds.toFixed(1)} s), then put together.`;
  return {
    status: complete ? 'done' : 'partial',
    text,
    advice,
    pieces: plan.pieces.length,
    forecast: { seconds: plan.seconds, boundSeconds: plan.boundSeconds },
    profile: exchanges.at(-1)?.profile,
    cost: total(exchanges),
  };
}

async function inOnePiece(work: Work, signal: AbortSignal): Promise<Done> {
  const { room, question } = work;
  const deadline = deadlineOf(work, signal);
  const delivery = new Delivery(work);
  const exchanges: Exchanged[] = [];
  const messages: Message[] = [...question.messages];
  const soFar = () => {
    const { checks, written } = delivery;
    return { ...accountOf(work, exchanges.at(-1)), checks, written, cost: total(exchanges) };
  };
  try {
    for (let round = 1; ; round++) {
      const said = await deadline.over(room, (within, stop) => ask(within, { ...question, messages }, stop));
      exchanges.push(said);
      if (said.failure) return { ...soFar(), ...cut(work, said, delivery.place, deadline.failure) };
      const fault = await delivery.take(said, signal);
      if (!fault || round === 2) {
        if (said.message) keepTalk(work, [...messages, said.message]);
        const status: DelegationStatus = fault && !delivery.written ? 'failed' : 'done';
        return { ...soFar(), status, text: delivery.account ?? saidBy(exchanges) };
      }
      messages.push(said.message!, userMessage(correction(`${fault.what}: ${fault.detail ?? 'failed'}`)));
    }
  } catch (thrown) {
    if (exchanges.length === 0) throw thrown;
    return { ...soFar(), ...undelivered(thrown, delivery.place, saidBy(exchanges)) };
  }
}

function saidBy(exchanges: readonly Exchanged[]): string {
  const message = exchanges.at(-1)?.message;
  return message ? textOf(message) : '';
}

/** It did not come to its end; what was written is kept and said to be partial. */
function cut(work: Work, said: Exchanged, place: string | undefined, late?: Failure) {
  const text = said.message ? textOf(said.message) : '';
  const failure = late ?? said.failure!;
  const partial = text.trim() !== '';
  const status: DelegationStatus = partial || place ? 'partial' : 'failed';
  const told = partial ? [place, text, `[partial: ${failure.message}]`] : [place, failure.message];
  const { advice } = accountOf(work, said, text);
  return { status, advice, text: told.filter(Boolean).join('\n'), failure: failure.report() };
}

/** The work is there, and not in its file, or not checked: the caller learns why. */
function undelivered(thrown: unknown, place: string | undefined, said: string) {
  const status = 'failed' as const;
  // The human knows the change or the command that they said no to.
  if (thrown instanceof Refused) return { status, text: [place, thrown.message].filter(Boolean).join('\n') };
  const failure = Failure.from(thrown);
  const told = [place, failure.message, `What the worker said:\n${said}`];
  return { status, text: told.filter(Boolean).join('\n'), failure: failure.report() };
}

/** @param cutText what was written of a reply that did not come to its end. */
function accountOf(
  work: Work,
  said: Exchanged | undefined,
  cutText = '',
): Pick<DelegationResult, 'advice' | 'forecast' | 'profile'> {
  const { outlook, room, model, budgetSeconds } = work;
  const { profile, forecast } = said ?? {};
  if (!profile?.local) return { advice: '', profile, forecast };
  const rig = outlook && room.local?.machine.rig({ ...outlook.prospect, model });
  const writtenAbout = textUnits(cutText);
  const advice = adviceAfter(profile, { forecast, rig, outlook, budgetSeconds, writtenAbout });
  return { advice, profile, forecast };
}

/** What is not local has no bound but the caller's patience. */
function deadlineOf({ outlook, budgetSeconds, room, order, model }: Work, signal: AbortSignal): Deadline {
  const { insist } = order;
  const seconds = outlook ? budgetSeconds : Number.POSITIVE_INFINITY;
  return new Deadline(
    room.door.clock,
    { model, budgetSeconds: seconds, forecast: outlook?.forecast, insist },
    signal,
  );
}

/** What was said, so that the caller can object to it: one talk for all answers to the same work, by any of their ids. */
function keepTalk({ id, room, model, order }: Work, messages: readonly Message[]): void {
  const talk = room.talks.get(order.again ?? '') ?? { model, messages, rounds: 0 };
  talk.messages = messages;
  talk.rounds += 1;
  room.talks.set(id, talk);
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

function total(exchanges: readonly Exchanged[]): number | undefined {
  let sum = 0;
  for (const { cost } of exchanges) {
    if (cost === undefined) return undefined;
    sum += cost;
  }
  return sum;
}
