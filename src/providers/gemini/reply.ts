import { randomBytes } from 'node:crypto';
import type { GenerateContentResponse, GenerateContentResponseUsageMetadata, Part } from '@google/genai';
import { Failure } from '../../conversation/failure.ts';
import type { AssistantMessage, ModelReference } from '../../conversation/message.ts';
import type { Reply, ReplyDelta, StopReason, Usage } from '../../conversation/reply.ts';
import { type EventReader, parseEvent, textIn } from '../event-stream.ts';
import { argumentsIn } from '../transcript.ts';
import { type ErrorBody, errorEventFailure } from './failure.ts';
import type { Opaque } from './request.ts';

type ReplyPart = AssistantMessage['parts'][number];
type StreamEvent = Partial<GenerateContentResponse> & ErrorBody;

/** Puts a reply together from its events. The service has no last one: the stream just ends. */
export class ReplyReader implements EventReader {
  readonly finished = false;
  readonly #model: ModelReference;
  readonly #apiKey: string | undefined;
  readonly #parts: ReplyPart[] = [];
  #usage: GenerateContentResponseUsageMetadata | undefined;
  #finish: string | undefined;
  #finishMessage: string | undefined;
  #promptBlock: string | undefined;

  /** @param apiKey only to be taken out of the service's own words. */
  constructor(model: ModelReference, apiKey: string | undefined) {
    this.#model = model;
    this.#apiKey = apiKey;
  }

  take(data: string, deltas: ReplyDelta[]): void {
    const event = parseEvent(data, this.#model) as StreamEvent;
    if (event.error) throw errorEventFailure(event.error, this.#model, this.#apiKey);
    if (event.usageMetadata) this.#usage = event.usageMetadata;
    const block = event.promptFeedback;
    if (block?.blockReason) this.#promptBlock = detailOf(block.blockReason, block.blockReasonMessage);
    const candidate = event.candidates?.[0];
    if (!candidate) return;
    for (const part of candidate.content?.parts ?? []) this.#add(part, deltas);
    if (candidate.finishReason) {
      this.#finish = candidate.finishReason;
      this.#finishMessage = candidate.finishMessage;
    }
  }

  #add(part: Part, deltas: ReplyDelta[]): void {
    if (part.functionCall) {
      this.#addCall(part, deltas);
      return;
    }
    const { thoughtSignature: signature } = part;
    const text = textIn(part.text);
    if (text === '' && signature === undefined) return;
    const type = part.thought ? 'thinking' : 'text';
    if (text) deltas.push({ type, text });
    const last = this.#parts.at(-1);
    // A part with a signature is sent back as it came, so nothing may be joined to it.
    if (last?.type === type && last.opaque === undefined && signature === undefined) last.text += text;
    else this.#parts.push({ type, text, ...keeping({ signature }) });
  }

  /** Calls come whole here. */
  #addCall({ functionCall, thoughtSignature: signature }: Part, deltas: ReplyDelta[]): void {
    const { args } = functionCall ?? {};
    const [given, name] = [textIn(functionCall?.id), textIn(functionCall?.name)];
    const id = given || `call_${randomBytes(9).toString('base64url')}`;
    const read = argumentsIn(args);
    this.#parts.push({
      type: 'tool-call',
      id,
      name,
      ...read,
      ...keeping({ signature, id: given || undefined }),
    });
    const json = read.invalidArgs ?? JSON.stringify(read.args);
    deltas.push({ type: 'tool-call', id, name }, { type: 'tool-arguments', id, json });
  }

  get usage(): Usage | undefined {
    return this.#usage && usageOf(this.#usage);
  }

  reply(): Reply {
    if (this.#finish === undefined && this.#promptBlock === undefined) {
      throw new Failure('cut-off', `${this.#model} ended its reply before it was complete. Ask again.`);
    }
    return {
      message: { role: 'assistant', model: this.#model, parts: this.#parts },
      ...this.#ending(),
      ...(this.usage && { usage: this.usage }),
    };
  }

  #ending(): { stop: StopReason; stopDetail?: string } {
    if (this.#promptBlock !== undefined) {
      return { stop: 'blocked', stopDetail: `the prompt was blocked, ${this.#promptBlock}` };
    }
    const finish = this.#finish ?? '';
    const stop = STOP_REASONS[finish] ?? 'end';
    if (stop !== 'end') return { stop, stopDetail: detailOf(finish, this.#finishMessage) };
    return { stop: this.#parts.some((part) => part.type === 'tool-call') ? 'tool-calls' : 'end' };
  }
}

/** Every reason that is more than a natural end; a reply with calls ends naturally, too. */
const STOP_REASONS: Record<string, StopReason> = {
  MAX_TOKENS: 'length',
  // More would come for a token that only the next request could carry.
  CONTINUATION: 'length',
  SAFETY: 'blocked',
  RECITATION: 'blocked',
  LANGUAGE: 'blocked',
  OTHER: 'blocked',
  BLOCKLIST: 'blocked',
  PROHIBITED_CONTENT: 'blocked',
  SPII: 'blocked',
  MODEL_ARMOR: 'blocked',
  IMAGE_SAFETY: 'blocked',
  IMAGE_PROHIBITED_CONTENT: 'blocked',
  IMAGE_RECITATION: 'blocked',
  IMAGE_OTHER: 'blocked',
  MALFORMED_FUNCTION_CALL: 'malformed-call',
  MALFORMED_RESPONSE: 'malformed-call',
  UNEXPECTED_TOOL_CALL: 'malformed-call',
  TOO_MANY_TOOL_CALLS: 'malformed-call',
};

function detailOf(reason: string, message: string | undefined): string {
  return message ? `${reason}: ${message}` : reason;
}

function keeping(opaque: Opaque): { opaque?: Opaque } {
  const { signature, id } = opaque;
  if (signature === undefined && id === undefined) return {};
  return { opaque: { ...(signature !== undefined && { signature }), ...(id !== undefined && { id }) } };
}

function usageOf(usage: GenerateContentResponseUsageMetadata): Usage {
  const thinkingTokens = usage.thoughtsTokenCount;
  return {
    inputTokens: (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0),
    cacheReadTokens: usage.cachedContentTokenCount,
    outputTokens: (usage.candidatesTokenCount ?? 0) + (thinkingTokens ?? 0),
    thinkingTokens,
  };
}
