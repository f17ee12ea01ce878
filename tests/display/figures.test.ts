import { expect, test } from 'vitest';
import { duration, localCost, money, roundCount, tokens } from '../../src/display/figures.ts';

test.each([
  [0.004, '0.00 s'],
  [0.05, '0.05 s'],
  [4.24, '4.2 s'],
  [99.9, '99.9 s'],
  [99.96, '1 min 40 s'],
  [200, '3 min 20 s'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([
  [undefined, 'cost unknown'],
  [0, '$0'],
  [0.00001, 'under $0.0001'],
  [0.0041, '$0.0041'],
  [12.3, '$12.30'],
])('a cost of %s is %s', (cost, text) => {
  expect(money(cost)).toBe(text);
});

test.each([
  [950, '950'],
  [12_345, '12.3k'],
  [200_000, '200k'],
  [999_999, '1M'],
  [1_048_576, '1M'],
])('%d is about %s', (number, text) => {
  expect(roundCount(number)).toBe(text);
});

test('tokens that the provider does not tell are unknown', () => {
  expect(tokens(undefined)).toBe('tokens unknown');
  expect(tokens({ inputTokens: 1_204, outputTokens: 93 })).toBe('1,204 in · 93 out');
});

test('a local exchange that was cut short says what is known and for how long it ran', () => {
  const profile = { complete: false, host: '', local: true, promptCharacters: 1, parallelRequests: 1 };
  expect(localCost({ ...profile, wallSeconds: 12.3 })).toBe(
    'read unknown + write unknown (cut short after 12.3 s)',
  );
  expect(
    localCost({
      ...profile,
      complete: true,
      wallSeconds: 9,
      loadSeconds: 3,
      promptTokens: 10,
      writtenTokens: 4,
    }),
  ).toBe('9.0 s = load 3.0 s + read 10 + write 4 · no forecast yet');
});

test('tokens of what was cut off are a lower bound, or unknown', () => {
  expect(tokens({ inputTokens: 82, outputTokens: 190, atLeast: true })).toBe('at least 82 in · 190 out');
  expect(tokens({ inputTokens: 0, outputTokens: 0, atLeast: true })).toBe('tokens unknown');
});
