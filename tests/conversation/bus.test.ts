import { expect, test } from 'vitest';
import { EventBus } from '../../src/conversation/bus.ts';
import type { ParleyEvent } from '../../src/conversation/event.ts';
import { ManualClock } from '../support/manual-clock.ts';

const notice = (text: string) => ({ type: 'notice', level: 'info', text }) as const;

test('events are counted, timed, and say which turn and what they happened within', () => {
  const clock = new ManualClock();
  const bus = new EventBus('s', clock);
  const seen: ParleyEvent[] = [];
  bus.on((event) => seen.push(event));
  bus.emit(notice('a'));
  clock.advance(5);
  bus.within('turn-1', 'call-1')(notice('b'));
  expect(seen).toMatchObject([
    { seq: 1, session: 's', text: 'a' },
    { seq: 2, session: 's', text: 'b', turn: 'turn-1', within: 'call-1' },
  ]);
  expect(seen[1]!.at - seen[0]!.at).toBe(5);
});

test('a listener that fails is removed and told of, and the others still hear', () => {
  const bus = new EventBus('s', new ManualClock());
  const texts: string[] = [];
  bus.on(() => {
    throw new Error('broken pipe');
  });
  bus.on((event) => event.type === 'notice' && texts.push(event.text));
  bus.emit(notice('a'));
  bus.emit(notice('b'));
  expect(texts).toEqual(['A listener failed and was removed: broken pipe', 'a', 'b']);
});

test('a listener can leave', () => {
  const bus = new EventBus('s', new ManualClock());
  let heard = 0;
  const leave = bus.on(() => heard++);
  bus.emit(notice('a'));
  leave();
  bus.emit(notice('b'));
  expect(heard).toBe(1);
});
