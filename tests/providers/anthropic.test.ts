import { LLMock } from '@copilotkit/aimock';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { tapWire } from '../../src/conformance/wire-tap.ts';
import type { Failure } from '../../src/conversation/failure.ts';
import { type Message, textOf, toolCallsOf, userMessage } from '../../src/conversation/message.ts';
import type { ReplyDelta } from '../../src/conversation/reply.ts';
import { AnthropicProvider } from '../../src/providers/anthropic.ts';
import type { ChatRequest, ProviderSettings, ToolDeclaration } from '../../src/providers/base.ts';
import { type AnthropicSimulationOptions, simulateAnthropic } from '../../src/simulation/anthropic.ts';
import { listen, sse } from '../../src/simulation/http.ts';
import { inOrder, type Script, type ScriptedReply } from '../../src/simulation/script.ts';

const SONNET = 'claude-sonnet-5-5';
const HAIKU = 'claude-haiku-4-5';
const READ: ToolDeclaration = {
  name: 'read',
  description: 'Reads a file.',
  parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};

interface Block {
  type: string;
  cache_control?: unknown;
  [field: string]: unknown;
}

interface Body {
  max_tokens: number;
  messages: { role: string; content: Block[] }[];
  system?: Block[];
  tools?: Block[];
  thinking?: unknown;
  output_config?: { effort?: string; format?: { schema: unknown } };
}

function providerAt(baseUrl: string, settings: Partial<ProviderSettings> = {}) {
  return new AnthropicProvider({ name: 'anthropic', apiKey: 'test-key', baseUrl, ...settings });
}

async function scene(script: Script | ScriptedReply, options?: AnthropicSimulationOptions) {
  const service = await simulateAnthropic(typeof script === 'function' ? script : inOrder(script), options);
  const tap = await tapWire(service.url);
  onTestFinished(async () => {
    await tap.close();
    await service.close();
  });
  const body = (n: number) => service.requests[n]!.body as unknown as Body;
  return { service, tap, body, provider: providerAt(tap.url) };
}

/** A service that answers every request for a reply with these events, and nothing else. */
async function raw(...events: { type: string; [field: string]: unknown }[]) {
  const server = await listen((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(events.map((event) => sse(event, event.type)).join(''));
  });
  onTestFinished(server.close);
  return providerAt(server.url);
}

const begin = { type: 'message_start', message: { usage: { input_tokens: 3, output_tokens: 1 } } };
const finish = [
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } },
  { type: 'message_stop' },
];

function ask(text: string, request: Partial<ChatRequest> = {}): ChatRequest {
  return { model: SONNET, messages: [userMessage(text)], ...request };
}

function answersTo(message: Message): Message {
  return {
    role: 'tool',
    parts: toolCallsOf(message as never).map(({ id, name, args }) => ({
      type: 'tool-result',
      callId: id,
      name,
      content: [{ type: 'text', text: `content of ${args.path}` }],
    })),
  };
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => expect.fail('nothing failed'),
    (error: Failure) => error,
  );
}

async function failureFor(
  status: number,
  message: string,
  headers?: Record<string, string>,
): Promise<Failure> {
  const { provider } = await scene({ fault: { type: 'status', status, message, headers } });
  return failureOf(provider.chat(ask('Hi')));
}

describe('thinking', () => {
  test('goes back signed to the model that thought, and to no other', async () => {
    const { body, provider } = await scene(
      inOrder(
        { thinking: 'Let me read.', toolCalls: [{ name: 'read', args: { path: 'a' } }] },
        { text: 'Done.' },
      ),
    );
    const question = ask('Read a', { thinking: 'medium', tools: [READ] });
    const { message } = await provider.chat(question);
    const messages = [...question.messages, message, answersTo(message)];
    await provider.chat({ ...question, messages });
    await provider.chat({ ...question, messages, model: 'claude-opus-5-5' });
    expect(body(1).messages[1]!.content[0]).toMatchObject({ type: 'thinking', thinking: 'Let me read.' });
    expect(body(1).messages[1]!.content[0]!.signature).toBeTruthy();
    expect(body(2).messages[1]!.content.map(({ type }) => type)).toEqual(['tool_use']);
  });

  test('that is redacted or not shown comes and goes back as it is', async () => {
    const provider = await raw(
      begin,
      { type: 'content_block_start', index: 0, content_block: { type: 'redacted_thinking', data: 'secret' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'thinking', thinking: '', signature: '' },
      },
      { type: 'content_block_delta', index: 1, delta: { type: 'signature_delta', signature: 'proof' } },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: { type: 'text', text: 'Well.' } },
      ...finish,
    );
    const { message } = await provider.chat(ask('Hi'));
    const { body, provider: next } = await scene({ fault: { type: 'status', status: 500 } });
    await failureOf(next.chat(ask('', { messages: [userMessage('Hi'), message, userMessage('And?')] })));
    expect(body(0).messages[1]!.content).toEqual([
      { type: 'redacted_thinking', data: 'secret' },
      { type: 'thinking', thinking: '', signature: 'proof' },
      { type: 'text', text: 'Well.' },
    ]);
  });

  test('that was broken off, or that nothing followed, is left out', async () => {
    const { body, provider } = await scene({ text: 'Fine.' });
    const model = `anthropic:${SONNET}`;
    await provider.chat(
      ask('', {
        messages: [
          userMessage('Hi'),
          {
            role: 'assistant',
            model,
            parts: [
              { type: 'thinking', text: 'half a th' },
              { type: 'text', text: 'So' },
            ],
          },
          userMessage('Go on'),
          { role: 'assistant', model, parts: [{ type: 'thinking', text: '', opaque: { signature: 'x' } }] },
          userMessage('Well?'),
        ],
      }),
    );
    expect(JSON.stringify(body(0).messages)).not.toContain('thinking');
  });

  test('is asked for as each model takes it, after one look at what it can do', async () => {
    const { tap, body, provider } = await scene({ text: 'Fine.' });
    const efforts = ['low', 'high', 'off'] as const;
    for (const model of [SONNET, HAIKU]) {
      for (const thinking of efforts) await provider.chat(ask('Hi', { model, thinking }));
    }
    const asked = [0, 1, 2, 3, 4, 5].map((n) => [body(n).thinking, body(n).output_config?.effort]);
    expect(asked).toEqual([
      [{ type: 'adaptive', display: 'summarized' }, 'low'],
      [{ type: 'adaptive', display: 'summarized' }, 'high'],
      [{ type: 'disabled' }, undefined],
      [{ type: 'enabled', budget_tokens: 4_096 }, undefined],
      [{ type: 'enabled', budget_tokens: 24_576 }, undefined],
      [{ type: 'disabled' }, undefined],
    ]);
    expect(tap.routes.filter((route) => route.startsWith('GET'))).toEqual([
      `GET /v1/models/${SONNET}`,
      `GET /v1/models/${HAIKU}`,
    ]);
  });

  test('left to the model costs no question about it', async () => {
    const { tap, body, provider } = await scene({ text: 'Fine.' });
    await provider.chat(ask('Hi'));
    expect(tap.routes).toEqual(['POST /v1/messages']);
    expect(body(0).thinking).toBeUndefined();
    expect(body(0).max_tokens).toBe(32_000);
  });

  test('by budget stays below a small limit, and is left out below the least budget', async () => {
    const { body, provider } = await scene({ text: 'Fine.' });
    await provider.chat(ask('Hi', { model: HAIKU, thinking: 'high', maxOutputTokens: 3_000 }));
    await provider.chat(ask('Hi', { model: HAIKU, thinking: 'high', maxOutputTokens: 900 }));
    expect(body(0).thinking).toEqual({ type: 'enabled', budget_tokens: 2_999 });
    expect(body(1).thinking).toBeUndefined();
  });

  test('by budget waits for the next turn where another model made the calls', async () => {
    const { body, provider } = await scene({ text: 'Fine.' });
    const calls: Message = {
      role: 'assistant',
      model: 'ollama:qwen',
      parts: [{ type: 'tool-call', id: '1', name: 'read', args: { path: 'a' } }],
    };
    const messages = [userMessage('Hi'), calls, answersTo(calls)];
    await provider.chat(ask('', { model: HAIKU, thinking: 'high', messages }));
    await provider.chat(
      ask('', { model: HAIKU, thinking: 'high', messages: [...messages, userMessage('And?')] }),
    );
    expect(body(0).thinking).toBeUndefined();
    expect(body(1).thinking).toBeUndefined();
    await provider.chat(
      ask('', {
        model: HAIKU,
        thinking: 'high',
        messages: [
          ...messages,
          { role: 'assistant', model: 'ollama:qwen', parts: [{ type: 'text', text: 'Read.' }] },
          userMessage('And?'),
        ],
      }),
    );
    expect(body(2).thinking).toMatchObject({ type: 'enabled' });
  });
});

describe('the prompt cache', () => {
  /** A turn with steps of every kind: many results, a human who speaks in between, a stopped reply. */
  async function grow(ask: (messages: Message[]) => Promise<Message>): Promise<void> {
    const messages: Message[] = [userMessage('Look at everything.')];
    const step = async (...more: Message[]) => {
      messages.push(...more);
      messages.push(await ask([...messages]));
    };
    await step();
    await step(answersTo(messages.at(-1)!));
    await step(answersTo(messages.at(-1)!), userMessage('Quick, please.'));
    messages.push({ role: 'assistant', model: 'ollama:qwen', parts: [] });
    await step(userMessage('And the rest?'));
    await step(answersTo(messages.at(-1)!));
    await step(userMessage('Thanks.'));
  }

  const many = Array.from({ length: 30 }, (_, n) => ({ name: 'read', args: { path: `src/${n}.ts` } }));
  const replies = inOrder(
    { toolCalls: many.slice(0, 2) },
    { thinking: 'All of them, then.', text: 'I read more.', toolCalls: many },
    { text: 'So far so good.' },
    { toolCalls: many.slice(0, 3) },
    { text: 'All read.' },
    { text: 'With pleasure.' },
  );

  test('covers the whole former prompt of a conversation that grows', async () => {
    const { provider } = await scene(replies, { minimumCacheTokens: 1 });
    let former = 0;
    await grow(async (messages) => {
      const { message, usage } = await provider.chat({
        model: SONNET,
        system: 'Be brief.',
        tools: [READ],
        messages,
      });
      expect(usage!.cacheReadTokens).toBe(former);
      expect(usage!.cacheReadTokens! + usage!.cacheWriteTokens!).toBe(usage!.inputTokens);
      former = usage!.inputTokens;
      return message;
    });
    expect(former).toBeGreaterThan(1_000);
  });

  test('covers tools and system prompt for the next conversation', async () => {
    const { body, provider } = await scene({ text: 'Yes.' }, { minimumCacheTokens: 1 });
    const head = { system: 'Be brief.', tools: [READ] };
    await provider.chat(ask('First subject', head));
    const { usage } = await provider.chat(ask('Second subject', head));
    const { system, tools } = body(1);
    const characters = JSON.stringify([...tools!, { ...system![0], cache_control: undefined }]).length;
    expect(usage!.cacheReadTokens).toBeCloseTo(characters / 4, -1);
    await provider.chat(ask('First subject', { tools: [READ] }));
    expect(
      (await provider.chat(ask('Second subject', { tools: [READ] }))).usage!.cacheReadTokens,
    ).toBeGreaterThan(20);
  });

  test('is served by requests that differ from the former one only in breakpoints and at their end', async () => {
    const { service, provider } = await scene(replies);
    await grow(async (messages) => {
      const reply = await provider.chat({ model: SONNET, system: 'Be brief.', tools: [READ], messages });
      return reply.message;
    });
    const withoutBreakpoints = (body: unknown) =>
      JSON.stringify(body, (key, value) => (key === 'cache_control' ? undefined : value));
    const sent = service.requests.map(({ body }) => withoutBreakpoints(body));
    const headAndMessages = (text: string) => text.slice(0, text.lastIndexOf(']'));
    for (const [n, text] of sent.slice(0, -1).entries()) {
      expect(sent[n + 1]!.startsWith(headAndMessages(text))).toBe(true);
    }
    expect(sent).toHaveLength(6);
  });

  test('tells apart what was read and what was written', async () => {
    const { provider } = await scene({
      text: 'Yes.',
      usage: { input: 900, cacheRead: 500, cacheWrite: 300, output: 9, thinking: 4 },
    });
    expect((await provider.chat(ask('Hi'))).usage).toEqual({
      inputTokens: 900,
      cacheReadTokens: 500,
      cacheWriteTokens: 300,
      outputTokens: 9,
      thinkingTokens: 4,
    });
  });
});

describe('a request', () => {
  test('puts the results of all calls into one message, images and errors among them', async () => {
    const { body, provider } = await scene({ text: 'Seen.' });
    const calls: Message = {
      role: 'assistant',
      model: 'x:y',
      parts: ['a', 'b', 'c'].map((id) => ({ type: 'tool-call', id, name: 'read', args: {} })),
    };
    const image = { type: 'image' as const, mediaType: 'image/png', data: 'AA==' };
    const result = { type: 'tool-result' as const, name: 'read' };
    await provider.chat(
      ask('', {
        messages: [
          userMessage('Look'),
          calls,
          {
            role: 'tool',
            parts: [
              { ...result, callId: 'a', content: [{ type: 'text', text: 'A picture:' }, image] },
              { ...result, callId: 'b', content: [{ type: 'text', text: 'No such file.' }], isError: true },
              { ...result, callId: 'c', content: [{ type: 'text', text: '' }] },
            ],
          },
        ],
      }),
    );
    expect(body(0).messages).toHaveLength(3);
    expect(body(0).messages[2]).toMatchObject({
      role: 'user',
      content: [
        {
          tool_use_id: 'a',
          content: [
            { text: 'A picture:' },
            { source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
          ],
        },
        { tool_use_id: 'b', content: [{ text: 'No such file.' }], is_error: true },
        { tool_use_id: 'c' },
      ],
    });
  });

  test('asks for JSON of a schema, as strictly as the service wants it', async () => {
    const { body, provider } = await scene({ text: '{"n": 1}' });
    const format = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
    await provider.chat(ask('Count', { format }));
    expect(body(0).output_config?.format).toEqual({
      type: 'json_schema',
      schema: { ...format, additionalProperties: false },
    });
  });

  test('goes to the configured host with the configured key, whatever the environment says', async () => {
    const { service, provider } = await scene({ text: 'Here.' });
    const variables = {
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
      ANTHROPIC_AUTH_TOKEN: 'token-of-the-environment',
      ANTHROPIC_API_KEY: 'key-of-the-environment',
      ANTHROPIC_CUSTOM_HEADERS: 'x-leaked: yes',
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    await provider.chat(ask('Hi'));
    const { headers } = service.requests[0]!;
    expect(headers.authorization).toBe('Bearer test-key');
    expect(headers).not.toHaveProperty('x-api-key');
    expect(headers).not.toHaveProperty('x-leaked');
    expect(process.env).toMatchObject(variables);
  });

  test('carries the configured headers, which may stand in for a key', async () => {
    const { service } = await scene({ text: 'Here.' });
    const gateway = { Authorization: 'Bearer gateway', 'x-team': 'parley' };
    await providerAt(`${service.url}/v1/`, { apiKey: undefined, headers: gateway }).chat(ask('Hi'));
    expect(service.requests[0]!.headers).toMatchObject({
      authorization: 'Bearer gateway',
      'x-team': 'parley',
    });
    await providerAt(service.url, { apiKey: undefined, headers: { 'x-api-key': 'own' } }).chat(ask('Hi'));
    expect(service.requests[1]!.headers).toMatchObject({ 'x-api-key': 'own' });
    expect(service.requests[1]!.headers).not.toHaveProperty('authorization');
  });

  test('uses the connection of the one before', async () => {
    const sockets = new Set<unknown>();
    const endings: (() => void)[] = [];
    const server = await listen((request, response) => {
      sockets.add(request.socket);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write([begin, ...finish].map((event) => sse(event, event.type)).join(''));
      endings.push(() => response.end());
    });
    onTestFinished(server.close);
    const provider = providerAt(server.url);
    for (let n = 1; n <= 4; n++) {
      await provider.chat(ask('Hi'));
      // The end of the body comes after the end of the reply, as it does over a network.
      endings.pop()?.();
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    }
    expect(sockets.size).toBe(1);
  });
});

describe('a reply', () => {
  test('of which much arrives at once is told in few deltas', async () => {
    const text = 'lorem '.repeat(20_000);
    const { provider } = await scene({ text, pieceLength: 6 });
    const deltas: ReplyDelta[] = [];
    for await (const delta of provider.stream(ask('Write'))) deltas.push(delta);
    expect(deltas.map((delta) => (delta.type === 'text' ? delta.text : '')).join('')).toBe(text);
    expect(deltas.length).toBeLessThan(5_000);
  });

  test('gives signs of life while it thinks unseen', async () => {
    const provider = await raw(
      begin,
      { type: 'ping' },
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'thinking', thinking: '', signature: '' },
      },
      { type: 'ping' },
      { type: 'content_block_stop', index: 0 },
      ...finish,
    );
    const deltas: ReplyDelta[] = [];
    for await (const delta of provider.stream(ask('Think'))) deltas.push(delta);
    expect(deltas.slice(0, -1)).toEqual([{ type: 'alive' }, { type: 'progress', note: 'thinking' }]);
  });

  test('keeps arguments that are no JSON as they were written', async () => {
    const provider = await raw(
      begin,
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 't', name: 'read', input: {} },
      },
      {
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'input_json_delta', partial_json: '{"path": "a' },
      },
      { type: 'message_delta', delta: { stop_reason: 'max_tokens' }, usage: { output_tokens: 7 } },
      { type: 'message_stop' },
    );
    const { message, stop } = await provider.chat(ask('Read'));
    expect(stop).toBe('length');
    expect(toolCallsOf(message)).toEqual([
      { type: 'tool-call', id: 't', name: 'read', args: {}, invalidArgs: '{"path": "a' },
    ]);
  });

  test('that is refused says why in the service’s words', async () => {
    const { provider } = await scene({ stop: 'refusal' });
    const { stop, stopDetail } = await provider.chat(ask('Do harm'));
    expect(stop).toBe('refusal');
    expect(stopDetail).toBe('Scripted refusal. (general_harms)');
  });

  test('with events that lack what belongs to them is malformed', async () => {
    for (const event of [
      { type: 'content_block_start', index: 0 },
      { type: 'content_block_delta', index: 0 },
      { type: 'message_delta' },
      { type: 'message_start' },
    ]) {
      const provider = await raw(event, ...finish);
      expect((await failureOf(provider.chat(ask('Hi')))).kind).toBe('malformed');
    }
  });

  test('with events that nobody knows yet is read all the same', async () => {
    const provider = await raw(
      begin,
      { type: 'weather', sunny: true },
      { type: 'content_block_start', index: 0, content_block: { type: 'hologram' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'hologram_delta', light: 1 } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Hello' } },
      ...finish,
    );
    const reply = await provider.chat(ask('Hi'));
    expect(textOf(reply.message)).toBe('Hello');
    expect(reply.usage).toEqual({ inputTokens: 3, outputTokens: 7 });
  });
});

describe('a failure says what to do', () => {
  test('without a key', async () => {
    const failure = await failureOf(new AnthropicProvider({ name: 'anthropic' }).chat(ask('Hi')));
    expect(failure.kind).toBe('no-key');
    expect(failure.message).toContain('ANTHROPIC_API_KEY');
    expect(failure.message).toContain('https://console.anthropic.com/');
  });

  test('with a key that is refused', async () => {
    const failure = await failureFor(401, 'invalid x-api-key test-key');
    expect(failure).toMatchObject({ kind: 'not-authorised', status: 401, retryable: false });
    expect(failure.message).toContain('ANTHROPIC_API_KEY');
    expect(failure.message).not.toContain('test-key');
  });

  test('without credit', async () => {
    const words = 'Your credit balance is too low to access the Anthropic API.';
    for (const failure of [await failureFor(402, 'Pay first.'), await failureFor(400, words)]) {
      expect(failure.kind).toBe('no-credit');
      expect(failure.message).toContain('https://console.anthropic.com/settings/billing');
    }
  });

  test.each([
    [
      400,
      'prompt is too long: 213462 tokens > 200000 maximum',
      '213,462 tokens, 13,462 more than the 200,000',
    ],
    [413, 'prompt is too long: 213462 tokens > 200000 maximum', '13,462 more'],
    [
      400,
      'input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease',
      '22,000 more than the 200,000',
    ],
    [413, 'Request exceeds the maximum size', 'larger than'],
  ])('with a conversation that is too long (%i, %s)', async (status, said, sentence) => {
    const failure = await failureFor(status, said);
    expect(failure.kind).toBe('context-exceeded');
    expect(failure.message).toContain(sentence);
    expect(failure.message).toContain('/clear');
  });

  test('with a model that is not there, and an address that is not Anthropic’s', async () => {
    expect(await failureFor(404, `model: ${SONNET}`)).toMatchObject({ kind: 'model-not-found' });
    const { service } = await scene({ fault: { type: 'status', status: 404, body: '<html>nginx</html>' } });
    const failure = await failureOf(providerAt(service.url).chat(ask('Hi')));
    expect(failure.kind).toBe('bad-config');
    expect(failure.message).toContain(service.url);
  });

  test('with a limit, and when to come back', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    expect(await failureFor(429, 'Slow down', { 'retry-after': '12' })).toMatchObject({
      kind: 'rate-limited',
      retryAfterMs: 12_000,
      retryable: true,
    });
    const dated = await failureFor(529, 'Overloaded', { 'retry-after': date });
    expect(dated.kind).toBe('overloaded');
    expect(dated.retryAfterMs).toBeGreaterThan(50_000);
    const spent = await failureFor(429, 'The spend limit is reached', { 'x-should-retry': 'false' });
    expect(spent.retryable).toBe(false);
  });

  test('and leaves trying again to the caller', async () => {
    for (const status of [408, 409, 500, 529]) {
      const { service, provider } = await scene({ fault: { type: 'status', status } });
      expect((await failureOf(provider.chat(ask('Hi')))).retryable).toBe(true);
      expect(service.requests).toHaveLength(1);
    }
  });
});

describe('models', () => {
  test('are described from what the service says, once', async () => {
    const { tap, provider } = await scene({ text: 'unused' });
    const expected = {
      reference: `anthropic:${HAIKU}`,
      name: HAIKU,
      local: false,
      contextTokens: 200_000,
      maxOutputTokens: 64_000,
      tools: true,
      vision: true,
      thinking: true,
    };
    expect(await provider.describeModel(HAIKU)).toEqual(expected);
    expect(await provider.describeModel(HAIKU)).toEqual(expected);
    expect(await provider.describeModel('claude-unheard-of')).toBeUndefined();
    expect(tap.routes).toHaveLength(2);
    expect((await provider.listModels()).find(({ name }) => name === HAIKU)).toEqual(expected);
  });

  test('have a default, which the settings may change', async () => {
    expect(await providerAt('http://unused').getDefaultModel()).toBe(SONNET);
    expect(await providerAt('http://unused', { defaultModel: HAIKU }).getDefaultModel()).toBe(HAIKU);
  });
});

describe('with aimock, which knows the protocol independently', () => {
  async function mock(): Promise<{ mock: LLMock; provider: AnthropicProvider }> {
    const mock = new LLMock({ port: 0 });
    await mock.start();
    onTestFinished(() => mock.stop());
    return { mock, provider: providerAt(mock.url) };
  }

  test('text arrives', async () => {
    const { mock: service, provider } = await mock();
    service.onMessage('Hello', { content: 'Grüße aus der Attrappe 👋' });
    const reply = await provider.chat(ask('Hello'));
    expect(textOf(reply.message)).toBe('Grüße aus der Attrappe 👋');
    expect(reply.stop).toBe('end');
  });

  test('a tool is called and its result taken', async () => {
    const { mock: service, provider } = await mock();
    service.on({ hasToolResult: true }, { content: 'The file is short.' });
    service.onMessage('Read a.ts', { toolCalls: [{ name: 'read', arguments: '{"path":"a.ts"}' }] });
    const question = ask('Read a.ts', { tools: [READ] });
    const { message, stop } = await provider.chat(question);
    expect(stop).toBe('tool-calls');
    expect(toolCallsOf(message)).toMatchObject([{ name: 'read', args: { path: 'a.ts' } }]);
    const reply = await provider.chat({
      ...question,
      messages: [...question.messages, message, answersTo(message)],
    });
    expect(textOf(reply.message)).toBe('The file is short.');
  });

  test('an overload is told, and passes', async () => {
    const { mock: service, provider } = await mock();
    service.onMessage('Hello', { content: 'Here again.' });
    service.nextRequestError(529, { message: 'Overloaded', type: 'overloaded_error' });
    expect((await failureOf(provider.chat(ask('Hello')))).kind).toBe('overloaded');
    expect(textOf((await provider.chat(ask('Hello'))).message)).toBe('Here again.');
  });
});
