import { spawn } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { outputOf } from '../support/command-scene.ts';
import { folderWith } from '../support/scene.ts';

test('a launcher without what it launches says how to build it', async () => {
  const folder = await folderWith({ 'package.json': '{"version":"1.2.3"}' });
  await cp(resolve(import.meta.dirname, '../../bin'), join(folder, 'bin'), { recursive: true });
  const run = (...args: string[]) =>
    outputOf(spawn(process.execPath, [join(folder, 'bin/parley.cjs'), ...args], { cwd: folder }));
  expect(await run('--version')).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
  const { code, stderr } = await run('models');
  expect(code).toBe(2);
  expect(stderr).toMatch(/^parley: it is not built yet\. Run `npm run build`[^\n]*\n$/);
});
