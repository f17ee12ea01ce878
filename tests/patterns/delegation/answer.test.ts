import { describe, expect, test } from 'vitest';
import { codeIn, contentIn, jsonIn } from '../../../src/patterns/delegation/answer.ts';

const readme = '# Title\n\n```sh\nnpm install\n```\n\nMore that matters.';

describe('the code in an answer', () => {
  test.each([
    ['one block among prose', 'Here it is:\n```ts\nconst a = 1;\n```\nDone.', 'const a = 1;\n'],
    ['the largest of several', '```\na\n```\nor\n~~~js\nlonger();\n~~~', 'longer();\n'],
    ['a block with others in it', `\`\`\`markdown\n${readme}\n\`\`\``, `${readme}\n`],
    ['a block within a longer fence', '````\n```\ninner\n```\n````', '```\ninner\n```\n'],
    ['what has no block', 'const a = 1;', 'const a = 1;\n'],
    ['what was cut before its fence closed', 'So:\n```ts\nconst a = 1;\nconst', 'const a = 1;\nconst\n'],
    ['nothing', '', ''],
  ])('is %s', (_, text, code) => expect(codeIn(text)).toBe(code));
});

test('a file of prose is all that was said, less one block around it', () => {
  expect(contentIn(readme, 'README.md')).toBe(`${readme}\n`);
  expect(contentIn(`\`\`\`markdown\n${readme}\n\`\`\``, 'README.md')).toBe(`${readme}\n`);
});

test('JSON is read from a block or bare', () => {
  expect(jsonIn('Here:\n```json\n{"a": 1}\n```')).toEqual({ a: 1 });
  expect(jsonIn('[1]')).toEqual([1]);
  expect(() => jsonIn('no')).toThrow(SyntaxError);
});
