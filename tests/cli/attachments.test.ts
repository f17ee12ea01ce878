import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attachFiles } from '../../src/cli/attachments.ts';
import { createRedactor } from '../../src/safety/secrets.ts';
import { Workspace } from '../../src/safety/workspace.ts';
import { IMAGE, PNG } from '../support/image.ts';
import { folderWith } from '../support/scene.ts';

const KEY = 'sk-of-the-human-1234';

async function attached(message: string, files: Record<string, string>, prepare?: (root: string) => unknown) {
  const root = await folderWith(files);
  await prepare?.(root);
  return attachFiles(message, await Workspace.open(root), createRedactor({ THE_KEY: KEY }));
}

test('files go along with the message, by whatever name, and words that are no files stay words', async () => {
  const message = 'See @a.js, @"b c.txt" and @nobody (me@example.com).';
  const { text, refusals } = await attached(message, { 'a.js': 'one\n', 'b c.txt': 'two' });
  expect(text).toBe(`${message}\n\n<file path="a.js">\none\n</file>\n\n<file path="b c.txt">\ntwo\n</file>`);
  expect(refusals).toEqual([]);
});

test.each([
  ['@.env', '.env may hold keys or passwords'],
  ['@link', 'link may hold keys or passwords'],
  ['@.git/config', '.git/config belongs to git itself'],
  ['@/etc/hostname', '/etc/hostname is outside the workspace'],
])('%s does not go along', async (message, why) => {
  const files = { '.env': 'DB_PASSWORD=topsecret', '.git/config': 'url = https://me:topsecret@host' };
  const { text, refusals } = await attached(message, files, (root) => symlink('.env', join(root, 'link')));
  expect(text).toBe(message);
  expect(refusals).toEqual([expect.stringContaining(`Not attached: ${why}`)]);
});

test.each([
  ['Look at @src.', 'Not attached: src is a folder. Name the files in it, or let the model look there.'],
  ['@src/', 'Not attached: src/ is a folder. Name the files in it, or let the model look there.'],
  ['@../proj2', 'Not attached: ../proj2 is outside the workspace.'],
])('a folder does not go along, and that is said: %s', async (message, refusal) => {
  const { text, refusals } = await attached(message, { 'src/a.js': 'one\n' });
  expect([text, refusals]).toEqual([message, [refusal]]);
});

test('a key of the human in a file goes along by its name', async () => {
  const { text } = await attached('@a.js', { 'a.js': `k = '${KEY}'` });
  expect(text).toContain("k = '[THE_KEY]'");
});

test('an image is one by its content, whatever its name', async () => {
  const { images, refusals } = await attached('@shot.dat @fake.png', { 'fake.png': 'no image' }, (root) =>
    writeFile(join(root, 'shot.dat'), PNG),
  );
  expect(images).toEqual([IMAGE]);
  expect(refusals).toEqual([]);
});

test('a binary file and a long one do not go along', async () => {
  const { text, refusals } = await attached('@long.txt @bin', { 'long.txt': 'x'.repeat(70_000) }, (root) =>
    writeFile(join(root, 'bin'), 'a\0b'),
  );
  expect(text).toBe('@long.txt @bin');
  expect(refusals).toEqual([
    'long.txt is larger than 64 KB: the model reads of it what it needs.',
    'bin is no text and was not attached.',
  ]);
});
