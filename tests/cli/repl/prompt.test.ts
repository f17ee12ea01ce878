import { describe, expect, test } from 'vitest';
import {
  CLAUDE,
  type Lines,
  type PatternSceneOptions,
  patternScene,
  QWEN,
} from '../../support/pattern-scene.ts';
import { KEYS, openTerminal } from '../../support/repl-scene.ts';

async function openRepl(lines: Lines = {}, options: PatternSceneOptions = {}) {
  const scene = await patternScene(lines, options);
  return { ...scene, ...(await openTerminal(scene.agent, scene.env, CLAUDE)) };
}

const working = { text: 'word '.repeat(4_000), pieceDelayMs: 5 };

describe('Enter, where something is suggested', () => {
  test.each([
    ['/cear', /→ \/clear/, 'There is no command /cear. Did you mean /clear?'],
    ['/car', /→ \/calibrate/, /There is no command \/car\. /],
    ['/model claude', /→ anthropic:/, /"claude" may mean anthropic:\S+/],
  ])('%s is taken as it is written, not as what is like it', async (written, suggested, told) => {
    const repl = await openRepl();
    repl.press(written);
    await repl.shows(suggested);
    repl.press(KEYS.enter);
    await repl.shows(told);
  });

  test('runs a short name as it is, though one alone is suggested', async () => {
    const repl = await openRepl();
    repl.press('/model gemini');
    await repl.shows(/→ gemini:/);
    repl.press(KEYS.enter);
    await repl.shows(/gemini:\S+ leads instead of/);
  });

  test('completes and runs what only one command begins with', async () => {
    const repl = await openRepl();
    repl.press('/undo'.slice(0, 4));
    await repl.shows(/→ \/undo/);
    repl.press(KEYS.enter);
    await repl.shows('There is nothing to undo.');
  });

  test('of several that begin so it runs none: the first is completed, and seen', async () => {
    const repl = await openRepl({ claude: 'Hello.' });
    repl.press('/c');
    await repl.shows(/→ \/c/);
    repl.press(KEYS.enter);
    await repl.shows(/\n› \/c\w{2,}/);
    expect(repl.seen('session.cleared')).toEqual([]);
  });

  test('runs what was picked with the arrows', async () => {
    const repl = await openRepl();
    repl.press('/model');
    await repl.shows(/→ \/model \[name\]/);
    repl.press(KEYS.down, KEYS.enter);
    await repl.shows(/› \/models\n[\s\S]*ollama:/);
  });

  test('a file is completed by its name, whatever folder it is in', async () => {
    const repl = await openRepl({}, { files: { 'src/deep/queue.ts': '' } });
    repl.press('See @que');
    await repl.shows('→ src/deep/queue.ts');
    repl.press(KEYS.enter);
    await repl.shows('› See @src/deep/queue.ts');
    expect(repl.requests()).toEqual([]);
  });
});

test('a command that takes nothing refuses what stands behind it', async () => {
  const repl = await openRepl();
  repl.send('/clear the table');
  await repl.shows('/clear takes nothing behind it: "the table" is too much.');
  expect(repl.seen('session.cleared')).toEqual([]);
});

describe('while a model works', () => {
  test('a command that waits is told once, when it runs', async () => {
    const repl = await openRepl({ claude: { text: 'Done.', firstDelayMs: 300 } });
    repl.send('Work');
    repl.send('/undo');
    await repl.shows(/Done\.[\s\S]*› \/undo\n\n +· There is nothing to undo\./);
    expect((await repl.text()).match(/› \/undo/g)).toHaveLength(1);
  });

  test('after a stop the messages that waited are in the editor, and the commands are named', async () => {
    const repl = await openRepl({ claude: working });
    repl.send('Work');
    await repl.shows(/word word/);
    repl.send('/undo');
    repl.send('please fix the parser');
    repl.press(KEYS.esc);
    await repl.shows(/· Not run: \/undo\n[\s\S]*\n› please fix the parser\n/);
    expect(repl.seen('files.restored')).toEqual([]);
  });

  test('/quit stops it and leaves', async () => {
    const repl = await openRepl({ claude: working });
    repl.send('Work');
    await repl.shows(/word word/);
    repl.send('/quit');
    expect(await repl.left).toBe(0);
  });
});

describe('/help', () => {
  test('is not taller than a screen, and names every command and key', async () => {
    const repl = await openRepl();
    repl.send('/help');
    await repl.shows(/ctrl-z +put Parley aside/);
    const rows = (await repl.text()).split('\n');
    const length = rows.findIndex((row) => row.includes('ctrl-z')) - rows.indexOf('› /help');
    expect(length).toBeLessThan(24);
    for (const name of ['/model', '/consult', '/pattern', '/profile', '/undo', '@path', 'esc'])
      expect(rows.join('\n')).toContain(name);
  });

  test('of one command tells what it takes', async () => {
    const repl = await openRepl();
    repl.send('/help consult');
    await repl.shows(
      /\/consult \[-m MODEL\] question +ask several[\s\S]*--deadline SECONDS[\s\S]*For instance: \/consult/,
    );
    repl.send('/help consl');
    await repl.shows('There is no command /consl. Did you mean /consult or /cost?');
  });
});

test('what looks like a file in a message, and is none, is said to be missing', async () => {
  const repl = await openRepl({ claude: 'Fine.' }, { files: { 'a.txt': 'one\n' } });
  repl.send('See @src/quue.ts, @a.txt:1-1, @types/node and me@example.com.');
  await repl.shows('There is no file src/quue.ts here: nothing was attached for it.');
  await repl.shows('a.txt:1-1 was not attached: a message takes whole files, @a.txt.');
  await repl.shows('Fine.');
  expect(await repl.text()).not.toMatch(/(types\/node|example\.com).*attached/);
});

test('/undo says what it brought back and what it removed', async () => {
  const write = { name: 'write', args: { path: 'b.txt', content: 'b' } };
  const lines = { claude: (_: unknown, n: number) => (n === 0 ? { toolCalls: [write] } : { text: 'Done.' }) };
  const repl = await openRepl(lines);
  repl.send('Write');
  await repl.shows('Done.');
  repl.send('/undo');
  await repl.shows('✓ removed: b.txt');
  expect(await repl.text()).not.toContain('brought back');
});

test('/panel warns where its name was that of a model', async () => {
  const repl = await openRepl();
  repl.send('/panel sonnet flash');
  await repl.shows(/! sonnet means this panel from now on, where it could mean anthropic:claude-sonnet/);
});

describe('/model', () => {
  test.each([
    [`${QWEN} extra words`, /No model is called "ollama:\S+ extra words": a name has no spaces in it\./],
    [
      'ollama:qwen2.5-codr:7b',
      /ollama lists no model called qwen2\.5-codr:7b\. Did you mean qwen2\.5-coder:7b\?/,
    ],
  ])('%s is told at once', async (name, told) => {
    const repl = await openRepl();
    repl.send(`/model ${name}`);
    await repl.shows(told);
  });

  test('without a model to choose from says why each provider has none', async () => {
    const repl = await openRepl();
    repl.agent.listAllModels = async () => [{ provider: 'ollama', models: [] }];
    repl.send('/model');
    await repl.shows(/› \/model\n\n {2}ollama {2}no models/);
  });
});

test('a provider that does not answer is waited for in sight, and Esc waits no longer', async () => {
  const repl = await openRepl();
  repl.agent.listAllModels = (signal) =>
    new Promise((_, refuse) => signal?.addEventListener('abort', () => refuse(signal.reason)));
  repl.send('/models');
  await repl.shows(/asking the providers · [\s\S]*esc stops/);
  repl.press(KEYS.esc);
  await repl.shows(/· Stopped\.[\s\S]*\/help/);
});
