import { expect, test } from 'vitest';
import { cutIntoPieces, type Piece } from '../../../src/patterns/delegation/pieces.ts';
import { fc } from '../../support/chance.ts';

const characters = (text: string) => text.length;
const words = (text: string) => text.split(/\s+/).filter(Boolean).length;

interface File {
  path: string;
  text: string;
  from?: number;
}

/** `a.ts:1-9 b.ts:1-3`, a string for each piece. */
async function cut(files: File[], most: number, measure = words): Promise<string[]> {
  const pieces = await cutIntoPieces(files, measure, most);
  expectNothingLost(files, pieces);
  return pieces.map(({ parts }) => parts.map(({ path, from, to }) => `${path}:${from}-${to}`).join(' '));
}

function expectNothingLost(files: readonly File[], pieces: readonly Piece[]): void {
  const parts = pieces.flatMap((piece) => piece.parts);
  let place = 0;
  for (const { path, text, from = 1 } of files) {
    const texts: string[] = [];
    let line = from;
    do {
      const part = parts[place++]!;
      expect(part).toMatchObject({ path, from: line });
      texts.push(part.text);
      line = part.to + 1;
    } while (texts.join('\n') !== text && place < parts.length);
    expect(texts.join('\n')).toBe(text);
    expect(line - from).toBe(text.replace(/\n$/, '').split('\n').length);
  }
  expect(place).toBe(parts.length);
}

/** So many words, in lines of 10. */
function prose(count: number): string {
  return Array.from({ length: count }, (_, n) => `w${n}${n % 10 === 9 ? '\n' : ' '}`).join('');
}

function method(name: string, statements: number): string {
  return `${name}() {\n${'  this.x = 1;\n'.repeat(statements)}}\n`;
}

test('what fits stays in one piece, in the order given', async () => {
  const files = ['src/a.ts', 'src/b.ts', 'docs/c.md'].map((path) => ({ path, text: prose(30) }));
  expect(await cut(files, 90)).toEqual(['src/a.ts:1-3 src/b.ts:1-3 docs/c.md:1-3']);
  expect(await cut([], 90)).toEqual([]);
  expect(await cut([{ path: 'empty', text: '' }], 90)).toEqual(['empty:1-1']);
});

test('small files stay whole and share pieces, rather with those of their folder', async () => {
  const files = (...paths: string[]) => paths.map((path) => ({ path, text: prose(20) }));
  expect(await cut(files('a/1', 'a/2', 'b/1'), 40)).toEqual(['a/1:1-2 a/2:1-2', 'b/1:1-2']);
  expect(await cut(files('a/1', 'b/1', 'b/2'), 40)).toEqual(['a/1:1-2', 'b/1:1-2 b/2:1-2']);
});

test('a large file is cut between its definitions, with their comments', async () => {
  const text = `import x from 'x';\n\n// About a.\nfunction ${method('a', 20)}\nfunction ${method('b', 20)}\n/** About c. */\nfunction ${method('c', 20)}`;
  expect(await cut([{ path: 'x.ts', text }], 80)).toEqual(['x.ts:1-26', 'x.ts:27-49', 'x.ts:50-72']);
});

test('a large class is cut between its members, a large function at blank lines', async () => {
  const members = ['a', 'b', 'c', 'd'].map((name) => method(name, 15)).join('');
  const classText = `class C {\n${members}}\n`;
  expect(await cut([{ path: 'c.ts', text: classText }], 110)).toEqual(['c.ts:1-35', 'c.ts:36-70']);
  const block = '  f(1);\n'.repeat(10);
  const longFunction = `function f() {\n${block}\n${block}\n${block}\n${block}}\n`;
  expect(await cut([{ path: 'f.ts', text: longFunction }], 26)).toEqual(['f.ts:1-23', 'f.ts:24-45']);
});

test('without definitions, lines at the margin and blank lines part a text', async () => {
  const item = (name: string) => `${name}:\n  - one two\n\n  - three four\n`;
  const text = ['a', 'b', 'c', 'd'].map(item).join('');
  expect(await cut([{ path: 'x.yaml', text }], 14)).toEqual(['x.yaml:1-8', 'x.yaml:9-16']);
  expect(await cut([{ path: 'x.yaml', text: item('a') }], 4)).toEqual(['x.yaml:1-3', 'x.yaml:4-4']);
  expect(await cut([{ path: 'x.txt', text: prose(100) }], 40)).toHaveLength(3);
});

test('pieces are about equal: no small rest at the end', async () => {
  expect(await cut([{ path: 'x.txt', text: prose(210) }], 100)).toEqual([
    'x.txt:1-7',
    'x.txt:8-14',
    'x.txt:15-21',
  ]);
});

test('lines keep their numbers where a text begins further down', async () => {
  const files = [
    { path: 'x.txt', text: prose(40), from: 101 },
    { path: 'b/x.txt', text: prose(20), from: 900 },
  ];
  expect(await cut(files, 20)).toEqual(['x.txt:101-102', 'x.txt:103-104', 'b/x.txt:900-901']);
});

test('a line that is too long is a piece by itself, and says so', async () => {
  const text = `one\n${'word '.repeat(50)}\ntwo\n`;
  const pieces = await cutIntoPieces([{ path: 'x', text }], words, 10);
  expect(pieces.map(({ parts, tooLong }) => [parts[0]?.from, parts[0]?.to, tooLong])).toEqual([
    [1, 1, undefined],
    [2, 2, true],
    [3, 3, undefined],
  ]);
});

test('line ends stay as they are', async () => {
  const text = 'one two\r\nthree four\r\nfive\r\n';
  const pieces = await cutIntoPieces([{ path: 'x', text }], words, 4);
  expect(pieces.map(({ parts }) => parts.map((part) => part.text))).toEqual([
    ['one two'],
    ['three four\r\nfive\r\n'],
  ]);
});

test('a text of very many lines is cut in no time', async () => {
  const started = performance.now();
  const pieces = await cutIntoPieces(
    [{ path: 'x.txt', text: 'ab cd\n'.repeat(150_000) }],
    characters,
    60_000,
  );
  expect(pieces).toHaveLength(16);
  expect(performance.now() - started).toBeLessThan(2_000);
});

const LINES = [
  '',
  '}',
  'const a = 1;',
  'function f() {',
  '  return 1;',
  '  // why',
  'class A {',
  '  m() {',
  '  }',
];
const aText = fc.oneof(
  fc.array(fc.constantFrom(...LINES), { maxLength: 60 }).map((lines) => lines.join('\n')),
  fc
    .array(fc.string({ maxLength: 30 }), { maxLength: 30 })
    .map((lines) => lines.join('\n').replaceAll('\r', ' ')),
);
const aFile = fc.record({
  path: fc.constantFrom('a/x.ts', 'a/y.py', 'b/z.txt', 'w.md'),
  text: aText,
  from: fc.integer({ min: 1, max: 500 }),
});
/** The third is more for a whole than for its parts, which no tokenizer is. */
const measures = [characters, words, (text: string) => Math.floor(text.length / 4)];

test('nothing is lost, nothing is there twice, nothing is out of order, no piece is too large', async () => {
  const files = fc.array(aFile, { maxLength: 6 });
  const measure = fc.constantFrom(...measures);
  await fc.assert(
    fc.asyncProperty(files, measure, fc.integer({ min: 0, max: 120 }), async (files, measure, most) => {
      const pieces = await cutIntoPieces(files, measure, most);
      expectNothingLost(files, pieces);
      for (const { parts, tooLong } of pieces) {
        const size = measure(parts.map(({ text }) => text).join('\n'));
        expect(size > most).toBe(tooLong ?? false);
        if (tooLong) expect(parts).toMatchObject([{ to: parts[0]?.from }]);
      }
    }),
    { numRuns: 300 },
  );
});
