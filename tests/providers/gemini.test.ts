import { LLMock } from '@copilotkit/aimock';
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
import type { ChatRequest } from '../../src/providers/base.ts';
import { GeminiProvider } from '../../src/providers/gemini.ts';
import { simulateGemini } from '../../src/simulation/gemini.ts';
import { listen } from '../../src/simulation/http.ts';
import { inOrder, type Script } from '../../src/simulation/script.ts';
import { answerWith } from './answer-with.ts';

const MODEL = 'gemini-3.5-flash';
const READ = { name: 'read', description: 'Reads a file.', parameters: { type: 'object' } };
const TWO_READS = [
  { name: 'read', args: { path: 'a.ts' } },
  { name: 'read', args: { path: 'b.ts' } },
];
const PIXEL = { type: 'image' as const, mediaType: 'image/png', data: 'iVBORw0KGgo=' };

interface WirePart {
  text?: string;
  thought?: boolean;
  thoughtSignature?: string;
  functionCall?: { id?: string };
  functionResponse?: { id?: string; name: string; response: object; parts?: object[] };
}

function providerAt(baseUrl: string, apiKey: string | undefined = 'a-key'): GeminiProvider {
  return new GeminiProvider({ name: 'gemini', baseUrl, apiKey });
}

async function start(script: Script) {
  const service = await simulateGemini(script);
  onTestFinished(() => service.close());
  const provider = providerAt(service.url);
  return {
    provider,
    ask: (messages: Message[], request?: Partial<ChatRequest>) =>
      provider.chat({ model: MODEL, messages, tools: [READ], ...request }),
    /** The contents of the n-th request. */
    contents: (n: number) => service.requests[n]!.body.contents as { role: string; parts: WirePart[] }[],
    config: (n: number) => (service.requests[n]!.body.generationConfig ?? {}) as Record<string, unknown>,
    body: (n: number) => service.requests[n]!.body,
    headers: (n: number) => service.requests[n]!.headers,
  };
}

function answers(message: AssistantMessage): ToolMessage {
  return {
    role: 'tool',
    parts: toolCallsOf(message).map(({ id, name, args }) => ({
      type: 'tool-result',
      callId: id,
      name,
      content: [{ type: 'text', text: `content of ${args.path}` }],
    })),
  };
}

const response = (parts: object[], more: object = {}) => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
});
const ending = response([{ text: '' }], { finishReason: 'STOP' });

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const thrown = await promise.then(
    () => expect.fail('nothing failed'),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(Failure);
  return thrown as Failure;
}

describe('thought signatures', () => {
  test('go back to the model that made them, on the part that carried them', async () => {
    const scene = await start(
      inOrder({ thinking: 'Both.', text: 'I read.', toolCalls: TWO_READS }, { text: 'Done.' }),
    );
    const question = userMessage('Read both');
    const { message } = await scene.ask([question]);
    await scene.ask([question, message, answers(message)]);
    const [call, second] = toolCallsOf(message);
    const { signature } = call!.opaque as { signature: string };
    expect(second!.opaque).toBeUndefined();
    const sent = scene.contents(1)[1]!;
    expect(sent.role).toBe('model');
    expect(sent.parts.map((part) => part.thoughtSignature)).toEqual([undefined, signature, undefined]);
    expect(sent.parts[0]!.text).toBe('I read.');
  });

  test('on an empty text are kept, and sent back in their place', async () => {
    const scene = await start(inOrder({ text: 'Hello.' }, { text: 'Again.' }));
    const { message } = await scene.ask([userMessage('Hi')]);
    expect(message.parts).toMatchObject([{ text: 'Hello.' }, { text: '', opaque: {} }]);
    expect(textOf(message)).toBe('Hello.');
    await scene.ask([userMessage('Hi'), message, userMessage('And?')]);
    const [, sent] = scene.contents(1);
    expect(sent!.parts).toEqual([
      { text: 'Hello.' },
      { text: '', thoughtSignature: (message.parts[1]!.opaque as { signature: string }).signature },
    ]);
  });

  test('keep their parts apart from others', async () => {
    const service = await answerWith([
      response([{ text: 'one ' }]),
      response([{ text: 'two ' }]),
      response([{ text: 'signed ', thoughtSignature: 'c2ln' }]),
      response([{ text: 'three ' }]),
      response([{ text: 'four' }]),
      ending,
    ]);
    const { message } = await providerAt(service.url).chat({ model: MODEL, messages: [userMessage('Go')] });
    expect(message.parts).toEqual([
      { type: 'text', text: 'one two ' },
      { type: 'text', text: 'signed ', opaque: { signature: 'c2ln' } },
      { type: 'text', text: 'three four' },
    ]);
  });

  test('are left out for another model, which is told that the call is not its own', async () => {
    const scene = await start(inOrder({ toolCalls: TWO_READS }, { text: 'Done.' }));
    const { message } = await scene.ask([userMessage('Read both')]);
    const { signature } = toolCallsOf(message)[0]!.opaque as { signature: string };
    const conversation = [userMessage('Read both'), message, answers(message)];
    const reply = await scene.ask(conversation, { model: 'gemini-3.8-flash' });
    expect(textOf(reply.message)).toBe('Done.');
    expect(JSON.stringify(scene.body(1))).not.toContain(signature);
    expect(scene.contents(1)[1]!.parts.map((part) => part.thoughtSignature)).toEqual([
      'skip_thought_signature_validator',
      undefined,
    ]);
  });

  test('are not made up for models that do not insist on them', async () => {
    const service = await answerWith([ending]);
    const foreign: AssistantMessage = {
      role: 'assistant',
      model: 'claude:claude-sonnet-5-5',
      parts: [{ type: 'tool-call', id: 'toolu_1', name: 'read', args: { path: 'a.ts' } }],
    };
    const messages = [userMessage('Read'), foreign, answers(foreign)];
    await providerAt(service.url).chat({ model: 'gemini-2.5-flash', messages });
    expect(JSON.stringify(service.requests[0]!.body)).not.toContain('thoughtSignature');
  });

  test('of its own are missed by the simulation, as by Gemini 3', async () => {
    const service = await simulateGemini(inOrder({ text: 'never' }));
    onTestFinished(() => service.close());
    const contents = [
      { role: 'user', parts: [{ text: 'Read' }] },
      { role: 'model', parts: [{ functionCall: { name: 'read', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'read', response: { output: 'x' } } }] },
    ];
    const url = `${service.url}/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`;
    const refused = await fetch(url, { method: 'POST', body: JSON.stringify({ contents }) });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: {
        status: 'INVALID_ARGUMENT',
        message: expect.stringContaining('Function call is missing a thought_signature'),
      },
    });
  });
});

describe('calls and their results', () => {
  test('carry the ids that the service gave', async () => {
    const scene = await start(
      inOrder({ toolCalls: TWO_READS.map((call, n) => ({ ...call, id: `given-${n}` })) }, { text: 'Done.' }),
    );
    const { message } = await scene.ask([userMessage('Read both')]);
    expect(toolCallsOf(message).map(({ id }) => id)).toEqual(['given-0', 'given-1']);
    await scene.ask([userMessage('Read both'), message, answers(message)]);
    const [, calls, results] = scene.contents(1);
    expect(calls!.parts.map(({ functionCall }) => functionCall?.id)).toEqual(['given-0', 'given-1']);
    expect(results!.parts.map(({ functionResponse }) => functionResponse?.id)).toEqual([
      'given-0',
      'given-1',
    ]);
  });

  test('carry no id where the service gave none, though we know each other by ids', async () => {
    const scene = await start(inOrder({ toolCalls: TWO_READS }, { text: 'Done.' }));
    const { message } = await scene.ask([userMessage('Read both')]);
    const [first, second] = toolCallsOf(message);
    expect(first!.id).not.toBe(second!.id);
    await scene.ask([userMessage('Read both'), message, answers(message)]);
    const [, calls, results] = scene.contents(1);
    for (const { functionCall, functionResponse } of [...calls!.parts, ...results!.parts]) {
      expect(functionCall ?? functionResponse).not.toHaveProperty('id');
    }
  });

  test('stand in one content, in order, with errors and images told as such', async () => {
    const scene = await start(inOrder({ toolCalls: TWO_READS }, { text: 'Done.' }));
    const { message } = await scene.ask([userMessage('Look')]);
    const [first, second] = toolCallsOf(message);
    const results: ToolMessage = {
      role: 'tool',
      parts: [
        {
          type: 'tool-result',
          callId: second!.id,
          name: 'read',
          content: [{ type: 'text', text: 'no such file' }],
          isError: true,
        },
        {
          type: 'tool-result',
          callId: first!.id,
          name: 'read',
          content: [{ type: 'text', text: 'a picture' }, PIXEL],
        },
      ],
    };
    await scene.ask([userMessage('Look'), message, results]);
    expect(scene.contents(1)[2]).toEqual({
      role: 'user',
      parts: [
        {
          functionResponse: {
            name: 'read',
            response: { output: 'a picture' },
            parts: [{ inlineData: { mimeType: 'image/png', data: PIXEL.data } }],
          },
        },
        { functionResponse: { name: 'read', response: { error: 'no such file' } } },
      ],
    });
  });

  test('show images beside the results to models that take no images inside', async () => {
    const service = await answerWith([ending]);
    const call: AssistantMessage = {
      role: 'assistant',
      model: 'gemini:gemini-2.5-pro',
      parts: [{ type: 'tool-call', id: '1', name: 'look', args: {} }],
    };
    const result: ToolMessage = {
      role: 'tool',
      parts: [{ type: 'tool-result', callId: '1', name: 'look', content: [PIXEL] }],
    };
    await providerAt(service.url).chat({
      model: 'gemini-2.5-pro',
      messages: [userMessage('Look'), call, result],
    });
    const { contents } = service.requests[0]!.body as { contents: { parts: object[] }[] };
    expect(contents[2]!.parts).toEqual([
      { functionResponse: { name: 'look', response: { output: '' } } },
      { inlineData: { mimeType: 'image/png', data: PIXEL.data } },
    ]);
  });
});

describe('the request', () => {
  test.each([
    ['gemini-3.5-flash', undefined, { includeThoughts: true }],
    ['gemini-3.5-flash', 'off', { includeThoughts: false, thinkingLevel: 'MINIMAL' }],
    ['gemini-3.1-pro-preview', 'off', { includeThoughts: false, thinkingLevel: 'LOW' }],
    ['gemini-flash-latest', 'high', { includeThoughts: true, thinkingLevel: 'HIGH' }],
    ['gemini-2.5-flash', 'medium', { includeThoughts: true, thinkingBudget: 8_192 }],
    ['gemini-2.5-flash-lite', 'off', { includeThoughts: false, thinkingBudget: 0 }],
    ['gemini-2.5-pro', 'off', { includeThoughts: false, thinkingBudget: 128 }],
    ['gemini-2.0-flash', 'high', undefined],
    ['gemma-3-27b-it', 'high', undefined],
  ] as const)('asks %s for thinking %s as it understands it', async (model, thinking, expected) => {
    const scene = await start(inOrder({ text: 'Yes.' }));
    await scene.ask([userMessage('Think')], { model, thinking });
    expect(scene.config(0).thinkingConfig).toEqual(expected);
  });

  test('believes the service on who can think', async () => {
    const scene = await start(inOrder({ text: 'Yes.' }));
    expect((await scene.provider.listModels()).map(({ thinking }) => thinking)).not.toContain(false);
    await scene.ask([userMessage('Think')], { thinking: 'low' });
    expect(scene.config(0).thinkingConfig).toEqual({ includeThoughts: true, thinkingLevel: 'LOW' });
  });

  test('hands schemas on as they are', async () => {
    const schema = {
      type: 'object',
      properties: { path: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
      additionalProperties: false,
    };
    const scene = await start(inOrder({ text: '{}' }));
    await scene.ask([userMessage('Go')], {
      tools: [{ ...READ, parameters: schema }],
      format: schema,
      maxOutputTokens: 99,
    });
    expect(scene.body(0).tools).toEqual([
      {
        functionDeclarations: [{ name: 'read', description: 'Reads a file.', parametersJsonSchema: schema }],
      },
    ]);
    expect(scene.config(0)).toMatchObject({
      responseMimeType: 'application/json',
      responseJsonSchema: schema,
      maxOutputTokens: 99,
    });
  });

  test('hits the prompt cache as the conversation grows', async () => {
    const scene = await start(inOrder({ text: 'One.' }, { text: 'Two.' }));
    const messages: Message[] = [userMessage(`Long: ${'word '.repeat(2_000)}`)];
    const first = await scene.ask(messages);
    expect(first.usage?.cacheReadTokens).toBeUndefined();
    const second = await scene.ask([...messages, first.message, userMessage('And?')]);
    expect(second.usage!.cacheReadTokens).toBeGreaterThan(2_000);
    expect(second.usage!.cacheReadTokens).toBeLessThan(second.usage!.inputTokens);
  });

  describe('and the environment', () => {
    afterEach(() => vi.unstubAllEnvs());

    test('which changes neither host nor key nor version, and prints nothing', async () => {
      vi.stubEnv('GOOGLE_GENAI_USE_VERTEXAI', 'true');
      vi.stubEnv('GOOGLE_GENAI_USE_ENTERPRISE', 'true');
      vi.stubEnv('GOOGLE_GENAI_API_VERSION', 'v9');
      vi.stubEnv('GOOGLE_GEMINI_BASE_URL', 'http://127.0.0.1:1');
      vi.stubEnv('GOOGLE_API_KEY', 'another-key');
      vi.stubEnv('GEMINI_API_KEY', 'a-third-key');
      const printed = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'debug'), vi.spyOn(console, 'log')];
      const scene = await start(inOrder({ text: 'Here.' }));
      expect(textOf((await scene.ask([userMessage('Where?')])).message)).toBe('Here.');
      expect(scene.headers(0)['x-goog-api-key']).toBe('a-key');
      for (const spy of printed) expect(spy).not.toHaveBeenCalled();
      expect(process.env.GOOGLE_API_KEY).toBe('another-key');
    });
  });

  test('is one, even where more would come for a continuation token', async () => {
    const service = await answerWith([
      response([{ text: 'So far' }], { finishReason: 'CONTINUATION', continuationToken: 'dG9rZW4=' }),
    ]);
    const reply = await providerAt(service.url).chat({ model: MODEL, messages: [userMessage('Go')] });
    expect(reply.stop).toBe('length');
    expect(service.requests).toHaveLength(1);
  });
});

describe('the end of a reply', () => {
  test('by a block of the prompt says why', async () => {
    const service = await answerWith([
      { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 9 } },
    ]);
    const reply = await providerAt(service.url).chat({ model: MODEL, messages: [userMessage('Go')] });
    expect(reply).toMatchObject({
      stop: 'blocked',
      stopDetail: 'the prompt was blocked, PROHIBITED_CONTENT',
      message: { parts: [] },
      usage: { inputTokens: 9, outputTokens: 0 },
    });
  });

  test('counts without the blank line after its last event', async () => {
    const last = JSON.stringify(response([{ text: 'Well.' }], { finishReason: 'STOP' }));
    const server = await listen((incoming, answer) => {
      incoming.resume();
      answer.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${last}`);
    });
    onTestFinished(server.close);
    const reply = await providerAt(server.url).chat({ model: MODEL, messages: [userMessage('Go')] });
    expect(textOf(reply.message)).toBe('Well.');
  });

  test('by a call that could not be parsed brings the service’s words', async () => {
    const finishMessage = 'Malformed function call: print(default_api.read(';
    const service = await answerWith([
      response([], { finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage }),
    ]);
    const reply = await providerAt(service.url).chat({ model: MODEL, messages: [userMessage('Go')] });
    expect(reply.stop).toBe('malformed-call');
    expect(reply.stopDetail).toContain(finishMessage);
  });

  test('brings the last figures, with thoughts among what was written', async () => {
    const service = await answerWith([
      { ...response([{ text: 'Hm', thought: true }]), usageMetadata: { promptTokenCount: 7 } },
      {
        ...ending,
        usageMetadata: {
          promptTokenCount: 100,
          cachedContentTokenCount: 60,
          candidatesTokenCount: 5,
          thoughtsTokenCount: 20,
          toolUsePromptTokenCount: 3,
        },
      },
    ]);
    const { usage } = await providerAt(service.url).chat({ model: MODEL, messages: [userMessage('Go')] });
    expect(usage).toEqual({ inputTokens: 103, cacheReadTokens: 60, outputTokens: 25, thinkingTokens: 20 });
  });
});

describe('a failure', () => {
  test('for want of a key names the variable and the page, and sends nothing', async () => {
    const provider = new GeminiProvider({ name: 'gemini' });
    const failure = await failureOf(provider.chat({ model: MODEL, messages: [userMessage('Hi')] }));
    expect(failure.kind).toBe('no-key');
    expect(failure.message).toContain('GEMINI_API_KEY');
    expect(failure.message).toContain('https://aistudio.google.com/apikey');
    expect((await failureOf(provider.listModels())).kind).toBe('no-key');
  });

  const error = (code: number, status: string, message: string, details: object[] = []) =>
    JSON.stringify({ error: { code, status, message, details } });
  const quota = (quotaId: string, quotaValue: string) => [
    { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId, quotaValue }] },
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '37.5s' },
  ];

  test.each([
    {
      what: 'a wrong key',
      body: error(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' },
      ]),
      kind: 'not-authorised',
      says: 'https://aistudio.google.com/apikey',
    },
    {
      what: 'a conversation that is too long',
      body: error(
        400,
        'INVALID_ARGUMENT',
        'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
      ),
      kind: 'context-exceeded',
      says: '147,690 more than the 1,048,575',
    },
    {
      what: 'a model without tools',
      body: error(400, 'INVALID_ARGUMENT', 'Function calling is not enabled for models/gemma-3-1b-it'),
      kind: 'no-tool-support',
      says: 'cannot use tools',
    },
    {
      what: 'a country without a free tier',
      body: error(
        400,
        'FAILED_PRECONDITION',
        'Gemini API free tier is not available in your country. Please enable billing on your project.',
      ),
      kind: 'no-credit',
      says: 'billing',
    },
    {
      what: 'the limit of a minute',
      body: error(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded', quota('RequestsPerMinute', '10')),
      kind: 'rate-limited',
      says: 'Quota exceeded',
      retryAfterMs: 37_500,
      retryable: true,
    },
    {
      what: 'the quota of the day, which seconds do not bring back',
      body: error(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded', quota('RequestsPerDayPerProject', '50')),
      kind: 'rate-limited',
      says: 'Today',
      retryable: false,
    },
    {
      what: 'a model outside the plan',
      body: error(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded', quota('RequestsPerDay-FreeTier', '0')),
      kind: 'no-credit',
      says: 'billing',
      retryable: false,
    },
    {
      what: 'an error inside an error',
      body: error(429, 'Too Many Requests', error(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted')),
      kind: 'rate-limited',
      says: '(429: Resource has been exhausted)',
    },
    {
      what: 'a refused key',
      body: error(403, 'PERMISSION_DENIED', 'Your API key was reported as leaked.'),
      kind: 'not-authorised',
      says: 'reported as leaked',
    },
  ])('by $what says what to do', async ({ body, kind, says, retryAfterMs, retryable }) => {
    const { code } = (JSON.parse(body) as { error: { code: number } }).error;
    const headers = { 'content-type': 'application/json; charset=UTF-8' };
    const scene = await start(inOrder({ fault: { type: 'status', status: code, headers, body } }));
    const failure = await failureOf(scene.ask([userMessage('Go')]));
    expect(failure.kind).toBe(kind);
    expect(failure.message).toContain(says);
    expect(failure.message).not.toContain('{');
    if (retryAfterMs) expect(failure.retryAfterMs).toBe(retryAfterMs);
    if (retryable !== undefined) expect(failure.retryable).toBe(retryable);
  });

  test('by a model that is not there offers close names', async () => {
    const scene = await start(
      inOrder({ fault: { type: 'status', status: 404, message: 'models/gemini-3.5-flsh is not found' } }),
    );
    await scene.provider.listModels();
    const failure = await failureOf(scene.ask([userMessage('Hi')], { model: 'gemini-3.5-flsh' }));
    expect(failure.kind).toBe('model-not-found');
    expect(failure.message).toContain('Did you mean gemini-3.5-flash');
  });

  test('by a page instead of a list of models is told as one', async () => {
    const service = await answerWith([], { contentType: 'text/html' });
    const failure = await failureOf(providerAt(service.url).listModels());
    expect(failure.kind).toBe('malformed');
    expect(failure.message).toContain(service.url);
  });
});

test('lists the models of all pages that can speak, by their bare names', async () => {
  const page = (name: string, supportedGenerationMethods: string[], nextPageToken?: string) => ({
    models: [{ name: `models/${name}`, inputTokenLimit: 1000, supportedGenerationMethods }],
    ...(nextPageToken && { nextPageToken }),
  });
  const service = await answerWith([], {
    json: ({ query }) =>
      query.get('pageToken') === 'two'
        ? page('gemini-3.8-flash', ['generateContent'])
        : {
            models: [
              ...page('gemini-2.5-pro', ['generateContent']).models,
              ...page('embedding', ['embedContent']).models,
            ],
            nextPageToken: 'two',
          },
  });
  const models = await providerAt(service.url).listModels();
  expect(models.map(({ reference, contextTokens }) => [reference, contextTokens])).toEqual([
    ['gemini:gemini-2.5-pro', 1000],
    ['gemini:gemini-3.8-flash', 1000],
  ]);
});

test('speaks with an independent implementation of the service', async () => {
  const mock = new LLMock({ port: 0 });
  mock.on({ userMessage: 'hello' }, { content: 'Hello there, human.' });
  mock.on({ hasToolResult: true }, { content: 'Both are read.' });
  mock.on(
    { userMessage: 'read both', hasToolResult: false },
    { toolCalls: TWO_READS.map(({ name, args }) => ({ name, arguments: args })) },
  );
  await mock.start();
  onTestFinished(() => mock.stop());
  const provider = providerAt(mock.url);
  const ask = (messages: Message[]) => provider.chat({ model: 'gemini-2.5-flash', messages, tools: [READ] });

  expect(textOf((await ask([userMessage('hello')])).message)).toBe('Hello there, human.');
  const question = userMessage('read both');
  const first = await ask([question]);
  expect(first.stop).toBe('tool-calls');
  expect(toolCallsOf(first.message).map(({ args }) => args.path)).toEqual(['a.ts', 'b.ts']);
  const second = await ask([question, first.message, answers(first.message)]);
  expect(textOf(second.message)).toBe('Both are read.');
  mock.nextRequestError(503, { message: 'The model is overloaded.' });
  expect((await failureOf(ask([question]))).kind).toBe('overloaded');
});
