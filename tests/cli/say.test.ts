import { expect, test } from 'vitest';
import { say } from '../../src/cli/say.ts';

const STEERING = 'before\x1b]52;c;ZXZpbA==\x07\x1b[2J\x1b[8mafter\u202e\n\tcode';

function said(text: string, isTTY: boolean): string {
  let written = '';
  say({ isTTY, write: (piece) => (written += piece) }, text);
  return written;
}

test('what a model wrote does not steer a terminal', () => {
  expect(said(STEERING, true)).toBe('beforeafter<U+202E>\n\tcode\n');
});

test('to a file or a pipe it goes as it is, with a line ending', () => {
  expect(said(STEERING, false)).toBe(`${STEERING}\n`);
  expect(said('whole\n', false)).toBe('whole\n');
});
