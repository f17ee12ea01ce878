/**
 * What people and models say to each other, in a form that no provider owns.
 * Each provider translates it to its own wire format and back; see `providers/transcript.ts` for what
 * changes when a conversation moves from one model to another.
 */

/** `provider:model`, split at the first colon: `ollama:qwen2.5-coder:7b`. */
export type ModelReference = string;

export interface TextPart {
  type: 'text';
  text: string;
  /** What the model's provider wants back unchanged with this part; meaningless to every other model. */
  opaque?: unknown;
}

export interface ImagePart {
  type: 'image';
  /** For instance `image/png`. */
  mediaType: string;
  /** Base64. */
  data: string;
}

export interface ThinkingPart {
  type: 'thinking';
  /** May be empty where the provider keeps the thinking to itself. */
  text: string;
  opaque?: unknown;
}

export interface ToolCallPart {
  type: 'tool-call';
  id: string;
  name: string;
  /** The arguments as parsed JSON; `{}` where they did not parse. */
  args: Record<string, unknown>;
  /** The text of the arguments, where it is not a JSON object. */
  invalidArgs?: string;
  opaque?: unknown;
}

export interface ToolResultPart {
  type: 'tool-result';
  /** The `id` of the call that it answers. */
  callId: string;
  name: string;
  content: (TextPart | ImagePart)[];
  isError?: boolean;
}

export type Part = TextPart | ImagePart | ThinkingPart | ToolCallPart | ToolResultPart;

export interface UserMessage {
  role: 'user';
  parts: (TextPart | ImagePart)[];
}

export interface AssistantMessage {
  role: 'assistant';
  /** Who said it: decides whether `opaque` parts may be sent along. */
  model: ModelReference;
  parts: (TextPart | ThinkingPart | ToolCallPart)[];
}

/** The answers to all calls of the assistant message before it. */
export interface ToolMessage {
  role: 'tool';
  parts: ToolResultPart[];
}

export type Message = UserMessage | AssistantMessage | ToolMessage;

export function userMessage(text: string, images: ImagePart[] = []): UserMessage {
  return { role: 'user', parts: [...images, { type: 'text', text }] };
}

/** The text parts of a message, joined; thinking and tool calls are left out. */
export function textOf(message: Message): string {
  const text: string[] = [];
  for (const part of message.parts) if (part.type === 'text') text.push(part.text);
  return text.join('');
}

export function toolCallsOf(message: AssistantMessage): ToolCallPart[] {
  return message.parts.filter((part) => part.type === 'tool-call');
}

/** Splits a model reference at its first colon: `gpu-box:qwen3:32b` is model `qwen3:32b` of `gpu-box`. */
export function splitReference(reference: ModelReference): { provider: string; model: string } {
  const colon = reference.indexOf(':');
  if (colon < 0) return { provider: '', model: reference };
  return { provider: reference.slice(0, colon), model: reference.slice(colon + 1) };
}
