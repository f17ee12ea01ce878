import { expect, test, vi } from 'vitest';
import { Leaving } from '../../../src/cli/repl/leaving.ts';

function leaving() {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
  return new Leaving(() => {});
}

test('two presses leave, unless another key or too much time comes between', () => {
  const one = leaving();
  expect([one.press(), one.armed, one.press()]).toEqual([false, true, true]);
  one.disarm();
  expect([one.armed, one.press()]).toEqual([false, false]);
  vi.advanceTimersByTime(2_000);
  expect(one.press()).toBe(false);
});

test('presses that come right after a stop count for nothing', () => {
  const one = leaving();
  one.stopped();
  for (const _ of '123') {
    vi.advanceTimersByTime(300);
    expect([one.press(), one.armed]).toEqual([false, false]);
  }
  vi.advanceTimersByTime(300);
  expect([one.press(), one.press()]).toEqual([false, true]);
});
