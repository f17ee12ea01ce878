import { describe, expect, test } from 'vitest';
import { exchange } from '../../src/conversation/exchange.ts';
import type { Failure } from '../../src/conversation/failure.ts';
import { textOf, userMessage } from '../../src/conversation/message.ts';
import { ContextSizes, type Wishes } from '../../src/providers/ollama/context-size.ts';
import { cacheBytesPerToken } from '../../src/providers/ollama/models.ts';
import type { Prompt } from '../../src/providers/ollama/request.ts';
import { OllamaProvider } from '../../src/providers/ollama.ts';
import { inOrder } from '../../src/simulation/script.ts';
import { CODER, collect, ollamaScene } from '../support/ollama-scene.ts';
import { never, openDoor } from '../support/scene.ts';
import { answerWith } from './answer-with.ts';

const promptOf = (bytes: number, tools = false): Prompt => ({
  messages: [],
  tools: tools ? [] : undefined,
  characters: bytes,
  bytes,
  images: 0,
  unseen: 0,
});
const failureOf = (promise: Promise<unknown>) => {
  return promise.then(
    () => expect.fail('nothing failed'),
    (error: Failure) => error,
  );
};

test.each([
  ['heads for each layer', { 'attention.head_count_kv': [8, 0, 8, 0] }, 16 * 256 * 2],
  ['heads of another size', { 'attention.key_length': 64, 'attention.value_length': 32 }, 4 * 8 * 96 * 2],
  ['a window that slides', { 'attention.sliding_window': 1024 }, undefined],
  ['nothing said of its heads', { 'attention.head_count_kv': undefined }, undefined],
])('what a token of the window takes of a model with %s', (_, more, bytes) => {
  const shape = {
    block_count: 4,
    embedding_length: 1024,
    'attention.head_count': 8,
    'attention.head_count_kv': 8,
  };
  const entries = Object.entries({ ...shape, ...more }).map(([key, value]) => [`qwen3.${key}`, value]);
  const model_info = { 'general.architecture': 'qwen3', ...Object.fromEntries(entries) };
  expect(cacheBytesPerToken({ model_info })).toBe(bytes);
});

describe('the size of a window', () => {
  test.each([
    ['a short question', promptOf(300), {}, 8192],
    ['a conversation with tools', promptOf(300, true), {}, 16_384],
    ['a long first request', promptOf(60_000), {}, 32_768],
    ['a reply that may be long', promptOf(300), { maxOutputTokens: 12_000 }, 16_384],
    ['a model trained for less', promptOf(300, true), { trained: 2048 }, 2048],
    ['a prompt beyond what grows by itself', promptOf(300_000), { trained: 131_072 }, 32_768],
    ['a configured size', promptOf(60_000), { configured: 10_000 }, 10_000],
    ['a request that names one', promptOf(300), { configured: 10_000, requested: 20_000 }, 20_000],
    ['a model that is loaded with enough', promptOf(300), { loaded: 10_000 }, 10_000],
    ['a model that is loaded with a large window', promptOf(300, true), { loaded: 131_072 }, 131_072],
    ['a model that is loaded with too small a window', promptOf(12_000), { loaded: 4096 }, 8192],
    ['a model that is loaded without room to grow', promptOf(300, true), { loaded: 4096 }, 16_384],
  ])('for %s', (_, prompt, wishes, size) => {
    expect(new ContextSizes().choose(CODER, prompt, wishes)).toBe(size);
  });

  test('stays until the prompt and its reply need more, and never shrinks', () => {
    const sizes = new ContextSizes();
    const choose = (bytes: number) => sent(sizes, promptOf(bytes), { trained: 131_072 });
    expect([1_000, 10_000, 13_000, 40_000, 1_000].map(choose)).toEqual([8192, 8192, 16_384, 32_768, 32_768]);
  });

  test('is smaller again where a model that is not loaded had it so, but not than what its server asked for', () => {
    const sizes = new ContextSizes();
    sizes.settle(CODER, 32_768);
    sizes.resume(CODER, 8192);
    expect(sizes.choose(CODER, promptOf(300), {})).toBe(8192);
    sizes.outgrow(CODER, 8192, {});
    sizes.resume(CODER, 8192);
    expect(sent(sizes, promptOf(300), {})).toBe(16_384);
    sizes.resume(CODER, 8192);
    expect(sizes.choose(CODER, promptOf(300), {})).toBe(8192);
  });

  test('follows a larger one that another program had the model loaded with', () => {
    const sizes = new ContextSizes();
    expect(sent(sizes, promptOf(300), {})).toBe(8192);
    expect(sent(sizes, promptOf(300), { loaded: 12_000 })).toBe(12_000);
    expect(sizes.choose(CODER, promptOf(300), { loaded: 4096 })).toBe(12_000);
  });

  test('does not grow by a look at what is never sent', () => {
    const sizes = new ContextSizes();
    expect(sizes.choose(CODER, promptOf(60_000), {})).toBeGreaterThan(8192);
    expect(sizes.choose(CODER, promptOf(300), {})).toBe(8192);
  });

  test('learns how many bytes a token of this model has', () => {
    const sizes = new ContextSizes();
    expect(sizes.estimate(CODER, promptOf(8000))).toBe(2667);
    sizes.learn(CODER, promptOf(8000), 2000);
    expect(sizes.estimate(CODER, promptOf(8000))).toBe(2000);
    // As 0.30.0 counts, without the cached tokens.
    sizes.learn(CODER, promptOf(8000), 300);
    expect(sizes.estimate(CODER, promptOf(8000))).toBe(2000);
  });
});

describe('on the wire', () => {
  test('one window a model is sent, so that nothing is loaded twice', async () => {
    const { say, machine } = await ollamaScene({ script: inOrder({ text: 'Yes.' }) });
    for (const text of ['Short', 'A bit longer. '.repeat(100), 'Short again']) await say(text);
    const sizes = machine.requests.map(({ body }) => (body.options as { num_ctx: number }).num_ctx);
    expect(new Set(sizes).size).toBe(1);
    expect(machine.served.map(({ loaded }) => loaded)).toEqual([true, false, false]);
  });

  test('the reply is limited to what is left of the window, and told where that ends it', async () => {
    const { say, sent } = await ollamaScene({}, { contextSize: 2048 });
    const reply = await say('word '.repeat(1000));
    const { num_ctx, num_predict } = sent(0).options;
    expect(num_ctx).toBe(2048);
    expect(num_predict).toBeLessThan(1048);
    expect(reply.stop).toBe('context-full');
    expect(reply.stopDetail).toContain('2048 tokens');
    expect((await say('Hello', { maxOutputTokens: 30 })).stop).toBe('length');
  });

  test.each([
    ['llama-server’s words', CODER],
    ['a model whose template is jinja', 'hf.co/someone/tiny-coder-GGUF:Q8_0'],
  ])('too long a prompt fails and says by how much: %s', async (_, model) => {
    const { say, machine } = await ollamaScene({}, { contextSize: 4096 });
    const failure = await failureOf(say('word '.repeat(5000), { model }));
    expect(failure.kind).toBe('context-exceeded');
    expect(failure.status).toBe(400);
    expect(failure.retryable).toBe(false);
    expect(failure.message).toMatch(/has 5,\d\d\d tokens, \d+ more than fit into its window of 4,096 tokens/);
    expect(failure.message).toMatch(/raise context_size .*trained for (32,768|8,192)/);
    expect(failure.profile).toMatchObject({ complete: false, contextSize: 4096 });
    expect(machine.served).toEqual([]);
  });

  test('and in Ollama’s own words, which give no figures', async () => {
    const message =
      'the prompt is longer than the context length currently available to the model; shorten the prompt, adjust the context length in settings, or use a model with a longer context length';
    const fault = { type: 'status', status: 400, message } as const;
    const { say } = await ollamaScene({ script: inOrder({ fault }) }, { contextSize: 32_768 });
    const failure = await failureOf(say('word '));
    expect(failure.kind).toBe('context-exceeded');
    expect(failure.message).toContain('does not fit into its window of 32,768 tokens');
    expect(failure.message).toContain('choose a model with a larger window');
  });

  test('a prompt that was thought to fit and does not is sent again with a larger window', async () => {
    // One letter, one space: two bytes a token, where three are expected.
    const { machine, provider, request } = await ollamaScene({ script: inOrder({ text: 'Many.' }) });
    const { door, seen } = openDoor();
    const counted = request('x '.repeat(9000), { maxOutputTokens: 20 });
    const { failure, message } = await exchange(door, provider, counted, never);
    expect(failure).toBeUndefined();
    expect(message?.parts).toEqual([{ type: 'text', text: 'Many.' }]);
    expect(seen('exchange.retrying').map(({ why }) => why)).toEqual([
      `ollama:${CODER} needs a window of more than 8,192 tokens: the next try loads it with 16,384.`,
    ]);
    expect(machine.served.map(({ contextSize }) => contextSize)).toEqual([16_384]);
  });

  test('a prompt that an older server cut silently is a failure, not an answer', async () => {
    for (const server of ['old', { ...(await newerThatCuts()) }] as const) {
      const { say } = await ollamaScene(
        { server, script: inOrder({ text: 'I see nothing.' }) },
        { contextSize: 4096 },
      );
      expect((await say('word '.repeat(2000))).stop).toBe('end');
      const failure = await failureOf(say('word '.repeat(9000)));
      expect(failure.kind).toBe('context-exceeded');
      expect(failure.message).toContain('the server cut it without saying so');
      expect(failure.profile).toMatchObject({ complete: true });
    }
  });

  test('one that it may have cut comes with a word of doubt', async () => {
    const { say, hear, request } = await ollamaScene({ server: 'old' }, { contextSize: 4096 });
    const turns = (count: number) => {
      const messages = Array.from({ length: count }, () => request('abc '.repeat(500)).messages).flat();
      return hear('', { messages, maxOutputTokens: 5 });
    };
    await say('abc '.repeat(500), { maxOutputTokens: 5 });
    const doubts = async (count: number) => {
      const { deltas } = await turns(count);
      return deltas.filter((delta) => delta.type === 'warning');
    };
    expect(await doubts(7)).toEqual([]);
    expect(await doubts(11)).toMatchObject([{ text: expect.stringContaining('only a part') }]);
  });

  test('a table full of spaces is long, and few tokens: its answer is kept', async () => {
    const last = { done: true, done_reason: 'stop', prompt_eval_count: 21_000, eval_count: 8 };
    const lines = `${JSON.stringify({ message: { content: '42.' } })}\n${JSON.stringify(last)}\n`;
    const service = await answerWith([lines], { contentType: 'application/x-ndjson' });
    const provider = new OllamaProvider({ name: 'ollama', baseUrl: service.url });
    const table = `a${' '.repeat(99)}\n`.repeat(2_100);
    const { deltas, reply } = await collect(
      provider.stream({ model: CODER, messages: [userMessage(table)], contextSize: 32_768 }),
    );
    expect(textOf(reply.message)).toBe('42.');
    expect(deltas).toContainEqual({ type: 'warning', text: expect.stringContaining('only a part') });
  });

  test('and 0.30.0, which counts without the cached tokens, is not taken for one that cuts', async () => {
    const { say } = await ollamaScene({ server: '0.30.0', script: inOrder({ text: 'Fine.' }) });
    const text = 'word '.repeat(3000);
    for (let n = 0; n < 3; n++) expect((await say(text)).stop).toBe('end');
  });
});

/** Cuts to half of the window, whatever it was told. */
async function newerThatCuts() {
  const { SERVERS } = await import('../../src/simulation/ollama/generation.ts');
  return { ...SERVERS.current, honoursTruncate: false };
}

/** The size that goes out with a request, as the provider settles on it. */
function sent(sizes: ContextSizes, prompt: Prompt, wishes: Wishes): number {
  const size = sizes.choose(CODER, prompt, wishes);
  sizes.settle(CODER, size);
  return size;
}
