import { describe, expect, test } from 'vitest';
import type { EventBody } from '../../src/conversation/event.ts';
import { periodOf, RepetitionGuard } from '../../src/patterns/repetition.ts';
import { fc } from '../support/chance.ts';

const delta = (text: string, type: 'text' | 'thinking' = 'text'): EventBody => ({
  type: 'exchange.delta',
  exchange: 'e1',
  model: 'ollama:a',
  delta: { type, text },
});

/** Whether a reply that comes in pieces of this size is stopped. */
function stops(text: string, size = 37, type: 'text' | 'thinking' = 'text'): boolean {
  const guard = new RepetitionGuard(() => {});
  for (let at = 0; at < text.length; at += size) guard.emit(delta(text.slice(at, at + size), type));
  return guard.signal.aborted;
}

describe('a model that repeats itself', () => {
  test.each([1, 37, 5000])('is stopped, in pieces of %i', (size) => {
    expect(stops('and then it calls itself again, '.repeat(100), size)).toBe(true);
    expect(stops(`A good beginning of some length. ${'x'.repeat(3000)}`, size)).toBe(true);
  });

  test.each([330, 700, 1100])('is stopped where what it repeats has %i characters', (length) => {
    const passage = Array.from({ length }, (_, n) => 'abcdefghijklmnop'[(n * n + (n >> 3)) % 16]).join('');
    expect(stops(passage.repeat(3))).toBe(false);
    expect(stops(passage.repeat(10))).toBe(true);
  });

  test('is stopped where it only counts on', () => {
    const lines = (count: number, line: (n: number) => string) =>
      Array.from({ length: count }, (_, n) => line(n)).join('\n');
    expect(
      stops(lines(60, (n) => `${n}. The value is checked again, and then it is checked once more.`)),
    ).toBe(true);
    expect(
      stops(lines(9, (n) => `${n}. The value is checked again, and then it is checked once more.`)),
    ).toBe(false);
  });

  test('is stopped while it thinks, too', () => {
    expect(stops('wait, no. '.repeat(300), 12, 'thinking')).toBe(true);
  });

  test.each([
    ['a list', Array.from({ length: 200 }, (_, n) => `- item ${n}: done`).join('\n')],
    ['a table', Array.from({ length: 200 }, (_, n) => `| ${n} | ${n * n} | yes |`).join('\n')],
    [
      'a file of data',
      Array.from({ length: 200 }, (_, n) => `{ "id": ${n}, "name": "of the one that is" },`).join('\n'),
    ],
    ['code', Array.from({ length: 120 }, (_, n) => `  expect(f(${n})).toBe(${n * 3});`).join('\n')],
    ['little', 'again '.repeat(100)],
    [
      'a long piece said twice',
      Array.from({ length: 2 }, () => Array.from({ length: 80 }, (_, n) => `line ${n}`).join('\n')).join(
        '\n',
      ),
    ],
  ])('%s is no loop', (_, text) => expect(stops(text)).toBe(false));

  test('everything that it says is passed on', () => {
    const heard: string[] = [];
    const guard = new RepetitionGuard((event) => heard.push(event.type));
    guard.emit(delta('a'));
    guard.emit({ type: 'notice', level: 'info', text: 'b' });
    expect(heard).toEqual(['exchange.delta', 'notice']);
  });
});

test('the period of a text is the shortest after which it says the same', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 12 }),
      fc.integer({ min: 2, max: 6 }),
      (piece, times) => {
        const text = piece.repeat(times);
        const period = periodOf(text);
        expect(period).toBeLessThanOrEqual(piece.length);
        expect([...Array(text.length - period).keys()].every((at) => text[at] === text[at + period])).toBe(
          true,
        );
      },
    ),
  );
  expect(periodOf('abcd')).toBe(4);
});
