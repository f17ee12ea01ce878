import { expect, test } from 'vitest';
import { exchange } from '../../src/conversation/exchange.ts';
import { Failure } from '../../src/conversation/failure.ts';
import { textOf, userMessage } from '../../src/conversation/message.ts';
import type { ReplyDelta } from '../../src/conversation/reply.ts';
import { AnthropicProvider } from '../../src/providers/anthropic.ts';
import { inOrder } from '../../src/simulation/script.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { claudeThat, never, openDoor, ScriptedProvider } from '../support/scene.ts';

const request = { model: 'claude-sonnet-5-5', messages: [userMessage('Hello')] };

test('a reply arrives as deltas, and whole at the end, with usage and cost', async () => {
  const { provider } = await claudeThat(
    inOrder({ text: 'Good morning to you.', pieceDelayMs: 40, usage: { input: 9, output: 7 } }),
  );
  const { door, seen } = openDoor();
  const ended = await exchange(door, provider, request, never);

  expect(textOf(ended.message!)).toBe('Good morning to you.');
  expect(ended).toMatchObject({ stop: 'end', cost: 0.5, usage: { inputTokens: 9, outputTokens: 7 } });
  const text = seen('exchange.delta').map(({ delta }) => (delta.type === 'text' ? delta.text : ''));
  expect(text.join('')).toBe('Good morning to you.');
  expect(text.length).toBeGreaterThan(1);
});

test('what may pass is tried again, visibly, and each request on the wire is an exchange in the log', async () => {
  const overloaded = { fault: { type: 'status', status: 529 } } as const;
  const { provider, service } = await claudeThat(inOrder(overloaded, overloaded, { text: 'Here.' }));
  const { door, seen, clock } = openDoor();
  const ended = await exchange(door, provider, request, never);

  expect(textOf(ended.message!)).toBe('Here.');
  expect(service.requests).toHaveLength(3);
  expect(seen('exchange.started').map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  expect(seen('exchange.ended').map(({ failure }) => failure?.kind)).toEqual([
    'overloaded',
    'overloaded',
    undefined,
  ]);
  expect(seen('exchange.retrying').map(({ waitSeconds }) => waitSeconds)).toEqual([1, 2]);
  expect(clock.sleeps).toEqual([1000, 2000]);
});

test('the wait that a server asks for is kept', async () => {
  const limited = { fault: { type: 'status', status: 429, headers: { 'retry-after': '17' } } } as const;
  const { provider } = await claudeThat(inOrder(limited, { text: 'Here.' }));
  const { door, clock } = openDoor();
  await exchange(door, provider, request, never);
  expect(clock.sleeps).toEqual([17_000]);
});

test('a server that asks for an hour is not waited for', async () => {
  const limited = { fault: { type: 'status', status: 429, headers: { 'retry-after': '3600' } } } as const;
  const { provider, service } = await claudeThat(inOrder(limited));
  const { door, clock } = openDoor();
  const ended = await exchange(door, provider, request, never);
  expect(ended.failure?.kind).toBe('rate-limited');
  expect(clock.sleeps).toEqual([]);
  expect(service.requests).toHaveLength(1);
});

test('after five attempts it is given up', async () => {
  const { provider, service } = await claudeThat(inOrder({ fault: { type: 'status', status: 500 } }));
  const { door } = openDoor();
  const ended = await exchange(door, provider, request, never);
  expect(ended.failure?.kind).toBe('server-error');
  expect(service.requests).toHaveLength(5);
});

test('what cannot pass is not tried again', async () => {
  const { provider, service } = await claudeThat(inOrder({ fault: { type: 'status', status: 401 } }));
  const { door } = openDoor();
  const ended = await exchange(door, provider, request, never);
  expect(ended.failure?.kind).toBe('not-authorised');
  expect(service.requests).toHaveLength(1);
});

test('a connection cut in mid-reply keeps what was said and is not tried again', async () => {
  const { provider, service } = await claudeThat(
    inOrder({ text: 'The first half and the second half of it.', fault: { type: 'cut', at: 'text' } }),
  );
  const { door } = openDoor();
  const ended = await exchange(door, provider, request, never);
  expect(textOf(ended.message!)).toMatch(/^The first half/);
  expect(ended.failure?.retryable).toBe(true);
  expect(service.requests).toHaveLength(1);
});

test('a wait between attempts can be stopped', async () => {
  const { provider, service } = await claudeThat(inOrder({ fault: { type: 'status', status: 503 } }));
  const { door, seen } = openDoor(new ManualClock());
  const stop = new AbortController();
  const ending = exchange(door, provider, request, stop.signal);
  await expect.poll(() => seen('exchange.retrying').length).toBe(1);
  stop.abort();
  expect((await ending).failure?.kind).toBe('stopped');
  expect(service.requests).toHaveLength(1);
});

test('a reply can be stopped in mid-sentence, and what was said stays', async () => {
  const { provider } = await claudeThat(
    inOrder({ text: 'One two three four five six.', fault: { type: 'stall', at: 'text' } }),
  );
  const { door, seen } = openDoor(new ManualClock());
  const stop = new AbortController();
  const ending = exchange(door, provider, request, stop.signal);
  await expect.poll(() => seen('exchange.delta').length).toBeGreaterThan(0);
  stop.abort();
  const ended = await ending;
  expect(ended.failure?.kind).toBe('stopped');
  expect(textOf(ended.message!)).toMatch(/^One/);
});

test('a stream that falls silent is cut by the watchdog and said to have stalled', async () => {
  const { provider } = await claudeThat(
    inOrder({ text: 'One two three four five six.', fault: { type: 'stall', at: 'text' } }),
  );
  const { door, seen, clock } = openDoor(new ManualClock());
  const ending = exchange(door, provider, request, never);
  await expect.poll(() => seen('exchange.delta').length).toBeGreaterThan(0);
  clock.advance(provider.patience.nextMs);
  const ended = await ending;
  expect(ended.failure?.kind).toBe('stalled');
  expect(ended.failure?.message).toContain('120 s');
  expect(textOf(ended.message!)).toMatch(/^One/);
});

test('before the first token the watchdog has more patience', async () => {
  const { provider, service } = await claudeThat(inOrder({ fault: { type: 'stall', at: 'start' } }));
  const { door, clock, seen } = openDoor(new ManualClock());
  const ending = exchange(door, provider, request, never);
  await expect.poll(() => service.requests.length).toBe(1);
  clock.advance(provider.patience.firstMs - 1);
  expect(seen('exchange.ended')).toHaveLength(0);
  clock.advance(1);
  expect((await ending).failure?.kind).toBe('stalled');
});

test('a price list, a forecast and a memory that fail cost neither the reply nor its end in the log', async () => {
  const { provider } = await claudeThat(inOrder({ text: 'Here.' }));
  const { door, seen } = openDoor();
  const fail = () => {
    throw new Error('Invalid usage data');
  };
  door.price = fail;
  door.foresight = { foresee: () => Promise.resolve({ learn: fail, forget: fail }) };
  expect(textOf((await exchange(door, provider, request, never)).message!)).toBe('Here.');
  door.foresight = { foresee: fail };
  const ended = await exchange(door, provider, request, never);
  expect(textOf(ended.message!)).toBe('Here.');
  expect(ended.cost).toBeUndefined();
  expect(seen('exchange.ended')).toHaveLength(2);
});

test('what a reply had used when it was stopped is counted and priced', async () => {
  const { provider } = await claudeThat(
    inOrder({ text: 'One two three four.', usage: { input: 50_000 }, fault: { type: 'stall', at: 'text' } }),
  );
  const { door, seen } = openDoor(new ManualClock());
  const stop = new AbortController();
  const ending = exchange(door, provider, request, stop.signal);
  await expect.poll(() => seen('exchange.delta').length).toBeGreaterThan(0);
  stop.abort();
  const ended = await ending;
  expect(ended.failure?.kind).toBe('stopped');
  expect(ended.usage?.inputTokens).toBe(50_000);
  expect(ended.cost).toBe(0.5);
});

test('a request that was refused costs nothing; what one cost that nobody counted is unknown', async () => {
  const { provider } = await claudeThat(inOrder({ fault: { type: 'status', status: 400 } }));
  const { door } = openDoor();
  expect((await exchange(door, provider, request, never)).cost).toBe(0);
  const silent = new ScriptedProvider(async function* () {
    yield { type: 'text', text: 'One' };
    throw new Failure('connection-lost', 'The connection broke off.');
  });
  expect((await exchange(door, silent, request, never)).cost).toBeUndefined();
});

test('what cannot be sent is no exchange', async () => {
  const provider = new AnthropicProvider({ name: 'anthropic', baseUrl: 'http://127.0.0.1:1' });
  const { door, events } = openDoor();
  const ended = await exchange(door, provider, request, never);
  expect(ended).toMatchObject({ failure: { kind: 'no-key' }, cost: 0 });
  expect(events).toEqual([]);
});

test('a reply that ends before its first word is asked for again', async () => {
  const { provider, service } = await claudeThat(inOrder({ fault: { type: 'no-end' } }, { text: 'Here.' }));
  const { door } = openDoor();
  expect(textOf((await exchange(door, provider, request, never)).message!)).toBe('Here.');
  expect(service.requests).toHaveLength(2);
});

test('signs of life keep a silent stream open, a note that nothing can be said yet does not', async () => {
  const { door, clock, seen } = openDoor(new ManualClock());
  const steps: (() => void)[] = [];
  const step = () => new Promise<void>((resolve) => steps.push(resolve));
  const saying = (...deltas: ReplyDelta[]) =>
    new ScriptedProvider(async function* (signal) {
      for (const delta of deltas) {
        await Promise.race([step(), new Promise((resolve) => signal?.addEventListener('abort', resolve))]);
        signal?.throwIfAborted();
        yield delta;
      }
    });
  const alive: ReplyDelta = { type: 'alive' };
  const living = saying(alive, alive, { type: 'text', text: 'Here.' });
  const almost = living.patience.firstMs - 1;
  const goOn = async () => {
    await expect.poll(() => steps.length).toBe(1);
    clock.advance(almost);
    steps.shift()!();
  };
  const answering = exchange(door, living, request, never);
  for (let n = 0; n < 3; n++) await goOn();
  expect(textOf((await answering).message!)).toBe('Here.');

  const loading = exchange(door, saying({ type: 'progress', note: 'loading …' }, alive), request, never);
  await goOn();
  await expect.poll(() => seen('exchange.delta').length).toBe(2);
  clock.advance(1);
  expect((await loading).failure?.kind).toBe('stalled');
});
