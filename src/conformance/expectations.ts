/** What is heard from a provider that is put to the test, and how it should be. */
import { getEventListeners } from 'node:events';
import { expect, vi } from 'vitest';
import { Failure } from '../conversation/failure.ts';
import type { Reply, ReplyDelta } from '../conversation/reply.ts';
import type { LLMProvider } from '../providers/base.ts';
import { API_KEY } from './subject.ts';
import type { WireTap } from './wire-tap.ts';

export async function collect(
  stream: AsyncIterable<ReplyDelta>,
): Promise<{ deltas: ReplyDelta[]; reply: Reply }> {
  const deltas: ReplyDelta[] = [];
  for await (const delta of stream) deltas.push(delta);
  const replies = deltas.flatMap((delta) => (delta.type === 'reply' ? [delta.reply] : []));
  expect(replies).toHaveLength(1);
  expect(deltas.at(-1)?.type).toBe('reply');
  return { deltas, reply: replies[0]! };
}

export function joined(deltas: ReplyDelta[], type: 'text' | 'thinking'): string {
  return deltas.map((delta) => (delta.type === type ? delta.text : '')).join('');
}

/** What must not depend on how the bytes arrived: neither on the clock nor on ids that are made up. */
export function essence({ deltas, reply }: { deltas: ReplyDelta[]; reply: Reply }) {
  const parts = reply.message.parts.map((part) => (part.type === 'tool-call' ? { ...part, id: '' } : part));
  return {
    message: { ...reply.message, parts },
    stop: reply.stop,
    usage: reply.usage,
    text: joined(deltas, 'text'),
    thinking: joined(deltas, 'thinking'),
  };
}

export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const thrown = await promise.then(
    () => expect.fail('nothing failed'),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(Failure);
  return thrown as Failure;
}

/** Reads until a delta of the type has come; what it gives back reads the rest. */
export async function hear(
  stream: AsyncIterable<ReplyDelta>,
  type: ReplyDelta['type'],
): Promise<() => Promise<void>> {
  const deltas = stream[Symbol.asyncIterator]();
  let next = await deltas.next();
  while (!next.done && next.value.type !== type) next = await deltas.next();
  expect(next.done).toBe(false);
  return async () => {
    while (!(await deltas.next()).done);
  };
}

export async function expectStopped(
  stop: AbortController,
  failing: Promise<Failure>,
  tap: WireTap,
): Promise<void> {
  const started = performance.now();
  stop.abort();
  expect((await failing).kind).toBe('stopped');
  expect(performance.now() - started).toBeLessThan(5_000);
  await vi.waitFor(() => expect(tap.abandoned()).toBe(1), 5_000);
}

/** One signal serves all requests of a turn: what each leaves there piles up. */
export function expectNothingLeftOn(signal: AbortSignal): void {
  const rule =
    'A reply that is whole leaves no listener on its signal: remove your own; fetch keeps its own, so give it AbortSignal.any([signal]) in place of signal';
  expect(getEventListeners(signal, 'abort'), rule).toHaveLength(0);
}

export function expectSentence(failure: Failure, provider: LLMProvider): void {
  expect(failure.message).toMatch(/^\S.{15,}[.!?]$/s);
  expect(failure.message).toContain(provider.getProviderName());
  expect(failure.message).not.toContain(API_KEY);
  expect(failure.message).not.toContain('[object');
}
