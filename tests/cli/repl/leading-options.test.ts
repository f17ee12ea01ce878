import { describe, expect, test } from 'vitest';
import { leadingOptions } from '../../../src/cli/repl/leading-options.ts';

const options = {
  model: { type: 'string', short: 'm', multiple: true, value: 'MODEL', about: '' },
  vote: { type: 'string', value: 'RULE', about: '' },
  insist: { type: 'boolean', about: '' },
} as const;
const read = (text: string) => leadingOptions(text, options);

describe('options before a text', () => {
  test.each([
    ['Map or object?', {}, 'Map or object?'],
    ['-m sonnet -m qwen3:8b Map?', { model: ['sonnet', 'qwen3:8b'] }, 'Map?'],
    [
      '--model=sonnet --vote "borda" --insist Map?',
      { model: ['sonnet'], vote: 'borda', insist: true },
      'Map?',
    ],
    ["--vote 'in two words' Map?", { vote: 'in two words' }, 'Map?'],
    ['-m a what does -m do in --vote x?', { model: ['a'] }, 'what does -m do in --vote x?'],
    ['-m a -- -m is an option', { model: ['a'] }, '-m is an option'],
    ['--', {}, ''],
    ['- a list item', {}, '- a list item'],
    ['-5 is a number', {}, '-5 is a number'],
    ['--vote borda a text\nof two lines', { vote: 'borda' }, 'a text\nof two lines'],
  ])('%j', (text, values, rest) => expect(read(text)).toEqual({ values, rest }));

  test.each([
    ['--vot borda x', /There is no option --vot here\. Did you mean --vote\?/],
    ['--vote', /--vote wants RULE behind it\./],
    ['-x y', /There is no option --x here\. There are: --model, --vote, --insist\./],
  ])('%j is told in a sentence', (text, sentence) => expect(() => read(text)).toThrow(sentence));
});
