import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { toolScene } from '../../support/tool-scene.ts';

const CASES = join(import.meta.dirname, 'fixtures');
const names = readdirSync(CASES, { withFileTypes: true }).filter((entry) => entry.isDirectory());

/**
 * A case is a folder: `before`, `edits.json`, and either `after`, compared byte for byte, or `error.txt`, the
 * sentence that the model reads; then the file is as it was, and nobody was asked.
 */
it.each(names.map(({ name }) => name))('edits as in %s', async (name) => {
  const at = (file: string) => join(CASES, name, file);
  const [before, after, error] = await Promise.all([
    readFile(at('before')),
    readFile(at('after')).catch(() => undefined),
    readFile(at('error.txt'), 'utf8').catch(() => undefined),
  ]);
  expect((after === undefined) !== (error === undefined), 'either after or error.txt').toBe(true);
  const scene = await toolScene();
  await scene.put('file.txt', before);
  await scene.run('read', { path: 'file.txt' });
  const edits: unknown = JSON.parse(await readFile(at('edits.json'), 'utf8'));
  const said = await scene.text('edit', { path: 'file.txt', edits }).catch((thrown: Error) => thrown);

  const now = await readFile(scene.at('file.txt'));
  // As text first, so that a difference can be read.
  expect(now.toString('latin1')).toBe((after ?? before).toString('latin1'));
  if (error === undefined) expect(said).toMatch(/^Edited file\.txt: line \d+/);
  else expect((said as Error).message).toBe(error.trimEnd());
  expect(scene.asked).toHaveLength(error === undefined ? 1 : 0);
});
