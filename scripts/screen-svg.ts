import xterm from '@xterm/headless';

const CELL = { width: 8.4, height: 18 };
const MARGIN = 16;

/**
 * A screen as SVG: one text element a row, a span for each stretch of one style.
 * @param screen with its colours, as `tmux capture-pane -e -p` gives it.
 * @param title what a reader is told who does not see it.
 */
export async function drawScreen(screen: string, columns: number, title: string): Promise<string> {
  const lines = screen.trimEnd().split('\n');
  const terminal = new xterm.Terminal({ cols: columns, rows: lines.length, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(lines.join('\r\n'), resolve));
  const rows = lines.map((_, row) => rowOf(terminal, row, columns));
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = lines.length * CELL.height + 2 * MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" rx="8" fill="#1d1f21"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="#d5d8d6">
${rows.filter(Boolean).join('\n')}
</g>
</svg>
`;
}

function rowOf(terminal: xterm.Terminal, row: number, columns: number): string {
  const line = terminal.buffer.active.getLine(terminal.buffer.active.viewportY + row);
  const spans: { x: number; text: string; style: string }[] = [];
  for (let column = 0; column < columns; column++) {
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
