import { describe, expect, it } from 'vitest';
import { splice } from '../../../src/tools/edit/splice.ts';
import { decodeText, type Encoding, encodeText } from '../../../src/tools/text-file.ts';
import { fc } from '../../support/chance.ts';

const ending = fc.constantFrom('\n', '\r\n');
/** Few words and much white space, so that lines are alike, near alike and ambiguous all the time. */
const word = fc.constantFrom('a', 'b', '“q”', '"q"', '–', '-', ' ', '  ', '\t', '字', '🦉', '$&');
const line = fc.array(word, { maxLength: 5 }).map((words) => words.join(''));
const file = fc
  .tuple(fc.array(fc.tuple(line, ending), { maxLength: 12 }), line)
  .map(([lines, last]) => lines.map((pair) => pair.join('')).join('') + last);

/** A file and edits of what stands in it: exactly, or lines of it as a model may get them wrong. */
const edited = file.chain((text) => {
  const lines = text.split('\n');
  const slice = fc
    .tuple(fc.nat(text.length), fc.nat(12))
    .map(([from, length]) => text.slice(from, from + length));
  const block = fc.tuple(fc.nat(lines.length - 1), fc.integer({ min: 1, max: 3 }));
  const loose = block.map(([from, count]) =>
    lines
      .slice(from, from + count)
      .map((line) => ` ${line.trim().replace(/“q”/g, '"q"').replace(/–/g, '-')}  `)
      .join('\n'),
  );
  const edit = fc.record({ old: fc.oneof(slice, loose, line), new: fc.oneof(line, file), all: fc.boolean() });
  return fc.tuple(fc.constant(text), fc.array(edit, { minLength: 1, maxLength: 3 }));
});

/** The outcome as a value: spliced text, or the sentence that says why not. */
function attempt(text: string, edits: { old: string; new: string; all?: boolean }[]) {
  try {
    return splice('f', text, edits);
  } catch (error) {
    return (error as Error).message;
  }
}

describe('whatever is edited', () => {
  it('every byte outside the places that are named stays as it was', () => {
    fc.assert(
      fc.property(edited, ([text, edits]) => {
        const outcome = attempt(text, edits);
        fc.pre(typeof outcome !== 'string');
        let [before, after] = [0, 0];
        for (const { start, end, replacement } of outcome.spans) {
          const kept = text.slice(before, start);
          expect(outcome.text.slice(after, after + kept.length)).toBe(kept);
          after += kept.length + replacement.length;
          before = end;
        }
        expect(outcome.text.slice(after)).toBe(text.slice(before));
      }),
      { numRuns: 500 },
    );
  });

  it('one edit that does not fit undoes the others, and says which it was', () => {
    fc.assert(
      fc.property(edited, fc.nat(3), ([text, edits], place) => {
        const wrong = { old: 'stands nowhere', new: 'x', all: false };
        const outcome = attempt(text, edits.toSpliced(place, 0, wrong));
        expect(outcome).toMatch(/^Nothing was changed in f\. (Edit \d of \d|The edit) /);
      }),
    );
  });

  it('a text that stands there exactly is never matched in any other way', () => {
    const cut = fc
      .tuple(file, fc.nat(), fc.nat())
      .map(([text, a, b]) => ({ text, from: a % (text.length + 1), length: 1 + (b % 20) }));
    fc.assert(
      fc.property(cut, ({ text, from, length }) => {
        const old = text.slice(from, from + length);
        // Half of a CRLF or of a character is not what a model can write.
        fc.pre(old !== '' && old.isWellFormed() && !old.startsWith('\n') && !old.endsWith('\r'));
        const outcome = attempt(text, [{ old, new: 'NEW', all: false }]);
        if (typeof outcome === 'string') expect(outcome).toMatch(/The edit fits \d+ places, lines/);
        else expect(outcome.spans.map(({ rung }) => rung)).toEqual(['exact']);
      }),
      { numRuns: 500 },
    );
  });

  it('what is written for an exact, unique text is exactly what was asked for', () => {
    fc.assert(
      fc.property(file, file, line, (head, tail, fresh) => {
        const outcome = attempt(`${head}<MARK>${tail}`, [{ old: '<MARK>', new: fresh }]);
        expect(outcome).toMatchObject({ text: head + fresh + tail });
      }),
    );
  });
});

describe('the bytes of a text file', () => {
  it('come back as they were, in every encoding, with and without a byte order mark', () => {
    const encodings: [Encoding, boolean][] = [
      ['utf-8', false],
      ['utf-8', true],
      ['utf-16le', true],
      ['utf-16be', true],
    ];
    fc.assert(
      fc.property(file, fc.constantFrom(...encodings), (text, [encoding, bom]) => {
        const bytes = encodeText({ text, encoding, bom });
        expect(decodeText(bytes)).toEqual({ text, encoding, bom });
      }),
    );
  });

  it('come back whatever they are, as long as they are taken for a text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const decoded = decodeText(bytes);
        if (decoded) expect([...encodeText(decoded)]).toEqual([...bytes]);
      }),
      { numRuns: 2_000 },
    );
  });
});
