import { expect, test } from 'vitest';
import { mayBecomeCall, writtenCalls } from '../../src/providers/ollama/written-call.ts';
import { fc } from '../support/chance.ts';

const OFFERED = new Set(['read', 'list']);
const CALL = '{"name": "read", "arguments": {"path": "a.ts"}}';
const EXPECTED = [{ name: 'read', args: { path: 'a.ts' } }];

const WRITTEN = [
  CALL,
  `\n\n${CALL}\n`,
  `\`\`\`json\n${CALL}\n\`\`\``,
  `\`\`\`\n${CALL}\n\`\`\``,
  `<tool_call>\n${CALL}\n</tool_call>`,
  `[${CALL}]`,
  '{"name": "read", "parameters": {"path": "a.ts"}}',
  '{"type": "function", "function": {"name": "read", "arguments": "{\\"path\\": \\"a.ts\\"}"}}',
];

test.each(WRITTEN)('is a call: %s', (text) => {
  expect(writtenCalls(text, OFFERED)).toEqual(EXPECTED);
});

test('may be several', () => {
  const two = `<tool_call>${CALL}</tool_call>\n<tool_call>{"name":"list","arguments":{}}</tool_call>`;
  expect(writtenCalls(two, OFFERED)).toEqual([...EXPECTED, { name: 'list', args: {} }]);
});

test.each([
  '',
  'read("a.ts")',
  `Here: ${CALL}`,
  `${CALL} and more`,
  '{"name": "rm", "arguments": {}}',
  '{"name": "read"}',
  '{"name": "read", "arguments": [1]}',
  '{"name": "read", "arguments": {}, "comment": "an example"}',
  `[${CALL}, {"name": "rm", "arguments": {}}]`,
  '{"name": "read", "arguments": {',
  '<tool_call>broken</tool_call>',
])('is no call: %s', (text) => {
  expect(writtenCalls(text, OFFERED)).toBeUndefined();
});

test('what is a call in the end may have been one all along', () => {
  for (const text of WRITTEN) {
    for (let length = 0; length <= text.length; length++) {
      expect(mayBecomeCall(text.slice(0, length)), text.slice(0, length)).toBe(true);
    }
  }
});

test('text that begins like text is let go at its first letters', () => {
  for (const text of ['The', '# A', '- one', '{"path"', '[1', '```ts', '<p']) {
    expect(mayBecomeCall(text), text).toBe(false);
  }
});

test('never throws, whatever a model writes', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      mayBecomeCall(text);
      writtenCalls(text, OFFERED);
    }),
  );
});
