import { expect, test } from 'vitest';
import { ledgerOf, local, usage } from '../support/ledger.ts';

test('adds up tokens, time and money by model, in the order in which they first spoke', () => {
  const ledger = ledgerOf(
    { model: 'a:one', usage: usage(100, 10, 60), cost: 0.5 },
    { model: 'b:two', usage: usage(50, 5), cost: 0.25, seconds: 2 },
    { model: 'a:one', usage: usage(200, 20), cost: 0.5 },
  );
  expect(
    ledger
      .rows()
      .map(({ model, exchanges, inputTokens, outputTokens, cacheReadTokens, cost, seconds }) => [
        model,
        exchanges,
        inputTokens,
        outputTokens,
        cacheReadTokens,
        cost,
        seconds,
      ]),
  ).toEqual([
    ['a:one', 2, 300, 30, 60, 1, 2],
    ['b:two', 1, 50, 5, 0, 0.25, 2],
  ]);
  expect(ledger.totalCost()).toBe(1.25);
});

test('a price that is not known makes the sum unknown, not smaller', () => {
  const ledger = ledgerOf({ usage: usage(100, 10), cost: 0.5 }, { usage: usage(100, 10), cost: undefined });
  expect(ledger.totalCost()).toBeUndefined();
});

test('of an exchange that broke off, what was told counts; where nothing was, the rest is a lower bound', () => {
  const failure = { kind: 'stopped', message: 'Stopped.' } as const;
  const told = ledgerOf({ usage: usage(50_000, 1), cost: 0.25, failure });
  expect(told.rows()[0]).toMatchObject({ inputTokens: 50_000, uncounted: 1, cost: 0.25 });
  const untold = ledgerOf({ usage: usage(1, 1), cost: 0.25 }, { failure, cost: undefined });
  expect([untold.totalCost(), untold.isLowerBound]).toEqual([0.25, true]);
  expect(ledgerOf({ usage: usage(1, 1), cost: undefined }).totalCost()).toBeUndefined();
  expect(ledgerOf({ failure, cost: 0 }).totalCost()).toBe(0);
});

test('what a paid exchange cost that was cut off is a lower bound', () => {
  const failure = { kind: 'stopped', message: 'Stopped.' } as const;
  const cut = { ...usage(50_000, 120), atLeast: true } as const;
  expect(ledgerOf({ usage: cut, cost: 0.25, failure }).isLowerBound).toBe(true);
  expect(ledgerOf({ usage: cut, cost: 0, failure, profile: local }).isLowerBound).toBe(false);
  expect(ledgerOf({ failure, cost: 0 }).isLowerBound).toBe(false);
});

test('what was not counted is said to be uncounted', () => {
  const ledger = ledgerOf({ usage: undefined }, { usage: usage(1, 1), cost: 0 });
  expect(ledger.rows()[0]).toMatchObject({ exchanges: 2, uncounted: 1 });
});

test('knows the share of tokens that stayed local', () => {
  expect(ledgerOf().localShare()).toBeUndefined();
  const ledger = ledgerOf(
    { model: 'a:one', usage: usage(70, 5), cost: 1 },
    { model: 'o:two', usage: usage(20, 5), cost: 0, profile: local },
  );
  expect(ledger.localShare()).toBe(0.25);
});

test('tells the share without what was read from a cache too, for a leader reads its conversation again and again', () => {
  const ledger = ledgerOf(
    { model: 'a:one', usage: usage(900, 10, 860), cost: 1 },
    { model: 'o:two', usage: usage(130, 20, 50), cost: 0, profile: local },
  );
  expect(ledger.localShare()).toBeCloseTo(150 / 1060, 9);
  expect(ledger.localShare({ cached: false })).toBeCloseTo(100 / 150, 9);
  // Elsewhere they would have been cached as well.
  expect(ledger.localUsage()).toEqual({ inputTokens: 130, outputTokens: 20, cacheReadTokens: 50 });
});
