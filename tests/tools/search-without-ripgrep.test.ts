import { expect, test, vi } from 'vitest';
import { toolScene } from '../support/tool-scene.ts';

test('without ripgrep that is said, and a file can still be read or told to be missing', async () => {
  // The package looks for the program of this processor when it is loaded.
  vi.stubEnv('npm_config_arch', 'of-tomorrow');
  const scene = await toolScene({ 'a.txt': 'one\n' });
  for (const [name, args] of [
    ['search', { pattern: 'one' }],
    ['find', { glob: '*' }],
    ['list', {}],
  ] as const) {
    expect(await scene.refusal(name, args)).toMatch('ripgrep is not installed: install Parley again');
  }
  expect(await scene.text('read', { path: 'a.txt' })).toContain('one');
  expect(await scene.refusal('read', { path: 'b.txt' })).toMatch(
    'There is no file b.txt. Did you mean a.txt?',
  );
});
