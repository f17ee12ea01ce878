import { expect, test } from 'vitest';
import { textUnits, tokenScale } from '../../src/local/tokens.ts';
import { seededRandom } from '../../src/simulation/ollama/ground-truth.ts';
import { fc } from '../support/chance.ts';

test.each([
  ['', 0],
  ['hello world', 2],
  ['internationalization', 4],
  ['12345678', 3],
  ['a  =  b;\n\n\tc()', 10],
  ['日本語', 3],
  ['    return x;', 4],
])('the size of %j', (text, units) => expect(textUnits(text)).toBe(units));

test('grows with the text, and hardly depends on where it is cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (left, right) => {
      const [whole, parts] = [textUnits(left + right), textUnits(left) + textUnits(right)];
      expect(whole).toBeGreaterThanOrEqual(textUnits(left) - 1);
      expect(Math.abs(whole - parts)).toBeLessThanOrEqual(2);
    }),
  );
});

test("a model's own scale is learnt from what its server counted, its template too", () => {
  const random = seededRandom(2);
  const counted = Array.from({ length: 30 }, () => {
    const units = Math.round(50 + random() * 4000);
    return { units, tokens: Math.round((30 + 1.3 * units) * (1 + 0.03 * (random() * 2 - 1))) };
  });
  const { tokensPerUnit, fixedTokens } = tokenScale(counted);
  expect(Math.abs(tokensPerUnit / 1.3 - 1)).toBeLessThan(0.02);
  expect(fixedTokens).toBeGreaterThan(15);
  expect(fixedTokens).toBeLessThan(50);
});

test('before anything was counted a unit is about a token', () => {
  expect(tokenScale([])).toEqual({ tokensPerUnit: expect.closeTo(1.05), fixedTokens: expect.closeTo(12) });
});

test('one count that cannot be right does not spoil it', () => {
  const good = Array.from({ length: 20 }, (_, n) => ({ units: 100 * (n + 1), tokens: 110 * (n + 1) }));
  const { tokensPerUnit } = tokenScale([...good, { units: 1000, tokens: 9 }]);
  expect(Math.abs(tokensPerUnit / 1.1 - 1)).toBeLessThan(0.05);
});
