import { randomUUID } from 'node:crypto';
import { Failure } from '../../conversation/failure.ts';
import type { AssistantMessage, ModelReference, ToolCallPart } from '../../conversation/message.ts';
import type { ReplyDelta, StopReason, Usage } from '../../conversation/reply.ts';
import { misshapen, textIn } from '../event-stream.ts';
import { argumentsIn } from '../transcript.ts';
import type { ChatLine, WireToolCall } from './wire.ts';
import { mayBecomeCall, writtenCalls } from './written-call.ts';

/** How a server says that it could not parse what the model wrote as a tool call (Ollama's own words, by parser). */
const UNREADABLE_CALL =
  /pars\w* tool call|tool call.*(pars|json)|XML syntax error|invalid character .* (looking|after)/i;

/** The server's own error in the middle of a stream. */
export class StreamError extends Error {}

type SpokenDelta = Exclude<ReplyDelta, { type: 'reply' }>;

/** Puts a reply together from its lines. */
export class ReplyReader {
  readonly #reference: ModelReference;
  /** Names of the tools on offer; a call written as text may name only these. */
  readonly #offered: ReadonlySet<string>;
  readonly #parts: AssistantMessage['parts'] = [];
  /** Text that may still turn out to be a tool call; undefined once that is out of the question. */
  #held: string | undefined;
  #toldOfHolding = false;
  #unreadableCall: string | undefined;
  /** The last line, once it has come. */
  last: ChatLine | undefined;
  /** What ends the reply before its time, once it is known; what was said before it is among the deltas. */
  broken: Failure | StreamError | undefined;

  /** @param offered left empty where text must stay text. */
  constructor(reference: ModelReference, offered: ReadonlySet<string>) {
    this.#reference = reference;
    this.#offered = offered;
    this.#held = offered.size > 0 ? '' : undefined;
  }

  /**
   * What the lines of one network chunk say. Neighbouring pieces of text are one delta: they arrived together,
   * and all the way to the screen a delta costs more than its letters. Look at `broken` afterwards.
   */
  read(lines: readonly string[]): SpokenDelta[] {
    const deltas: SpokenDelta[] = [];
    for (const text of lines) {
      const line = parseLine(text);
      if (!line) this.broken = notALine(text, this.#reference);
      else if (line.error !== undefined) this.#failed(line.error);
      else this.#takeSafely(line.message, deltas);
      if (this.broken) {
        this.#release(deltas);
        break;
      }
      if (line?.done || this.#unreadableCall !== undefined) {
        this.#settle(deltas);
        this.last = line;
        break;
      }
    }
    return deltas;
  }

  /** The last line of a reply that came to its end, with whatever figures the server gave. */
  get figures(): ChatLine | undefined {
    return this.last?.done ? this.last : undefined;
  }

  get message(): AssistantMessage {
    return { role: 'assistant', model: this.#reference, parts: this.#parts };
  }

  /**
   * @param contextSize tokens of the window, where it is known.
   * @param limitedByWindow whether the limit on output was what was left of the window.
   */
  stop(contextSize: number | undefined, limitedByWindow: boolean): { stop: StopReason; stopDetail?: string } {
    if (this.#unreadableCall !== undefined) {
      return { stop: 'malformed-call', stopDetail: this.#unreadableCall };
    }
    if (this.#parts.some((part) => part.type === 'tool-call')) return { stop: 'tool-calls' };
    const { done_reason, prompt_eval_count = 0, eval_count = 0 } = this.last ?? {};
    // Past the window's end the server drops half of the conversation and lets the model write on.
    const wroteOn = contextSize !== undefined && prompt_eval_count + eval_count > contextSize;
    if (wroteOn || (done_reason === 'length' && limitedByWindow)) {
      return { stop: 'context-full', stopDetail: `its window holds ${contextSize} tokens` };
    }
    return { stop: done_reason === 'length' ? 'length' : 'end' };
  }

  get usage(): Usage | undefined {
    const { prompt_eval_count, prompt_eval_cached_count, eval_count } = this.figures ?? {};
    if (prompt_eval_count === undefined && eval_count === undefined) return undefined;
    return {
      inputTokens: prompt_eval_count ?? 0,
      outputTokens: eval_count ?? 0,
      ...(prompt_eval_cached_count !== undefined && { cacheReadTokens: prompt_eval_cached_count }),
    };
  }

  #takeSafely(message: ChatLine['message'], deltas: SpokenDelta[]): void {
    try {
      this.#take(message, deltas);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.broken = misshapen(this.#reference, error);
    }
  }

  #take(message: ChatLine['message'], deltas: SpokenDelta[]): void {
    const { tool_calls } = message ?? {};
    const thinking = textIn(message?.thinking);
    const content = textIn(message?.content);
    if (thinking) this.#say('thinking', thinking, deltas);
    if (content) this.#hear(content, deltas);
    for (const call of tool_calls ?? []) this.#call(partOf(call), deltas);
  }

  #hear(text: string, deltas: SpokenDelta[]): void {
    if (this.#held === undefined) {
      this.#say('text', text, deltas);
      return;
    }
    this.#held += text;
    if (!mayBecomeCall(this.#held)) this.#release(deltas);
    else if (this.#held.trim() && !this.#toldOfHolding) {
      this.#toldOfHolding = true;
      deltas.push({ type: 'progress', note: `${this.#reference} writes what may be a tool call …` });
    }
  }

  #release(deltas: SpokenDelta[]): void {
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#say('text', held, deltas);
  }

  /** At the end, what was held back is a call, or was text after all. */
  #settle(deltas: SpokenDelta[]): void {
    const calls = this.#held && writtenCalls(this.#held, this.#offered);
    if (calls) this.#held = undefined;
    this.#release(deltas);
    for (const { name, args } of calls || []) {
      this.#call({ type: 'tool-call', id: newId(), name, args }, deltas);
    }
  }

  #say(type: 'text' | 'thinking', text: string, deltas: SpokenDelta[]): void {
    const delta = deltas.at(-1);
    if (delta?.type === type) delta.text += text;
    else deltas.push({ type, text });
    const part = this.#parts.at(-1);
    if (part?.type === type) part.text += text;
    else this.#parts.push({ type, text });
  }

  #call(part: ToolCallPart, deltas: SpokenDelta[]): void {
    // A call beside the text settles that the text is text.
    this.#release(deltas);
    this.#parts.push(part);
    const { id, name } = part;
    deltas.push({ type: 'tool-call', id, name });
    deltas.push({ type: 'tool-arguments', id, json: part.invalidArgs ?? JSON.stringify(part.args) });
  }

  #failed(error: unknown): void {
    const words = typeof error === 'string' ? error : JSON.stringify(error);
    if (UNREADABLE_CALL.test(words)) this.#unreadableCall = words;
    else this.broken = new StreamError(words);
  }
}

function parseLine(text: string): ChatLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null && !Array.isArray(line) ? line : undefined;
  } catch {
    return undefined;
  }
}

function notALine(text: string, reference: ModelReference): Failure {
  return new Failure(
    'malformed',
    /^\s*</.test(text)
      ? `A web page came instead of the answer of ${reference}. Check base_url: it has to lead to Ollama itself, not to a page or a proxy's sign-in.`
      : `${reference} sent a line that is no JSON: ${text.slice(0, 80)}. Ask again; if it stays, check that base_url leads to Ollama.`,
  );
}

function partOf({ id, function: called }: WireToolCall): ToolCallPart {
  const { name, arguments: args } = called;
  return { type: 'tool-call', id: id || newId(), name: textIn(name), ...argumentsIn(args) };
}

/** Older servers give calls no id, and calls written as text have none. */
function newId(): string {
  return `call_${randomUUID().slice(0, 8)}`;
}
