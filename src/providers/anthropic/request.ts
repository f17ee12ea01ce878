import type Anthropic from '@anthropic-ai/sdk';
import type { Message, ModelReference, Part, ToolResultPart } from '../../conversation/message.ts';
import type { ChatRequest, ThinkingEffort } from '../base.ts';
import { callIdMatching, transcriptFor } from '../transcript.ts';

/** What is kept with a part of a reply and sent back to the same model as it came. */
export type Opaque = { signature: string } | { redacted: string };

/** Every model of today may write so much; the bound keeps a model that runs away from running long. */
const OUTPUT_TOKENS = 32_000;
/** For models that take a budget of tokens for their thinking instead of an effort. */
const THINKING_BUDGET = { low: 4_096, medium: 12_288, high: 24_576 };
/** The service takes four breakpoints: one for tools and system prompt, and these. */
const MESSAGE_BREAKPOINTS = 3;
const BREAKPOINT: Anthropic.CacheControlEphemeral = { type: 'ephemeral' };

/**
 * The body of a request, with breakpoints for the prompt cache such that a conversation that grows reads all
 * that was sent before from the cache. Only the breakpoints move; the rest stays as it was sent.
 * @param model what the service says of the model, where thinking is asked for and the service says anything.
 */
export async function requestBody(
  request: ChatRequest,
  reference: ModelReference,
  model: Anthropic.ModelInfo | undefined,
): Promise<Anthropic.MessageCreateParamsStreaming> {
  const tools: Anthropic.Tool[] = (request.tools ?? []).map(({ name, description, parameters }) => ({
    name,
    description,
    input_schema: parameters as Anthropic.Tool.InputSchema,
  }));
  const system: Anthropic.TextBlockParam[] = request.system?.trim()
    ? [{ type: 'text', text: request.system }]
    : [];
  const messages = messagesFor(request.messages, reference);
  const headEnd = system.at(-1) ?? tools.at(-1);
  if (headEnd) headEnd.cache_control = BREAKPOINT;
  for (const message of messages.filter(({ role }) => role === 'user').slice(-MESSAGE_BREAKPOINTS)) {
    const end = message.content.at(-1);
    if (end && 'type' in end) (end as { cache_control?: object }).cache_control = BREAKPOINT;
  }

  const max_tokens = request.maxOutputTokens ?? outputTokens(request.thinking, model);
  const { thinking, effort } = thinkingFor(request, model, max_tokens, messages);
  const format = request.format && (await formatFor(request.format));
  return {
    model: request.model,
    max_tokens,
    stream: true,
    ...(tools.length > 0 && { tools }),
    ...(system.length > 0 && { system }),
    messages,
    ...(thinking && { thinking }),
    ...((effort || format) && { output_config: { ...(effort && { effort }), ...(format && { format }) } }),
  };
}

interface BlockMessage {
  role: 'user' | 'assistant';
  content: Anthropic.ContentBlockParam[];
}

function messagesFor(messages: readonly Message[], reference: ModelReference): BlockMessage[] {
  const transcript = transcriptFor(messages, {
    model: reference,
    callId: (id) => callIdMatching(id, /^[a-zA-Z0-9_-]{1,64}$/),
    // Thinking that was broken off has no signature and would be refused.
    keepThinking: (part) => part.opaque !== undefined,
  });
  return transcript.flatMap(({ role, parts }) => {
    const content = withoutThinkingAtEnd(parts).map(blockFor);
    return content.length > 0 ? [{ role: role === 'assistant' ? role : 'user', content }] : [];
  });
}

/** The service refuses an assistant's message that ends in thinking, as a stopped one may. */
function withoutThinkingAtEnd(parts: readonly Part[]): readonly Part[] {
  return parts.slice(0, parts.findLastIndex((part) => part.type !== 'thinking') + 1);
}

function blockFor(part: Part): Anthropic.ContentBlockParam {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'image':
      return imageBlock(part.mediaType, part.data);
    case 'thinking': {
      const opaque = part.opaque as Opaque;
      if ('redacted' in opaque) return { type: 'redacted_thinking', data: opaque.redacted };
      return { type: 'thinking', thinking: part.text, signature: opaque.signature };
    }
    case 'tool-call':
      return { type: 'tool_use', id: part.id, name: part.name, input: part.args };
    case 'tool-result':
      return resultBlock(part);
  }
}

function imageBlock(mediaType: string, data: string): Anthropic.ImageBlockParam {
  const media_type = mediaType as Anthropic.Base64ImageSource['media_type'];
  return { type: 'image', source: { type: 'base64', media_type, data } };
}

function resultBlock({ callId, content, isError }: ToolResultPart): Anthropic.ToolResultBlockParam {
  const blocks: (Anthropic.TextBlockParam | Anthropic.ImageBlockParam)[] = [];
  for (const part of content) {
    if (part.type === 'image') blocks.push(imageBlock(part.mediaType, part.data));
    else if (part.text.trim()) blocks.push({ type: 'text', text: part.text });
  }
  return {
    type: 'tool_result',
    tool_use_id: callId,
    ...(blocks.length > 0 && { content: blocks }),
    // An image in a result that is marked as an error is refused.
    ...(isError && blocks.every(({ type }) => type === 'text') && { is_error: true }),
  };
}

/** Thinking counts towards the limit, so a model that is asked to think gets all that it may write. */
function outputTokens(thinking: ThinkingEffort | undefined, model: Anthropic.ModelInfo | undefined): number {
  const most = model?.max_tokens ?? OUTPUT_TOKENS;
  return thinking && thinking !== 'off' ? most : Math.min(most, OUTPUT_TOKENS);
}

function thinkingFor(
  request: ChatRequest,
  model: Anthropic.ModelInfo | undefined,
  maxTokens: number,
  messages: BlockMessage[],
): { thinking?: Anthropic.ThinkingConfigParam; effort?: 'low' | 'medium' | 'high' } {
  const asked = request.thinking;
  if (!asked) return {};
  const can = model?.capabilities;
  if (asked === 'off') {
    if (!can || can.thinking.types.disabled.supported) return { thinking: { type: 'disabled' } };
    return can.thinking.types.between_tools.supported ? { thinking: { type: 'between_tools' } } : {};
  }
  if (can && !can.thinking.supported) return {};
  if (can ? can.thinking.types.adaptive.supported : !thinksByBudget(request.model)) {
    const effort = (can?.effort.supported ?? true) ? asked : undefined;
    return { thinking: { type: 'adaptive', display: 'summarized' }, effort };
  }
  const budget = Math.min(THINKING_BUDGET[asked], maxTokens - 1);
  // The service's least budget; a reply so short has no room to think.
  return budget >= 1024 && mayBeginToThink(messages)
    ? { thinking: { type: 'enabled', budget_tokens: budget } }
    : {};
}

/**
 * A budget is refused in the middle of a turn whose calls were made without thinking, as they are when the
 * model was changed after them.
 */
function mayBeginToThink(messages: BlockMessage[]): boolean {
  const said = messages.findLastIndex(({ role }) => role === 'assistant');
  const answersCalls = messages.slice(said + 1).some(({ content }) => content[0]?.type === 'tool_result');
  const caller = messages[said]?.content[0]?.type;
  return !answersCalls || caller === 'thinking' || caller === 'redacted_thinking';
}

/** By name, for a service that does not describe its models. */
function thinksByBudget(model: string): boolean {
  return /claude-(3|(haiku|sonnet|opus)-4(-[0-5])?(-\d{8})?$)/.test(model);
}

async function formatFor(schema: Record<string, unknown>): Promise<Anthropic.JSONOutputFormat> {
  const { transformJSONSchema } = await import('@anthropic-ai/sdk/lib/transform-json-schema');
  return { type: 'json_schema', schema: transformJSONSchema(schema) as Record<string, unknown> };
}
