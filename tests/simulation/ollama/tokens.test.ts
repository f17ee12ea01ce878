import { describe, expect, test } from 'vitest';
import { catalogued } from '../../../src/simulation/ollama/models.ts';
import { tokensOf } from '../../../src/simulation/ollama/tokens.ts';
import { fc } from '../../support/chance.ts';

const QWEN = catalogued('qwen2.5-coder:7b').vocabulary;
const LLAMA = catalogued('llama3.2:3b').vocabulary;

describe('a simulated tokenizer', () => {
  test('loses nothing of a text, and cuts it the same way each time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const tokens = tokensOf(text, QWEN);
        expect(tokens.join('')).toBe(text);
        expect(tokensOf(text, QWEN)).toEqual(tokens);
      }),
    );
  });

  test('cuts a text the same way whatever came before it, from a new line on', () => {
    const line = 'const answer = compute(6, 7);\n';
    expect(tokensOf(`${line}${line}`, QWEN)).toEqual([...tokensOf(line, QWEN), ...tokensOf(line, QWEN)]);
  });

  test.each([
    ['words', 'the value of a line is what it says '.repeat(20), 3.5, 6],
    ['base64', 'aGVsbG8gd29ybGQsIGhvdyBhcmUgeW91IHRvZGF5Pw'.repeat(5), 1.2, 2.6],
    ['Russian', 'машина читает быстро а пишет медленно '.repeat(20), 1.8, 4],
    ['Japanese', '長いファイルの関数名を尋ねるとモデルは'.repeat(20), 0.8, 2],
  ])('makes of %s as many tokens as real ones do', (_, text, least, most) => {
    const perToken = text.length / tokensOf(text, QWEN).length;
    expect(perToken).toBeGreaterThan(least);
    expect(perToken).toBeLessThan(most);
  });

  test('is one of its own for each family of models: digits are read alone, or three at once', () => {
    expect(tokensOf('12345678', QWEN)).toHaveLength(8);
    expect(tokensOf('12345678', LLAMA)).toHaveLength(3);
    const text = 'the internationalization of identifiers, configureEverything(reallyLongNames)'.repeat(3);
    expect(tokensOf(text, QWEN)).not.toEqual(tokensOf(text, LLAMA));
  });
});
