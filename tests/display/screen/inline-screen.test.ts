import type { Component } from '@earendil-works/pi-tui';
import { expect, onTestFinished, test } from 'vitest';
import { InlineScreen } from '../../../src/display/screen/inline-screen.ts';
import { HeadlessTerminal } from '../../support/headless-terminal.ts';

/** A screen whose prompt is two rows, and a way to draw at once. */
function openScreen(columns = 80, rows = 24) {
  const terminal = new HeadlessTerminal(columns, rows);
  const screen = new InlineScreen(terminal);
  const prompt: Component = { render: () => ['', '> prompt'], invalidate() {} };
  screen.addChild(prompt);
  screen.start();
  screen.renderNow();
  onTestFinished(() => screen.stop());
  let live: string[] = [];
  screen.live.show(() => live);
  return {
    terminal,
    screen,
    showLive(lines: string[]) {
      live = lines;
      screen.renderNow();
    },
    commit(...lines: string[]) {
      screen.commit(lines);
      screen.renderNow();
    },
  };
}

const numbered = (count: number, text = 'line') => Array.from({ length: count }, (_, n) => `${text} ${n}`);

test('committed lines are in the scrollback exactly once and in order, the prompt below them', async () => {
  const { terminal, commit } = openScreen();
  for (const line of numbered(200)) commit(line);
  expect(await terminal.allRows()).toEqual([...numbered(200), '', '> prompt']);
});

test('live lines never reach the scrollback, however often they change', async () => {
  const { terminal, commit, showLive } = openScreen();
  for (let n = 0; n < 60; n++) {
    showLive(numbered(n % 7, `live ${n},`));
    if (n % 3 === 0) commit(`line ${n / 3}`);
  }
  showLive([]);
  expect(await terminal.allRows()).toEqual([...numbered(20), '', '> prompt']);
});

test('a live region taller than the screen is cut from above and leaves a row free', async () => {
  const { terminal, commit, showLive } = openScreen(80, 10);
  commit('before');
  showLive(numbered(50, 'live'));
  expect(await terminal.screenRows()).toEqual(['before', ...numbered(50, 'live').slice(-7), '', '> prompt']);
  showLive([]);
  expect(await terminal.allRows()).toEqual(['before', '', '> prompt']);
});

test('wide characters and lines longer than the screen are the terminal’s to break, and copied whole', async () => {
  const { terminal, commit, showLive } = openScreen(20, 10);
  const long = `漢字かな交じり文 ${'x'.repeat(45)} 終わり`;
  showLive(['live 漢字']);
  commit(long, 'short');
  showLive(['live 漢字かな']);
  commit('last');
  showLive([]);
  expect(await terminal.allLines()).toEqual([long, 'short', 'last', '', '> prompt']);
});

test('a live line wider than the screen stays one row', async () => {
  const { terminal, showLive } = openScreen(20, 10);
  showLive(['x'.repeat(50), 'next']);
  expect((await terminal.screenRows()).slice(0, 4)).toEqual(['x'.repeat(20), 'next', '', '> prompt']);
});

for (const [from, to] of [
  [80, 50],
  [50, 80],
  [80, 33],
] as const) {
  test(`a resize from ${from} to ${to} columns in the middle of a stream leaves nothing behind`, async () => {
    const { terminal, screen, commit, showLive } = openScreen(from, 24);
    const committed = numbered(40).map((line) => `${line} 漢字 `.padEnd(from - 10, 'y'));
    for (const line of committed.slice(0, 30)) commit(line);
    showLive(['', `${'漢'.repeat(20)} tail`.padEnd(from - 5, 'z'), 'second']);
    terminal.resize(to, 24);
    screen.renderNow();
    for (const line of committed.slice(30)) commit(line);
    showLive([]);
    expect(await terminal.allLines()).toEqual([...committed, '', '> prompt']);
  });
}

test('a terminal that gets lower and higher again keeps what was committed', async () => {
  const { terminal, screen, commit, showLive } = openScreen(80, 24);
  commit(...numbered(30));
  showLive(numbered(6, 'live'));
  for (const rows of [10, 30, 24]) {
    terminal.resize(80, rows);
    screen.renderNow();
  }
  showLive([]);
  expect(await terminal.allRows()).toEqual([...numbered(30), '', '> prompt']);
});

test('neither the screen nor the scrollback is ever cleared, and each frame is one synchronized write', async () => {
  const { terminal, screen, commit, showLive } = openScreen();
  for (let n = 0; n < 40; n++) {
    showLive(numbered(n % 6, `live ${n},`));
    commit(`line ${n}`);
    if (n % 10 === 0) {
      terminal.resize(60 + n, 20 + (n % 7));
      screen.renderNow();
    }
  }
  for (const write of terminal.writes) {
    expect(write).not.toMatch(/\x1b\[[23]J|\x1bc|\x1b\[\?1049/);
    expect(write).toMatch(/^\x1b\[\?2026h.*\x1b\[\?2026l$/s);
  }
});

test('what did not change is not written again', () => {
  const { terminal, showLive } = openScreen();
  showLive(numbered(6, 'a live line that is rather long'));
  const before = terminal.writes.length;
  showLive(numbered(6, 'a live line that is rather long'));
  expect(terminal.writes.length).toBe(before);
  showLive([...numbered(5, 'a live line that is rather long'), 'new']);
  expect(terminal.writes.at(-1)!.length).toBeLessThan(80);
});

test('a flood of changes is drawn at most thirty times a second, with few bytes', async () => {
  const { terminal, screen } = openScreen();
  let n = 0;
  screen.live.show(() => [`tick ${n}`]);
  const before = terminal.writes.length;
  const started = performance.now();
  while (performance.now() - started < 500) {
    n += 1;
    screen.live.changed();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const writes = terminal.writes.slice(before);
  expect(writes.length).toBeGreaterThan(3);
  expect(writes.length).toBeLessThanOrEqual(17);
  expect(writes.join('').length).toBeLessThan(17 * 120);
});

test('stopping leaves what was committed and the cursor on the line below it', async () => {
  const { terminal, screen, commit, showLive } = openScreen();
  commit('first');
  showLive(['live']);
  screen.commit(['finished in the last moment']);
  screen.stop();
  terminal.write('$');
  expect(await terminal.allRows()).toEqual(['first', 'finished in the last moment', '$']);
  expect(terminal.running).toBe(false);
  expect(terminal.cursorShown).toBe(true);
});

test('no erasing begins in the first cell of the screen: tmux would keep what is erased', async () => {
  const { terminal, commit, showLive } = openScreen(40, 10);
  showLive(numbered(7, 'live'));
  terminal.resize(20, 10);
  for (let n = 0; n < 5; n++) {
    showLive(numbered(7 - n, `live ${n},`));
    commit(`line ${n}`);
  }
  expect(terminal.writes.join('')).not.toMatch(/(?<!\x1b\[B\r)\x1b\[\d*J/);
  expect((await terminal.allRows()).filter((row) => row.startsWith('line'))).toEqual(numbered(5));
});

test('a row wider than the screen takes nothing away when the screen gets narrower still', async () => {
  const { terminal, screen, commit } = openScreen(40, 12);
  commit('before', 'and after');
  const label = `a label ${'that goes on '.repeat(8)}`;
  screen.addChild({ render: () => [label, 'no'], invalidate() {} });
  screen.renderNow();
  for (const columns of [20, 33, 60]) {
    terminal.resize(columns, 12);
    screen.renderNow();
    const rows = ['before', 'and after', '', '> prompt', label.slice(0, columns).trimEnd(), 'no'];
    expect((await terminal.allRows()).map((row) => row.trimEnd())).toEqual(rows);
  }
});
