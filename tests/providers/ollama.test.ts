import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { exchange } from '../../src/conversation/exchange.ts';
import type { Failure } from '../../src/conversation/failure.ts';
import { textOf, toolCallsOf, userMessage } from '../../src/conversation/message.ts';
import type { ReplyDelta } from '../../src/conversation/reply.ts';
import { LineDecoder } from '../../src/providers/ollama/ndjson.ts';
import { OllamaProvider } from '../../src/providers/ollama.ts';
import { listen } from '../../src/simulation/http.ts';
import { MACHINES } from '../../src/simulation/ollama/ground-truth.ts';
import { inOrder } from '../../src/simulation/script.ts';
import { fc } from '../support/chance.ts';
import { IMAGE } from '../support/image.ts';
import { CODER, ollamaScene } from '../support/ollama-scene.ts';
import { openDoor } from '../support/scene.ts';
import { answerWith } from './answer-with.ts';

const READ = {
  name: 'read',
  description: 'Reads a file.',
  parameters: { type: 'object', properties: { path: { type: 'string' } } },
};
const notes = (deltas: ReplyDelta[]) =>
  deltas.flatMap((delta) => (delta.type === 'progress' ? delta.note : []));

describe('the profile of an exchange', () => {
  test('is the server’s figures in seconds, with the window, the place in memory and our own clock', async () => {
    const { machine, say } = await ollamaScene({ script: inOrder({ text: 'One two three four.' }) });
    const { profile } = await say('Count to four');
    const served = machine.served[0]!;
    expect(profile).toMatchObject({
      complete: true,
      host: machine.url,
      local: true,
      loadedBefore: false,
      gpuShare: 1,
      contextSize: 8192,
      promptCharacters: 'Count to four'.length,
      promptTokens: served.promptTokens,
      cachedTokens: 0,
      writtenTokens: served.writtenTokens,
      parallelRequests: 1,
    });
    expect(profile?.loadSeconds).toBeCloseTo(served.loadSeconds, 6);
    expect(profile?.readSeconds).toBeCloseTo(served.readSeconds, 6);
    expect(profile?.writeSeconds).toBeCloseTo(served.writeSeconds, 6);
    expect(profile?.overheadSeconds).toBeGreaterThan(0);
    expect(profile?.overheadSeconds).toBeLessThan(0.05);
    expect(profile?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(profile!.wallSeconds).toBeGreaterThanOrEqual(profile!.firstTokenSeconds!);
  });

  test('tells cold from warm, and the cached tokens', async () => {
    const { say } = await ollamaScene();
    const question = 'Why is the sky blue? '.repeat(40);
    const cold = await say(question, { maxOutputTokens: 5 });
    const warm = await say(question, { maxOutputTokens: 5 });
    expect(cold.profile?.loadedBefore).toBe(false);
    expect(warm.profile?.loadedBefore).toBe(true);
    expect(warm.profile?.cachedTokens).toBe(warm.profile!.promptTokens! - 1);
    expect(warm.usage).toEqual({
      inputTokens: warm.profile?.promptTokens,
      cacheReadTokens: warm.profile?.cachedTokens,
      outputTokens: 5,
    });
  });

  test('says unknown where an older server says nothing', async () => {
    const { say } = await ollamaScene({ server: 'old' });
    const { profile, usage } = await say('Hello', { maxOutputTokens: 5 });
    expect(profile?.cachedTokens).toBeUndefined();
    expect(usage).not.toHaveProperty('cacheReadTokens');
    expect(profile?.promptTokens).toBeGreaterThan(0);
  });

  test('knows how much of the model is on the GPU', async () => {
    const machine = { ...MACHINES.desktop, vramBytes: 3e9 };
    const { say } = await ollamaScene({ machine });
    const { profile } = await say('Hello', { maxOutputTokens: 2 });
    expect(profile?.gpuShare).toBeGreaterThan(0.4);
    expect(profile?.gpuShare).toBeLessThan(0.7);
  });

  test('counts the requests under way on the host, over all its instances', async () => {
    const { machine, provider, request } = await ollamaScene({ speed: 50, slots: 2 });
    const other = new OllamaProvider({ name: 'again', baseUrl: machine.url });
    await provider.preload(CODER);
    // It lasts until it is stopped, however slow this machine is.
    const stop = new AbortController();
    const first = provider
      .chat(request('One', { maxOutputTokens: 6000 }), stop.signal)
      .catch((failure: Failure) => failure);
    await vi.waitFor(() => expect(machine.requests).toHaveLength(1));
    const second = await other.chat(request('Two', { maxOutputTokens: 5 }));
    const { parallelRequests, requestsAhead, aheadSeconds, wallSeconds } = second.profile!;
    expect([parallelRequests, requestsAhead, aheadSeconds]).toEqual([2, 1, wallSeconds]);
    stop.abort();
    expect((await first).profile).toMatchObject({ complete: false, parallelRequests: 2 });
    expect((await first).profile).not.toHaveProperty('requestsAhead');
    expect((await other.chat(request('Three', { maxOutputTokens: 5 }))).profile?.parallelRequests).toBe(1);
  });

  test('of a model that cannot see has words in place of images, and says so', async () => {
    const { hear, sent } = await ollamaScene();
    const messages = [userMessage('What is this?', [IMAGE])];
    const blind = await hear('', { messages });
    const warnings = (deltas: ReplyDelta[]) =>
      deltas.flatMap((delta) => (delta.type === 'warning' ? delta.text : []));
    expect(warnings(blind.deltas)).toEqual([`ollama:${CODER} cannot see: the image was left out.`]);
    expect(sent(0).messages).toEqual([
      { role: 'user', content: '[an image, which you cannot see]\nWhat is this?' },
    ]);
    const sighted = await hear('', { messages, model: 'qwen3-vl:8b' });
    expect(warnings(sighted.deltas)).toEqual([]);
    expect(sent(1).messages).toEqual([{ role: 'user', content: 'What is this?', images: [IMAGE.data] }]);
  });

  test('of a cloud model is not local, and its window is not ours', async () => {
    const { say, sent, provider } = await ollamaScene({ script: inOrder({ text: 'From afar.' }) });
    const { profile } = await say('Hello', { model: 'gpt-oss:120b-cloud' });
    expect(profile).toMatchObject({ local: false, complete: true });
    expect(profile?.contextSize).toBeUndefined();
    expect(profile?.loadedBefore).toBeUndefined();
    expect(sent(0).options).not.toHaveProperty('num_ctx');
    const models = await provider.listModels();
    expect(models.filter(({ local }) => !local).map(({ name }) => name)).toEqual(['gpt-oss:120b-cloud']);
  });

  test('of an exchange that was stopped is a lower bound, and reaches the log', async () => {
    const { machine, provider, request } = await ollamaScene({ speed: 30 });
    const { door, seen } = openDoor();
    const stop = new AbortController();
    const ended = exchange(door, provider, request('Tell me a long story'), stop.signal);
    await vi.waitFor(() => expect(seen('exchange.delta').length).toBeGreaterThan(20));
    stop.abort();
    const { failure, message, profile } = await ended;
    expect(failure?.kind).toBe('stopped');
    expect(textOf(message!)).not.toBe('');
    expect(profile).toMatchObject({ complete: false, contextSize: 8192, loadedBefore: false, gpuShare: 1 });
    expect(profile?.totalSeconds).toBeUndefined();
    expect(profile?.firstTokenSeconds).toBeGreaterThan(0);
    expect(seen('exchange.ended')[0]?.profile).toEqual(profile);
    await vi.waitFor(() => expect(machine.served[0]?.outcome).toBe('stopped'));
  });

  test('is complete for a mere preload, which has no figures', async () => {
    const { machine, provider } = await ollamaScene();
    const { profile, message, usage } = await provider.chat({ model: CODER, messages: [] });
    expect(profile).toMatchObject({ complete: true, loadedBefore: false });
    expect(profile?.loadSeconds).toBeUndefined();
    expect(message.parts).toEqual([]);
    expect(usage).toBeUndefined();
    expect(machine.loaded()).toEqual([CODER]);
  });
});

describe('while the model is being loaded', () => {
  test('says so, and again when the window has to change', async () => {
    const { hear } = await ollamaScene();
    expect(notes((await hear('Hello', { maxOutputTokens: 2 })).deltas)).toEqual([`loading ${CODER} …`]);
    expect(notes((await hear('Hello', { maxOutputTokens: 2 })).deltas)).toEqual([]);
    expect(notes((await hear('Hello', { maxOutputTokens: 2, contextSize: 16_384 })).deltas)).toEqual([
      `loading ${CODER} again, with a window of 16,384 tokens …`,
    ]);
  });

  test('can be stopped at once, which ends the loading', async () => {
    const { machine, provider, request } = await ollamaScene({ speed: 2 });
    const stop = new AbortController();
    const asking = provider.chat(request('Hello'), stop.signal).catch((error: Failure) => error);
    await vi.waitFor(() => expect(machine.loaded()).toEqual([CODER]));
    const started = performance.now();
    stop.abort();
    const failure = (await asking) as Failure;
    expect(performance.now() - started).toBeLessThan(500);
    expect(failure.kind).toBe('stopped');
    expect(failure.profile).toMatchObject({ complete: false, loadedBefore: false, contextSize: 8192 });
    await vi.waitFor(() => expect(machine.loaded()).toEqual([]));
  });

  test('has all of its patience, though it said that it is loading', async () => {
    const { provider, request } = await ollamaScene({
      script: inOrder({ text: 'never', fault: { type: 'stall', at: 'start' } }),
    });
    const { door, clock, seen } = openDoor();
    const stop = new AbortController();
    const ended = exchange(door, provider, request('Hello'), stop.signal);
    await vi.waitFor(() => expect(seen('exchange.delta')).toHaveLength(1));
    clock.advance(provider.patience.nextMs + 1_000);
    const still = await Promise.race([ended, new Promise((resolve) => setImmediate(() => resolve('waits')))]);
    expect(still).toBe('waits');
    clock.advance(provider.patience.firstMs);
    expect((await ended).failure?.kind).toBe('stalled');
    expect((await ended).profile).toMatchObject({ complete: false });
  });

  test('preloading brings it in with the window of the next request, so that nothing loads again', async () => {
    const { machine, provider, say } = await ollamaScene();
    expect(await provider.preload(CODER)).toBeGreaterThan(0);
    expect((await say('Hello', { maxOutputTokens: 2 })).profile?.loadedBefore).toBe(true);
    expect(machine.served.map(({ loaded }) => loaded)).toEqual([false]);
    expect(machine.requests).toHaveLength(1);
  });
});

describe('a request', () => {
  test('carries results with the names of their tools, and the model’s own thinking', async () => {
    const script = inOrder(
      { thinking: 'I must look.', toolCalls: [{ name: 'read', args: { path: 'a.ts' } }] },
      { text: 'Read.' },
    );
    const { say, provider, sent } = await ollamaScene({ script });
    const model = 'qwen3:8b';
    const { message } = await say('Read a.ts', { model, tools: [READ] });
    const [call] = toolCallsOf(message);
    const result = { callId: call!.id, name: 'read', content: [{ type: 'text' as const, text: 'let a;' }] };
    await provider.chat({
      model,
      messages: [
        userMessage('Read a.ts'),
        message,
        { role: 'tool', parts: [{ type: 'tool-result', ...result }] },
      ],
      tools: [READ],
    });
    expect(sent(1).messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: '',
        thinking: 'I must look.',
        tool_calls: [{ id: call!.id, function: { name: 'read', arguments: { path: 'a.ts' } } }],
      },
      { role: 'tool', tool_name: 'read', tool_call_id: call!.id, content: 'let a;' },
    ]);
  });

  test('asks for thinking only where the model can, in the form that it takes', async () => {
    const { say, sent } = await ollamaScene();
    for (const [model, thinking] of [
      [CODER, 'high'],
      ['qwen3:8b', 'high'],
      ['qwen3:8b', 'off'],
      ['gpt-oss:20b', 'medium'],
      ['gpt-oss:20b', 'off'],
      ['qwen3:8b', undefined],
    ] as const) {
      await say('Hello', { model, thinking, maxOutputTokens: 2 });
    }
    expect([0, 1, 2, 3, 4, 5].map((n) => sent(n).think)).toEqual([
      undefined,
      true,
      false,
      'medium',
      'low',
      undefined,
    ]);
  });

  test('always limits the reply and forbids cutting, and leaves shift and keep_alive to the server', async () => {
    const { say, sent } = await ollamaScene({ script: inOrder({ text: 'Yes.' }) });
    await say('Hello');
    expect(sent(0)).toMatchObject({ truncate: false, stream: true });
    expect(sent(0).options.num_predict).toBeGreaterThan(1000);
    expect(sent(0)).not.toHaveProperty('shift');
    expect(sent(0)).not.toHaveProperty('keep_alive');
  });

  test('passes on format, keep_alive as the server reads it, and headers', async () => {
    const { say, sent, machine } = await ollamaScene(
      { script: inOrder({ text: '{"ok":true}' }) },
      { keepAlive: '-1', headers: { 'x-team': 'parser' }, apiKey: 'secret' },
    );
    await say('Hello', { format: { type: 'object' } });
    expect(sent(0)).toMatchObject({ format: { type: 'object' }, keep_alive: -1 });
    expect(machine.requests[0]?.headers).toMatchObject({
      'x-team': 'parser',
      authorization: 'Bearer secret',
    });
  });
});

test.each([['["a.ts"]'], ['null'], ['"a.ts"'], ['7']])(
  'arguments that are no object are kept for the model to be told: %s',
  async (json) => {
    const call = `{"message":{"tool_calls":[{"function":{"name":"read","arguments":${json}}}]}}`;
    const service = await answerWith([`${call}\n{"done":true}\n`], { contentType: 'application/x-ndjson' });
    const provider = new OllamaProvider({ name: 'ollama', baseUrl: service.url });
    const { message } = await provider.chat({ model: CODER, messages: [userMessage('Read')], tools: [READ] });
    const invalidArgs = json === '"a.ts"' ? 'a.ts' : json;
    expect(toolCallsOf(message)).toMatchObject([{ name: 'read', args: {}, invalidArgs }]);
  },
);

describe('a tool call that the model wrote as text', () => {
  const written = '{"name": "read", "arguments": {"path": "a.ts"}}';

  test.each([
    ['bare', written],
    ['in a fence', `\`\`\`json\n${written}\n\`\`\``],
    ['in tags', `<tool_call>\n${written}\n</tool_call>`],
  ])('is one where it is the whole text: %s', async (_, text) => {
    const { hear } = await ollamaScene({ script: inOrder({ text }) });
    const { deltas, reply } = await hear('Read a.ts', { tools: [READ] });
    expect(toolCallsOf(reply.message)).toMatchObject([{ name: 'read', args: { path: 'a.ts' } }]);
    expect(reply.stop).toBe('tool-calls');
    expect(deltas.some((delta) => delta.type === 'text')).toBe(false);
    expect(deltas.map(({ type }) => type)).toContain('tool-arguments');
  });

  test.each([
    ['it is about a call', `You could call ${written}`],
    ['something follows', `${written}\nThat reads it.`],
    ['the tool is not on offer', '{"name": "launch", "arguments": {}}'],
    ['it is other JSON', '{"path": "a.ts"}'],
    ['it is cut off', written.slice(0, 30)],
  ])('is text where %s', async (_, text) => {
    const { hear } = await ollamaScene({ script: inOrder({ text }) });
    const { deltas, reply } = await hear('Read a.ts', { tools: [READ] });
    expect(textOf(reply.message)).toBe(text);
    expect(deltas.map((delta) => (delta.type === 'text' ? delta.text : '')).join('')).toBe(text);
    expect(reply.stop).toBe('end');
  });

  test('is text where no tool is on offer, or JSON was asked for', async () => {
    const { say } = await ollamaScene({ script: inOrder({ text: written }) });
    expect(textOf((await say('Read a.ts')).message)).toBe(written);
    const asJson = await say('Read a.ts', { tools: [READ], format: { type: 'object' } });
    expect(textOf(asJson.message)).toBe(written);
  });
});

describe('the models', () => {
  test('are listed with what they can, by older servers too', async () => {
    const newer = await ollamaScene({ loaded: [CODER] });
    const older = await ollamaScene({ loaded: [CODER], server: 'old' });
    const models = await newer.provider.listModels();
    expect(await older.provider.listModels()).toEqual(models);
    expect(models.find(({ name }) => name === CODER)).toMatchObject({
      reference: `ollama:${CODER}`,
      local: true,
      tools: true,
      thinking: false,
      parameterSize: '7.6B',
      quantization: 'Q4_K_M',
      loaded: true,
      contextTokens: 32_768,
    });
    expect(await newer.provider.describeModel('qwen3:8b')).toMatchObject({ thinking: true, loaded: false });
    expect(await newer.provider.describeModel('nobody')).toBeUndefined();
  });

  test('have a default: the one named, else a loaded one with tools, else one for code, else the largest that fits', async () => {
    const named = await ollamaScene({}, { defaultModel: 'mine' });
    expect(await named.provider.getDefaultModel()).toBe('mine');
    const loaded = await ollamaScene({ loaded: ['llama3.2:3b', 'gemma3:4b'] });
    expect(await loaded.provider.getDefaultModel()).toBe('llama3.2:3b');
    const idle = await ollamaScene();
    expect(await idle.provider.getDefaultModel()).toBe(CODER);
    const general = await ollamaScene({ models: ['gpt-oss:20b', 'llama3.2:3b', 'qwen3:8b'] });
    expect(await general.provider.getDefaultModel()).toBe('qwen3:8b');
    const none = await ollamaScene({ models: ['gpt-oss:120b-cloud', 'nomic-embed-text:latest'] });
    expect(await none.provider.getDefaultModel()).toBeUndefined();
  });
});

describe('the stream', () => {
  test('may be split into lines at any byte', () => {
    const text = '{"a":"Grüße"}\n\n{"b":"日本語 👩‍👩‍👧"}\r\n{"c":"no newline"}';
    const bytes = new TextEncoder().encode(text);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
        const decoder = new LineDecoder();
        const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
        const lines = ends.flatMap((end, n) => decoder.push(bytes.subarray(n ? ends[n - 1] : 0, end)));
        const values = [...lines, ...decoder.end()].map((line) => JSON.parse(line) as object);
        expect(values).toEqual([{ a: 'Grüße' }, { b: '日本語 👩‍👩‍👧' }, { c: 'no newline' }]);
      }),
    );
  });

  test('of 20,000 pieces costs few deltas, as many arrive together', async () => {
    const text = 'words '.repeat(20_000);
    const { hear } = await ollamaScene({ script: inOrder({ text, pieceLength: 6 }), speed: 1e9 });
    const request = { model: 'llama3.2:3b', contextSize: 65_536, maxOutputTokens: 60_000 };
    const { deltas, reply } = await hear('Write', request);
    expect(textOf(reply.message)).toBe(text);
    expect(reply.usage?.outputTokens).toBeGreaterThan(20_000);
    expect(deltas.length).toBeLessThan(1_000);
  });

  test('leaves its connection to the next request', async () => {
    const sockets = new Set<unknown>();
    const server = await listen((request, response) => {
      sockets.add(request.socket);
      request.resume().on('end', () => {
        const chat = request.url === '/api/chat';
        response.end(
          chat ? '{"message":{"content":"Hi"},"done":true,"done_reason":"stop"}\n' : '{"models":[]}',
        );
      });
    });
    onTestFinished(server.close);
    const provider = new OllamaProvider({ name: 'ollama', baseUrl: server.url });
    for (let n = 0; n < 5; n++) {
      await provider.chat({ model: 'any', messages: [userMessage('Hello')] });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(sockets.size).toBeLessThanOrEqual(3);
  });
});
