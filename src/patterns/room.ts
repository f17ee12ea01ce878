import { answersTo, callsOf } from '../conversation/calls.ts';
import type { Emit } from '../conversation/event.ts';
import { type Door, type Exchanged, exchange } from '../conversation/exchange.ts';
import { Failure } from '../conversation/failure.ts';
import {
  type ImagePart,
  type Message,
  type ModelReference,
  splitReference,
  textOf,
  userMessage,
} from '../conversation/message.ts';
import { refusalIn } from '../conversation/refusal.ts';
import { runToolCalls, type Workbench } from '../conversation/tool-run.ts';
import type { WorkKind } from '../conversation/work.ts';
import type { LocalKnowledge } from '../local/knowledge.ts';
import type { JsonSchema, LLMProvider, ThinkingEffort } from '../providers/base.ts';
import type { Roster } from '../providers/roster.ts';
import type { AnyTool } from '../tools/base.ts';
import { declarationOf } from '../tools/index.ts';
import type { HumanVoice, Steer, Steering } from './human.ts';
import type { Memory, Prompted } from './memory.ts';
import { RepetitionGuard } from './repetition.ts';
import type { Limits, Panels, RoutingSettings } from './settings.ts';

/** What was said with a worker about one piece of work. */
export interface WorkerTalk {
  model: ModelReference;
  messages: readonly Message[];
  /** How often it was asked. */
  rounds: number;
}

/** Where a pattern takes place: the one door, the models behind it, and what their work needs. */
export interface Room {
  session: string;
  door: Door;
  roster: Roster;
  bench: Workbench;
  local?: LocalKnowledge;
  /** `d1`, `d2`, …: unique in the session. */
  nextId(prefix: string): string;
  /** An emitter whose events say inside which call or pattern they happened. */
  within(id: string): Emit;
  /** How deep patterns stand inside one another: 0 where the human asked. */
  depth: number;
  /** Conversations that a leader began in this turn. */
  begun: { conversations: number };
  /** By delegation, so that a caller can object. */
  talks: Map<string, WorkerTalk>;
  /** What the human says while models talk. */
  human: HumanVoice;
  /** Asks the human between two rounds; absent where they do not want to be asked, or are not there. */
  steer?: Steer;
  /** What was answered before the pattern was stopped; absent where it cannot be gone on with. */
  memory?: Memory;
  panels: Panels;
  /** Of every pattern, where it is not given its own. */
  limits: Limits;
  routing: RoutingSettings;
}

/** The same room, inside one call or pattern. @throws {Failure} where that would be too deep. */
export function roomWithin(room: Room, id: string): Room {
  if (room.depth >= DEEPEST)
    throw new Failure(
      'bad-request',
      'Models that ask models that ask models: this goes no deeper. Answer by yourself.',
    );
  const emit = room.within(id);
  return { ...room, door: { ...room.door, emit }, bench: { ...room.bench, emit }, depth: room.depth + 1 };
}

/** What is asked of one model. */
export interface Question {
  model: ModelReference;
  system?: string;
  messages: readonly Message[];
  kind?: WorkKind;
  maxOutputTokens?: number;
  thinking?: ThinkingEffort;
  format?: JsonSchema;
  /** The window to answer in, tokens, where several questions are to share one; left out, what fits. */
  contextSize?: number;
  /** A form to be filled in: the pattern tells in words what it says. */
  formal?: boolean;
  /** Tools that it may use before it answers. */
  tools?: readonly AnyTool[];
  /** Exchanges at the most, where there are tools. */
  steps?: number;
}

/** Exchanges of one question at the most, where there are tools and nothing else is said. */
const STEPS = 8;
/** Patterns inside patterns: a worker's worker is the end of it. */
const DEEPEST = 3;

/** The provider of a model reference. @throws {Failure} where there is none. */
export async function providerOf(
  room: Room,
  reference: ModelReference,
): Promise<{ provider: LLMProvider; model: string }> {
  const { provider, model } = splitReference(reference);
  return { provider: await room.roster.get(provider), model };
}

/** A question of a pattern: paragraphs, to which what the human said meanwhile is added. */
export interface Prompt extends Omit<Question, 'messages'> {
  /** As what it speaks: the human may call it by that. */
  role?: string;
  /** What was said with it before. */
  earlier?: readonly Message[];
  /** What is empty is left out. */
  parts: readonly Paragraph[];
}

/** Words, and the images that belong to them, which go before all words of the prompt. */
export interface Material {
  text: string;
  images: readonly ImagePart[];
}

export type Paragraph = string | Material | false | undefined;

export function paragraphs(...parts: readonly Paragraph[]): string {
  const texts = parts.map((part) => (typeof part === 'object' ? part.text : part));
  return texts.filter(Boolean).join('\n\n');
}

function imagesAmong(parts: readonly Paragraph[]): ImagePart[] {
  return parts.flatMap((part) => (typeof part === 'object' ? part.images : []));
}

/**
 * Asks one model as {@link ask} does. What it answered before the pattern was stopped is not asked again; what the
 * human said counts as heard only once the model answered.
 */
export async function prompt(room: Room, wanted: Prompt, signal: AbortSignal): Promise<Prompted> {
  const { role, earlier = [], parts, ...question } = wanted;
  const { model, system, format } = question;
  const asking = { model, role, system, format, earlier, parts };
  const known = room.memory?.recall<Prompted>(asking);
  if (known) return known;
  const news = room.human.newsFor({ model, role });
  const asked = userMessage(paragraphs(...parts, news.text), imagesAmong(parts));
  const said = await ask(room, { ...question, messages: [...earlier, asked] }, signal);
  const answer = { ...said, asked };
  if (said.failure) return answer;
  news.heard();
  room.memory?.keep(asking, answer);
  return answer;
}

/** What was said in words, with a note where it was cut: nothing is cut in silence. */
export function wordsOf({ message, stop, model }: Exchanged): string {
  const text = message ? textOf(message).trim() : '';
  return stop === 'length' || stop === 'context-full'
    ? `${text}\n[cut off: ${model} reached the end of its ${stop === 'length' ? 'output limit' : 'window'}]`
    : text;
}

/** Asks the human between two rounds, where they want to be asked. @returns whether it goes on. */
export async function goesOn(
  { steer, human, memory }: Room,
  report: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (!steer || signal.aborted) return !signal.aborted;
  const question = { steer: report };
  const known = memory?.recall<Steering>(question);
  if (known) return known.answer !== 'end';
  const wanted = await steer(report, signal);
  if (signal.aborted) return false;
  memory?.keep(question, wanted);
  if (wanted.answer === 'say') human.say(wanted.text);
  return wanted.answer !== 'end';
}

/**
 * Asks one model and waits for its answer, tool calls included. How it failed is in the result; a model that
 * repeats itself is stopped, and what it said until then is kept.
 * @throws {Failure} only where there is no such provider.
 */
export async function ask(room: Room, question: Question, signal: AbortSignal): Promise<Exchanged> {
  const { provider, model } = await providerOf(room, question.model);
  const { tools = [], kind, formal, system, maxOutputTokens, thinking, format, contextSize } = question;
  // Who calls tools that were not offered is told so once.
  const steps = tools.length > 0 ? (question.steps ?? STEPS) : 2;
  const messages = [...question.messages];
  const bench = { ...room.bench, tools: new Map(tools.map((tool) => [tool.name, tool])) };
  const declarations = tools.length > 0 ? tools.map(declarationOf) : undefined;
  for (let step = 1; ; step++) {
    const guard = new RepetitionGuard(room.door.emit);
    const shape = { tools: declarations, maxOutputTokens, thinking, format, contextSize };
    const request = { model, system, messages, ...shape };
    const door = { ...room.door, kind, formal, emit: guard.emit };
    const said = await exchange(door, provider, request, AbortSignal.any([signal, guard.signal]));
    if (guard.signal.aborted && !signal.aborted) {
      const why = `${question.model} began to repeat itself and was stopped.`;
      return { ...said, failure: new Failure('cut-off', why) };
    }
    const calls = callsOf(said);
    if (!said.message || calls.all.length === 0 || (calls.run.length === 0 && !calls.again))
      return { ...said, failure: said.failure ?? refusalIn(said) };
    if (step === steps) {
      return {
        ...said,
        failure: new Failure('usage', `${question.model} was still calling tools after ${steps} steps.`),
      };
    }
    const results = tools.length > 0 ? await runToolCalls(bench, calls.run, question.model, signal) : [];
    const whyNotRun = tools.length > 0 ? calls.whyNotRun : 'There are no tools here. Answer in words.';
    messages.push(said.message, { role: 'tool', parts: answersTo(calls.all, results, whyNotRun) });
    if (signal.aborted) return { ...said, failure: Failure.stopped() };
  }
}
