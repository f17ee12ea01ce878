import type { LLMProvider, ThinkingEffort } from '../providers/base.ts';
import { callsOf } from './calls.ts';
import type { Context } from './context.ts';
import type { Emit, EventBody } from './event.ts';
import { type Door, exchange } from './exchange.ts';
import { Failure, type FailureKind } from './failure.ts';
import { type ImagePart, type TextPart, textOf, type UserMessage, userMessage } from './message.ts';
import type { News } from './news.ts';
import type { Usage } from './reply.ts';
import { runToolCalls, type Workbench } from './tool-run.ts';
import { Deeds, Tally } from './turn-account.ts';
import { type Ending, endingOf, pausedForGood, stoppedWith } from './turn-ending.ts';

/** How often a model may stumble over the form of a tool call before the turn fails. */
const STUMBLES_ALLOWED = 2;
/** How often a provider may ask to have the conversation sent back before the turn fails. */
const PAUSES_ALLOWED = 5;
/** The same messages would fail the same way for ever: the conversation goes on without them. */
const HOPELESS: ReadonlySet<FailureKind> = new Set(['context-exceeded', 'bad-request', 'refused']);

export interface TurnSurroundings {
  door: Door;
  bench: Workbench;
  context: Context;
  /** What happened since the last turn that the model should know; sent before the text. */
  news: News;
  provider: LLMProvider;
  /** Without the provider. */
  model: string;
  thinking?: ThinkingEffort;
  maxOutputTokens?: number;
  /** Exchanges at the most. */
  stepLimit: number;
}

export interface TurnInput {
  text: string;
  images?: ImagePart[];
}

export interface TurnResult extends Ending {
  seconds: number;
  usage: Usage;
  /** Dollars; undefined where a price is unknown. */
  cost?: number;
}

/**
 * A human message and what follows: exchanges and tool calls in alternation until the model answers without
 * a call. Never throws; the context is left such that the conversation can go on, whatever happened.
 */
export async function runTurn(
  turn: TurnSurroundings,
  input: TurnInput,
  signal: AbortSignal,
): Promise<TurnResult> {
  const { door, bench, context, news } = turn;
  const { emit, clock } = door;
  const started = clock.now();
  const model = `${turn.provider.getProviderName()}:${turn.model}`;
  emit({ type: 'turn.started', text: input.text, images: input.images?.length ?? 0, model });

  const mark = context.mark();
  const told = news.take();
  const tally = new Tally();
  const deeds = new Deeds(bench.tools);
  context.add(opening(input, told.texts));
  const observed = {
    ...turn,
    door: { ...door, emit: heardBy(tally.listen, emit) },
    bench: { ...bench, emit: heardBy(deeds.listen, bench.emit) },
  };
  const ending = await converse(observed, signal);
  if (ending.failure && HOPELESS.has(ending.failure.kind)) {
    context.rollback(mark);
    told.putBack();
    if (deeds.told)
      news.add(`A turn was taken out of the conversation. What it did stays done: ${deeds.told}.`);
    const stays = deeds.told ? ' What it did stays done.' : '';
    const text = `This turn was taken out of the conversation, so that it can go on.${stays}`;
    emit({ type: 'notice', level: 'info', text });
  }
  const result: TurnResult = {
    ...ending,
    seconds: (clock.now() - started) / 1000,
    usage: tally.usage,
    cost: tally.cost,
  };
  emit({ type: 'turn.ended', ...result, failure: result.failure?.report() });
  return result;
}

async function converse(turn: TurnSurroundings, signal: AbortSignal): Promise<Ending> {
  const { door, bench, context } = turn;
  let stumbles = 0;
  let pauses = 0;
  let text = '';
  /** What was said before a pause: the next reply goes on with it. */
  let begun = '';
  for (let step = 1; step <= turn.stepLimit; step++) {
    const said = await exchange(door, turn.provider, requestOf(turn), signal);
    if (said.message) context.add(said.message);
    const more = said.message ? textOf(said.message) : '';
    text = begun + more;
    begun = '';
    if (said.failure) return stoppedWith(said.failure, text);
    if (said.usage) context.measured(said.model, said.usage);

    const calls = callsOf(said);
    if (calls.all.length > 0) {
      const results = await runToolCalls(bench, calls.run, said.model, signal);
      context.answerCalls(results, calls.whyNotRun);
      if (signal.aborted) return stoppedWith(Failure.stopped(), text);
    }
    if (calls.again) {
      if (++stumbles > STUMBLES_ALLOWED) return endingOf(said, text, door);
      if (calls.all.length === 0) context.add(userMessage(UNREADABLE_CALL));
    } else if (said.stop === 'pause' && calls.all.length === 0) {
      const nothingNew = more.trim() === '';
      if (nothingNew || ++pauses > PAUSES_ALLOWED) return pausedForGood(said.model, text);
      begun = text;
    } else if (calls.run.length === 0) {
      return endingOf(said, text, door);
    }
  }
  const failure = new Failure(
    'usage',
    `Stopped after ${turn.stepLimit} steps. Say "go on" to continue, or raise limits.steps.`,
  );
  return { outcome: 'step-limit', text, failure };
}

const UNREADABLE_CALL =
  'Your last tool call could not be read. Make it again, as valid JSON for one of the tools.';

function requestOf(turn: TurnSurroundings) {
  const { context } = turn;
  return {
    model: turn.model,
    system: context.system,
    messages: context.messages,
    tools: context.tools,
    thinking: turn.thinking,
    maxOutputTokens: turn.maxOutputTokens,
  };
}

function opening(input: TurnInput, told: readonly string[]): UserMessage {
  const news = told.map((text): TextPart => ({ type: 'text', text: `[${text}]\n` }));
  return { role: 'user', parts: [...(input.images ?? []), ...news, { type: 'text', text: input.text }] };
}

function heardBy(listen: (event: EventBody) => void, emit: Emit): Emit {
  return (event) => {
    listen(event);
    emit(event);
  };
}
