import { randomBytes } from 'node:crypto';
import { Failure } from '../../conversation/failure.ts';
import type { AssistantMessage, ModelReference } from '../../conversation/message.ts';
import type { Reply, ReplyDelta, StopReason, Usage } from '../../conversation/reply.ts';
import { type EventReader, parseEvent, textIn } from '../event-stream.ts';
import { parseArguments } from '../transcript.ts';
import { type ErrorBody, errorEventFailure } from './failure.ts';
import type { Opaque } from './request.ts';

/** A chunk as one server or another sends it; OpenAI's own type knows half of these. */
interface Chunk extends ErrorBody {
  choices?: { delta?: Delta; message?: Delta; finish_reason?: string | null }[];
  usage?: WireUsage | null;
}

interface Delta {
  content?: string | ContentPart[] | null;
  refusal?: string | null;
  /** DeepSeek, llama.cpp, older vLLM. */
  reasoning_content?: string | null;
  /** OpenRouter, newer vLLM, Groq, LM Studio. */
  reasoning?: string | null;
  reasoning_details?: ReasoningDetail[];
  tool_calls?: CallPiece[] | null;
  function_call?: CallPiece['function'] | null;
}

/** Mistral: thinking and text beside each other. */
interface ContentPart {
  type?: string;
  text?: string;
  thinking?: { text?: string }[];
}

interface CallPiece {
  index?: number;
  id?: string | null;
  function?: { name?: string | null; arguments?: string | object | null } | null;
}

interface ReasoningDetail {
  type?: string;
  index?: number;
  text?: string | null;
  summary?: string | null;
}

interface WireUsage {
  prompt_tokens?: number;
  completion_tokens?: number;
  prompt_tokens_details?: { cached_tokens?: number | null } | null;
  completion_tokens_details?: { reasoning_tokens?: number | null } | null;
  /** DeepSeek. */
  prompt_cache_hit_tokens?: number;
}

interface Call {
  index: number | undefined;
  id: string;
  name: string;
  json: string;
}

/** Puts a reply together from its chunks. */
export class ReplyReader implements EventReader {
  #done = false;
  readonly #model: ModelReference;
  readonly #apiKey: string | undefined;
  #text = '';
  #thinking = '';
  #thinkingField: Opaque['field'] | undefined;
  readonly #details: ReasoningDetail[] = [];
  #refusal = '';
  readonly #calls: Call[] = [];
  #usage: WireUsage | undefined;
  #finish: string | undefined;

  /** @param apiKey only to be taken out of the service's own words. */
  constructor(model: ModelReference, apiKey: string | undefined) {
    this.#model = model;
    this.#apiKey = apiKey;
  }

  get finished(): boolean {
    return this.#done;
  }

  get usage(): Usage | undefined {
    return this.#usage && usageOf(this.#usage);
  }

  take(data: string, deltas: ReplyDelta[]): void {
    if (data === '[DONE]') {
      this.#done = true;
      return;
    }
    const chunk = parseEvent(data, this.#model) as Chunk;
    if (chunk.error || chunk.object === 'error') throw errorEventFailure(chunk, this.#model, this.#apiKey);
    if (chunk.usage) this.#usage = chunk.usage;
    const choice = chunk.choices?.[0];
    if (!choice) return;
    // Where no stream was to be had, the whole message stands in place of its pieces.
    const delta = choice.delta ?? choice.message;
    if (delta) this.#add(delta, deltas);
    if (choice.finish_reason) this.#finish = choice.finish_reason;
  }

  #add(delta: Delta, deltas: ReplyDelta[]): void {
    // Some servers send the same words under both names.
    const field = delta.reasoning_content ? 'reasoning_content' : 'reasoning';
    this.#think(textIn(delta[field]), field, deltas);
    for (const detail of delta.reasoning_details ?? []) addDetail(this.#details, detail);
    if (Array.isArray(delta.content)) {
      for (const part of delta.content) this.#addPart(part, deltas);
    } else this.#say(textIn(delta.content), deltas);
    this.#refusal += textIn(delta.refusal);
    for (const piece of delta.tool_calls ?? []) this.#addCall(piece, deltas);
    if (delta.function_call) this.#addCall({ index: 0, function: delta.function_call }, deltas);
  }

  #addPart({ type, text, thinking }: ContentPart, deltas: ReplyDelta[]): void {
    if (type === 'thinking') {
      for (const piece of thinking ?? []) this.#think(textIn(piece.text), undefined, deltas);
    } else this.#say(textIn(text), deltas);
  }

  #say(text: string, deltas: ReplyDelta[]): void {
    if (text === '') return;
    this.#text += text;
    deltas.push({ type: 'text', text });
  }

  /** @param field in which it is sent back; undefined where it is not. */
  #think(text: string, field: Opaque['field'] | undefined, deltas: ReplyDelta[]): void {
    if (text === '') return;
    this.#thinkingField ??= field;
    this.#thinking += text;
    deltas.push({ type: 'thinking', text });
  }

  #addCall({ index, id: given, function: written }: CallPiece, deltas: ReplyDelta[]): void {
    const { arguments: args } = written ?? {};
    const [id, name] = [textIn(given), textIn(written?.name)];
    let call = this.#callFor(index, id, name);
    if (!call) {
      call = { index, id: id || `call_${randomBytes(9).toString('base64url')}`, name, json: '' };
      this.#calls.push(call);
      deltas.push({ type: 'tool-call', id: call.id, name: call.name });
    }
    call.name ||= name;
    const json = typeof args === 'object' && args !== null ? JSON.stringify(args) : textIn(args);
    if (json !== '') {
      call.json += json;
      deltas.push({ type: 'tool-arguments', id: call.id, json });
    }
  }

  /** The call that a piece goes on with; undefined where it begins one. Some servers send no index, or always 0. */
  #callFor(index: number | undefined, id: string, name: string): Call | undefined {
    const open =
      index === undefined ? this.#calls.at(-1) : this.#calls.findLast((call) => call.index === index);
    if (!open || !name) return open;
    const begins = id ? id !== open.id : index === undefined || isWhole(open.json);
    return begins ? undefined : open;
  }

  reply(): Reply {
    if (!this.#done && this.#finish === undefined) {
      throw new Failure('cut-off', `${this.#model} ended its reply before it was complete. Ask again.`);
    }
    return {
      message: { role: 'assistant', model: this.#model, parts: this.#parts() },
      ...this.#ending(),
      ...(this.usage && { usage: this.usage }),
    };
  }

  #parts(): AssistantMessage['parts'] {
    const parts: AssistantMessage['parts'] = [];
    if (this.#thinking || this.#details.length > 0) {
      parts.push({ type: 'thinking', text: this.#thinking, ...this.#opaque() });
    }
    if (this.#text) parts.push({ type: 'text', text: this.#text });
    for (const { id, name, json } of this.#calls) {
      parts.push({ type: 'tool-call', id, name, ...parseArguments(json) });
    }
    return parts;
  }

  #opaque(): { opaque?: Opaque } {
    const details = this.#details.length > 0 ? this.#details : undefined;
    if (!this.#thinkingField && !details) return {};
    return { opaque: { field: this.#thinkingField ?? 'reasoning', ...(details && { details }) } };
  }

  #ending(): { stop: StopReason; stopDetail?: string } {
    if (this.#refusal) return { stop: 'refusal', stopDetail: this.#refusal };
    switch (this.#finish) {
      case 'length':
        return { stop: 'length' };
      case 'model_length':
        return { stop: 'context-full' };
      case 'content_filter':
        return { stop: 'blocked' };
      case 'error':
      case 'abort':
      case 'insufficient_system_resource':
        throw new Failure(
          'server-error',
          `${this.#model} broke off its reply (finish_reason "${this.#finish}"). Ask again.`,
        );
      default:
        return { stop: this.#calls.length > 0 ? 'tool-calls' : 'end' };
    }
  }
}

function isWhole(json: string): boolean {
  try {
    return typeof JSON.parse(json) === 'object';
  } catch {
    return false;
  }
}

/** Pieces of one detail are joined, as OpenRouter wants them back. */
function addDetail(details: ReasoningDetail[], piece: ReasoningDetail): void {
  const last = details.at(-1);
  if (
    !last ||
    last.type !== piece.type ||
    last.index !== piece.index ||
    piece.type === 'reasoning.encrypted'
  ) {
    details.push({ ...piece });
    return;
  }
  const { text, summary } = last;
  Object.assign(last, withoutNull(piece));
  if (piece.text) last.text = (text ?? '') + piece.text;
  if (piece.summary) last.summary = (summary ?? '') + piece.summary;
}

function withoutNull(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function usageOf(usage: WireUsage): Usage | undefined {
  if (usage.prompt_tokens === undefined && usage.completion_tokens === undefined) return undefined;
  return {
    inputTokens: usage.prompt_tokens ?? 0,
    cacheReadTokens: usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens,
    outputTokens: usage.completion_tokens ?? 0,
    thinkingTokens: usage.completion_tokens_details?.reasoning_tokens ?? undefined,
  };
}
