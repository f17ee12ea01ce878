import { describe, expect, test } from 'vitest';
import { materials } from '../../bench/local/materials.ts';
import { median } from '../../src/local/speed.ts';
import { partsOf, textUnits, tokenScale } from '../../src/local/tokens.ts';
import { seededRandom } from '../../src/simulation/ollama/ground-truth.ts';
import { catalogued } from '../../src/simulation/ollama/models.ts';
import { tokensOf } from '../../src/simulation/ollama/tokens.ts';
import { fc } from '../support/chance.ts';

/** Code, prose, data and languages. */
const TEXTS = (await materials()).map(({ text }) => text);

test.each([
  ['', 0],
  ['hello world', 2],
  ['internationalization', 6],
  ['parseHTTPHeaders', 3],
  ['12345678', 5],
  ['a  =  b;\n\n\tc()', 9],
  ['Ωμέγα', 2],
  ['aGVsbG8gd29ybGQsIGhvdyBhcmU', 17],
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

/** Prompts of mixed material, counted by the tokenizer of a simulated model. */
function countedBy(model: string, prompts: number) {
  const { vocabulary } = catalogued(model);
  const random = seededRandom(2);
  return Array.from({ length: prompts }, () => {
    const text = TEXTS.filter(() => random() < 0.4)
      .map((all) => {
        const from = Math.floor(random() * (all.length - 4000));
        return all.slice(from, from + 200 + random() * 3000);
      })
      .join('\n');
    return { text, parts: partsOf(text), tokens: tokensOf(text, vocabulary).length + 30 };
  });
}

const MODELS = ['qwen2.5-coder:7b', 'llama3.2:3b', 'gemma3:4b'];

describe.each(MODELS)("the scale of %s, of which nothing is known but its prompts' counts,", (model) => {
  test('is about right before any, and much closer after some', () => {
    const prompts = countedBy(model, 60);
    const off = (counted: readonly (typeof prompts)[number][]) => {
      const scale = tokenScale(counted);
      return median(
        prompts
          .slice(30)
          .map(({ text, tokens }) => Math.abs((scale.fixedTokens + scale.tokensOf(text)) / tokens - 1)),
      );
    };
    expect(off([])).toBeLessThan(0.25);
    expect(off(prompts.slice(0, 30))).toBeLessThan(0.03);
  });

  test('tells how sure it is: most counts lie within two standard deviations', () => {
    const prompts = countedBy(model, 60);
    const scale = tokenScale(prompts.slice(0, 20));
    const within = prompts.slice(20).filter(({ parts, tokens }) => {
      const expected = scale.estimate(parts);
      return Math.abs(scale.fixedTokens + expected.tokens - tokens) < 2 * expected.spread;
    });
    expect(within.length).toBeGreaterThan(0.85 * 40);
  });
});

test('a model that reads every digit by itself is told from one that reads three at once', () => {
  const numbers = 'value 12345678, 90817263, 55512345; '.repeat(40);
  const words = 'the value of a line is what it says; '.repeat(40);
  const scaleOf = (perNumber: number) => {
    const tokens = (text: string) =>
      (text.match(/[a-z]+|[,;]/g)?.length ?? 0) + perNumber * (text.match(/\d+/g)?.length ?? 0);
    return tokenScale(
      [numbers, words, numbers + words].map((text) => ({ parts: partsOf(text), tokens: tokens(text) })),
    );
  };
  expect(scaleOf(8).tokensOf(numbers) / scaleOf(3).tokensOf(numbers)).toBeGreaterThan(1.6);
  expect(scaleOf(8).tokensOf(words) / scaleOf(3).tokensOf(words)).toBeLessThan(1.2);
});

test('before anything was counted a unit is about a token', () => {
  const text = 'const value = compute(1, 2);\n'.repeat(20);
  const { fixedTokens, tokensOf: tokens } = tokenScale([]);
  expect(fixedTokens).toBeCloseTo(12);
  expect(tokens(text) / textUnits(text)).toBeCloseTo(1, 1);
});

test('one count that cannot be right does not spoil it', () => {
  const line = 'const value = compute(1, 2);\n';
  const good = Array.from({ length: 20 }, (_, n) => ({
    parts: partsOf(line.repeat(n + 1)),
    tokens: 11 * (n + 1),
  }));
  const scale = tokenScale([...good, { parts: partsOf(line.repeat(30)), tokens: 9 }]);
  expect(scale.fixedTokens + scale.tokensOf(line.repeat(30))).toBeGreaterThan(300);
});
