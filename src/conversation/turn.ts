import type { LLMProvider, ThinkingEffort } from '../providers/base.ts';
import type { Context } from './context.ts';
import type { EventOf } from './event.ts';
import { type Door, type Exchanged, exchange } from './exchange.ts';
import { Failure } from './failure.ts';
import { type ImagePart, type TextPart, textOf, toolCallsOf, type UserMessage } from './message.ts';
import type { Usage } from './reply.ts';
import { runToolCalls, type Workbench } from './tool-run.ts';

/** How often a model may stumble over the form of a tool call before the turn fails. */
const MALFORMED_CALLS_ALLOWED = 2;

export interface TurnSurroundings {
  door: Door;
  bench: Workbench;
  context: Context;
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
  /** What happened since the last turn that the model should know; sent before the text. */
  news?: string[];
}

export interface TurnResult {
  outcome: EventOf<'turn.ended'>['outcome'];
  /** The text of the last message; empty where there is none. */
  text: string;
  failure?: Failure;
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
  const { door, context, provider } = turn;
  const { emit, clock } = door;
  const started = clock.now();
  const model = `${provider.getProviderName()}:${turn.model}`;
  emit({ type: 'turn.started', text: input.text, images: input.images?.length ?? 0, model });

  const mark = context.mark();
  const tally = new Tally();
  context.add(opening(input));
  const ending = await converse(turn, tally, signal);
  if (ending.failure?.kind === 'context-exceeded' || ending.failure?.kind === 'bad-request') {
    // The same messages would fail the same way for ever: the conversation goes on without them.
    context.rollback(mark);
    emit({
      type: 'notice',
      level: 'info',
      text: 'This turn was taken out of the conversation, so that it can go on.',
    });
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

type Ending = Pick<TurnResult, 'outcome' | 'text' | 'failure'>;

async function converse(turn: TurnSurroundings, tally: Tally, signal: AbortSignal): Promise<Ending> {
  const { door, bench, context } = turn;
  let malformed = 0;
  let text = '';
  for (let step = 1; step <= turn.stepLimit; step++) {
    const said = await exchange(door, turn.provider, requestOf(turn), signal);
    tally.add(said);
    if (said.usage) context.measured(said.model, said.usage);
    if (said.message) {
      context.add(said.message);
      text = textOf(said.message);
    }
    if (said.failure) {
      return { outcome: said.failure.kind === 'stopped' ? 'stopped' : 'failed', text, failure: said.failure };
    }

    const calls = said.message ? toolCallsOf(said.message) : [];
    if (calls.length > 0) {
      const results = await runToolCalls(bench, calls, said.model, signal);
      context.answerCalls(results, 'Not run: the human stopped the turn.');
      if (signal.aborted) return { outcome: 'stopped', text, failure: Failure.stopped() };
      continue;
    }
    if (said.stop === 'pause') continue;
    if (said.stop === 'malformed-call' && ++malformed <= MALFORMED_CALLS_ALLOWED) {
      context.add({
        role: 'user',
        parts: [
          {
            type: 'text',
            text: 'Your last tool call could not be read. Make it again, as valid JSON for one of the tools.',
          },
        ],
      });
      continue;
    }
    return answered(said, text, door);
  }
  const failure = new Failure(
    'usage',
    `Stopped after ${turn.stepLimit} steps. Say "go on" to continue, or raise limits.steps.`,
  );
  return { outcome: 'step-limit', text, failure };
}

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

/** The model said what it had to say: what kind of ending was it? */
function answered(said: Exchanged, text: string, door: Door): Ending {
  const detail = said.stopDetail ? `: ${said.stopDetail}` : '';
  switch (said.stop) {
    case 'refusal':
      return failedWith(
        'refused',
        `${said.model} declined to answer${detail}. Put it differently, or ask another model.`,
        text,
      );
    case 'blocked':
      return failedWith(
        'refused',
        `The provider's filter withheld the reply of ${said.model}${detail}. Put it differently, or ask another model.`,
        text,
      );
    case 'malformed-call':
      return failedWith(
        'malformed',
        `${said.model} wrote tool calls that its provider could not read${detail}. Ask again, or choose another model.`,
        text,
      );
    case 'context-full':
      return failedWith(
        'context-exceeded',
        `The window of ${said.model} ran full in the middle of its reply. /clear starts afresh, or choose a model with a larger window.`,
        text,
      );
    case 'length':
      door.emit({
        type: 'notice',
        level: 'warning',
        text: `${said.model} reached its limit on output: the reply ends early. Say "go on" to continue.`,
      });
      return { outcome: 'answered', text };
    default:
      if (text.trim() === '')
        return failedWith(
          'malformed',
          `${said.model} ended its turn without saying anything. Ask again, or choose another model.`,
          text,
        );
      return { outcome: 'answered', text };
  }
}

function failedWith(kind: Failure['kind'], message: string, text: string): Ending {
  return { outcome: 'failed', text, failure: new Failure(kind, message) };
}

function opening(input: TurnInput): UserMessage {
  const news: TextPart[] = (input.news ?? []).map((text) => ({ type: 'text', text: `[${text}]\n` }));
  return { role: 'user', parts: [...(input.images ?? []), ...news, { type: 'text', text: input.text }] };
}

/** Tokens and money of a turn. The cost is unknown as soon as one part of it is. */
class Tally {
  readonly usage: Usage = { inputTokens: 0, outputTokens: 0 };
  #cost: number | undefined = 0;

  add(said: Exchanged): void {
    const { usage } = said;
    if (!usage) return;
    this.usage.inputTokens += usage.inputTokens;
    this.usage.outputTokens += usage.outputTokens;
    for (const key of ['cacheReadTokens', 'cacheWriteTokens', 'thinkingTokens'] as const) {
      const tokens = usage[key];
      if (tokens !== undefined) this.usage[key] = (this.usage[key] ?? 0) + tokens;
    }
    this.#cost = this.#cost === undefined || said.cost === undefined ? undefined : this.#cost + said.cost;
  }

  get cost(): number | undefined {
    return this.#cost;
  }
}
