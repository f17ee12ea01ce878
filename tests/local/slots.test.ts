import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/local/observation.ts';
import { Queue, slotsSeen, slowdownSeen, triedAtOnce } from '../../src/local/slots.ts';
import { observed } from '../support/measured.ts';

/** One that came behind others, of which the first ended after so many seconds, and waited. */
const behind = (
  requestsAhead: number,
  aheadSeconds: number,
  waited: number,
  more: Partial<Observation> = {},
) =>
  observed({
    ...{ parallelRequests: requestsAhead + 1, requestsAhead, aheadSeconds },
    ...{ overheadSeconds: waited, loadSeconds: 0.1, ...more },
  });

describe('the slots of a server', () => {
  test('are unknown while every request was alone', () => {
    expect(slotsSeen([observed(), observed()])).toBeUndefined();
    expect(triedAtOnce([observed(), observed()])).toBe(1);
  });

  test('are as many as were at work when one came that did not have to wait', () => {
    expect(slotsSeen([behind(1, 3, 0), behind(1, 4, 0)])).toBe(2);
    expect(slotsSeen([behind(1, 3, 0), behind(3, 5, 0.1), behind(3, 4, 0.1)])).toBe(4);
    expect(triedAtOnce([behind(3, 5, 5.2)])).toBe(4);
  });

  test('are one where who came waited again and again until the one before it had ended', () => {
    expect(slotsSeen([behind(1, 3, 3.1)])).toBeUndefined();
    expect(slotsSeen([behind(1, 3, 3.1), behind(1, 4, 4.1)])).toBe(1);
  });

  test('are not seen in who came when the one before it was about to end', () => {
    expect(slotsSeen([behind(1, 0.05, 0.06), behind(1, 3, 3.1)])).toBe(1);
    expect(slotsSeen([behind(2, 3, 0), behind(1, 3, 3.1), behind(1, 4, 4.1)])).toBe(1);
  });

  test('are not read out of a wait that the server counts as loading', () => {
    const waits = [behind(1, 3, 0, { loadSeconds: 3.2 }), behind(1, 4, 0, { loadSeconds: 4.2 })];
    expect(slotsSeen(waits)).toBe(1);
    expect(slotsSeen(waits.map((one) => ({ ...one, loadedBefore: false })))).toBeUndefined();
  });
});

describe('what it costs to be served beside others', () => {
  test('is seen, by request', () => {
    const seen = [behind(2, 8, 0, { readSeconds: 2, writeSeconds: 4 })];
    expect(slowdownSeen(seen, 3, () => 4)).toBeCloseTo(1.5, 9);
    expect(slowdownSeen(seen, 2, () => 4)).toBeCloseTo(1.25, 9);
    expect(slowdownSeen(seen, 1, () => 4)).toBe(1);
  });

  test('is never less than nothing, and half as much again before it was seen', () => {
    expect(slowdownSeen([behind(1, 3, 0)], 2, () => 1e6)).toBe(1);
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
