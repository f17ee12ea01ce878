/** Charts as inline SVG: text in, text out. Colours are classes, so that the page decides on light and dark. */
import { escapeHtml } from './escape.ts';

export interface Point {
  x: number;
  y: number;
  /** Said where the pointer rests on it. */
  what?: string;
  /** It stands back. */
  faint?: boolean;
}

/** Points that were measured, with a line that was computed and the band in which nine of ten should lie. */
export interface PointChart {
  type: 'points';
  title: string;
  /** What the axes count, with the unit. */
  xLabel: string;
  yLabel: string;
  points: readonly Point[];
  line: readonly Point[];
  band?: readonly { x: number; low: number; high: number }[];
  /** What points and line are. */
  legend: { points: string; line: string; band?: string };
  /** Values of y are shares, to be written as percentages. */
  percent?: boolean;
  /** The largest y that is drawn; points beyond it are marked at the edge. */
  top?: number;
  note?: string;
}

/** A bar for each share of a whole. */
export interface ShareChart {
  type: 'shares';
  title: string;
  legend: { part: string; rest: string; interval?: string };
  /** Share 0 to 1; undefined where it is unknown. */
  bars: readonly {
    label: string;
    share: number | undefined;
    /** Where the share probably lies. */
    interval?: { low: number; high: number };
    what?: string;
  }[];
}

export type Chart = PointChart | ShareChart;

/** In units of the view box, which are about pixels where a chart stands alone on a phone. */
const WIDTH = 420;
const HEIGHT = 260;
const EDGE = { left: 52, right: 22, top: 10, bottom: 38 };
const TICKS = 5;
const BAR_ROW = 26;
/** Room for a label: at least this, and so much for each of its characters. */
const BAR_LABEL = 118;
const BAR_LETTER = 6.2;
const BAR_VALUE = 58;

export function chartSvg(chart: Chart): string {
  return chart.type === 'points' ? pointChart(chart) : shareChart(chart);
}

function pointChart(chart: PointChart): string {
  const { points, line, band = [], percent = false } = chart;
  const xs = [...points, ...line].map(({ x }) => x);
  const ys = [...points.map(({ y }) => y), ...line.map(({ y }) => y), ...band.map(({ high }) => high)];
  const xTicks = ticksTo(Math.max(1, ...xs), { whole: true });
  const yTicks = ticksTo(chart.top ?? Math.max(1e-3, ...ys));
  const [right, top] = [xTicks.at(-1)!, yTicks.at(-1)!];
  const x = (value: number) => EDGE.left + (value / right) * (WIDTH - EDGE.left - EDGE.right);
  const y = (value: number) =>
    HEIGHT - EDGE.bottom - (Math.min(value, top) / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const path = (along: readonly Point[]) =>
    along.map((at) => `${round(x(at.x))},${round(y(at.y))}`).join(' ');
  const above = band.map((at) => ({ x: at.x, y: at.high }));
  const below = band.map((at) => ({ x: at.x, y: Math.max(0, at.low) })).toReversed();
  return svg(HEIGHT, `${chart.title}: ${chart.yLabel} against ${chart.xLabel}`, [
    ...yTicks.map((tick) => {
      const label = percent ? `${Math.round(tick * 100)} %` : figure(tick);
      const grid = `<line class="${tick === 0 ? 'axis' : 'grid'}" x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${round(y(tick))}" y2="${round(y(tick))}"/>`;
      return `${grid}<text class="tick end" x="${EDGE.left - 6}" y="${round(y(tick) + 4)}">${label}</text>`;
    }),
    ...xTicks.map(
      (tick) =>
        `<text class="tick middle" x="${round(x(tick))}" y="${HEIGHT - EDGE.bottom + 16}">${figure(tick)}</text>`,
    ),
    `<text class="label end" x="${WIDTH - EDGE.right}" y="${HEIGHT - 5}">${escapeHtml(chart.xLabel)}</text>`,
    band.length > 0 ? `<polygon class="band" points="${path([...above, ...below])}"/>` : '',
    line.length > 1 ? `<polyline class="line" points="${path(line)}"/>` : '',
    ...points.map((point) => mark(point, x(point.x), y(point.y), point.y > top)),
  ]);
}

/** A dot, or a triangle at the edge for what lies beyond it. */
function mark({ what, faint }: Point, x: number, y: number, beyond: boolean): string {
  const title = what ? `<title>${escapeHtml(what)}</title>` : '';
  const sort = faint ? 'dot faint' : 'dot';
  if (!beyond) return `<circle class="${sort}" cx="${round(x)}" cy="${round(y)}" r="3.2">${title}</circle>`;
  const corners = `${round(x - 4)},${round(y + 4)} ${round(x + 4)},${round(y + 4)} ${round(x)},${round(y - 3)}`;
  return `<polygon class="${sort}" points="${corners}">${title}</polygon>`;
}

function shareChart({ title, bars }: ShareChart): string {
  const left = Math.max(BAR_LABEL, ...bars.map(({ label }) => label.length * BAR_LETTER + 10));
  const room = WIDTH - left - BAR_VALUE;
  const rows = bars.map(({ label, share, interval, what }, place) => {
    const top = place * BAR_ROW + 4;
    const middle = top + BAR_ROW / 2;
    const bar = top + (BAR_ROW - 10) / 2;
    const name = `<text class="tick" x="0" y="${middle}">${escapeHtml(label)}</text>`;
    const value = share === undefined ? 'unknown' : `${Math.round(share * 100)} %`;
    const said = `<text class="label end" x="${WIDTH}" y="${middle}">${value}</text>`;
    const width = round(room * (share ?? 0));
    const hint = what ? `<title>${escapeHtml(what)}</title>` : '';
    const rest = `<rect class="rest" x="${left}" y="${top}" width="${room}" height="${BAR_ROW - 10}" rx="3">${hint}</rect>`;
    const part = `<rect class="part" x="${left}" y="${top}" width="${width}" height="${BAR_ROW - 10}" rx="3">${hint}</rect>`;
    const reach = interval
      ? `<line class="reach" x1="${round(left + room * interval.low)}" x2="${round(left + room * interval.high)}" y1="${bar}" y2="${bar}"/>`
      : '';
    return name + (share === undefined ? '' : rest + part + reach) + said;
  });
  return svg(bars.length * BAR_ROW + 4, title, rows);
}

function svg(height: number, title: string, parts: readonly string[]): string {
  const inside = parts.filter(Boolean).join('\n');
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(title)}">\n${inside}\n</svg>`;
}

/** Round values from 0 to just beyond the largest. @param whole nothing is half a token, or half a call. */
export function ticksTo(largest: number, { whole = false } = {}): number[] {
  const rough = largest / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10]
    .map((factor) => factor * power)
    .find((size) => size >= rough * 0.999 && (!whole || Number.isInteger(size)))!;
  const last = Math.ceil(largest / step - 0.001);
  return Array.from({ length: last + 1 }, (_, place) => place * step);
}

function figure(value: number): string {
  return Number(value.toPrecision(4)).toLocaleString('en', { maximumFractionDigits: 3 });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
