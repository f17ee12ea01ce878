/** What a client asks of the simulated server, taken apart and checked as the real one does it. */
import type { HttpRequest } from '../http.ts';
import type { SeenRequest } from '../script.ts';
import type { SimulatedModel } from './models.ts';
import type { WireMessage } from './prompt.ts';
import type { LaunchOptions } from './runner.ts';
import { keepAliveSeconds } from './scheduler.ts';
import { ServiceError } from './service-error.ts';

export interface GenerationRequest {
  endpoint: 'chat' | 'generate';
  model: SimulatedModel;
  messages: WireMessage[];
  tools: unknown[] | undefined;
  launch: LaunchOptions;
  /** Undefined for no limit. */
  numPredict?: number;
  truncate: boolean;
  thinks: boolean;
  keepAliveSeconds: number;
  stream: boolean;
  /** Nothing to answer: only to be loaded, or unloaded. */
  empty: boolean;
}

interface Body {
  model?: string;
  messages?: WireMessage[];
  prompt?: string;
  system?: string;
  images?: string[];
  tools?: { function?: { name?: string } }[];
  options?: Record<string, unknown>;
  truncate?: boolean;
  shift?: boolean;
  think?: boolean | string | null;
  keep_alive?: unknown;
  stream?: boolean;
}

/** What the server takes where the request does not say. */
export interface ServerDefaults {
  contextSize: number;
  keepAliveSeconds: number;
  /** Servers before 0.17 or so took no notice of `truncate`. */
  honoursTruncate: boolean;
}

/** As scripts and tests see it. */
export function seenRequest({ headers, body }: HttpRequest): SeenRequest {
  const { model = '', tools = [] } = body as Body;
  const messages = messagesOf(body as Body);
  const system = messages.filter(({ role }) => role === 'system').map(({ content = '' }) => content);
  return {
    model,
    system: system.join('\n'),
    messages: messages
      .filter(({ role }) => role !== 'system')
      .map(({ role, content = '' }) => ({ role, text: content })),
    tools: tools.map((tool) => tool.function?.name ?? ''),
    headers,
    body,
  };
}

/** Whether the request wants a reply, and not merely a model loaded or unloaded. */
export function wantsReply({ path, body }: HttpRequest): boolean {
  const { messages, prompt } = body as Body;
  return path === '/api/chat' ? Boolean(messages?.length) : Boolean(prompt);
}

/** @throws {ServiceError} as the server refuses it. */
export function readGeneration(
  request: HttpRequest,
  find: (name: string) => SimulatedModel | undefined,
  defaults: ServerDefaults,
): GenerationRequest {
  const body = request.body as Body;
  if (!body.model) throw new ServiceError(400, 'model is required');
  const model = find(body.model);
  if (!model) throw new ServiceError(404, `model '${body.model}' not found`);
  const endpoint = request.path === '/api/chat' ? 'chat' : 'generate';
  const { options = {} } = body;
  const needs = { tools: body.tools?.length, thinking: body.think, completion: wantsReply(request) };
  for (const [capability, needed] of Object.entries(needs)) {
    if (!needed || model.capabilities.includes(capability)) continue;
    throw new ServiceError(
      400,
      capability === 'completion'
        ? `"${model.name}" does not support ${endpoint}`
        : capability === 'thinking'
          ? `"${model.name}" does not support thinking`
          : `registry.ollama.ai/library/${model.name} does not support ${capability}`,
    );
  }
  const seen = [body, ...(body.messages ?? [])].some(({ images }) => images?.length);
  if (seen && !model.capabilities.includes('vision'))
    throw new ServiceError(400, 'this model is missing data required for image input');
  if (typeof body.think === 'string' && !['low', 'medium', 'high', 'max'].includes(body.think)) {
    throw new ServiceError(400, `invalid think value: "${body.think}"`);
  }
  return {
    endpoint,
    model,
    messages: messagesOf(body),
    tools: body.tools?.length ? body.tools : undefined,
    launch: {
      contextSize: Math.min(
        Math.max(4, integer(options, 'num_ctx') ?? defaults.contextSize),
        model.trainedContext,
      ),
      batch: integer(options, 'num_batch'),
      gpuLayers: integer(options, 'num_gpu'),
      mainGpu: integer(options, 'main_gpu'),
      threads: integer(options, 'num_thread'),
      useMmap: options.use_mmap as boolean | undefined,
      shift: body.shift ?? true,
    },
    numPredict: limitOf(integer(options, 'num_predict')),
    truncate: defaults.honoursTruncate ? (body.truncate ?? true) : true,
    // gpt-oss cannot be kept from thinking.
    thinks: model.capabilities.includes('thinking') && (body.think !== false || model.family === 'gptoss'),
    keepAliveSeconds: keepAliveSeconds(body.keep_alive, defaults.keepAliveSeconds),
    stream: body.stream ?? true,
    empty: !wantsReply(request),
  };
}

function messagesOf({ messages, prompt, system, images }: Body): WireMessage[] {
  if (messages) return messages;
  return [
    ...(system ? [{ role: 'system', content: system }] : []),
    ...(prompt ? [{ role: 'user', content: prompt, images }] : []),
  ];
}

function integer(options: Record<string, unknown>, name: string): number | undefined {
  const value = options[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number') {
    throw new ServiceError(400, `option "${name}" must be of type integer`);
  }
  return Math.trunc(value);
}

function limitOf(numPredict: number | undefined): number | undefined {
  return numPredict === undefined || numPredict < 0 ? undefined : numPredict;
}
