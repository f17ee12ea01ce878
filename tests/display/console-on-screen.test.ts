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
  const display = new ConsoleDisplay({ stage, now: () => 1_700_000_004_000 });
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

/** The rows of what is under way, as they stand above the prompt. */
async function rowsAbovePrompt({ terminal, screen }: ReturnType<typeof openDisplay>): Promise<string[]> {
  screen.renderNow();
  const rows = await terminal.screenRows();
  return rows.slice(0, rows.lastIndexOf('> prompt') - 1);
}

test('one that speaks alone has all the rows that are free', async () => {
  const open = openDisplay(40, 24);
  const [started, ...said] = exchangeOf('exchange-1', CLAUDE, ['one long paragraph '.repeat(50)]);
  tell(open.display, started!, said[0]!);
  const rows = await rowsAbovePrompt(open);
  expect(rows).toHaveLength(21);
  expect(rows.filter((row) => row.includes('paragraph')).length).toBeGreaterThan(17);
  expect(rows.at(-1)).toMatch(/writing · 150 words/);
});

test('a thought is shown by whole words, and those that are read stand still', async () => {
  const open = openDisplay(60, 12);
  const [started] = exchangeOf('exchange-1', CLAUDE, []);
  tell(open.display, started!);
  const seen: string[] = [];
  for (const word of 'The parser reads unit by unit and minutes are counted in wrong units here'.split(' ')) {
    const delta = { type: 'thinking', text: `${word} ` } as const;
    tell(open.display, { type: 'exchange.delta', exchange: 'exchange-1', model: CLAUDE, delta });
    seen.push(
      (await rowsAbovePrompt(open))
        .at(-1)!
        .replace(/.*\d s · /, '')
        .trim(),
    );
  }
  const lines = seen.filter((line, n) => !seen[n + 1]?.startsWith(line));
  expect(lines.join(' ')).toBe('The parser reads unit by unit and minutes are counted in wrong units here');
  expect(lines.length).toBeLessThan(6);
});

test('a line of other work is drawn anew while it lasts, and leaves nothing', async () => {
  const open = openDisplay(60, 12);
  let step = 1;
  open.display.showProgress(() => `measuring ${step}/16`);
  expect((await rowsAbovePrompt(open)).at(-1)).toMatch(/^ {2}[○●] measuring 1\/16$/);
  step = 2;
  expect((await rowsAbovePrompt(open)).at(-1)).toMatch(/measuring 2\/16$/);
  open.display.showProgress(undefined);
  expect((await open.terminal.allRows()).join('\n')).toContain('> prompt');
  expect(await rowsAbovePrompt(open)).toEqual([]);
});

test('a long command and a long line of a diff go on further in, not at the edge', async () => {
  const { terminal, screen, display } = openDisplay(50, 24);
  const long = 'const total = amounts.map((amount) => amount * factor).filter(Boolean).reduce(add);';
  const patch = `@@ -1,1 +1,1 @@\n-old\n+${long}\n`;
  const diffs = [{ path: 'a.ts', change: 'changed' as const, added: 1, removed: 1, patch }];
  tell(display, {
    type: 'approval.asked',
    request: {
      id: 'a',
      kind: 'command',
      title: 'npm test',
      detail: `npm test -- ${long}`,
      speaker: CLAUDE,
      diffs,
    },
  });
  screen.renderNow();
  const rows = await terminal.allRows();
  expect(rows.filter((row) => /^\S/.test(row))).toEqual([`● ${CLAUDE}`, '> prompt']);
  expect(rows.join(' ').replaceAll(/\s+/g, ' ')).toContain(`1 + ${long}`);
});
