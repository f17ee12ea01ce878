import { expect, test } from 'vitest';
import { ledgerLines } from '../../src/cli/ledger-lines.ts';
import { ledgerOf, local, usage } from '../support/ledger.ts';

const QWEN = 'ollama:qwen2.5-coder:7b';

test('before anything was asked it says so', () => {
  expect(ledgerLines(ledgerOf())).toEqual(['Nothing was asked yet.']);
});

test('a line a model, with money and time as everywhere else', () => {
  const ledger = ledgerOf(
    { model: 'a:one', usage: usage(41_200, 310, 806), cost: 0.25, seconds: 200 },
    { model: QWEN, usage: usage(20_000, 500), cost: 0, profile: local },
  );
  expect(ledgerLines(ledger, { worth: { leader: 'a:one', cost: 0.0071 } })).toEqual([
    'model                    exchanges    read  cached  written        time     cost',
    'a:one                            1  41,200     806      310  3 min 20 s  $0.2500',
    'ollama:qwen2.5-coder:7b          1  20,000       0      500       1.0 s    local',
    'In all $0.2500, 33 % of all tokens stayed local.',
    'The local part would have cost about $0.0071 at the price of a:one (an estimate: its tokens would differ).',
  ]);
});

test('the share of what was not read from a cache is told where it is another', () => {
  const ledger = ledgerOf(
    { model: 'a:one', usage: usage(900, 10, 860), cost: 1 },
    { model: QWEN, usage: usage(130, 20, 50), cost: 0, profile: local },
  );
  expect(ledgerLines(ledger).at(-1)).toBe(
    'In all $1.00, 14 % of all tokens stayed local (67 % of those not read from a cache).',
  );
});

test('what is not known is said to be: a price, the tokens of an exchange, a worth', () => {
  const unpriced = ledgerOf({ usage: usage(100, 10), cost: 0.5 }, { usage: usage(1, 1), cost: undefined });
  expect(ledgerLines(unpriced).at(-1)).toBe('In all unknown, 0 % of all tokens stayed local.');
  const uncounted = ledgerOf({ usage: undefined }, { usage: usage(1, 1), cost: 0, profile: local });
  expect(ledgerLines(uncounted)[1]).toContain('2 (1 uncounted)');
  const worth = { leader: QWEN, cost: undefined };
  expect(ledgerLines(uncounted, { worth }).at(-1)).toContain(`no price of ${QWEN} is known`);
});

test.each([77, 57, 40, 30])('fits into %i columns, with the model, its tokens and its cost', (width) => {
  const ledger = ledgerOf({
    model: 'anthropic:claude-sonnet-5-5',
    usage: usage(1_234_567, 98_765),
    cost: 12.5,
  });
  const lines = ledgerLines(ledger, { worth: { leader: 'a:one', cost: 1 }, width });
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width);
  expect(lines[1]).toMatch(/^a.*1,234,567 +98,765 .*\$12\.50$/);
});
