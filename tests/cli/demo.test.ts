import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { startParley } from '../support/command-scene.ts';
import { folderWith } from '../support/scene.ts';

test('stopped in the middle, the demo leaves nothing behind', async () => {
  const place = await folderWith();
  const { child, ended } = startParley(['demo'], {
    cwd: place,
    env: { PATH: process.env.PATH, TMPDIR: place },
  });
  child.stdout!.once('data', () => child.kill('SIGINT'));
  const ran = await ended;
  expect([ran.code, ran.stderr]).toEqual([130, '']);
  expect(await readdir(place)).toEqual([]);
});
