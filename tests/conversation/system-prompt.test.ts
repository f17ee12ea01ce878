import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leaderPrompt } from '../../src/conversation/system-prompt.ts';
import { createRedactor } from '../../src/safety/secrets.ts';
import { Workspace } from '../../src/safety/workspace.ts';
import { builtInTools, declarationOf } from '../../src/tools/index.ts';
import { folderWith } from '../support/scene.ts';

const KEY = 'sk-of-the-human-1234';
const redact = createRedactor({ ANTHROPIC_API_KEY: KEY });
const prompt = async (folder: string) => leaderPrompt(await Workspace.open(folder), redact);

test('what a frontier model reads before the first word is at most 2,500 tokens', async () => {
  const tools = JSON.stringify(builtInTools().map(declarationOf));
  const characters = (await prompt(await folderWith())).length + tools.length;
  expect(characters / 4).toBeLessThan(2_500);
});

test('it is the same at every time of day', async () => {
  const folder = await folderWith();
  expect(await prompt(folder)).toBe(await prompt(folder));
});

test('what AGENTS.md asks is in it, and the end of a long one is said to be missing', async () => {
  expect(await prompt(await folderWith({ 'AGENTS.md': 'Use tabs.' }))).toMatch(
    /AGENTS\.md asks of agents:\n\nUse tabs\.$/,
  );
  expect(await prompt(await folderWith({ 'AGENTS.md': 'x'.repeat(50_000) }))).toMatch(
    /x\n\[AGENTS\.md goes on; read it/,
  );
});

test('an AGENTS.md that leads out of the workspace is not followed', async () => {
  const [folder, outside] = [await folderWith(), await folderWith()];
  await writeFile(join(outside, 'secret'), 'the secret');
  await symlink(join(outside, 'secret'), join(folder, 'AGENTS.md'));
  expect(await prompt(folder)).not.toContain('the secret');
});

test('an AGENTS.md that leads to keys is left out, and that is said', async () => {
  const folder = await folderWith({ '.env': 'DB_PASSWORD=topsecret' });
  await symlink('.env', join(folder, 'AGENTS.md'));
  expect(await prompt(folder)).toMatch(/AGENTS\.md is left out: AGENTS\.md may hold keys or passwords/);
  expect(await prompt(folder)).not.toContain('topsecret');
});

test('a key of the human that stands in AGENTS.md is not told', async () => {
  expect(await prompt(await folderWith({ 'AGENTS.md': `Use ${KEY}.` }))).toMatch(
    /Use \[ANTHROPIC_API_KEY\]\.$/,
  );
});

test('an AGENTS.md that is a named pipe is not waited for', { timeout: 5_000 }, async () => {
  const folder = await folderWith();
  execFileSync('mkfifo', [join(folder, 'AGENTS.md')]);
  expect(await prompt(folder)).toMatch(
    'AGENTS.md is left out: AGENTS.md cannot be read: it is no ordinary file.',
  );
});
