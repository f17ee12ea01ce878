import type { ChatCompletionCreateParamsStreaming, ChatCompletionMessageParam } from 'openai/resources';
import type {
  AssistantMessage,
  ImagePart,
  Message,
  ModelReference,
  TextPart,
  ToolMessage,
  ToolResultPart,
} from '../../conversation/message.ts';
import type { ChatRequest, ThinkingEffort } from '../base.ts';
import { hashOf, transcriptFor } from '../transcript.ts';

/** What is kept with thinking and sent back to the same model as it came. */
export interface Opaque {
  /** Servers differ in the field that they use. */
  field: 'reasoning_content' | 'reasoning';
  /** OpenRouter's signed and encrypted thinking of the model behind it. */
  details?: object[];
}

/** How far a server goes beyond what all of them understand. */
export type Dialect = 'openai' | 'openrouter' | 'self-hosted' | 'plain';

/** Fields that one server or another knows beyond OpenAI's own. */
type Extended = Omit<ChatCompletionCreateParamsStreaming, 'messages'> & {
  messages: ChatCompletionMessageParam[];
  reasoning?: { effort: string } | { enabled: false };
  chat_template_kwargs?: { enable_thinking: boolean };
};

/** @param blind the model cannot see, so that it gets words in place of images. */
export function requestBody(
  request: ChatRequest,
  reference: ModelReference,
  dialect: Dialect,
  blind = false,
): Extended {
  const { model, system, messages, tools, maxOutputTokens, format } = request;
  return {
    model,
    messages: [
      ...(system?.trim() ? [{ role: 'system' as const, content: system }] : []),
      ...messagesFor(messages, reference, blind),
    ],
    ...(tools?.length && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: 'function' as const,
        function: { name, description, parameters },
      })),
    }),
    stream: true,
    stream_options: { include_usage: true },
    // OpenAI's newer models refuse the old name, most other servers know no other.
    ...(maxOutputTokens && {
      [dialect === 'openai' ? 'max_completion_tokens' : 'max_tokens']: maxOutputTokens,
    }),
    ...(request.thinking && thinkingFor(model, request.thinking, dialect)),
    ...(format && {
      response_format: { type: 'json_schema', json_schema: { name: 'reply', schema: format } },
    }),
  };
}

/** Only where it is known to be understood, since a model that cannot think may refuse the question. */
function thinkingFor(model: string, thinking: ThinkingEffort, dialect: Dialect): Partial<Extended> {
  switch (dialect) {
    case 'openai':
      if (!/^(o\d|gpt-([5-9]|\d\d)|codex)/.test(model)) return {};
      return { reasoning_effort: thinking === 'off' ? leastEffort(model) : thinking };
    case 'openrouter':
      return { reasoning: thinking === 'off' ? { enabled: false } : { effort: thinking } };
    case 'self-hosted':
      return {
        chat_template_kwargs: { enable_thinking: thinking !== 'off' },
        ...(thinking !== 'off' && { reasoning_effort: thinking }),
      };
    case 'plain':
      return {};
  }
}

/** The first generations cannot do wholly without. */
function leastEffort(model: string): 'none' | 'minimal' | 'low' {
  if (/^o\d/.test(model)) return 'low';
  return /^gpt-5(-|$)/.test(model) ? 'minimal' : 'none';
}

function messagesFor(
  messages: readonly Message[],
  reference: ModelReference,
  blind: boolean,
): ChatCompletionMessageParam[] {
  const transcript = transcriptFor(messages, {
    model: reference,
    blind,
    // Mistral takes nothing but nine letters and digits, which all others take too.
    callId: (id, own) => (own && /^[a-zA-Z0-9_-]{1,40}$/.test(id) ? id : hashOf(id).slice(0, 9)),
    // The templates of Mistral and Gemma insist on it, and so does Mistral's own service.
    alternate: true,
    keepThinking: (part) => part.opaque !== undefined,
  });
  return transcript.flatMap((message): ChatCompletionMessageParam[] => {
    if (message.role === 'tool') return resultMessages(message);
    if (message.role === 'assistant') return [assistantMessage(message)];
    return [{ role: 'user', content: contentOf(message.parts) }];
  });
}

function contentOf(parts: readonly (TextPart | ImagePart)[]) {
  const [first] = parts;
  if (parts.length === 1 && first?.type === 'text') return first.text;
  return parts.map((part) =>
    part.type === 'text'
      ? { type: 'text' as const, text: part.text }
      : { type: 'image_url' as const, image_url: { url: `data:${part.mediaType};base64,${part.data}` } },
  );
}

function assistantMessage({ parts }: AssistantMessage): ChatCompletionMessageParam {
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  const calls = parts.filter((part) => part.type === 'tool-call');
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...thinkingFields(parts),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ id, name, args }) => ({
        id,
        type: 'function' as const,
        function: { name, arguments: JSON.stringify(args) },
      })),
    }),
  };
}

/** Some servers refuse calls that come back without the thinking before them; others leave it out themselves. */
function thinkingFields(parts: AssistantMessage['parts']): object {
  const thought = parts.filter((part) => part.type === 'thinking');
  const { field, details } = (thought[0]?.opaque ?? {}) as Partial<Opaque>;
  if (field === undefined) return {};
  return {
    [field]: thought.map(({ text }) => text).join(''),
    ...(details && { reasoning_details: details }),
  };
}

/** Results are text only here, so that their images follow as if the human had sent them. */
function resultMessages({ parts }: ToolMessage): ChatCompletionMessageParam[] {
  const images = parts.flatMap(({ name, content }) => {
    const shown = content.filter((part) => part.type === 'image');
    return shown.length > 0 ? [{ type: 'text' as const, text: `Shown by ${name}:` }, ...shown] : [];
  });
  return [
    ...parts.map((result) => ({
      role: 'tool' as const,
      tool_call_id: result.callId,
      content: resultText(result),
    })),
    ...(images.length > 0 ? [{ role: 'user' as const, content: contentOf(images) }] : []),
  ];
}

/** The protocol has no mark for a result that is an error. */
function resultText({ content, isError }: ToolResultPart): string {
  const text = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  return isError ? `Error: ${text}` : text;
}
