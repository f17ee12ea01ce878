/**
 * A simulated server of OpenAI's chat completions, with the checks of the conversation that OpenAI makes, its
 * automatic prompt cache, thinking in the field of llama.cpp and DeepSeek, and replies from a script.
 */
import { estimateTokens, type HttpRequest, inPieces, serve, sse, type WireChunk } from './http.ts';
import { PromptCache, type PromptTokens } from './prompt-cache.ts';
import type { Script, ScriptedReply, SeenRequest, SimulatedService } from './script.ts';

export interface OpenAISimulationOptions {
  /** Shorter prefixes are not cached, as with the real service; 1024 where left out. */
  minimumCacheTokens?: number;
}

export function simulateOpenAI(
  script: Script,
  { minimumCacheTokens = 1024 }: OpenAISimulationOptions = {},
): Promise<SimulatedService> {
  const cache = new PromptCache(minimumCacheTokens);
  let replies = 0;
  return serve(
    {
      read: readRequest,
      refuse: (seen) => complaint(seen.body as unknown as Body),
      write(reply, seen) {
        const body = seen.body as unknown as Body;
        const usage = usageOf(reply, cache.use(promptOf(body)));
        return { contentType: 'text/event-stream', chunks: [...events(reply, body, ++replies, usage)] };
      },
      answer,
      error: errorBody,
      errorChunk: (message) => sse(errorBody(503, message)),
      malformedChunk: sse('{"id":"chatcmpl-sim","choices":[{"delta":'),
      misshapenChunk: sse('{"id":"chatcmpl-sim","choices":[{"delta":{"tool_calls":[null]}}]}'),
      signOfLife: ': OPENROUTER PROCESSING\n\n',
    },
    script,
  );
}

interface Message {
  role: string;
  content?: string | { type: string; text?: string }[] | null;
  tool_calls?: { id: string; function: { name: string; arguments: unknown } }[];
  tool_call_id?: string;
}

interface Body {
  model: string;
  messages: Message[];
  tools?: { function: { name: string } }[];
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
}

function readRequest({ method, path, headers, body }: HttpRequest): SeenRequest | undefined {
  if (method !== 'POST' || !/^(\/v1)?\/chat\/completions$/.test(path)) return undefined;
  const { model = '', messages = [], tools = [] } = body as Partial<Body>;
  const isSystem = ({ role }: Message) => role === 'system' || role === 'developer';
  return {
    model,
    system: messages.filter(isSystem).map(textOf).join('\n'),
    messages: messages
      .filter((message) => !isSystem(message))
      .map((message) => ({ role: message.role, text: textOf(message) })),
    tools: tools.map((tool) => tool.function.name),
    headers,
    body,
  };
}

function textOf({ content }: Message): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map(({ text }) => text ?? '').join('');
}

/** What OpenAI finds wrong with a conversation, in its own words as far as they are known. */
function complaint({ messages, stream }: Body): string | undefined {
  if (!messages?.length) return "Invalid 'messages': empty array. Expected an array with minimum length 1.";
  if (!stream) return 'This simulation only streams.';
  let open: string[] = [];
  for (const [place, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (!open.includes(message.tool_call_id ?? '')) {
        return "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
      }
      open = open.filter((id) => id !== message.tool_call_id);
      continue;
    }
    if (open.length > 0) return unanswered(open);
    if (message.role === 'assistant' && !message.tool_calls && typeof message.content !== 'string') {
      return `Invalid value for 'messages[${place}].content': expected a string, got null.`;
    }
    for (const { id, function: called } of message.tool_calls ?? []) {
      if (id.length > 40) return `Invalid 'messages[${place}].tool_calls[0].id': string too long.`;
      if (open.includes(id)) return `Duplicate value for 'tool_call_id' of '${id}' in message[${place}].`;
      if (typeof called.arguments !== 'string') {
        return `Invalid type for 'messages[${place}].tool_calls[0].function.arguments': expected a string.`;
      }
      open.push(id);
    }
  }
  return open.length > 0 ? unanswered(open) : undefined;
}

function unanswered(ids: string[]): string {
  return `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(', ')}`;
}

/** The service looks for the longest prefix that it has read before, at whatever message it ends. */
function promptOf({ tools, messages }: Body) {
  return [{ tools }, ...messages].map((block) => ({
    condition: '',
    text: JSON.stringify(block),
    breakpoint: true,
  }));
}

function usageOf(reply: ScriptedReply, prompt: PromptTokens) {
  const given = reply.usage ?? {};
  const calls = (reply.toolCalls ?? []).map((call) => JSON.stringify(call.args)).join('');
  const prompt_tokens = given.input ?? prompt.total;
  const reasoning_tokens = given.thinking ?? estimateTokens(reply.thinking ?? '');
  const completion_tokens = given.output ?? estimateTokens(`${reply.text ?? ''}${calls}`) + reasoning_tokens;
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    prompt_tokens_details: { cached_tokens: given.cacheRead ?? Math.min(prompt.read, prompt_tokens) },
    completion_tokens_details: { reasoning_tokens },
  };
}

function* events(
  reply: ScriptedReply,
  body: Body,
  n: number,
  usage: ReturnType<typeof usageOf>,
): Generator<WireChunk> {
  const frame = { id: `chatcmpl-sim_${n}`, object: 'chat.completion.chunk', created: 1_767_225_600 };
  const event = (kind: WireChunk['kind'], delta: object, finish_reason: string | null = null): WireChunk => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason }];
    return { kind, data: sse({ ...frame, model: body.model, choices }) };
  };

  yield event('frame', { role: 'assistant', content: '' });
  for (const reasoning_content of inPieces(reply.thinking ?? '', reply.pieceLength)) {
    yield event('thinking', { reasoning_content });
  }
  for (const content of inPieces(reply.text ?? '', reply.pieceLength)) yield event('text', { content });
  for (const [index, call] of (reply.toolCalls ?? []).entries()) {
    const id = call.id ?? `call_${n}_${index}`;
    const named = { index, id, type: 'function', function: { name: call.name, arguments: '' } };
    yield event('frame', { tool_calls: [named] });
    for (const piece of inPieces(JSON.stringify(call.args), reply.pieceLength)) {
      yield event('tool-call', { tool_calls: [{ index, function: { arguments: piece } }] });
    }
  }
  yield event('end', {}, reply.stop ?? (reply.toolCalls?.length ? 'tool_calls' : 'stop'));
  if (body.stream_options?.include_usage) {
    yield { kind: 'end', data: sse({ ...frame, model: body.model, choices: [], usage }) };
  }
  yield { kind: 'end', data: sse('[DONE]') };
}

/** As vLLM lists them. */
const MODELS = ['qwen3-coder-30b', 'gpt-oss-20b'].map((id) => ({
  id,
  object: 'model',
  created: 1_767_225_600,
  owned_by: 'simulation',
  root: id,
  parent: null,
  max_model_len: 32_768,
}));

function answer({ method, path }: HttpRequest): { status?: number; body: unknown } | undefined {
  if (method !== 'GET') return undefined;
  if (/^(\/v1)?\/models$/.test(path)) return { body: { object: 'list', data: MODELS } };
  const found = MODELS.find(({ id }) => path.endsWith(`/models/${id}`));
  return found && { body: found };
}

function errorBody(status: number, message: string) {
  const words: Record<number, string> = {
    401: 'invalid_api_key',
    404: 'model_not_found',
    429: 'rate_limit_exceeded',
    503: 'service_unavailable',
  };
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  return { error: { message, type, param: null, code: words[status] ?? null } };
}
