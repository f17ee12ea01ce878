import type { Message, ModelReference, TextPart } from '../../conversation/message.ts';
import type { ChatRequest, ThinkingEffort } from '../base.ts';
import { hashOf, newImagesIn, transcriptFor } from '../transcript.ts';
import type { ChatBody, ShownModel, WireMessage, WireTool } from './wire.ts';

/** What is decided for a request beside what it asks for itself. */
export interface Terms {
  /** What `/api/show` says; undefined where it said nothing. */
  shown?: ShownModel;
  keepAlive?: string;
}

/** The words of a request as they go over the wire. */
export interface Prompt {
  messages: WireMessage[];
  tools?: WireTool[];
  /** Of messages, system prompt and tools; images are not among them. */
  characters: number;
  /** The same in UTF-8, which is nearer to tokens where the text is not English. */
  bytes: number;
  images: number;
  /** Images since its last reply that were left out, for the model cannot see. */
  unseen: number;
}

export function promptOf(request: ChatRequest, reference: ModelReference, shown?: ShownModel): Prompt {
  const messages: WireMessage[] = request.system ? [{ role: 'system', content: request.system }] : [];
  // A model without a template of Ollama's own brings one that may insist on turns.
  const blind = shown?.capabilities?.includes('vision') === false;
  for (const message of transcriptFor(request.messages, { model: reference, alternate: true, blind })) {
    messages.push(...wireMessages(message));
  }
  const tools = request.tools?.length
    ? request.tools.map(({ name, description, parameters }): WireTool => {
        return { type: 'function', function: { name, description, parameters } };
      })
    : undefined;
  const unseen = blind ? newImagesIn(request.messages) : 0;
  const prompt: Prompt = { messages, tools, characters: 0, bytes: 0, images: 0, unseen };
  if (tools) count(prompt, JSON.stringify(tools));
  for (const { content, thinking, tool_calls, images } of messages) {
    count(prompt, content);
    if (thinking) count(prompt, thinking);
    if (tool_calls) count(prompt, JSON.stringify(tool_calls));
    prompt.images += images?.length ?? 0;
  }
  return prompt;
}

/** The prompt as templates lay it out: tools first, then what was said, in order; images before their message's words. */
export function layout({ messages, tools }: Prompt): string {
  const said = messages.map(({ role, thinking = '', content, tool_calls, images = [] }) => {
    const calls = tool_calls ? JSON.stringify(tool_calls) : '';
    return `\n<${role}>\n${images.map(markOf).join('')}${thinking}${content}${calls}`;
  });
  return (tools ? JSON.stringify(tools) : '') + said.join('');
}

/** Stands for an image in a layout: its base64 is no text that anybody reads. */
function markOf(image: string): string {
  return `\ufffc${hashOf(image).slice(0, 16)}`;
}

/** `truncate: false`, so that what does not fit is refused instead of cut away silently. */
export function chatBody(
  request: ChatRequest,
  { messages, tools }: Prompt,
  options: ChatBody['options'],
  { shown, keepAlive }: Terms,
): ChatBody {
  return {
    model: request.model,
    messages,
    tools,
    format: request.format,
    think: thinkOf(request.thinking, shown),
    options,
    truncate: false,
    keep_alive: keepAliveOf(keepAlive),
    stream: true,
  };
}

function wireMessages(message: Message): WireMessage[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', ...contentOf(message.parts) }];
    case 'assistant': {
      const wire: WireMessage = { role: 'assistant', content: '' };
      for (const part of message.parts) {
        if (part.type === 'text') wire.content += part.text;
        else if (part.type === 'thinking') wire.thinking = (wire.thinking ?? '') + part.text;
        else {
          wire.tool_calls ??= [];
          wire.tool_calls.push({ id: part.id, function: { name: part.name, arguments: part.args } });
        }
      }
      return [wire];
    }
    case 'tool':
      return message.parts.map(({ name, callId, content }) => {
        return { role: 'tool', tool_name: name, tool_call_id: callId, ...contentOf(content) };
      });
  }
}

function contentOf(parts: readonly (TextPart | { type: 'image'; data: string })[]) {
  const images = parts.flatMap((part) => (part.type === 'image' ? [part.data] : []));
  const content = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
  return images.length > 0 ? { content, images } : { content };
}

/** `think` is a 400 for a model that cannot; gpt-oss takes levels and cannot stop, the others take yes or no. */
function thinkOf(effort: ThinkingEffort | undefined, shown: ShownModel | undefined): ChatBody['think'] {
  if (effort === undefined || !shown?.capabilities?.includes('thinking')) return undefined;
  if (/^gpt-?oss$/.test(shown.details?.family ?? '')) return effort === 'off' ? 'low' : effort;
  return effort !== 'off';
}

/** A bare number in a string is an error to the server, which wants a unit there; as a number it is seconds. */
export function keepAliveOf(keepAlive: string | undefined): string | number | undefined {
  return keepAlive !== undefined && /^\s*-?\d+(\.\d+)?\s*$/.test(keepAlive) ? Number(keepAlive) : keepAlive;
}

function count(prompt: Prompt, text: string): void {
  prompt.characters += text.length;
  prompt.bytes += Buffer.byteLength(text);
}
