/** What the simulated models of the demo's experiment know: three small chores, done well, at length, or in short. */

export interface Chore {
  /** By which its task is known. */
  about: string;
  kind: string;
  reads: string[];
  writes: string;
  /** What the leader asks for when it knows no better, and when it knows what fits. */
  atLength: string;
  inShort: string;
  /** The file, as it should be. */
  good: string;
  /** The same, with more words than are needed. */
  wordy: string;
  /** What the local model makes of it when it has to find its own way. */
  alone: string;
}

const TESTS = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDuration } from '../src/duration.js';

test('parses hours and minutes', () => {
  assert.equal(parseDuration('1h 30m'), 5400);
});

test('formats seconds', () => {
  assert.equal(formatDuration(5400), '1h 30m');
  assert.equal(formatDuration(0), '0s');
});
`;

const CODE = {
  head: 'const SECONDS = { h: 3600, m: 60, s: 1 };\n\n',
  parse: `export function parseDuration(text) {
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\\d+)\\s*([hms])/g)) total += Number(number) * SECONDS[unit];
  return total;
}
`,
  format: `export function formatDuration(seconds) {
  const parts = [];
  for (const [unit, size] of Object.entries(SECONDS)) {
    const count = Math.floor(seconds / size);
    if (count > 0) parts.push(\`\${count}\${unit}\`);
    seconds -= count * size;
  }
  return parts.join(' ') || '0s';
}
`,
};

function commented(parse: string, format: string): string {
  return `${CODE.head}${parse}${CODE.parse}\n${format}${CODE.format}`;
}

const COMMENTED = commented(
  '/**\n * Seconds of a duration.\n * @param {string} text such as `1h 30m`\n * @returns {number}\n */\n',
  '/**\n * A duration in words.\n * @param {number} seconds\n * @returns {string} such as `1h 30m`\n */\n',
);

const CITIES = [
  ['Lisbon', 'Portugal', 567131],
  ['Ghent', 'Belgium', 267709],
  ['Graz', 'Austria', 302749],
  ['Aarhus', 'Denmark', 290598],
] as const;

function citiesWith(write: (inhabitants: number) => unknown, indent?: number): string {
  const cities = CITIES.map(([name, country, inhabitants]) => ({
    name,
    country,
    inhabitants: write(inhabitants),
  }));
  return `${JSON.stringify(cities, null, indent)}\n`;
}

/** Lines that nobody asked for. */
function padded(lines: number, line: (place: number) => string): string {
  return Array.from({ length: lines }, (_, place) => line(place + 1)).join('\n');
}

export const CHORES: readonly Chore[] = [
  {
    about: 'Write tests with node:test',
    kind: 'tests',
    reads: ['src/duration.js'],
    writes: 'test/duration.test.js',
    atLength:
      'Write tests with node:test for every function and every case that you can think of, each explained.',
    inShort: 'Write two tests with node:test, one for each function. No comments.',
    good: TESTS,
    wordy: `${TESTS}\n${padded(34, (place) => `// Case ${place}: what is not covered here is left to the reader of this file.`)}\n`,
    alone: TESTS.replace("'0s'", "''"),
  },
  {
    about: 'Put a JSDoc comment',
    kind: 'docs',
    reads: ['src/duration.js'],
    writes: 'src/duration.js',
    atLength:
      'Put a JSDoc comment above every function, and explain in it every line of the code. Give the whole file.',
    inShort:
      'Put a JSDoc comment of three lines above each function: what it does, @param, @returns. Give the whole file.',
    good: COMMENTED,
    wordy: `${COMMENTED}\n${padded(30, (place) => `// Line ${place} of the code above does what it says, and is explained here at length.`)}\n`,
    alone: COMMENTED.replace(' * @returns {number}\n', ''),
  },
  {
    about: 'Convert data/cities.csv',
    kind: 'transform',
    reads: ['data/cities.csv'],
    writes: 'data/cities.json',
    atLength: 'Convert this to a JSON list of objects, neatly indented, numbers as numbers.',
    inShort: 'Convert this to a JSON list of objects on one line, numbers as numbers. The JSON alone.',
    good: citiesWith(Number),
    wordy: citiesWith(Number, 16),
    alone: citiesWith(String),
  },
];
