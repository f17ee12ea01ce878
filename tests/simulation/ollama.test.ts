import { describe, expect, test, vi } from 'vitest';
import type { Machine } from '../../src/simulation/ollama/ground-truth.ts';
import { MACHINES, randomMachine } from '../../src/simulation/ollama/ground-truth.ts';
import { inOrder } from '../../src/simulation/script.ts';
import { CODER, type Json, machineThat } from '../support/ollama-scene.ts';

const EXACT: Machine = { ...MACHINES.desktop, noise: 0, outliers: 0 };
const say = (content: string, more: object = {}) => ({
  model: CODER,
  messages: [{ role: 'user', content }],
  ...more,
});
const limited = (num_predict: number, more: object = {}) => ({ options: { num_predict, ...more } });
const uncached = (last: Json) => last.prompt_eval_count - last.prompt_eval_cached_count;

describe('a reply', () => {
  test('comes token by token, and its last line holds the figures in nanoseconds', async () => {
    const { lines } = await machineThat({ script: inOrder({ text: 'One two three.' }) });
    const reply = await lines(say('Count'));
    const last = reply.at(-1);
    expect(
      reply
        .slice(0, -1)
        .map((line) => line.message.content)
        .join(''),
    ).toBe('One two three.');
    expect(reply.slice(0, -1).every((line) => line.done === false && line.total_duration === undefined)).toBe(
      true,
    );
    expect(last).toMatchObject({ done: true, done_reason: 'stop', prompt_eval_cached_count: 0 });
    expect(last.eval_count).toBe(reply.length);
    const parts = last.load_duration + last.prompt_eval_duration + last.eval_duration;
    expect(last.total_duration).toBeGreaterThan(parts);
    expect(last.total_duration - parts).toBeLessThan(50e6);
  });

  test('comes whole without stream, through generate as well', async () => {
    const { ask } = await machineThat({ script: inOrder({ text: 'Done.' }) });
    const chat = await ask('/api/chat', say('Go', { stream: false }));
    expect(chat.body).toMatchObject({ message: { role: 'assistant', content: 'Done.' }, done: true });
    const generated = await ask('/api/generate', { model: CODER, prompt: 'Go', stream: false });
    expect(generated.body).toMatchObject({ response: 'Done.', done: true, done_reason: 'stop' });
  });

  test('is filler up to num_predict without a script, the same for the same prompt', async () => {
    const { lines } = await machineThat();
    const first = await lines(say('Write', limited(40)));
    expect(first.at(-1)).toMatchObject({ done_reason: 'length', eval_count: 40 });
    const again = await lines(say('Write', limited(40)));
    const text = (reply: Json[]) => reply.map((line) => line.message.content).join('');
    expect(text(again)).toBe(text(first));
    expect(text(first).length).toBeGreaterThan(80);
  });

  test('carries tool calls whole, with ids from newer servers only', async () => {
    const script = inOrder({ toolCalls: [{ name: 'read', args: { path: 'a.ts' } }] });
    const tools = [{ type: 'function', function: { name: 'read' } }];
    const newer = await machineThat({ script });
    const call = (await newer.lines(say('Read', { tools })))[0].message.tool_calls[0];
    expect(call).toMatchObject({ function: { name: 'read', arguments: { path: 'a.ts' } } });
    expect(call.id).toBeTruthy();
    const older = await machineThat({ script, server: 'old' });
    expect((await older.lines(say('Read', { tools })))[0].message.tool_calls[0].id).toBeUndefined();
  });

  test('may break off with an error under status 200', async () => {
    const fault = { type: 'error-event', message: 'unexpected EOF' } as const;
    const { post } = await machineThat({ script: inOrder({ text: 'So far so good', fault }) });
    const response = await post('/api/chat', say('Go'));
    expect(response.status).toBe(200);
    expect((await response.text()).trimEnd().split('\n').at(-1)).toBe('{"error":"unexpected EOF"}');
  });

  test('thinks by default where the model can, and not when told so', async () => {
    const { lines } = await machineThat({ script: inOrder({ thinking: 'Hm.', text: 'Yes.' }) });
    const thoughts = (reply: Json[]) => reply.map((line) => line.message.thinking ?? '').join('');
    expect(thoughts(await lines(say('?', { model: 'qwen3:8b' })))).toBe('Hm.');
    expect(thoughts(await lines(say('?', { model: 'qwen3:8b', think: false })))).toBe('');
    expect(thoughts(await lines(say('?', { model: 'gpt-oss:20b', think: false })))).toBe('Hm.');
    expect(thoughts(await lines(say('?')))).toBe('');
  });
});

describe('the KV cache', () => {
  const story = 'Once upon a time there was a parser that read everything twice. '.repeat(100);

  test('spares the beginning that a prompt shares with the last one, and tells so', async () => {
    const { lines } = await machineThat({ machine: EXACT });
    const first = (await lines(say(story, limited(5)))).at(-1);
    expect(first.prompt_eval_cached_count).toBe(0);
    const second = (await lines(say(`${story} What did it read?`, limited(5)))).at(-1);
    expect(second.prompt_eval_count).toBeGreaterThan(first.prompt_eval_count);
    expect(uncached(second)).toBeLessThan(20);
    expect(second.prompt_eval_duration).toBeLessThan(first.prompt_eval_duration / 3);
    const other = (await lines(say(`Now: ${story}`, limited(5)))).at(-1);
    expect(uncached(other)).toBeGreaterThan(first.prompt_eval_count * 0.9);
  });

  test('knows what the model wrote itself', async () => {
    const text = 'It read the configuration, and then the same configuration again. '.repeat(20);
    const { lines } = await machineThat({ script: inOrder({ text }, { text: 'No.' }) });
    const messages = [{ role: 'user', content: 'What did it read?' }];
    await lines({ model: CODER, messages });
    messages.push({ role: 'assistant', content: text }, { role: 'user', content: 'Sure?' });
    const last = (await lines({ model: CODER, messages })).at(-1);
    expect(last.prompt_eval_cached_count).toBeGreaterThan(last.prompt_eval_count - 20);
  });

  test('is one for each slot, and a prompt goes where it is known', async () => {
    const { lines } = await machineThat({ slots: 2, speed: 400, contextSize: 8192 });
    const [one, two] = [`First: ${story}`, `Second: ${story}`];
    await Promise.all([lines(say(one, limited(60))), lines(say(two, limited(60)))]);
    for (const prompt of [one, two, one]) {
      expect(uncached((await lines(say(`${prompt}?`, limited(3)))).at(-1))).toBeLessThan(20);
    }
  });

  test('reads at least one token of a prompt that is all there', async () => {
    const { lines } = await machineThat();
    await lines(say(story, limited(1)));
    const last = (await lines(say(story, limited(1)))).at(-1);
    expect(uncached(last)).toBe(1);
  });

  test('is not told by older servers, and 0.30.0 counts without it', async () => {
    const old = await machineThat({ server: 'old' });
    await old.lines(say(story, limited(1)));
    const last = (await old.lines(say(story, limited(1)))).at(-1);
    expect(last.prompt_eval_cached_count).toBeUndefined();
    expect(last.prompt_eval_count).toBeGreaterThan(500);
    const middle = await machineThat({ server: '0.30.0' });
    await middle.lines(say(story, limited(1)));
    expect((await middle.lines(say(story, limited(1)))).at(-1).prompt_eval_count).toBe(1);
  });
});

describe('the memory', () => {
  test('takes a model in on first use; warm, its load duration is short but never zero', async () => {
    const { lines, ask, machine } = await machineThat();
    expect((await ask('/api/ps')).body.models).toEqual([]);
    const cold = (await lines(say('Go', limited(2)))).at(-1);
    const warm = (await lines(say('Go', limited(2)))).at(-1);
    expect(cold.load_duration).toBeGreaterThan(1e9);
    expect(warm.load_duration).toBeGreaterThan(10e6);
    expect(warm.load_duration).toBeLessThan(300e6);
    const [running] = (await ask('/api/ps')).body.models;
    expect(running).toMatchObject({ name: CODER, context_length: 4096 });
    expect(running.size_vram).toBe(running.size);
    expect(machine.served.map(({ loaded }) => loaded)).toEqual([true, false]);
  });

  test.each([
    ['num_ctx', { options: { num_ctx: 8192 } }],
    ['num_batch', { options: { num_batch: 256 } }],
    ['num_gpu', { options: { num_gpu: 0 } }],
    ['shift', { shift: false }],
  ])('loads the model anew when %s changes, and again when it changes back', async (_, change) => {
    const { lines, machine } = await machineThat();
    for (const more of [{}, change, change, {}]) {
      await lines(say('Go', { ...more, options: { num_predict: 2, ...(more as Json).options } }));
    }
    expect(machine.served.map(({ loaded }) => loaded)).toEqual([true, true, false, true]);
  });

  test('lets a model go when its keep_alive is over, at once with 0, never with a negative one', async () => {
    const clock = { now: 0 };
    const { lines, machine } = await machineThat({
      clock: {
        resolution: Number.POSITIVE_INFINITY,
        now: () => clock.now,
        sleep: async (ms) => {
          clock.now += ms;
        },
        after: () => () => {},
      },
    });
    await lines(say('Go', { ...limited(2), keep_alive: '10m' }));
    clock.now += 9 * 60_000;
    expect(machine.loaded()).toEqual([CODER]);
    clock.now += 2 * 60_000;
    expect(machine.loaded()).toEqual([]);
    await lines(say('Go', { ...limited(2), keep_alive: 0 }));
    expect(machine.loaded()).toEqual([]);
    await lines(say('Go', { ...limited(2), keep_alive: -1 }));
    clock.now += 1e9;
    expect(machine.loaded()).toEqual([CODER]);
  });

  test('makes room for a model by unloading the one that was idle longest', async () => {
    const { lines, machine } = await machineThat();
    for (const model of ['qwen3:8b', 'llama3.2:3b', CODER]) await lines(say('Go', { model, ...limited(2) }));
    expect(machine.loaded()).toEqual(['llama3.2:3b', CODER]);
  });

  test('puts what does not fit on the CPU, which is slower, and refuses what fits nowhere', async () => {
    const small = { ...EXACT, vramBytes: 6e9, ramBytes: 12e9 };
    const { lines, ask } = await machineThat({ machine: small });
    const last = (await lines(say('Go', { model: 'qwen3:8b', ...limited(50, { num_ctx: 32_768 }) }))).at(-1);
    const [running] = (await ask('/api/ps')).body.models;
    expect(running.size_vram).toBeLessThan(running.size);
    const roomy = await machineThat({ machine: EXACT });
    const fast = (
      await roomy.lines(say('Go', { model: 'qwen3:8b', ...limited(50, { num_ctx: 32_768 }) }))
    ).at(-1);
    expect(last.eval_duration).toBeGreaterThan(fast.eval_duration * 2);
    const refused = await machineThat({ machine: { ...EXACT, vramBytes: 2e9, ramBytes: 2e9 } });
    const { status, body } = await refused.ask('/api/chat', say('Go'));
    expect(status).toBe(500);
    expect(body.error).toMatch(/requires more system memory \(\d.*GiB\) than is available/);
  });

  test('loads and unloads on an empty request, without figures, as plain JSON', async () => {
    const { ask, machine } = await machineThat();
    const load = await ask('/api/chat', { model: CODER, messages: [] });
    expect(load.body).toMatchObject({ done: true, done_reason: 'load' });
    expect(load.body.total_duration).toBeUndefined();
    expect(machine.loaded()).toEqual([CODER]);
    const unload = await ask('/api/generate', { model: CODER, keep_alive: 0 });
    expect(unload.body).toMatchObject({ done: true, done_reason: 'unload' });
    expect(machine.loaded()).toEqual([]);
    expect(machine.requests).toEqual([]);
  });
});

describe('several requests at once', () => {
  test('wait for a slot, which only the total shows, not the load duration', async () => {
    const { lines } = await machineThat({ machine: EXACT, speed: 200 });
    await lines(say('Warm up', limited(2)));
    const replies = await Promise.all([lines(say('One', limited(300))), lines(say('Two', limited(300)))]);
    const waits = replies.map((reply) => {
      const { total_duration, load_duration, prompt_eval_duration, eval_duration } = reply.at(-1);
      return (total_duration - load_duration - prompt_eval_duration - eval_duration) / 1e9;
    });
    expect(Math.min(...waits)).toBeLessThan(1);
    expect(Math.max(...waits)).toBeGreaterThan(3);
    for (const reply of replies) expect(reply.at(-1).load_duration).toBeLessThan(1e9);
  });

  test('run side by side where there are slots, each slower than alone', async () => {
    const { lines } = await machineThat({ machine: EXACT, slots: 2, speed: 200 });
    await lines(say('Warm up', limited(2)));
    const alone = (await lines(say('Alone', limited(200)))).at(-1).eval_duration;
    const both = await Promise.all([lines(say('One', limited(200))), lines(say('Two', limited(200)))]);
    expect(Math.max(...both.map((reply) => reply.at(-1).eval_duration))).toBeGreaterThan(alone * 1.3);
  });

  test('are refused with 503 when too many wait for a model to be loaded', async () => {
    const { post } = await machineThat({ maxQueue: 1, speed: 50 });
    const first = post('/api/chat', say('One', limited(2)));
    await new Promise((resolve) => setTimeout(resolve, 10));
    const second = await post('/api/chat', say('Two', { model: 'qwen3:8b', ...limited(2) }));
    expect(second.status).toBe(503);
    expect(((await second.json()) as Json).error).toContain('maximum pending requests exceeded');
    expect((await first).status).toBe(200);
  });
});

describe('the window', () => {
  const messages = Array.from({ length: 40 }, (_, n) => ({
    role: n % 2 ? 'assistant' : 'user',
    content: `Message ${n}: ${'some words about the matter at hand '.repeat(20)}`,
  }));

  test('cuts whole messages from the front silently, system prompt and last message kept', async () => {
    const system = { role: 'system', content: 'You are a parrot.' };
    const { lines } = await machineThat();
    const last = (
      await lines({ model: CODER, messages: [system, ...messages], ...limited(2, { num_ctx: 2048 }) })
    ).at(-1);
    expect(last.prompt_eval_count).toBeLessThan(2048);
    expect(last.prompt_eval_count).toBeGreaterThan(1800);
  });

  test('cuts a single message that is too long to about half of the window; older servers to all of it', async () => {
    const long = 'word '.repeat(9000);
    const newer = await machineThat();
    expect((await newer.lines(say(long, limited(1)))).at(-1).prompt_eval_count).toBe(2051);
    const older = await machineThat({ server: 'old' });
    expect((await older.lines(say(long, { truncate: false, ...limited(1) }))).at(-1).prompt_eval_count).toBe(
      4096,
    );
  });

  test('refuses what is too long with truncate: false, in the words of the runner as JSON in a string', async () => {
    const { ask } = await machineThat();
    const { status, body } = await ask('/api/chat', say('word '.repeat(9000), { truncate: false }));
    expect(status).toBe(400);
    expect(JSON.parse(body.error).error).toMatchObject({
      type: 'exceed_context_size_error',
      n_ctx: 4096,
      n_prompt_tokens: 9010,
    });
    const jinja = await ask('/api/chat', {
      ...say('word '.repeat(9000)),
      model: 'hf.co/someone/tiny-coder-GGUF:Q8_0',
    });
    expect(jinja.body.error).toContain('exceeds the available context size');
  });

  test('refuses it with shift: false in Ollama’s own words, and ends a reply at its end', async () => {
    const { ask, lines } = await machineThat();
    const { status, body } = await ask('/api/chat', say('word '.repeat(9000), { shift: false }));
    expect(status).toBe(400);
    expect(body.error).toContain('longer than the context length currently available');
    const last = (await lines(say('Go on', { shift: false, ...limited(5000, { num_ctx: 512 }) }))).at(-1);
    expect(last.done_reason).toBe('length');
    expect(last.prompt_eval_count + last.eval_count).toBe(512);
  });
});

describe('what a model cannot', () => {
  test.each([
    [404, `model 'nobody' not found`, { model: 'nobody' }],
    [400, 'does not support tools', { model: 'gemma3:4b', tools: [{ function: { name: 'read' } }] }],
    [400, 'does not support thinking', { think: true }],
    [400, 'does not support chat', { model: 'nomic-embed-text' }],
    [400, 'must be of type integer', { options: { num_ctx: 'large' } }],
    [400, 'missing unit in duration', { keep_alive: '-1' }],
  ])('is answered %i: %s', async (status, words, more) => {
    const { ask } = await machineThat();
    const answer = await ask('/api/chat', say('Go', more));
    expect(answer.status).toBe(status);
    expect(answer.body.error).toContain(words);
  });
});

describe('a client that goes away', () => {
  test('stops the model, frees its slot and leaves what was read in the cache', async () => {
    const { lines, post, machine } = await machineThat({ speed: 20, contextSize: 16_384 });
    const story = 'A long story about a parser and its friends. '.repeat(500);
    await lines(say('Warm up', limited(1)));
    const leaving = new AbortController();
    const response = await post('/api/chat', say(story, limited(4000)), leaving.signal);
    const reader = response.body!.getReader();
    await reader.read();
    leaving.abort();
    await vi.waitFor(() => expect(machine.served).toHaveLength(2));
    expect(machine.served[1]!.outcome).toBe('stopped');
    const last = (await lines(say(`${story} The end?`, limited(1)))).at(-1);
    expect(uncached(last)).toBeLessThan(20);
  });

  test('while its model is being loaded, ends the loading', async () => {
    const { post, machine, ask } = await machineThat({ speed: 2 });
    const leaving = new AbortController();
    const asking = post('/api/chat', say('Go'), leaving.signal);
    await vi.waitFor(async () => expect((await ask('/api/ps')).body.models).toHaveLength(1));
    leaving.abort();
    await expect(asking).rejects.toThrow();
    await vi.waitFor(() => expect(machine.loaded()).toEqual([]));
  });
});

describe('the ground truth', () => {
  const words = (count: number) => 'word '.repeat(count);

  test('reads in steps of a batch that grows with the window, and slower with depth', async () => {
    const { lines } = await machineThat({ machine: EXACT, contextSize: 32_768 });
    const read = async (start: string, count: number) => {
      const last = (await lines(say(`${start} ${words(count)}`, limited(1)))).at(-1);
      return last.prompt_eval_duration / uncached(last);
    };
    const shallow = await read('a', 2000);
    const deep = await read('b', 20_000);
    expect(deep).toBeGreaterThan(shallow * 1.1);
    const inBatches = await machineThat({ machine: EXACT, contextSize: 4096 });
    const last = (await inBatches.lines(say(words(3000), limited(1)))).at(-1);
    const large = (await lines(say(words(3000), limited(1)))).at(-1);
    expect(last.prompt_eval_duration).toBeGreaterThan(large.prompt_eval_duration);
  });

  test('writes slower with depth', async () => {
    const { lines } = await machineThat({ machine: EXACT, contextSize: 32_768 });
    const write = async (count: number) => (await lines(say(words(count), limited(50)))).at(-1).eval_duration;
    expect(await write(20_000)).toBeGreaterThan((await write(10)) * 1.1);
  });

  test('is noisy, drifts and changes suddenly, all by its seed', async () => {
    const machine: Machine = {
      ...MACHINES.desktop,
      outliers: 0,
      drift: { share: 0.1, calls: 40 },
      change: { afterCalls: 40, factor: 2 },
    };
    const run = async (seed: number) => {
      const { lines } = await machineThat({ machine, seed });
      const durations: number[] = [];
      for (let n = 0; n < 80; n++) {
        durations.push((await lines(say(`${n}`, limited(20)))).at(-1).eval_duration);
      }
      return durations;
    };
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
    const median = (some: number[]) => some.toSorted((a, b) => a - b)[Math.floor(some.length / 2)]!;
    expect(median(first.slice(40)) / median(first.slice(0, 40))).toBeCloseTo(2, 0);
    const spread = Math.max(...first.slice(0, 40)) / Math.min(...first.slice(0, 40));
    expect(spread).toBeGreaterThan(1.1);
    expect(spread).toBeLessThan(2);
  });

  test('differs from machine to machine', () => {
    expect(randomMachine(1)).toEqual(randomMachine(1));
    expect(randomMachine(1)).not.toEqual(randomMachine(2));
  });

  test('waits in proportion to its speed, and tells the same figures at any', async () => {
    const figures = async (speed: number) => {
      const { lines } = await machineThat({ speed, seed: 3 });
      const started = performance.now();
      const last = (await lines(say('Go', limited(40)))).at(-1);
      const { load_duration, prompt_eval_duration, eval_duration, total_duration } = last;
      return {
        took: performance.now() - started,
        told: { load_duration, prompt_eval_duration, eval_duration },
        total: total_duration / 1e6,
      };
    };
    const [fast, slow] = [await figures(Number.POSITIVE_INFINITY), await figures(10)];
    expect(fast.told).toEqual(slow.told);
    expect(slow.took).toBeGreaterThan((slow.total / 10) * 0.9);
    expect(slow.took).toBeLessThan(slow.total / 10 + 1_000);
  });
});
