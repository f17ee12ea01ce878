import { visibleWidth } from '@earendil-works/pi-tui';
import { expect, test } from 'vitest';
import { richTypesetting } from '../../src/display/rich-typesetting.ts';
import { createTheme } from '../../src/display/theme.ts';
import { fc } from '../support/chance.ts';

const REPLY = [
  '# A title',
  'Some **bold** words, `code` and 漢字かな交じり文 that go on until the line has to be broken somewhere.',
  '- one\n- two\n  - inside two\n\n  a paragraph of two\n- three',
  '1. first\n2. second',
  '| name | value |\n| --- | --- |\n| a | 1 |\n| 漢字 | 2 |',
  '> quoted\n> twice',
  '```ts\nconst a = `x`;\n\n/* over\n   lines */\n```',
  'The end.',
].join('\n\n');

async function typeset(pieces: Iterable<string>, width = 40, depth = 8): Promise<string[]> {
  const text = richTypesetting(createTheme(depth)).openText(() => width);
  const blocks = [];
  for (const piece of pieces) {
    text.tail(6);
    blocks.push(...text.push(piece));
  }
  blocks.push(...text.end());
  return (await Promise.all(blocks)).flat();
}

test('a reply gives the same lines however it is cut into pieces', async () => {
  const whole = await typeset([REPLY]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(REPLY.length), { maxLength: 40 }), async (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), REPLY.length];
      const pieces = places.slice(1).map((end, n) => REPLY.slice(places[n], end));
      expect(await typeset(pieces)).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

test('finished blocks come while the reply is still arriving, and the tail shows only the rest', () => {
  const text = richTypesetting(createTheme(1)).openText(() => 40);
  expect(text.push('First paragraph.\n\nSecond')).toEqual([]);
  expect(text.push(' paragraph.\n\nThird\n')).toEqual([['First paragraph.'], ['', 'Second paragraph.']]);
  expect(text.tail(6)).toEqual(['Third']);
  expect(text.end()).toEqual([['', 'Third']]);
});

test('of a long block the tail is its last rows', () => {
  const text = richTypesetting(createTheme(1)).openText(() => 40);
  text.push(`\`\`\`js\n${Array.from({ length: 50 }, (_, n) => `line ${n}\n`).join('')}`);
  expect(text.tail(3)).toEqual(['  line 48', '  line 49', '  ']);
});

test('code is coloured, and every line of what spans lines for itself', async () => {
  const lines = await typeset(['```ts\nconst a = 1;\n/* over\nlines */\n```\n'], 40);
  const { keyword, comment } = createTheme(8).code;
  expect(lines[0]).toContain(keyword('const'));
  expect(lines.slice(1)).toEqual([`  ${comment('/* over')}`, `  ${comment('lines */')}`]);
});

test('code in a language that nobody knows stays as it is, and long lines of it are not broken', async () => {
  const line = `let it = "${'x'.repeat(100)}"`;
  expect(await typeset([`\`\`\`klingon\n${line}\n\`\`\``], 40)).toEqual([`  ${line}`]);
});

test('prose keeps to the width, wide characters counted as two', async () => {
  const lines = await typeset(['漢字かな交じり文 '.repeat(20)], 30, 1);
  expect(lines.length).toBeGreaterThan(8);
  for (const line of lines) expect(visibleWidth(line)).toBeLessThanOrEqual(30);
});
