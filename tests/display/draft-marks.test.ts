import { expect, test } from 'vitest';
import { DraftMarks } from '../../src/display/draft-marks.ts';
import { fc } from '../support/chance.ts';

function shown(pieces: readonly string[]): string {
  const marks = new DraftMarks();
  return [...pieces.map((piece) => marks.push(piece)), marks.end()].join('');
}

test.each([
  ['<draft>\none\ntwo\n</draft>\no1: done', 'one\ntwo\no1: done'],
  ['<draft>\none\n</draft>', 'one\n'],
  ['Between <draft> and </draft>.\n', 'Between <draft> and </draft>.\n'],
  ['a <draft>\n', 'a <draft>\n'],
  ['  <draft>  \nx', 'x'],
  ['x\n<dra', 'x\n<dra'],
  ['<div>\n</div>\n', '<div>\n</div>\n'],
])('of %j %j is shown', (text, expected) => {
  expect(shown([text])).toBe(expected);
});

test('the same is shown however the text is cut into pieces', () => {
  const lines = fc.array(fc.constantFrom('<draft>', '</draft>', 'one', '', '<d', ' <draft> ', 'a <draft>'));
  fc.assert(
    fc.property(lines, fc.array(fc.nat(40)), (parts, cuts) => {
      const text = parts.join('\n');
      const places = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort(
        (a, b) => a - b,
      );
      const pieces = places.slice(1).map((end, place) => text.slice(places[place], end));
      expect(shown(pieces)).toBe(shown([text]));
    }),
  );
});
