import { visibleWidth } from '@earendil-works/pi-tui';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConsoleDisplay } from '../../src/display/console.ts';
import { richTypesetting } from '../../src/display/rich-typesetting.ts';
import { InlineScreen } from '../../src/display/screen/inline-screen.ts';
import { createTheme } from '../../src/display/theme.ts';
import { HeadlessTerminal } from '../support/headless-terminal.ts';
import { CLAUDE, exchangeOf, GEMINI, QWEN, tell } from '../support/told.ts';

type Told = Parameters<typeof tell>[1];

const OPUS = 'anthropic:claude-opus-5-5';
const MODELS = [CLAUDE, QWEN, GEMINI, OPUS];
const PARAGRAPHS = 12;
const SECOND = 1_000;

function openDisplay(columns: number, rows: number) {
  const terminal = new HeadlessTerminal(columns, rows);
  const screen = new InlineScreen(terminal);
  screen.addChild({ render: () => ['', '> prompt'], invalidate() {} });
  screen.start();
  const theme = createTheme(8);
  const stage = { theme, typesetting: richTypesetting(theme), surface: screen, close: () => screen.stop() };
  const display = new ConsoleDisplay({ stage, now: () => 1_700_000_000_000 + 90 * SECOND });
  onTestFinished(() => display.close());
  return { terminal, screen, display };
}

const textOf = (n: number) =>
  `${Array.from({ length: PARAGRAPHS }, (_, p) => `Said ${n}-${p} with 漢字かな交じり文 in it, **long enough** for a row or two of any pane.`).join('\n\n')}\n\n\`\`\`ts\nconst done = true;\n\`\`\`\n`;

/** Four replies, their deltas taking turns; a faster one has longer pieces and is done before the others. */
function fourAtOnce(pieceLengths = [5, 6, 7, 8], text = textOf): Told[] {
  const replies = MODELS.map((model, n) => {
    const pieces = text(n).match(new RegExp(`.{1,${pieceLengths[n]}}`, 'gs')) ?? [];
    return exchangeOf(`exchange-${n}`, model, pieces, { within: 'c1' });
  });
  const longest = Math.max(...replies.map(({ length }) => length));
  const events = Array.from({ length: longest }, (_, n) => replies.flatMap((reply) => reply[n] ?? [])).flat();
  return events.map((event, n) => ({ ...event, at: 1_700_000_000_000 + n * 10 }));
}

const isLive = (row: string) => /(writing|waiting|thinking)/.test(row);

test('on a wide terminal four speakers stand side by side, each in a column of its own', async () => {
  const { terminal, screen, display } = openDisplay(200, 50);
  const events = fourAtOnce();
  tell(display, ...events.slice(0, events.length / 2));
  screen.renderNow();
  const rows = await terminal.screenRows();
  const names = rows.findIndex((row) => MODELS.every((model) => row.includes(`↳ ${model}`)));
  expect(names).toBeGreaterThanOrEqual(0);
  expect(rows[names + 1]!.match(/[○●] writing · \d+ words · 90\.0 s/g)).toHaveLength(4);
  const body = rows.slice(names, rows.indexOf('> prompt') - 1);
  expect(body.length).toBeLessThanOrEqual(12);
  for (const row of body) {
    const parts = row.split(' │ ');
    expect(parts).toHaveLength(4);
    expect(parts.slice(0, 3).map(visibleWidth)).toEqual([47, 47, 47]);
    expect(visibleWidth(parts[3]!)).toBeLessThanOrEqual(47);
  }
});

test('where two fit and not four, they stand in two bands', async () => {
  const { terminal, screen, display } = openDisplay(90, 40);
  tell(display, ...fourAtOnce().slice(0, 200));
  screen.renderNow();
  const rows = await terminal.screenRows();
  const first = rows.findIndex((row) => row.includes(CLAUDE) && row.includes(QWEN));
  const second = rows.findIndex((row) => row.includes(GEMINI) && row.includes(OPUS));
  expect(first).toBeGreaterThanOrEqual(0);
  expect(second).toBeGreaterThan(first);
});

test('on a narrow terminal they stand one above the other, all of them seen, the prompt below', async () => {
  const { terminal, screen, display } = openDisplay(80, 24);
  const events = fourAtOnce();
  tell(display, ...events.slice(0, events.length / 2));
  screen.renderNow();
  const rows = await terminal.screenRows();
  const heads = rows.flatMap((row, place) => (isLive(row) ? [place] : []));
  expect(heads).toHaveLength(4);
  expect(rows).toContain('> prompt');
  for (const [n, place] of heads.slice(1).entries()) expect(place - heads[n]!).toBeLessThanOrEqual(7);
});

test('of more speakers than rows the first are shown, and how many are left', async () => {
  const { terminal, screen, display } = openDisplay(80, 6);
  tell(display, ...fourAtOnce().slice(0, 40));
  screen.renderNow();
  const rows = await terminal.screenRows();
  expect(rows).toContain('… and 2 more');
  expect(rows).toContain('> prompt');
});

test('a pane shows the end of a long answer', async () => {
  const { terminal, screen, display } = openDisplay(200, 50);
  const numbered = (n: number) => Array.from({ length: 80 }, (_, w) => `w${n}-${w}`).join(' and then ');
  const events = fourAtOnce([6, 6, 6, 6], numbered);
  tell(display, ...events.slice(0, 800));
  screen.renderNow();
  const screenText = (await terminal.screenRows()).join('\n');
  const said = events
    .slice(0, 800)
    .flatMap((event) =>
      event.type === 'exchange.delta' && event.model === CLAUDE && event.delta.type === 'text'
        ? [event.delta.text]
        : [],
    )
    .join('');
  const last = said.match(/w0-\d+(?= )/g)!.at(-1)!;
  expect(screenText).toContain(last);
  expect(screenText).not.toMatch(/w0-0 /);
});

test('emoji that terminals disagree about do not move the columns', async () => {
  const { terminal, screen, display } = openDisplay(200, 50);
  const text = (n: number) => (n === 0 ? 'family 👨‍👩‍👧‍👦 flag 🇯🇵 heart ❤️ done' : `pane ${n} is whole`);
  tell(display, ...fourAtOnce([3, 3, 3, 3], text).slice(0, 4 * 6));
  screen.renderNow();
  const rows = await terminal.screenRows();
  const row = rows.find((one) => one.includes('family'))!;
  for (const n of [1, 2, 3]) expect(row).toContain(`│ pane ${n} is whol`.slice(0, 13));
  expect(terminal.writes.join('')).toMatch(/\x1b\[48G/);
});

describe('however the window is resized on the way', () => {
  for (const [columns, rows] of [
    [80, 24],
    [200, 50],
  ] as const) {
    test(`from ${columns}x${rows}, all ends up whole, once, in the order of finishing`, async () => {
      const { terminal, screen, display } = openDisplay(columns, rows);
      const events = fourAtOnce();
      const widths = [columns, 120, 60, 200, 90];
      for (const [n, event] of events.entries()) {
        tell(display, event);
        if (n % 37 === 0) screen.renderNow();
        if (n % 150 === 149) terminal.resize(widths[Math.floor(n / 150) % widths.length]!, rows);
      }
      await display.close();
      const lines = await terminal.allLines();
      const order = [3, 2, 1, 0];
      expect(lines.join('\n').match(/Said \d-\d+/g)).toEqual(
        order.flatMap((n) => Array.from({ length: PARAGRAPHS }, (_, p) => `Said ${n}-${p}`)),
      );
      expect(lines.filter((line) => line.startsWith('↳ '))).toEqual(order.map((n) => `↳ ${MODELS[n]}`));
      expect(lines.filter((line) => line.includes('const done = true;'))).toHaveLength(4);
      expect(lines.join('\n')).not.toMatch(/│|writing ·|waiting for|> prompt/);
    });
  }
});

test('nothing is cleared, a frame is one write, and only what changed is written', async () => {
  const { terminal, screen, display } = openDisplay(200, 50);
  const events = fourAtOnce();
  tell(display, ...events.slice(0, 300));
  screen.renderNow();
  const before = terminal.writes.length;
  screen.renderNow();
  expect(terminal.writes.length).toBe(before);
  tell(display, ...events.slice(300, 301));
  screen.renderNow();
  expect(terminal.writes.length).toBe(before + 1);
  expect(terminal.writes.at(-1)!.length).toBeLessThan(1_000);
  for (const write of terminal.writes) expect(write).not.toMatch(/\x1b\[[23]J/);
});

describe('without a screen', () => {
  test('nothing of several is printed before it is whole; the last one left goes on alone', () => {
    let output = '';
    const display = new ConsoleDisplay({ stream: { write: (text) => (output += text) }, env: {} });
    const more = { within: 'c1' };
    const one = exchangeOf('e1', CLAUDE, ['one\n', 'one more'], more);
    const two = exchangeOf('e2', QWEN, ['two\n', 'two more\n', 'last\n'], more);
    tell(display, one[0]!, two[0]!, one[1]!, two[1]!);
    expect(output).toBe('');
    tell(display, ...one.slice(2));
    expect(output).toContain('one more');
    expect(output).toContain(`↳ ${QWEN}\n  two\n`);
    tell(display, two[2]!);
    expect(output).toContain('  two more\n');
  });

  test('one that began alone keeps its order when another begins, and says the rest when it is done', () => {
    let output = '';
    const display = new ConsoleDisplay({ stream: { write: (text) => (output += text) }, env: {} });
    const one = exchangeOf('e1', CLAUDE, ['one\n', 'two\n', 'three\n'], { within: 'c1' });
    const other = exchangeOf('e2', QWEN, ['other\n'], { within: 'c1' });
    tell(display, one[0]!, one[1]!, other[0]!, other[1]!, one[2]!);
    expect(output).toBe(`↳ ${CLAUDE}\n  one\n`);
    tell(display, ...one.slice(3), ...other.slice(2));
    expect(output.match(/one|two|three|other/g)).toEqual(['one', 'two', 'three', 'other']);
    expect(output.match(/↳/g)).toHaveLength(2);
  });
});
