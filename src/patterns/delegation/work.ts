import type { Exchanged } from '../../conversation/exchange.ts';
import type { ModelReference } from '../../conversation/message.ts';
import type { WorkKind } from '../../conversation/work.ts';
import { type Forecast, forecast, forecastWithTools, type Load } from '../../local/forecast.ts';
import type { Outlook } from '../../local/machine.ts';
import type { Rig } from '../../local/rig.ts';
import { declarationOf, workerTools } from '../../tools/index.ts';
import { type Excerpt, imagesIn, layOut } from '../material.ts';
import { providerOf, type Question, type Room } from '../room.ts';
import type { DelegationOrder, DelegationResult } from './order.ts';
import { citesLines, WORKER_ROLE, workerMessages } from './worker-prompt.ts';
import type { Target } from './write-through.ts';

const DEFAULT_OUTPUT_TOKENS = 1024;
/** Tokens that an answer has at least, before its window is full. */
const SHORT_ANSWER = 200;
/** So many standard deviations may a prompt come out longer than it was taken for: a server that has no room says so late. */
const DEVIATIONS = 1.3;

/** Everything about a piece of work that is settled before its model is asked. */
export interface Work {
  id: string;
  room: Room;
  order: DelegationOrder;
  model: ModelReference;
  kind: WorkKind;
  budgetSeconds: number;
  excerpts: readonly Excerpt[];
  /** Where its code goes. */
  target?: Target;
  by: ModelReference | 'human';
  /** What would be asked of a model. */
  draft(model: ModelReference): Question;
  question: Question;
  /** Undefined where the model is not local. */
  outlook?: Outlook;
}

/** What came of it, as far as the way of doing it can say. */
export type Done = Pick<DelegationResult, 'status' | 'text' | 'advice'> & Partial<DelegationResult>;

/** Dollars of all exchanges; undefined where one has no price. */
export function total(exchanges: readonly Pick<Exchanged, 'cost'>[]): number | undefined {
  let sum = 0;
  for (const { cost } of exchanges) {
    if (cost === undefined) return undefined;
    sum += cost;
  }
  return sum;
}

/** What is asked of a model. */
export function questionOf(
  order: DelegationOrder,
  kind: WorkKind,
  excerpts: readonly Excerpt[],
  model: ModelReference,
): Question {
  return {
    model,
    kind,
    system: WORKER_ROLE,
    messages: workerMessages({ text: layOut(excerpts, citesLines(kind)), images: imagesIn(excerpts) }, order),
    maxOutputTokens: order.maxOutputTokens ?? DEFAULT_OUTPUT_TOKENS,
    thinking: 'off',
    format: order.schema,
    tools: order.tools ? workerTools() : [],
  };
}

/** What a question would take; undefined where its model is not local. */
export async function lookAt(
  room: Room,
  question: Question,
  signal: AbortSignal,
): Promise<Outlook | undefined> {
  if (!room.local) return undefined;
  const { provider, model } = await providerOf(room, question.model);
  const { tools = [], kind = 'question', ...asked } = question;
  const { system, messages, maxOutputTokens, thinking, format, contextSize } = asked;
  const declarations = tools.length > 0 ? tools.map(declarationOf) : undefined;
  const { machine } = room.local;
  const outlook = await machine.lookAt(
    provider,
    { model, system, messages, tools: declarations, maxOutputTokens, thinking, format, contextSize },
    kind,
    signal,
  );
  if (outlook && declarations) outlook.forecast = foresee(room, question, outlook, outlook.load);
  return outlook;
}

/**
 * The question with a window that has room for it: its provider goes by bytes, and may have chosen too small a one. The
 * server would refuse it then, and load the model again.
 */
export async function fitted(
  room: Room,
  question: Question,
  signal: AbortSignal,
): Promise<{ question: Question; outlook?: Outlook }> {
  const outlook = await lookAt(room, question, signal);
  if (!outlook || surelyFits(outlook)) return { question, outlook };
  const { provider, model } = await providerOf(room, question.model);
  const largest = (await provider.describeModel(model, signal).catch(() => undefined))?.contextTokens ?? 0;
  if (largest <= outlook.prospect.contextSize) return { question, outlook };
  let contextSize = outlook.prospect.contextSize;
  while (contextSize < largest && !surelyFits(outlook, contextSize))
    contextSize = Math.min(2 * contextSize, largest);
  const grown = { ...question, contextSize };
  return { question: grown, outlook: await lookAt(room, grown, signal) };
}

/** Whether a window has room for the prompt and a short answer: probably, for nothing is lost where it has not. */
export function fitsWindow({ load, prospect }: Outlook): boolean {
  return load.promptTokens + shortAnswer(load) < prospect.contextSize;
}

/** The same, however the prompt is counted. */
export function surelyFits({ load, prospect }: Outlook, contextSize = prospect.contextSize): boolean {
  const most = load.promptTokens + DEVIATIONS * (load.promptSpread ?? 0);
  return most + shortAnswer(load) < contextSize;
}

function shortAnswer({ written }: Load): number {
  return Math.min(written.tokens, SHORT_ANSWER);
}

/** The tokens of a prompt that a window is sure to have room for. */
export function roomInWindow({ load, prospect }: Outlook): number {
  const { promptTokens, promptSpread = 0, written } = load;
  const left = prospect.contextSize - Math.min(written.boundTokens, prospect.contextSize / 4);
  return left / (1 + (DEVIATIONS * promptSpread) / promptTokens);
}

/** What a question would take if its load were this one. */
export function foresee(room: Room, question: Question, { prospect }: Outlook, load: Load) {
  return foreseeOn(room.local!.machine.rig({ ...prospect, model: question.model }), question, load);
}

/** The same on a rig that may be another. */
export function foreseeOn(rig: Rig, { tools = [] }: Question, load: Load): Forecast | undefined {
  return tools.length > 0 ? forecastWithTools(rig, load) : forecast(rig, load);
}
