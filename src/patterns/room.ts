import { answersTo, callsOf } from '../conversation/calls.ts';
import type { Emit } from '../conversation/event.ts';
import { type Door, type Exchanged, exchange } from '../conversation/exchange.ts';
import { Failure } from '../conversation/failure.ts';
import { type Message, type ModelReference, splitReference } from '../conversation/message.ts';
import { runToolCalls, type Workbench } from '../conversation/tool-run.ts';
import type { WorkKind } from '../conversation/work.ts';
import type { LocalKnowledge } from '../local/knowledge.ts';
import type { JsonSchema, LLMProvider, ThinkingEffort } from '../providers/base.ts';
import type { Roster } from '../providers/roster.ts';
import type { AnyTool } from '../tools/base.ts';
import { declarationOf } from '../tools/index.ts';
import type { HumanVoice, Steer } from './human.ts';
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
  /** By delegation, so that a caller can object. */
  talks: Map<string, WorkerTalk>;
  /** What the human says while models talk. */
  human: HumanVoice;
  /** Asks the human between two rounds; absent where they do not want to be asked, or are not there. */
  steer?: Steer;
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

/**
 * Asks one model and waits for its answer, tool calls included. How it failed is in the result; a model that
 * repeats itself is stopped, and what it said until then is kept.
 * @throws {Failure} only where there is no such provider.
 */
export async function ask(room: Room, question: Question, signal: AbortSignal): Promise<Exchanged> {
  const { provider, model } = await providerOf(room, question.model);
  const { tools = [], steps = STEPS, kind, system, maxOutputTokens, thinking, format } = question;
  const messages = [...question.messages];
  const bench = { ...room.bench, tools: new Map(tools.map((tool) => [tool.name, tool])) };
  const declarations = tools.length > 0 ? tools.map(declarationOf) : undefined;
  for (let step = 1; ; step++) {
    const guard = new RepetitionGuard(room.door.emit);
    const request = { model, system, messages, tools: declarations, maxOutputTokens, thinking, format };
    const door = { ...room.door, kind, emit: guard.emit };
    const said = await exchange(door, provider, request, AbortSignal.any([signal, guard.signal]));
    if (guard.signal.aborted && !signal.aborted) {
      const why = `${question.model} began to repeat itself and was stopped.`;
      return { ...said, failure: new Failure('cut-off', why) };
    }
    const calls = callsOf(said);
    if (!said.message || calls.all.length === 0 || (calls.run.length === 0 && !calls.again)) return said;
    if (step === steps) {
      return {
        ...said,
        failure: new Failure('usage', `${question.model} was still calling tools after ${steps} steps.`),
      };
    }
    const results = await runToolCalls(bench, calls.run, question.model, signal);
    messages.push(said.message, { role: 'tool', parts: answersTo(calls.all, results, calls.whyNotRun) });
    if (signal.aborted) return { ...said, failure: Failure.stopped() };
  }
}
