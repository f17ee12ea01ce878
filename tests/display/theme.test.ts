import { expect, test } from 'vitest';
import { colourDepthOf, createTheme, type Style } from '../../src/display/theme.ts';

/** Relative luminance of a colour of the 256-colour palette's cube or greys, as WCAG defines it. */
function luminance(number: number): number {
  const levels = [0, 95, 135, 175, 215, 255];
  const cube = number - 16;
  const rgb =
    number >= 232
      ? [0, 0, 0].map(() => 8 + (number - 232) * 10)
      : [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((level) => levels[level]!);
  const [r, g, b] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function numberOf(style: Style): number {
  return Number(/38;5;(\d+)m/.exec(style('x'))?.[1]);
}

test('every colour can be read on black and on white', () => {
  const theme = createTheme(8);
  const styles = [
    theme.quiet,
    theme.failure,
    theme.warning,
    theme.success,
    ...Object.values(theme.code),
    ...Array.from({ length: 8 }, (_, n) => theme.speaker(`provider:model-${n}`)),
  ];
  for (const style of styles) {
    const light = luminance(numberOf(style));
    expect(Math.min((light + 0.05) / 0.05, 1.05 / (light + 0.05)), style('colour')).toBeGreaterThan(3.3);
  }
});

test('a speaker keeps its colour, in another session too, and no two of the first eight share one', () => {
  const names = Array.from({ length: 8 }, (_, n) => `provider:model-${n}`);
  const theme = createTheme(8);
  const colours = names.map((name) => numberOf(theme.speaker(name)));
  expect(new Set(colours).size).toBe(8);
  expect(names.map((name) => numberOf(theme.speaker(name)))).toEqual(colours);
  expect(numberOf(createTheme(8).speaker(names[0]!))).toBe(colours[0]);
});

test.each([4, 8])(
  'with %i bits, no speaker has the colour of a warning, a failure or a success, nor, with 256 colours, that of inline code',
  (depth) => {
    const theme = createTheme(depth);
    const speakers = Array.from({ length: 12 }, (_, n) => theme.speaker(`provider:model-${n}`)('x'));
    const { warning, failure, success, code } = theme;
    const taken = depth === 8 ? [warning, failure, success, code.type] : [warning, failure, success];
    for (const style of taken) expect(speakers).not.toContain(style('x'));
  },
);

test('a style inside another one leaves the outer one in force behind it', () => {
  const { failure, strong, quiet } = createTheme(8);
  expect(quiet(`a ${failure('b')} c`)).toBe(
    '\x1b[38;5;244ma \x1b[38;5;167mb\x1b[39m\x1b[38;5;244m c\x1b[39m',
  );
  expect(strong(quiet('a'))).toBe('\x1b[1m\x1b[38;5;244ma\x1b[39m\x1b[22m');
});

test.each([
  [{ isTTY: false }, {}, 1],
  [{ isTTY: false }, { FORCE_COLOR: '1' }, 4],
  [{ isTTY: false }, { FORCE_COLOR: '0' }, 1],
  [{ isTTY: true }, { TERM: 'xterm-256color' }, 8],
  [{ isTTY: true }, { TERM: 'xterm-256color', NO_COLOR: '1' }, 1],
  [{ isTTY: true }, { TERM: 'xterm-256color', NO_COLOR: '' }, 8],
  [{ isTTY: true }, { TERM: 'xterm', FORCE_COLOR: '3', NO_COLOR: '1' }, 1],
  [{ isTTY: true }, { TERM: 'dumb' }, 1],
])('the stream %j with %j has %i bits of colour', (stream, env, bits) => {
  expect(colourDepthOf(stream, env)).toBe(bits);
});
