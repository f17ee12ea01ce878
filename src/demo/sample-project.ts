import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const FILES: Record<string, string> = {
  'package.json': `{
  "name": "durations",
  "version": "1.0.0",
  "type": "module",
  "scripts": { "test": "node --test" }
}
`,
  'README.md': `# durations

Reads and writes durations such as \`1h 30m\`.
`,
  'src/duration.js': `const SECONDS = { h: 3600, m: 6, s: 1 };

/** Seconds of a duration such as "1h 30m". */
export function parseDuration(text) {
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\\d+)\\s*([hms])/g)) {
    seconds += Number(amount) * SECONDS[unit];
  }
  return seconds;
}

/** The shortest form of so many seconds: 5400 is "1h 30m". */
export function formatDuration(seconds) {
  const parts = [];
  for (const [unit, size] of Object.entries(SECONDS)) {
    const amount = Math.floor(seconds / size);
    if (amount > 0) parts.push(\`\${amount}\${unit}\`);
    seconds -= amount * size;
  }
  return parts.join(' ') || '0s';
}
`,
  'test/duration.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDuration } from '../src/duration.js';

test('hours', () => assert.equal(parseDuration('2h'), 7200));
test('hours and minutes', () => assert.equal(parseDuration('1h 30m'), 5400));
test('back to text', () => assert.equal(formatDuration(5400), '1h 30m'));
`,
};

/**
 * A small repository with a failing test, in a new temporary folder.
 * @returns its absolute path; the caller removes it.
 */
export async function createSampleProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-demo-'));
  for (const [path, content] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const git = (...args: string[]) => promisify(execFile)('git', args, { cwd: folder });
  await git('init', '--quiet', '--initial-branch', 'main');
  await git('add', '.');
  const identity = [
    '-c',
    'user.name=Demo',
    '-c',
    'user.email=demo@example.invalid',
    '-c',
    'commit.gpgsign=false',
  ];
  await git(...identity, 'commit', '--quiet', '--message', 'Add durations');
  return folder;
}
