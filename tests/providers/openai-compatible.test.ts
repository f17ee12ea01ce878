import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Failure } from '../../src/conversation/failure.ts';
import {
  type AssistantMessage,
  type Message,
  type ToolMessage,
  textOf,
  toolCallsOf,
  userMessage,
} from '../../src/conversation/message.ts';
import type { ChatRequest, ThinkingEffort } from '../../src/providers/base.ts';
import { type Dialect, requestBody } from '../../src/providers/openai-compatible/request.ts';
import { OpenAICompatibleProvider } from '../../src/providers/openai-compatible.ts';
import { simulateOpenAI } from '../../src/simulation/openai.ts';
import { type Fault, inOrder } from '../../src/simulation/script.ts';
import { IMAGE } from '../support/image.ts';
import { answerWith } from './answer-with.ts';

const MODEL = 'qwen3-coder-30b';
const GO = userMessage('Go');

const chunk = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
const pieces = (...tool_calls: object[]) => chunk({ tool_calls });

function providerAt(baseUrl: string, apiKey?: string): OpenAICompatibleProvider {
  return new OpenAICompatibleProvider({ name: 'box', baseUrl, apiKey });
}

function ask(baseUrl: string, messages: Message[] = [GO], request?: Partial<ChatRequest>) {
  return providerAt(baseUrl).chat({ model: MODEL, messages, ...request });
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const thrown = await promise.then(
    () => expect.fail('nothing failed'),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(Failure);
  return thrown as Failure;
}

describe('thinking', () => {
  test.each([
    ['reasoning_content', [{ reasoning_content: 'Let me ' }, { reasoning_content: 'see.' }]],
    ['reasoning', [{ reasoning: 'Let me ' }, { reasoning: 'see.' }]],
    ['reasoning_content', [{ reasoning_content: 'Let me see.', reasoning: 'Let me see.' }]],
  ] as const)('in %s is heard once, and goes back in that field', async (field, deltas) => {
    const service = await answerWith([
      ...deltas.map((delta) => chunk(delta)),
      chunk({ content: '42' }, 'stop'),
      '[DONE]',
    ]);
    const { message } = await ask(service.url);
    expect(message.parts).toMatchObject([
      { type: 'thinking', text: 'Let me see.' },
      { type: 'text', text: '42' },
    ]);
    await ask(service.url, [GO, message, userMessage('And?')]);
    const sent = (service.requests[1]!.body.messages as object[])[1];
    expect(sent).toEqual({ role: 'assistant', content: '42', [field]: 'Let me see.' });
  });

  test('beside the text, in parts of the content as Mistral has them, is told apart from it', async () => {
    const service = await answerWith([
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Let me see.' }] }] }),
      chunk({ content: [{ type: 'text', text: 'It is ' }] }),
      chunk({ content: '42' }, 'stop'),
      '[DONE]',
    ]);
    const { message } = await ask(service.url);
    expect(message.parts).toEqual([
      { type: 'thinking', text: 'Let me see.' },
      { type: 'text', text: 'It is 42' },
    ]);
  });

  test('that is signed comes back in one piece, and goes to no other model', async () => {
    const detail = (text: string) => ({ type: 'reasoning.text', text, index: 0, format: 'anthropic' });
    const service = await answerWith([
      chunk({ reasoning: 'Let me ', reasoning_details: [{ ...detail('Let me '), signature: null }] }),
      chunk({ reasoning: 'see.', reasoning_details: [{ ...detail('see.'), signature: 'signed' }] }),
      chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'secret', index: 1 }] }),
      chunk({ content: '42' }, 'stop'),
      '[DONE]',
    ]);
    const { message } = await ask(service.url);
    await ask(service.url, [GO, message, userMessage('And?')]);
    const [, sent] = service.requests[1]!.body.messages as { reasoning_details: object[] }[];
    expect(sent!.reasoning_details).toEqual([
      { ...detail('Let me see.'), signature: 'signed' },
      { type: 'reasoning.encrypted', data: 'secret', index: 1 },
    ]);
    await ask(service.url, [GO, message, userMessage('And?')], { model: 'gpt-oss-20b' });
    expect(JSON.stringify(service.requests[2]!.body)).not.toMatch(/see\.|secret|signed/);
  });

  const asked = (dialect: Dialect, model: string, thinking: ThinkingEffort) => {
    const { messages: _, ...rest } = requestBody(
      { model, messages: [GO], thinking },
      `box:${model}`,
      dialect,
    );
    return rest;
  };

  test('is asked for as each kind of server understands it, and nowhere else', () => {
    expect(asked('openai', 'gpt-5.2', 'high')).toMatchObject({ reasoning_effort: 'high' });
    expect(asked('openai', 'gpt-5.2', 'off')).toMatchObject({ reasoning_effort: 'none' });
    expect(asked('openai', 'gpt-5-mini', 'off')).toMatchObject({ reasoning_effort: 'minimal' });
    expect(asked('openai', 'o4-mini', 'off')).toMatchObject({ reasoning_effort: 'low' });
    expect(asked('openai', 'gpt-4.1', 'high')).not.toHaveProperty('reasoning_effort');
    expect(asked('openrouter', 'x/y', 'low')).toMatchObject({ reasoning: { effort: 'low' } });
    expect(asked('openrouter', 'x/y', 'off')).toMatchObject({ reasoning: { enabled: false } });
    expect(asked('self-hosted', 'qwen3', 'off')).toMatchObject({
      chat_template_kwargs: { enable_thinking: false },
    });
    expect(asked('plain', 'llama', 'high')).not.toHaveProperty('reasoning_effort');
  });
});

describe('tool calls', () => {
  const whole = (id: string | undefined, path: string, index?: number) => ({
    ...(index !== undefined && { index }),
    ...(id && { id }),
    type: 'function',
    function: { name: 'read', arguments: JSON.stringify({ path }) },
  });

  test.each([
    ['whole, without index', [pieces(whole('x', 'a.ts')), pieces(whole('y', 'b.ts'))]],
    ['whole, without index or id', [pieces(whole(undefined, 'a.ts'), whole(undefined, 'b.ts'))]],
    ['whole, all with index 0', [pieces(whole('x', 'a.ts', 0)), pieces(whole('y', 'b.ts', 0))]],
    ['whole, all with index 0 and no id', [pieces(whole(undefined, 'a.ts', 0), whole(undefined, 'b.ts', 0))]],
    [
      'with arguments as an object',
      [
        pieces({ index: 0, id: 'x', function: { name: 'read', arguments: { path: 'a.ts' } } }),
        pieces({ index: 1, id: 'y', function: { name: 'read', arguments: { path: 'b.ts' } } }),
      ],
    ],
    [
      'in pieces that alternate',
      [
        pieces({ index: 0, id: 'x', function: { name: 'read', arguments: '' } }),
        pieces({ index: 1, id: 'y', function: { name: 'read', arguments: '{"path"' } }),
        pieces({ index: 0, function: { arguments: '{"path":"a' } }),
        pieces(
          { index: 1, function: { arguments: ':"b.ts"}' } },
          { index: 0, function: { arguments: '.ts"}' } },
        ),
      ],
    ],
    [
      'in pieces that repeat id and name',
      [
        pieces({ index: 0, id: 'x', function: { name: 'read', arguments: '{"path":' } }),
        pieces({ index: 0, id: 'x', function: { name: 'read', arguments: '"a.ts"}' } }),
        pieces({ index: 1, id: 'y', function: { name: 'read', arguments: '{"path":"b.ts"}' } }),
      ],
    ],
  ])('are understood %s', async (_, chunks) => {
    const service = await answerWith([...chunks, chunk({}, 'tool_calls'), '[DONE]']);
    const reply = await ask(service.url);
    const calls = toolCallsOf(reply.message);
    expect(calls.map(({ name, args }) => [name, args.path])).toEqual([
      ['read', 'a.ts'],
      ['read', 'b.ts'],
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    expect(reply.stop).toBe('tool-calls');
  });

  test('in the form before there were tools are understood', async () => {
    const service = await answerWith([
      chunk({ function_call: { name: 'read', arguments: '{"path":' } }),
      chunk({ function_call: { arguments: '"a.ts"}' } }),
      chunk({}, 'function_call'),
      '[DONE]',
    ]);
    const reply = await ask(service.url);
    expect(toolCallsOf(reply.message)).toMatchObject([{ name: 'read', args: { path: 'a.ts' } }]);
    expect(reply.stop).toBe('tool-calls');
  });

  test('cut by the limit on output keep what was written, for the model to be told', async () => {
    const service = await answerWith([
      pieces({ index: 0, id: 'x', function: { name: 'write', arguments: '{"content":"half' } }),
      chunk({}, 'length'),
      '[DONE]',
    ]);
    const reply = await ask(service.url);
    expect(toolCallsOf(reply.message)).toMatchObject([{ args: {}, invalidArgs: '{"content":"half' }]);
    expect(reply.stop).toBe('length');
  });

  test('of other models have ids that Mistral takes, all different; its own stay', async () => {
    const service = await simulateOpenAI(inOrder({ text: 'I see.' }));
    onTestFinished(() => service.close());
    const calling = (model: string, id: string): AssistantMessage => {
      return { role: 'assistant', model, parts: [{ type: 'tool-call', id, name: 'read', args: {} }] };
    };
    const messages = [
      calling('anthropic:sonnet', 'toolu_01A09q90qw90lq917835lq9'),
      calling('ollama:qwen', 'call_0'),
      calling('ollama:qwen', 'call_0'),
      calling(`box:${MODEL}`, 'fc_own-1'),
    ];
    await ask(service.url, [GO, ...messages]);
    const sent = service.requests[0]!.body.messages as {
      tool_calls?: { id: string }[];
      tool_call_id?: string;
    }[];
    const ids = sent.flatMap(({ tool_calls = [] }) => tool_calls.map(({ id }) => id));
    expect(ids.slice(0, 3).every((id) => /^[a-zA-Z0-9]{9}$/.test(id))).toBe(true);
    expect(ids[3]).toBe('fc_own-1');
    expect(new Set(ids).size).toBe(4);
    expect(sent.flatMap(({ tool_call_id }) => tool_call_id ?? [])).toEqual(ids);
  });

  test('have images of their results sent after them', async () => {
    const service = await simulateOpenAI(inOrder({ text: 'A pixel.' }));
    onTestFinished(() => service.close());
    const call: AssistantMessage = {
      role: 'assistant',
      model: `box:${MODEL}`,
      parts: [
        { type: 'tool-call', id: '1', name: 'look', args: {} },
        { type: 'tool-call', id: '2', name: 'read', args: {} },
      ],
    };
    const results: ToolMessage = {
      role: 'tool',
      parts: [
        {
          type: 'tool-result',
          callId: '1',
          name: 'look',
          content: [{ type: 'image', mediaType: 'image/png', data: 'iVBORw0KGgo=' }],
        },
        {
          type: 'tool-result',
          callId: '2',
          name: 'read',
          content: [{ type: 'text', text: 'no such file' }],
          isError: true,
        },
      ],
    };
    await ask(service.url, [GO, call, results]);
    expect((service.requests[0]!.body.messages as object[]).slice(2)).toEqual([
      { role: 'tool', tool_call_id: '1', content: '' },
      { role: 'tool', tool_call_id: '2', content: 'Error: no such file' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Shown by look:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
        ],
      },
    ]);
  });
});

describe('the end of a reply', () => {
  const text = chunk({ content: 'Hello' });

  test.each([
    ['[DONE] without a reason', [text, '[DONE]']],
    ['a reason without [DONE]', [text, chunk({}, 'stop')]],
    ['one chunk for everything', [chunk({ content: 'Hello' }, 'stop')]],
  ])('is proper with %s', async (_, events) => {
    const service = await answerWith(events);
    const reply = await ask(service.url);
    expect(textOf(reply.message)).toBe('Hello');
    expect(reply.stop).toBe('end');
    expect(reply.usage).toBeUndefined();
  });

  test('is missed where neither came', async () => {
    const service = await answerWith([text]);
    expect((await failureOf(ask(service.url))).kind).toBe('cut-off');
  });

  test('may be a refusal in the model’s words', async () => {
    const service = await answerWith([
      chunk({ refusal: 'I cannot ' }),
      chunk({ refusal: 'help with that.' }),
      chunk({}, 'stop'),
      '[DONE]',
    ]);
    expect(await ask(service.url)).toMatchObject({
      stop: 'refusal',
      stopDetail: 'I cannot help with that.',
    });
  });

  test.each([
    ['OpenAI', { prompt_tokens: 9, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 4 } }],
    ['DeepSeek', { prompt_tokens: 9, completion_tokens: 5, prompt_cache_hit_tokens: 4 }],
  ])('counts cached tokens as %s tells them', async (_, usage) => {
    const service = await answerWith([text, chunk({}, 'stop'), { choices: [], usage }, '[DONE]']);
    expect((await ask(service.url)).usage).toEqual({
      inputTokens: 9,
      cacheReadTokens: 4,
      outputTokens: 5,
      thinkingTokens: undefined,
    });
  });

  test('by a lack of resources is a failure, not an answer', async () => {
    const service = await answerWith([text, chunk({}, 'insufficient_system_resource'), '[DONE]']);
    expect((await failureOf(ask(service.url))).kind).toBe('server-error');
  });

  test('is also found in an answer that is no stream', async () => {
    const message = {
      role: 'assistant',
      content: 'Hello',
      tool_calls: [{ id: 'x', function: { name: 'read', arguments: '{"path":"a.ts"}' } }],
    };
    const answer = { choices: [{ message, finish_reason: 'tool_calls' }], usage: { prompt_tokens: 1 } };
    const service = await answerWith([answer], { contentType: 'application/json' });
    const reply = await ask(service.url);
    expect(textOf(reply.message)).toBe('Hello');
    expect(toolCallsOf(reply.message)).toMatchObject([{ id: 'x', args: { path: 'a.ts' } }]);
  });
});

describe('the connection', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('is made as configured, whatever the environment says', async () => {
    for (const name of ['OPENAI_API_KEY', 'OPENAI_ADMIN_KEY', 'OPENAI_ORG_ID', 'OPENAI_PROJECT_ID']) {
      vi.stubEnv(name, 'from-the-environment');
    }
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:1');
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'x-other: from-the-environment');
    vi.stubEnv('OPENAI_LOG', 'debug');
    const printed = vi.spyOn(console, 'debug');
    const service = await answerWith([chunk({ content: 'Here' }, 'stop'), '[DONE]']);
    await ask(service.url);
    const { headers } = service.requests[0]!;
    expect(JSON.stringify(headers)).not.toContain('from-the-environment');
    expect(headers).not.toHaveProperty('authorization');
    expect(printed).not.toHaveBeenCalled();
    await providerAt(service.url, 'my-key').chat({ model: MODEL, messages: [GO] });
    expect(service.requests[1]!.headers.authorization).toBe('Bearer my-key');
  });

  test('of one’s own server finds /v1 by itself', async () => {
    const service = await answerWith([chunk({ content: 'Here' }, 'stop'), '[DONE]']);
    for (const path of ['', '/', '/v1', '/v1/', '/api/v2']) await ask(service.url + path);
    expect(service.requests.map(({ path }) => path)).toEqual([
      '/v1/chat/completions',
      '/v1/chat/completions',
      '/v1/chat/completions',
      '/v1/chat/completions',
      '/api/v2/chat/completions',
    ]);
  });

  test.each([
    ['http://localhost:8080/v1', true],
    ['http://127.0.0.2:8080', true],
    ['http://[::1]:8080', true],
    ['http://192.168.1.20:1234/v1', true],
    ['http://10.1.2.3', true],
    ['http://172.20.0.2', true],
    ['http://172.32.0.2', false],
    ['http://gpu-box:8000', true],
    ['http://gpu-box.local:8000', true],
    ['https://openrouter.ai/api/v1', false],
    ['https://203.0.113.9/v1', false],
    ['https://10.example.com/v1', false],
  ])('to %s is local: %s', (url, local) => {
    const provider = providerAt(url);
    expect(provider.local).toBe(local);
    expect(provider.patience.firstMs > 300_000).toBe(local);
  });

  test('has a price list where the service behind it has', () => {
    expect(providerAt('https://openrouter.ai/api/v1').priceList).toBe('openrouter');
    expect(new OpenAICompatibleProvider({ name: 'openai' }).priceList).toBe('openai');
    expect(providerAt('http://localhost:8080').priceList).toBeUndefined();
  });
});

describe('images', () => {
  const look: Message = { role: 'user', parts: [IMAGE, { type: 'text', text: 'What is this?' }] };
  const asked = async (input_modalities: string[]) => {
    const model = { id: MODEL, architecture: { input_modalities } };
    const service = await answerWith([chunk({ content: 'Well.' }, 'stop'), '[DONE]'], {
      json: () => ({ data: [model] }),
    });
    const warnings: string[] = [];
    for await (const delta of providerAt(service.url).stream({ model: MODEL, messages: [look] }))
      if (delta.type === 'warning') warnings.push(delta.text);
    return { warnings, sent: service.requests.at(-1)!.body.messages };
  };

  test('become words for a model that cannot see, and the human is told', async () => {
    const { warnings, sent } = await asked(['text']);
    expect(warnings).toEqual([`box:${MODEL} cannot see: the image was left out.`]);
    expect(JSON.stringify(sent)).toContain('[an image, which you cannot see]');
    expect(JSON.stringify(sent)).not.toContain('image_url');
  });

  test('go to a model that can see', async () => {
    const { warnings, sent } = await asked(['text', 'image']);
    expect([warnings, JSON.stringify(sent).includes('image_url')]).toEqual([[], true]);
  });

  test.each([
    [500, 'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj'],
    [404, 'No endpoints found that support image input'],
    [400, 'qwen is not a multimodal model'],
  ])('that a server refuses with %i are not sent again: %s', async (status, message) => {
    const service = await simulateOpenAI(inOrder({ fault: { type: 'status', status, message } }));
    onTestFinished(() => service.close());
    const failure = await failureOf(ask(service.url, [look]));
    expect(failure).toMatchObject({ kind: 'bad-request', status, retryable: false });
    expect(failure.message).toMatch(/cannot see images .* Choose a model with vision, or ask without them\./);
  });
});

describe('models', () => {
  const listedBy = async (json: unknown) => {
    const service = await answerWith([], { json: () => json });
    return providerAt(service.url);
  };

  test('are listed with what the server tells of them', async () => {
    const provider = await listedBy({
      data: [
        { id: 'vllm', max_model_len: 32_768 },
        { id: 'llama.cpp', meta: { n_ctx_train: 131_072, n_params: 7_615_616_512, size: 4_677_120_000 } },
        {
          id: 'open/router',
          context_length: 200_000,
          supported_parameters: ['tools', 'reasoning'],
          architecture: { input_modalities: ['text', 'image'] },
        },
        { id: 'bare' },
      ],
    });
    expect(await provider.listModels()).toMatchObject([
      { reference: 'box:vllm', name: 'vllm', local: true, contextTokens: 32_768 },
      { contextTokens: 131_072, parameterSize: '7.6B', sizeBytes: 4_677_120_000 },
      { contextTokens: 200_000, tools: true, thinking: true, vision: true },
      { name: 'bare', contextTokens: undefined, tools: undefined },
    ]);
    expect(await provider.describeModel('vllm')).toMatchObject({ contextTokens: 32_768 });
    expect(await provider.describeModel('no such')).toBeUndefined();
  });

  test('are found in a bare list, and the first is the default of one’s own server', async () => {
    const provider = await listedBy([{ id: 'first' }, { id: 'second' }]);
    expect((await provider.listModels()).map(({ name }) => name)).toEqual(['first', 'second']);
    expect(await provider.getDefaultModel()).toBe('first');
    expect(await providerAt('https://openrouter.ai/api/v1').getDefaultModel()).toBeUndefined();
  });

  test('that are no list are told as such', async () => {
    const failure = await failureOf((await listedBy({ hello: 'world' })).listModels());
    expect(failure.kind).toBe('malformed');
    expect(failure.message).toContain('base_url');
  });
});

describe('a failure', () => {
  const failing = async (status: number, body: object, messages?: Message[], model = MODEL) => {
    const headers = { 'content-type': 'application/json' };
    const fault: Fault = { type: 'status', status, headers, body: JSON.stringify(body) };
    const service = await simulateOpenAI(inOrder({ fault }));
    onTestFinished(() => service.close());
    const provider = providerAt(service.url);
    await provider.listModels();
    return failureOf(provider.chat({ model, messages: messages ?? [GO] }));
  };

  test.each([
    [
      'OpenAI',
      400,
      {
        error: {
          message:
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 130500 tokens. Please reduce the length of the messages.",
          code: 'context_length_exceeded',
        },
      },
      '2,500 more than the 128,000',
    ],
    [
      'vLLM',
      400,
      {
        error: {
          message:
            "'max_tokens' or 'max_completion_tokens' is too large: 1000. This model's maximum context length is 4096 tokens and your request has 5000 input tokens",
          code: 400,
        },
      },
      '904 more than the 4,096',
    ],
    [
      'llama.cpp',
      400,
      {
        error: {
          code: 400,
          message: 'the request exceeds the available context size, try increasing it',
          type: 'exceed_context_size_error',
          n_prompt_tokens: 9000,
          n_ctx: 8192,
        },
      },
      '808 more than the 8,192',
    ],
    [
      'LM Studio',
      400,
      { error: 'The prompt is longer than the context length of the model.' },
      'longer than',
    ],
  ])('by a full window is told by how much, as %s says it', async (_, status, body, says) => {
    const failure = await failing(status, body);
    expect(failure.kind).toBe('context-exceeded');
    expect(failure.message).toContain(says);
  });

  test.each([
    [400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'],
    [500, 'tools param requires --jinja flag'],
    [404, 'No endpoints found that support tool use.'],
    [400, '`tool calling` is not supported with this model'],
  ])('by tools that cannot be used (%i, %s) says so', async (status, message) => {
    const failure = await failing(status, { error: { message } });
    expect(failure.kind).toBe('no-tool-support');
    expect(failure.message).toContain(message.replace(/\.$/, ''));
  });

  test('by a schema that is wrong is not taken for a lack of tools', async () => {
    const message = "Invalid schema for function 'read': 'required' is required to be supplied.";
    expect((await failing(400, { error: { message } })).kind).toBe('bad-request');
  });

  test('by an empty account is not tried again', async () => {
    const failure = await failing(429, { error: { message: 'Quota', code: 'insufficient_quota' } });
    expect(failure.kind).toBe('no-credit');
    expect(failure.retryable).toBe(false);
  });

  test('by a model that is still loading is tried again', async () => {
    const failure = await failing(503, { error: { message: 'Loading model', code: 503 } });
    expect(failure.kind).toBe('overloaded');
    expect(failure.retryable).toBe(true);
    expect(failure.message).toContain('still loading');
  });

  test('by a model that is not there offers close names', async () => {
    const error = { message: 'The model `qwen3-coder-3b` does not exist.', code: 404 };
    const failure = await failing(404, { error }, undefined, 'qwen3-coder-3b');
    expect(failure.kind).toBe('model-not-found');
    expect(failure.message).toContain('Did you mean qwen3-coder-30b');
  });

  test('by a wrong path points at base_url', async () => {
    const failure = await failing(404, { detail: 'Not Found' });
    expect(failure.kind).toBe('bad-config');
    expect(failure.message).toMatch(/127\.0\.0\.1:\d+\/v1 .*\/v1\./);
  });

  test('for want of a key says where it goes', async () => {
    const failure = await failing(401, { error: { message: 'No auth credentials found' } });
    expect(failure.kind).toBe('no-key');
    expect(failure.message).toContain('api_key_env of box');
    const openai = new OpenAICompatibleProvider({ name: 'openai' });
    const unasked = await failureOf(openai.chat({ model: 'gpt-5.2', messages: [GO] }));
    expect(unasked.kind).toBe('no-key');
    expect(unasked.message).toContain('OPENAI_API_KEY');
  });

  test('inside a stream is understood in any of its forms', async () => {
    const forms: object[] = [
      { error: { message: 'out of memory', code: 500 } },
      { error: 'out of memory' },
      { object: 'error', message: 'out of memory', code: 500 },
    ];
    for (const form of forms) {
      const service = await answerWith([chunk({ content: 'So far' }), form]);
      const failure = await failureOf(ask(service.url));
      expect(failure.kind).toBe('server-error');
      expect(failure.message).toContain('out of memory');
    }
  });

  test('by an address that is none names the setting', async () => {
    for (const url of ['gpu-box:8080/v1', 'nonsense']) {
      const failure = await failureOf(ask(url));
      expect(failure.kind).toBe('bad-config');
      expect(failure.message).toContain(`base_url of box is no address: "${url}"`);
    }
  });

  test('to reach one’s own server says to start it', async () => {
    const service = await simulateOpenAI(inOrder());
    await service.close();
    const failure = await failureOf(ask(service.url));
    expect(failure.kind).toBe('unreachable');
    expect(failure.message).toBe(
      `box does not answer at ${service.url}/v1. Start its server, or correct base_url.`,
    );
  });
});
