import { expect, onTestFinished, test } from 'vitest';
import { ConsoleDisplay } from '../../src/display/console.ts';
import { richTypesetting } from '../../src/display/rich-typesetting.ts';
import { InlineScreen } from '../../src/display/screen/inline-screen.ts';
import { createTheme } from '../../src/display/theme.ts';
import { HeadlessTerminal } from '../support/headless-terminal.ts';
import { CLAUDE, exchangeOf, GEMINI, QWEN, tell } from '../support/told.ts';

const PARAGRAPHS = 15;

function openDisplay(columns: number, rows: number) {
  const terminal = new HeadlessTerminal(columns, rows);
  const screen = new InlineScreen(terminal);
  screen.addChild({ render: () => ['', '> prompt'], invalidate() {} });
  screen.start();
  const theme = createTheme(8);
  const stage = { theme, typesetting: richTypesetting(theme), surface: screen, close: () => screen.stop() };
  const display = new ConsoleDisplay({ stage });
  onTestFinished(() => display.close());
  return { terminal, screen, display };
}

/** Long replies of three models, their deltas taking turns. */
function threeAtOnce() {
  const replies = [CLAUDE, QWEN, GEMINI].map((model, n) => {
    const text = Array.from(
      { length: PARAGRAPHS },
      (_, p) =>
        `Said ${n}-${p} with 漢字かな交じり文 in it, long enough for two rows of a narrow terminal.\n\n`,
    );
    const code = '```ts\nconst done = true;\n```\n';
    return exchangeOf(`exchange-${n}`, model, (text.join('') + code).match(/.{1,7}/gs) ?? [], {
      within: 'consult-1',
    });
  });
  const longest = Math.max(...replies.map(({ length }) => length));
  return Array.from({ length: longest }, (_, n) => replies.flatMap((reply) => reply[n] ?? [])).flat();
}

test('three streams at once, taller than the screen and resized on the way, end up whole and one after the other', async () => {
  const { terminal, screen, display } = openDisplay(70, 16);
  const events = threeAtOnce();
  for (const [n, event] of events.entries()) {
    tell(display, event);
    if (n % 9 === 0) screen.renderNow();
    const share = n / events.length;
    if (n % 9 === 0 && share > 0.3) terminal.resize(share > 0.6 ? 90 : 50, 16);
  }
  await display.close();
  const lines = await terminal.allLines();
  const said = lines.join('\n').match(/Said \d-\d+/g) ?? [];
  const order = [0, 1, 2].flatMap((n) => Array.from({ length: PARAGRAPHS }, (_, p) => `Said ${n}-${p}`));
  expect(said).toEqual(order);
  expect(lines.filter((line) => line.includes('const done = true;'))).toHaveLength(3);
  expect(lines.filter((line) => /^↳ /.test(line))).toEqual([CLAUDE, QWEN, GEMINI].map((name) => `↳ ${name}`));
  expect(lines.join('\n')).not.toMatch(/writing ·|waiting for|> prompt/);
});

test('one above the other, each speaker has at most six live rows, and all of them are seen', async () => {
  const { terminal, screen, display } = openDisplay(80, 30);
  const events = threeAtOnce();
  tell(display, ...events.slice(0, events.length / 2));
  screen.renderNow();
  const rows = await terminal.screenRows();
  const working = rows.flatMap((row, place) => (/[○●] writing · /.test(row) ? [place] : []));
  expect(working).toHaveLength(3);
  const [first, second, third] = working as [number, number, number];
  expect(second - first).toBeLessThanOrEqual(7);
  expect(third - second).toBeLessThanOrEqual(7);
});
