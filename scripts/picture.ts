/**
 * Makes docs/screen.svg: plays the demo in a real terminal (tmux), types what a human would type, and draws
 * the screen as it stands at the end. `npm run picture`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import xterm from '@xterm/headless';
import { SCENES } from '../src/demo/scenes.ts';

const COLUMNS = 92;
const ROWS = 60;
const CELL = { width: 8.4, height: 18 };
const MARGIN = 16;
const root = join(import.meta.dirname, '..');
const socket = join(mkdtempSync(join(tmpdir(), 'parley-picture-')), 'tmux');
const tmux = (...args: string[]) => execFileSync('tmux', ['-S', socket, ...args], { encoding: 'utf8' });

const command = `${process.execPath} ${join(root, 'src/main.ts')} demo --repl`;
tmux(
  '-f',
  '/dev/null',
  'new-session',
  '-d',
  '-x',
  String(COLUMNS),
  '-y',
  String(ROWS),
  '-e',
  'COLORTERM=truecolor',
  command,
);
try {
  await shows('/help');
  tmux('send-keys', SCENES[0]!.task, 'Enter');
  await shows('asks: npm test --silent\n  → y');
  tmux('send-keys', 's');
  await shows('asks: change src/duration.js\n  → y');
  tmux('send-keys', 'y');
  await shows('5 exchanges');
  tmux('send-keys', '/model ollama', 'Enter');
  await shows('leads instead');
  await sleep(300);
  writeFileSync(join(root, 'docs/screen.svg'), await drawn(tmux('capture-pane', '-e', '-p')));
} finally {
  tmux('kill-server');
  rmSync(join(socket, '..'), { recursive: true, force: true });
}

async function shows(text: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (tmux('capture-pane', '-p').includes(text)) return;
    await sleep(100);
  }
  throw new Error(`The screen never showed "${text}":\n${tmux('capture-pane', '-p')}`);
}

/** The screen as SVG: one text element a row, a span for each stretch of one style. */
async function drawn(screen: string): Promise<string> {
  const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(screen.trimEnd().replaceAll('\n', '\r\n'), resolve));
  const rows: string[] = [];
  for (let row = 0; row < ROWS; row++) rows.push(rowOf(terminal, row));
  const width = COLUMNS * CELL.width + 2 * MARGIN;
  const height = ROWS * CELL.height + 2 * MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<rect width="100%" height="100%" rx="8" fill="#1d1f21"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="#d5d8d6">
${rows.filter(Boolean).join('\n')}
</g>
</svg>
`;
}

function rowOf(terminal: xterm.Terminal, row: number): string {
  const line = terminal.buffer.active.getLine(terminal.buffer.active.viewportY + row);
  const spans: { x: number; text: string; style: string }[] = [];
  for (let column = 0; column < COLUMNS; column++) {
    const cell = line?.getCell(column);
    const text = cell?.getChars() ?? '';
    if (!cell || cell.getWidth() === 0) continue;
    const style = styleOf(cell);
    const last = spans.at(-1);
    if (last && last.style === style) last.text += text || ' ';
    else spans.push({ x: MARGIN + column * CELL.width, text: text || ' ', style });
  }
  const visible = spans.filter(({ text, style }) => text.trim() !== '' || style.includes('underline'));
  if (visible.length === 0) return '';
  const y = MARGIN + (row + 0.75) * CELL.height;
  const parts = visible.map(
    ({ x, text, style }) => `<tspan x="${x.toFixed(1)}"${style}>${escaped(text.trimEnd())}</tspan>`,
  );
  return `<text y="${y.toFixed(1)}">${parts.join('')}</text>`;
}

function styleOf(cell: xterm.IBufferCell): string {
  const colour = cell.isFgRGB()
    ? hex(cell.getFgColor())
    : cell.isFgPalette()
      ? paletteColour(cell.getFgColor())
      : '';
  return [
    colour && ` fill="${colour}"`,
    cell.isBold() && ' font-weight="bold"',
    cell.isItalic() && ' font-style="italic"',
    cell.isDim() && ' opacity="0.6"',
  ]
    .filter(Boolean)
    .join('');
}

/** The usual 256 colours: 16 named ones, a cube of 6×6×6, 24 greys. */
function paletteColour(index: number): string {
  const named = ['#1d1f21', '#cc6666', '#8cb36b', '#d8a657', '#6f9fd8', '#b294bb', '#6fb3b8', '#c5c8c6'];
  if (index < 16) return named[index % 8]!;
  if (index >= 232) return hex((8 + (index - 232) * 10) * 0x010101);
  const level = (part: number) => (part === 0 ? 0 : 55 + part * 40);
  const cube = index - 16;
  return hex((level(Math.floor(cube / 36)) << 16) | (level(Math.floor(cube / 6) % 6) << 8) | level(cube % 6));
}

function hex(rgb: number): string {
  return `#${rgb.toString(16).padStart(6, '0')}`;
}

function escaped(text: string): string {
  // Ordinary blanks are folded into one by some readers of SVG.
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(' ', '\u00a0');
}
