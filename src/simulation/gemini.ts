/**
 * A simulated Gemini API: `streamGenerateContent` as the official SDK speaks it, with its checks of the
 * conversation and of thought signatures, its implicit prompt cache, and replies from a script.
 */
import { createHash } from 'node:crypto';
import { estimateTokens, type HttpRequest, inPieces, serve, type WireChunk } from './http.ts';
import { PromptCache, type PromptTokens, tokensOf } from './prompt-cache.ts';
import type { Script, ScriptedReply, SeenRequest, SimulatedService } from './script.ts';

export interface GeminiSimulationOptions {
  /** Shorter prefixes are not cached, as with the real service; 1024 where left out. */
  minimumCacheTokens?: number;
}

export function simulateGemini(
  script: Script,
  { minimumCacheTokens = 1024 }: GeminiSimulationOptions = {},
): Promise<SimulatedService> {
  const cache = new PromptCache(minimumCacheTokens);
  let replies = 0;
  return serve(
    {
      read: readRequest,
      refuse: (seen) => complaint(seen.model, seen.body as unknown as Body),
      write(reply, seen) {
        const body = seen.body as unknown as Body;
        const spoken: Spoken = {
          model: seen.model,
          responseId: `sim_${++replies}`,
          usage: usageOf(reply, cache.use(promptOf(body))),
          showsThoughts: body.generationConfig?.thinkingConfig?.includeThoughts ?? false,
        };
        return { contentType: 'text/event-stream', chunks: [...events(reply, spoken)] };
      },
      answer,
      error: (code, message) => errorBody(code, message),
      errorChunk: (message) => event(errorBody(503, message)),
      malformedChunk: 'data: {"candidates": [{"content": {"parts": [\r\n\r\n',
      misshapenChunk: 'data: {"candidates": [{"content": {"parts": [null]}}]}\r\n\r\n',
      signOfLife: ': still here\r\n\r\n',
    },
    script,
  );
}

interface Part {
  text?: string;
  thought?: boolean;
  thoughtSignature?: string;
  inlineData?: { mimeType: string; data: string };
  functionCall?: { id?: string; name: string; args?: object };
  functionResponse?: { id?: string; name: string; response?: Record<string, unknown> };
}

interface Content {
  role?: 'user' | 'model';
  parts?: Part[];
}

interface Body {
  contents?: Content[];
  systemInstruction?: Content;
  tools?: { functionDeclarations?: { name: string }[] }[];
  generationConfig?: { thinkingConfig?: { includeThoughts?: boolean } };
}

/** What all pieces of one reply have in common. */
interface Spoken {
  model: string;
  responseId: string;
  usage: ReturnType<typeof usageOf>;
  showsThoughts: boolean;
}

function readRequest({ method, path, headers, body }: HttpRequest): SeenRequest | undefined {
  const [, model] = /^\/v1(?:beta)?\/models\/(.+):streamGenerateContent$/.exec(path) ?? [];
  if (method !== 'POST' || model === undefined) return undefined;
  const { contents = [], systemInstruction, tools = [] } = body as Body;
  return {
    model,
    system: textOf(systemInstruction ?? {}),
    messages: contents.map((content) => ({ role: content.role ?? 'user', text: textOf(content) })),
    tools: tools.flatMap((tool) => (tool.functionDeclarations ?? []).map(({ name }) => name)),
    headers,
    body,
  };
}

function textOf({ parts = [] }: Content): string {
  return parts
    .map(({ text, functionResponse }) => text ?? Object.values(functionResponse?.response ?? {}).join(''))
    .join('');
}

/** What the service finds wrong with a conversation, in its own words as far as they are known. */
function complaint(model: string, body: Body): string | undefined {
  const { contents = [] } = body;
  if (contents.length === 0) return '* GenerateContentRequest.contents: contents is not specified\n';
  const tokens = tokensOf(promptOf(body));
  const limit = MODELS.find(({ name }) => name === `models/${model}`)?.inputTokenLimit ?? WINDOW;
  if (tokens > limit) {
    return `The input token count (${tokens}) exceeds the maximum number of tokens allowed (${limit}).`;
  }
  const turn = contents.findLastIndex(
    ({ role, parts }) => role === 'user' && parts?.some(({ text }) => text),
  );
  let open: string[] = [];
  for (const [place, { role, parts = [] }] of contents.entries()) {
    if (parts.length === 0)
      return `* GenerateContentRequest.contents[${place}].parts: contents.parts must not be empty.\n`;
    const answered = parts.flatMap(({ functionResponse }) => functionResponse?.name ?? []);
    if (answered.length !== open.length) {
      return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';
    }
    if (answered.some((name, n) => name !== open[n])) {
      return 'Please ensure that function response parts come in the order of their function call parts.';
    }
    const calls = role === 'model' ? parts.filter((part) => part.functionCall) : [];
    if (calls.length > 0 && contents[place - 1]?.role !== 'user') {
      return 'Please ensure that function call turn comes immediately after a user turn or after a function response turn.';
    }
    const [first] = calls;
    if (first && place > turn && first.thoughtSignature === undefined) {
      return `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${first.functionCall?.name}\` , position ${place + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`;
    }
    if (parts.some((part) => !isOwnSignature(model, part))) return 'Corrupted thought signature.';
    open = calls.flatMap(({ functionCall }) => functionCall?.name ?? []);
  }
  if (open.length > 0) {
    return 'Please ensure that function call turns are followed by function response turns.';
  }
  return undefined;
}

/** Documented for calls that the model did not make itself. */
const UNCHECKED = 'skip_thought_signature_validator';

function isOwnSignature(model: string, part: Part): boolean {
  const { thoughtSignature } = part;
  if (thoughtSignature === undefined) return true;
  if (part.functionCall && thoughtSignature === UNCHECKED) return true;
  return thoughtSignature === signatureOf(model, part);
}

function signed(model: string, part: Part): Part {
  return { ...part, thoughtSignature: signatureOf(model, part) };
}

/** Stands for the encrypted thoughts that belong to a part: of one model, and of this part unaltered. */
function signatureOf(model: string, { text, functionCall }: Part): string {
  return createHash('sha256')
    .update(JSON.stringify(['simulated', model, text, functionCall?.name, functionCall?.args]))
    .digest('base64');
}

/** The service looks for the longest prefix that it has read before, at whatever message it ends. */
function promptOf({ systemInstruction, tools, contents = [] }: Body) {
  return [{ systemInstruction, tools }, ...contents].map((block) => ({
    condition: '',
    text: JSON.stringify(block),
    breakpoint: true,
  }));
}

function usageOf(reply: ScriptedReply, prompt: PromptTokens) {
  const given = reply.usage ?? {};
  const calls = (reply.toolCalls ?? []).map((call) => JSON.stringify(call.args)).join('');
  const promptTokenCount = given.input ?? prompt.total;
  const thoughtsTokenCount = given.thinking ?? estimateTokens(reply.thinking ?? '');
  const written = given.output ?? estimateTokens(`${reply.text ?? ''}${calls}`) + thoughtsTokenCount;
  const cached = given.cacheRead ?? Math.min(prompt.read, promptTokenCount);
  return {
    promptTokenCount,
    candidatesTokenCount: written - thoughtsTokenCount,
    totalTokenCount: promptTokenCount + written,
    // The real service leaves out what is zero.
    ...(cached > 0 && { cachedContentTokenCount: cached }),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokenCount }],
    ...(thoughtsTokenCount > 0 && { thoughtsTokenCount }),
  };
}

/** Thoughts and text in pieces, calls whole; the first call carries the signature. */
function* partsOf(reply: ScriptedReply, { model, showsThoughts }: Spoken): Generator<Part> {
  if (reply.thinking && showsThoughts) {
    for (const text of inPieces(reply.thinking, reply.pieceLength)) yield { text, thought: true };
  }
  for (const text of inPieces(reply.text ?? '', reply.pieceLength)) yield { text };
  for (const [place, { id, name, args }] of (reply.toolCalls ?? []).entries()) {
    const part: Part = { functionCall: { ...(id && { id }), name, args } };
    yield place === 0 ? signed(model, part) : part;
  }
}

function* events(reply: ScriptedReply, spoken: Spoken): Generator<WireChunk> {
  const { model, usage } = spoken;
  const { promptTokenCount, promptTokensDetails } = usage;
  // The real service also counts what has been written so far; only the last figures are read.
  const early = { promptTokenCount, totalTokenCount: promptTokenCount, promptTokensDetails };
  for (const part of partsOf(reply, spoken)) {
    const kind = part.functionCall ? 'tool-call' : part.thought ? 'thinking' : 'text';
    yield { kind, data: event(responseOf(spoken, part, early)) };
  }
  // A reply without calls has its signature on an empty text at its end.
  const closing = reply.toolCalls?.length ? { text: '' } : signed(model, { text: '' });
  yield { kind: 'end', data: event(responseOf(spoken, closing, usage, reply.stop ?? 'STOP')) };
}

function responseOf({ model, responseId }: Spoken, part: Part, usageMetadata: object, finishReason?: string) {
  const content = { parts: [part], role: 'model' };
  return {
    candidates: [{ content, ...(finishReason && { finishReason }), index: 0 }],
    usageMetadata,
    modelVersion: model,
    responseId,
  };
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\r\n\r\n`;
}

const WINDOW = 1_048_576;

function model(id: string, displayName: string, methods: string[], thinking: boolean) {
  return {
    name: `models/${id}`,
    version: '001',
    displayName: `${displayName} (simulated)`,
    inputTokenLimit: thinking ? WINDOW : 8_192,
    outputTokenLimit: thinking ? 65_536 : 1,
    supportedGenerationMethods: methods,
    ...(thinking && { temperature: 1, topP: 0.95, topK: 64, maxTemperature: 2, thinking }),
  };
}

const SPEAKS = ['generateContent', 'countTokens', 'createCachedContent', 'batchGenerateContent'];
const MODELS = [
  model('gemini-3.8-flash', 'Gemini 3.8 Flash', SPEAKS, true),
  model('gemini-3.5-flash', 'Gemini 3.5 Flash', SPEAKS, true),
  model('gemini-3.1-pro-preview', 'Gemini 3.1 Pro Preview', SPEAKS, true),
  model('gemini-embedding-001', 'Gemini Embedding 001', ['embedContent', 'countTokens'], false),
];

function answer(request: HttpRequest): { status?: number; body: unknown } | undefined {
  const { method, query } = request;
  const path = request.path.replace(/^\/v1(beta)?\//, '');
  if (method === 'POST' && path.endsWith(':countTokens')) {
    return { body: { totalTokens: tokensOf(promptOf(request.body as Body)) } };
  }
  if (method !== 'GET') return undefined;
  if (path === 'models') {
    const start = Number(query.get('pageToken') ?? 0);
    const end = start + Number(query.get('pageSize') ?? 50);
    const models = MODELS.slice(start, end);
    return { body: { models, ...(end < MODELS.length && { nextPageToken: String(end) }) } };
  }
  const found = MODELS.find(({ name }) => name === path);
  return found && { body: found };
}

function errorBody(code: number, message: string) {
  const words: Record<number, string> = {
    400: 'INVALID_ARGUMENT',
    401: 'UNAUTHENTICATED',
    403: 'PERMISSION_DENIED',
    404: 'NOT_FOUND',
    429: 'RESOURCE_EXHAUSTED',
    500: 'INTERNAL',
    503: 'UNAVAILABLE',
    504: 'DEADLINE_EXCEEDED',
  };
  return { error: { code, message, status: words[code] ?? 'UNKNOWN' } };
}
