/**
 * A simulated Anthropic service: the Messages API as the official SDK speaks it, with its checks of the
 * conversation and its prompt cache, and replies from a script.
 */
import { createHash } from 'node:crypto';
import { estimateTokens, type HttpRequest, inPieces, serve, sse, type WireChunk } from './http.ts';
import { type PromptBlock, PromptCache, type PromptTokens, tokensOf } from './prompt-cache.ts';
import type { Script, ScriptedReply, SeenRequest, SimulatedService } from './script.ts';

export interface AnthropicSimulationOptions {
  /** Shorter prefixes are not cached, as with the real service; 1024 where left out. */
  minimumCacheTokens?: number;
}

export function simulateAnthropic(
  script: Script,
  { minimumCacheTokens = 1024 }: AnthropicSimulationOptions = {},
): Promise<SimulatedService> {
  const cache = new PromptCache(minimumCacheTokens);
  let replies = 0;
  return serve(
    {
      read: readRequest,
      refuse: (seen) => complaint(seen.body as unknown as Body),
      write(reply, seen) {
        const body = seen.body as unknown as Body;
        const id = `sim_${++replies}`;
        const usage = usageOf(reply, cache.use(promptOf(body)));
        if (body.stream)
          return { contentType: 'text/event-stream', chunks: [...events(reply, body, id, usage)] };
        const message = { ...messageFrame(body, id), ...wholeReply(reply, body, id), usage };
        return { contentType: 'application/json', chunks: [{ kind: 'text', data: JSON.stringify(message) }] };
      },
      answer,
      error: (status, message) => ({ type: 'error', error: { type: errorType(status), message } }),
      errorChunk: (message) => sse({ type: 'error', error: { type: 'overloaded_error', message } }, 'error'),
      malformedChunk: sse('{"type":"content_block_delta","index":', 'content_block_delta'),
      misshapenChunk: sse('{"type":"content_block_delta","index":0}', 'content_block_delta'),
      signOfLife: sse({ type: 'ping' }, 'ping'),
    },
    script,
  );
}

interface Block {
  type: string;
  text?: string;
  thinking?: string;
  signature?: string;
  id?: string;
  name?: string;
  input?: unknown;
  tool_use_id?: string;
  content?: string | Block[];
  cache_control?: unknown;
}

interface Body {
  model: string;
  max_tokens?: number;
  stream?: boolean;
  system?: string | Block[];
  messages: { role: string; content: string | Block[] }[];
  tools?: { name: string; cache_control?: unknown }[];
  thinking?: { type: string; display?: string; budget_tokens?: number };
}

function readRequest({ method, path, headers, body }: HttpRequest): SeenRequest | undefined {
  if (method !== 'POST' || path !== '/v1/messages') return undefined;
  const { model = '', system, messages = [], tools = [] } = body as Partial<Body>;
  return {
    model,
    system: textOf(system),
    messages: messages.map(({ role, content }) => ({ role, text: textOf(content) })),
    tools: tools.map((tool) => tool.name),
    headers,
    body,
  };
}

function textOf(content: string | Block[] | undefined): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((block) => block.text ?? textOf(block.content)).join('');
}

function blocksOf(content: string | Block[]): Block[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

/** What the service finds wrong with a conversation, in its own words as far as they are known. */
function complaint({ max_tokens, messages, system, tools, thinking }: Body): string | undefined {
  if (max_tokens === undefined) return 'max_tokens: Field required';
  if (!messages?.length) return 'messages: at least one message is required';
  if (
    thinking?.type === 'enabled' &&
    !(thinking.budget_tokens! >= 1024 && thinking.budget_tokens! < max_tokens)
  ) {
    return '`max_tokens` must be greater than `thinking.budget_tokens`, which must be at least 1024.';
  }
  const said = messages.findLastIndex(({ role }) => role === 'assistant');
  const answersCalls = messages
    .slice(said + 1)
    .some(({ content }) => blocksOf(content).some(({ type }) => type === 'tool_result'));
  const caller = messages[said];
  if (
    thinking?.type === 'enabled' &&
    answersCalls &&
    !blocksOf(caller?.content ?? '')[0]?.type.includes('thinking')
  ) {
    return 'Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block.';
  }
  const marked = [...(tools ?? []), ...(system ? blocksOf(system) : [])].filter((one) => one.cache_control);
  const ids = new Set<string>();
  let open: string[] = [];
  for (const [place, { role, content }] of messages.entries()) {
    const answered: string[] = [];
    for (const block of blocksOf(content)) {
      if (block.cache_control) marked.push(block);
      if (block.type === 'text' && !block.text?.trim()) {
        return `messages.${place}: text content blocks must contain non-whitespace text`;
      }
      if (block.type === 'thinking' && block.signature !== signatureOf(block.thinking ?? '')) {
        return `messages.${place}: Invalid \`signature\` in \`thinking\` block`;
      }
      if (block.type === 'tool_use') {
        if (!/^[a-zA-Z0-9_-]+$/.test(block.id ?? '')) {
          return `messages.${place}: tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`;
        }
        if (ids.has(block.id!)) return `messages.${place}: \`tool_use\` ids must be unique`;
        ids.add(block.id!);
      }
      if (block.type === 'tool_result') answered.push(block.tool_use_id!);
    }
    const missing = open.filter((id) => !answered.includes(id));
    if (missing.length > 0) {
      return `messages.${place - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}`;
    }
    const unexpected = answered.find((id) => !open.includes(id));
    if (unexpected)
      return `messages.${place}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${unexpected}`;
    open =
      role === 'assistant'
        ? blocksOf(content).flatMap((block) => (block.type === 'tool_use' ? [block.id!] : []))
        : [];
  }
  if (open.length > 0) {
    return `messages.${messages.length - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}`;
  }
  if (marked.length > 4) {
    return `A maximum of 4 blocks with cache_control may be provided. Found ${marked.length}.`;
  }
  return undefined;
}

/** The prompt in the order in which the service reads it: tools, system, messages. */
function promptOf({ model, tools = [], system, messages, thinking }: Body): PromptBlock[] {
  const prompt: PromptBlock[] = [];
  function add(condition: string, { cache_control, ...block }: { cache_control?: unknown }): void {
    prompt.push({ condition, text: JSON.stringify(block), breakpoint: Boolean(cache_control) });
  }
  for (const tool of tools) add(model, tool);
  for (const block of system ? blocksOf(system) : []) add(model, block);
  // Cached messages, unlike tools and system prompt, hold only for the same way of thinking.
  const thought = JSON.stringify(thinking ?? null);
  for (const { role, content } of messages) {
    for (const block of blocksOf(content)) add(`${model} ${thought} ${role}`, block);
  }
  return prompt;
}

function usageOf(reply: ScriptedReply, prompt: PromptTokens) {
  const given = reply.usage ?? {};
  const total = given.input ?? prompt.total;
  const read = given.cacheRead ?? Math.min(prompt.read, total);
  const written = given.cacheWrite ?? Math.min(prompt.written, total - read);
  const calls = (reply.toolCalls ?? []).map((call) => JSON.stringify(call.args)).join('');
  const thought = given.thinking ?? estimateTokens(reply.thinking ?? '');
  return {
    input_tokens: total - read - written,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    output_tokens: given.output ?? estimateTokens(`${reply.text ?? ''}${calls}`) + thought,
    output_tokens_details: { thinking_tokens: thought },
    service_tier: 'standard',
  };
}

function messageFrame(body: Body, id: string) {
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model: body.model,
    content: [] as unknown[],
    stop_reason: null as string | null,
    stop_sequence: null,
  };
}

function stopOf(reply: ScriptedReply) {
  const reason = reply.stop ?? (reply.toolCalls?.length ? 'tool_use' : 'end_turn');
  const details =
    reason === 'refusal'
      ? { type: 'refusal', category: 'general_harms', explanation: 'Scripted refusal.' }
      : null;
  return { stop_reason: reason, stop_sequence: null, stop_details: details };
}

/** The thinking as it is shown: with `display: omitted` only its signature is. */
function shownThinking(reply: ScriptedReply, body: Body): string {
  return body.thinking?.display === 'omitted' ? '' : (reply.thinking ?? '');
}

function wholeReply(reply: ScriptedReply, body: Body, id: string) {
  const content: unknown[] = [];
  if (reply.thinking) {
    const thinking = shownThinking(reply, body);
    content.push({ type: 'thinking', thinking, signature: signatureOf(thinking) });
  }
  if (reply.text) content.push({ type: 'text', text: reply.text });
  for (const [place, call] of (reply.toolCalls ?? []).entries()) {
    content.push({
      type: 'tool_use',
      id: call.id ?? `toolu_${id}_${place}`,
      name: call.name,
      input: call.args,
    });
  }
  return { content, ...stopOf(reply) };
}

function* events(
  reply: ScriptedReply,
  body: Body,
  id: string,
  usage: ReturnType<typeof usageOf>,
): Generator<WireChunk> {
  let index = -1;
  const event = (kind: WireChunk['kind'], data: { type: string }): WireChunk => ({
    kind,
    data: sse(data, data.type),
  });
  const start = (content_block: object) =>
    event('frame', { type: 'content_block_start', index: ++index, content_block } as { type: string });
  const delta = (kind: WireChunk['kind'], delta: object) =>
    event(kind, { type: 'content_block_delta', index, delta } as { type: string });
  const stop = () => event('frame', { type: 'content_block_stop', index } as { type: string });

  const message = { ...messageFrame(body, id), usage: { ...usage, output_tokens: 1 } };
  yield event('frame', { type: 'message_start', message } as { type: string });
  yield event('frame', { type: 'ping' });
  if (reply.thinking) {
    const thinking = shownThinking(reply, body);
    yield start({ type: 'thinking', thinking: '', signature: '' });
    for (const piece of inPieces(thinking, reply.pieceLength)) {
      yield delta('thinking', { type: 'thinking_delta', thinking: piece });
    }
    yield delta('frame', { type: 'signature_delta', signature: signatureOf(thinking) });
    yield stop();
  }
  if (reply.text) {
    yield start({ type: 'text', text: '' });
    for (const text of inPieces(reply.text, reply.pieceLength))
      yield delta('text', { type: 'text_delta', text });
    yield stop();
  }
  for (const [place, call] of (reply.toolCalls ?? []).entries()) {
    yield start({ type: 'tool_use', id: call.id ?? `toolu_${id}_${place}`, name: call.name, input: {} });
    yield delta('frame', { type: 'input_json_delta', partial_json: '' });
    for (const partial_json of inPieces(JSON.stringify(call.args), reply.pieceLength)) {
      yield delta('tool-call', { type: 'input_json_delta', partial_json });
    }
    yield stop();
  }
  yield event('frame', { type: 'message_delta', delta: stopOf(reply), usage } as { type: string });
  yield event('end', { type: 'message_stop' });
}

/** Stands for the service's proof that a thinking block is its own and unaltered. */
function signatureOf(thinking: string): string {
  return createHash('sha256').update(`simulated ${thinking}`).digest('base64');
}

const yes = { supported: true };
const no = { supported: false };

function model(id: string, name: string, window: number, output: number, adaptive: boolean) {
  return {
    type: 'model',
    id,
    display_name: name,
    created_at: '2026-01-01T00:00:00Z',
    lifecycle: 'active',
    max_input_tokens: window,
    max_tokens: output,
    capabilities: {
      image_input: yes,
      structured_outputs: yes,
      effort: { ...(adaptive ? yes : no), low: yes, medium: yes, high: yes, xhigh: null, max: no },
      thinking: {
        supported: true,
        types: {
          adaptive: adaptive ? yes : no,
          enabled: adaptive ? no : yes,
          disabled: yes,
          between_tools: no,
        },
      },
    },
  };
}

const MODELS = [
  model('claude-opus-5-5', 'Claude Opus 5.5 (simulated)', 1_000_000, 128_000, true),
  model('claude-sonnet-5-5', 'Claude Sonnet 5.5 (simulated)', 1_000_000, 64_000, true),
  model('claude-haiku-4-5', 'Claude Haiku 4.5 (simulated)', 200_000, 64_000, false),
];

function answer({ method, path, body }: HttpRequest): { status?: number; body: unknown } | undefined {
  if (method === 'POST' && path === '/v1/messages/count_tokens') {
    return { body: { input_tokens: tokensOf(promptOf(body as unknown as Body)) } };
  }
  if (method !== 'GET' || !path.startsWith('/v1/models')) return undefined;
  if (path === '/v1/models') {
    return { body: { data: MODELS, has_more: false, first_id: MODELS[0]!.id, last_id: MODELS.at(-1)!.id } };
  }
  const found = MODELS.find(({ id }) => path === `/v1/models/${id}`);
  return found && { body: found };
}

function errorType(status: number): string {
  const types: Record<number, string> = {
    400: 'invalid_request_error',
    401: 'authentication_error',
    402: 'billing_error',
    403: 'permission_error',
    404: 'not_found_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    504: 'timeout_error',
    529: 'overloaded_error',
  };
  return types[status] ?? 'api_error';
}
