import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/local/observation.ts';
import { Queue, slotsSeen, slowdownSeen, triedAtOnce } from '../../src/local/slots.ts';
import { observed } from '../support/measured.ts';

const together = (atOnce: number, answeredAtOnce: number, more: Partial<Observation> = {}) =>
  Array.from({ length: atOnce }, (_, requestsAhead) =>
    observed({ parallelRequests: atOnce, requestsAhead, answeredAtOnce, ...more }),
  );

describe('the slots of a server', () => {
  test('are unknown while every request was alone', () => {
    expect(slotsSeen([observed(), observed()])).toBeUndefined();
    expect(triedAtOnce([observed(), observed()])).toBe(1);
  });

  test('are as many as were answered side by side', () => {
    expect(slotsSeen(together(2, 2))).toBe(2);
    expect(slotsSeen([...together(2, 2), ...together(4, 4)])).toBe(4);
    expect(triedAtOnce(together(4, 2))).toBe(4);
  });

  test('are one where requests came together again and again and were answered one by one', () => {
    expect(slotsSeen(together(2, 1))).toBeUndefined();
    expect(slotsSeen([...together(2, 1), ...together(2, 1)])).toBe(1);
  });

  test('are not read out of a load that two requests waited for', () => {
    const waited = together(2, 1, { loadedBefore: false, loadSeconds: 9, overheadSeconds: 0.01 });
    expect(slotsSeen([...waited, ...waited])).toBe(1);
  });
});

describe('what it costs to be served beside others', () => {
  test('is seen, by request', () => {
    const seen = together(3, 3, { readSeconds: 2, writeSeconds: 4 });
    expect(slowdownSeen(seen, 3, () => 4)).toBeCloseTo(1.5, 9);
    expect(slowdownSeen(seen, 2, () => 4)).toBeCloseTo(1.25, 9);
    expect(slowdownSeen(seen, 1, () => 4)).toBe(1);
  });

  test('is never less than nothing, and half as much again before it was seen', () => {
    expect(slowdownSeen(together(2, 2), 2, () => 1e6)).toBe(1);
    expect(slowdownSeen([], 3, () => 4)).toBe(2);
  });
});

describe('who comes next', () => {
  const queue = new Queue();
  const leave = queue.enter('host', 5000);
  queue.enter('host', 9000);

  test.each([
    [1, 9000],
    [2, 5000],
    [3, undefined],
  ])('with %i slots has one at %s', (slots, at) => expect(queue.freeAt('host', slots)).toBe(at));

  test('waits for nobody who has left, nor at another server', () => {
    leave();
    expect([queue.freeAt('host', 2), queue.freeAt('other', 1)]).toEqual([undefined, undefined]);
    expect([queue.length('host'), queue.length('other')]).toEqual([1, 0]);
  });
});
