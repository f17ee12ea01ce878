import type Anthropic from '@anthropic-ai/sdk';
import { Failure } from '../../conversation/failure.ts';
import type { AssistantMessage, ModelReference } from '../../conversation/message.ts';
import type { Reply, ReplyDelta, StopReason, Usage } from '../../conversation/reply.ts';
import { type EventReader, parseEvent, textIn } from '../event-stream.ts';
import { argumentsIn, parseArguments } from '../transcript.ts';
import { errorEventFailure } from './failure.ts';
import type { Opaque } from './request.ts';

/** The events of the stream, with those that the SDK's type leaves out. */
type StreamEvent =
  | Anthropic.RawMessageStreamEvent
  | { type: 'ping' }
  | { type: 'error'; error?: { type?: string; message?: string } };

type ReplyPart = AssistantMessage['parts'][number];

/** Puts a reply together from its events. */
export class ReplyReader implements EventReader {
  readonly #model: ModelReference;
  readonly #apiKey: string | undefined;
  /** By the index of their blocks; blocks of a kind that was not asked for are passed over. */
  readonly #parts = new Map<number, ReplyPart>();
  /** The text of the arguments of the calls, by the index of their blocks. */
  readonly #json = new Map<number, string>();
  #open: ReplyPart | undefined;
  #usage: Partial<Anthropic.Usage> = {};
  #finished = false;
  #stop: string | null = null;
  #stopDetail: string | undefined;

  /** @param apiKey only to be taken out of the service's own words. */
  constructor(model: ModelReference, apiKey: string | undefined) {
    this.#model = model;
    this.#apiKey = apiKey;
  }

  get finished(): boolean {
    return this.#finished;
  }

  get usage(): Usage | undefined {
    const usage = this.#usage;
    if (usage.input_tokens === undefined && usage.output_tokens === undefined) return undefined;
    const read = usage.cache_read_input_tokens ?? undefined;
    const written = usage.cache_creation_input_tokens ?? undefined;
    return {
      inputTokens: (usage.input_tokens ?? 0) + (read ?? 0) + (written ?? 0),
      cacheReadTokens: read,
      cacheWriteTokens: written,
      outputTokens: usage.output_tokens ?? 0,
      thinkingTokens: usage.output_tokens_details?.thinking_tokens,
    };
  }

  take(data: string, deltas: ReplyDelta[]): void {
    const delta = this.#takeEvent(parseEvent(data, this.#model) as StreamEvent);
    if (delta) deltas.push(delta);
  }

  #takeEvent(event: StreamEvent): ReplyDelta | undefined {
    switch (event.type) {
      case 'message_start':
        this.#count(event.message.usage);
        return undefined;
      case 'content_block_start':
        return this.#begin(event.index, event.content_block);
      case 'content_block_delta':
        return this.#continue(event.index, event.delta);
      case 'content_block_stop':
        this.#open = undefined;
        return undefined;
      case 'message_delta':
        this.#count(event.usage);
        this.#stop = event.delta.stop_reason;
        this.#stopDetail = refusalDetail(event.delta.stop_details);
        return undefined;
      case 'message_stop':
        this.#finished = true;
        return undefined;
      case 'ping':
        return this.#signOfLife();
      case 'error':
        throw errorEventFailure(event.error, this.#model, this.#apiKey);
    }
  }

  #begin(index: number, block: Anthropic.RawContentBlockStartEvent['content_block']): ReplyDelta | undefined {
    const part = partFor(block);
    if (!part) return undefined;
    this.#parts.set(index, part);
    this.#open = part;
    if (part.type === 'tool-call') return { type: 'tool-call', id: part.id, name: part.name };
    return part.text ? { type: part.type, text: part.text } : undefined;
  }

  #continue(index: number, delta: Anthropic.RawContentBlockDelta): ReplyDelta | undefined {
    const part = this.#parts.get(index);
    if (delta.type === 'text_delta' && part?.type === 'text') {
      const text = textIn(delta.text);
      part.text += text;
      return { type: 'text', text };
    }
    if (delta.type === 'thinking_delta' && part?.type === 'thinking') {
      const text = textIn(delta.thinking);
      part.text += text;
      return { type: 'thinking', text };
    }
    if (delta.type === 'signature_delta' && part?.type === 'thinking') {
      part.opaque = { signature: delta.signature } satisfies Opaque;
    }
    if (delta.type === 'input_json_delta' && part?.type === 'tool-call') {
      const json = textIn(delta.partial_json);
      if (json === '') return undefined;
      this.#json.set(index, (this.#json.get(index) ?? '') + json);
      return { type: 'tool-arguments', id: part.id, json };
    }
    return undefined;
  }

  /** Thinking that is not shown and arguments that are held back may take minutes, with only pings to hear. */
  #signOfLife(): ReplyDelta | undefined {
    if (this.#open?.type === 'thinking') return { type: 'progress', note: 'thinking' };
    const call = this.#open?.type === 'tool-call' && this.#open.name;
    return call ? { type: 'progress', note: `writing a call of ${call}` } : undefined;
  }

  /** Later figures replace earlier ones: they count from the beginning of the reply. */
  #count(usage: Partial<Anthropic.Usage | Anthropic.MessageDeltaUsage> | undefined): void {
    for (const [name, value] of Object.entries(usage ?? {})) {
      if (value !== null) Object.assign(this.#usage, { [name]: value });
    }
  }

  reply(): Reply {
    if (!this.#finished) {
      throw new Failure('cut-off', `${this.#model} ended its reply before it was complete. Ask again.`);
    }
    for (const [index, json] of this.#json) Object.assign(this.#parts.get(index)!, parseArguments(json));
    const parts = [...this.#parts.values()];
    const message: AssistantMessage = {
      role: 'assistant',
      model: this.#model,
      parts: parts.filter((part) => part.type !== 'text' || part.text !== ''),
    };
    return {
      message,
      stop: stopReason(this.#stop, message),
      ...(this.#stopDetail && { stopDetail: this.#stopDetail }),
      ...(this.usage && { usage: this.usage }),
    };
  }
}

function partFor(block: Anthropic.RawContentBlockStartEvent['content_block']): ReplyPart | undefined {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: textIn(block.text) };
    case 'thinking':
      return { type: 'thinking', text: textIn(block.thinking) };
    case 'redacted_thinking':
      return { type: 'thinking', text: '', opaque: { redacted: block.data } satisfies Opaque };
    case 'tool_use':
      return {
        type: 'tool-call',
        id: textIn(block.id),
        name: textIn(block.name),
        ...argumentsIn(block.input),
      };
    default:
      return undefined;
  }
}

function stopReason(reason: string | null, message: AssistantMessage): StopReason {
  switch (reason as Anthropic.StopReason | null) {
    case 'end_turn':
    case 'stop_sequence':
      return 'end';
    case 'tool_use':
      return 'tool-calls';
    case 'max_tokens':
      return 'length';
    case 'model_context_window_exceeded':
      return 'context-full';
    case 'pause_turn':
      return 'pause';
    case 'refusal':
      return 'refusal';
    default:
      return message.parts.some((part) => part.type === 'tool-call') ? 'tool-calls' : 'end';
  }
}

function refusalDetail(details: Anthropic.RefusalStopDetails | null | undefined): string | undefined {
  const { category, explanation } = details ?? {};
  if (explanation && category) return `${explanation} (${category})`;
  return explanation ?? category ?? undefined;
}
