import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  CLAUDE,
  GEMINI,
  type Lines,
  type PatternSceneOptions,
  patternScene,
  QWEN,
} from '../support/pattern-scene.ts';
import { KEYS, openTerminal } from '../support/repl-scene.ts';

const both = `-m ${CLAUDE} -m ${GEMINI}`;

/** The REPL with models that follow their lines. */
async function openRepl(lines: Lines, options: PatternSceneOptions = {}) {
  const scene = await patternScene(lines, options);
  return { ...scene, ...(await openTerminal(scene.agent, scene.env, CLAUDE)) };
}

test('a pattern is asked for with its options before the text, files by @, and its end is shown', async () => {
  const repl = await openRepl(
    { claude: 'A map.', gemini: 'An object.' },
    { files: { 'a.ts': 'one\ntwo\n' } },
  );
  repl.send(`/consult ${both} --synthesis none Map or object, see @a.ts:2?`);
  await repl.shows(/A map\.[\s\S]*consultation done · 2 of 2 answered/);
  expect(repl.sentTo('gemini')[0]!.messages[0]!.text).toMatch(/two[\s\S]*Map or object, see a\.ts:2\?/);
  repl.send('/consult --vot borda x');
  await repl.shows('There is no option --vot here. Did you mean --vote?');
  repl.send('/discuss');
  await repl.shows('Say what the topic is: /discuss -m sonnet -m qwen Monorepo or not?');
  repl.send('/handoff');
  await repl.shows(/Say what the task is: \/handoff --step plan=/);
});

describe('/panel', () => {
  test('names a set of models, which is used, kept in the own config.yaml, and forgotten', async () => {
    const repl = await openRepl({ claude: 'Yes.', qwen: 'No.' });
    repl.send('/panel');
    await repl.shows('No panel has a name yet: /panel default');
    repl.send('/panel council sonnet qwen2.5');
    await repl.shows(`council  ${CLAUDE}, ${QWEN}`);
    const config = () => readFile(join(repl.env.HOME, '.config/parley/config.yaml'), 'utf8');
    expect(await config()).toContain(`council: [ ${CLAUDE}, ${QWEN} ]`);
    repl.send('/consult -m council --synthesis none Is it so?');
    await repl.shows('2 of 2 answered');
    repl.send('/panel delete council');
    await repl.shows('council is forgotten.');
    expect(await config()).not.toContain('council');
  });

  test.each([
    ['/panel council sonet', /No model is called "sonet"\. Did you mean/],
    ['/panel anthropic sonnet', 'anthropic is a provider; give the panel another name.'],
    ['/panel 1x sonnet', '"1x" is no name for a panel'],
    ['/panel delete x', 'There is no panel x.'],
    ['/panel x', 'There is no panel x. Write /panel'],
  ])('%s is told in a sentence', async (line, sentence) => {
    const repl = await openRepl({});
    repl.send(line);
    await repl.shows(sentence);
  });

  test('called default, it is asked where nobody is named', async () => {
    const panels = `panels: { default: ["${QWEN}", "${GEMINI}"] }`;
    const repl = await openRepl({ qwen: 'Yes.', gemini: 'Yes.' }, { config: panels });
    repl.send('/consult --synthesis none Is it so?');
    await repl.shows('2 of 2 answered');
    expect(repl.seen('consultation.started')[0]!.models).toEqual([QWEN, GEMINI]);
  });
});

describe('while models talk', () => {
  const slow = (text: string) => ({ text: `${text} ${'word '.repeat(60)}`, pieceDelayMs: 8 });

  test('what is typed is heard at the next turn, by all or by the one named', async () => {
    const repl = await openRepl({ claude: slow('I say'), gemini: slow('And I') });
    repl.send(`/discuss ${both} --rounds 1 Tabs?`);
    await repl.shows('I say');
    repl.send('@gemini Mind the screen readers.');
    await repl.shows('› @gemini Mind the screen readers.');
    await repl.shows(/discussion \w+ · 1 round/);
    const heard = (name: string) => JSON.stringify(repl.sentTo(name).map(({ messages }) => messages));
    expect(heard('gemini')).toContain('The human says to you: Mind the screen readers.');
    expect(heard('claude')).not.toContain('screen readers');
  });

  test('what nobody can hear any more is told to the leader', async () => {
    const repl = await openRepl({ claude: 'Fine.', gemini: slow('I') });
    repl.send(`/consult -m ${GEMINI} Why?`);
    await repl.shows('I word');
    repl.send('Never mind.');
    await repl.shows('No model was left to hear "Never mind."; the leader is told with your next message.');
    repl.send('Go on.');
    await repl.shows('Fine.');
    expect(repl.sentTo('claude').at(-1)!.messages.at(-1)!.text).toMatch(
      /none of them heard it: Never mind\./,
    );
  });

  test('Esc stops them, and /resume goes on without asking again', async () => {
    const lines = {
      claude: 'At once.',
      gemini: (_: unknown, n: number) => (n === 0 ? slow('Slowly') : { text: 'Done.' }),
    };
    const repl = await openRepl(lines);
    repl.send('/resume');
    await repl.shows('Nothing was stopped that could go on.');
    repl.send(`/consult ${both} --synthesis none Why?`);
    await repl.shows(/At once\.[\s\S]*Slowly word/);
    repl.press(KEYS.esc);
    await repl.shows('What was said is kept: /resume goes on from there.');
    repl.send('/resume');
    await repl.shows(/Done\.[\s\S]*consultation done · 2 of 2 answered/);
    expect(repl.sentTo('claude')).toHaveLength(1);
  });
});

describe('between the rounds', () => {
  const config = 'patterns: { ask_between_rounds: true }';
  const lines = { claude: 'I say.', gemini: 'And I.' };

  test('the human says something that all hear, and ends it', async () => {
    const repl = await openRepl(lines, { config });
    repl.send(`/discuss ${both} --rounds 3 Tabs?`);
    await repl.shows('Round 1 of the discussion is over.');
    repl.press(KEYS.down, KEYS.enter);
    await repl.shows('enter says it to all');
    repl.send('Think of the diff.');
    await repl.shows('Round 2 of the discussion is over.');
    expect(JSON.stringify(repl.sentTo('gemini')[1]!.messages)).toContain(
      'The human says: Think of the diff.',
    );
    repl.press(KEYS.down, KEYS.down, KEYS.enter);
    await repl.shows(/discussion \w+ · 2 rounds/);
  });

  describe.each([KEYS.esc, KEYS.ctrlC])('%j', (key) => {
    test('at the question stops the pattern', async () => {
      const repl = await openRepl(lines, { config });
      repl.send(`/discuss ${both} --rounds 3 Tabs?`);
      await repl.shows(/Round 1 of the discussion is over\.[\s\S]*esc stops/);
      repl.press(key);
      await repl.shows(/discussion stopped[\s\S]*\/resume goes on from there\./);
      expect(repl.sentTo('claude')).toHaveLength(1);
    });

    test('stops it too while it waits for what the human says', async () => {
      const repl = await openRepl(lines, { config });
      repl.send(`/discuss ${both} --rounds 3 Tabs?`);
      await repl.shows('Round 1 of the discussion is over.');
      repl.press(KEYS.down, KEYS.enter);
      await repl.shows('enter says it to all');
      repl.press(key);
      await repl.shows(/discussion stopped[\s\S]*\/resume goes on from there\./);
    });
  });
});

test('patterns are commands of their own: completed, listed, and run', async () => {
  const pattern = 'about: a try\nroles: { one: }\nsteps:\n  - { id: say, ask: one, prompt: "{{task}}" }\n';
  const repl = await openRepl({ claude: 'It is.' }, { files: { '.parley/patterns/check-it.yaml': pattern } });
  repl.send('/pattern');
  await repl.shows(/check-it +a try/);
  repl.press('/chec');
  await repl.shows(/→ \/check-it task/);
  repl.press(KEYS.tab, 'Is it so?', KEYS.enter);
  await repl.shows(/It is\.[\s\S]*check-it done/);
  repl.send('/check-if x');
  await repl.shows('There is no command /check-if. Did you mean /check-it?');
});

test('options, models behind -m, and files are completed', async () => {
  const repl = await openRepl({}, { files: { 'src/alpha.ts': '' } });
  repl.press('/consult --dead');
  await repl.shows(/--deadline +answers that come later/);
  repl.press(KEYS.tab, '9 -m qwen');
  await repl.shows(/→ ollama:qwen2\.5-coder:7b/);
  repl.press(KEYS.tab, 'Why @alph');
  await repl.shows('→ src/alpha.ts');
  repl.press(KEYS.tab);
  await repl.shows(`/consult --deadline 9 -m ${QWEN} Why @src/alpha.ts`);
});

test('questions of several models at once come one after the other, and say who asks', async () => {
  const writes = (path: string) => (_: unknown, n: number) =>
    n === 0 ? { toolCalls: [{ name: 'write', args: { path, content: 'x\n' } }] } : { text: 'Written.' };
  const lines = { claude: writes('a.txt'), gemini: writes('b.txt') };
  const repl = await openRepl(lines, { agent: { approve: [] } });
  const pair = `export default async (room) => {
    const tools = [...room.bench.tools.values()].filter(({ name }) => name === 'write');
    const messages = [{ role: 'user', parts: [{ type: 'text', text: 'Write.' }] }];
    const models = await room.models('${CLAUDE}', '${GEMINI}');
    await Promise.all(models.map((model) => room.ask({ model, messages, tools })));
    return 'Both.';
  };`;
  const folder = join(repl.env.HOME, '.config/parley/patterns');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'pair.ts'), pair);
  repl.send('/pattern pair');
  await repl.shows(/\? (anthropic|gemini):\S+ asks: create [ab]\.txt\n +→ y/);
  const asked = async () => /\? (\S+) asks: create (\S+)/.exec((await repl.text()).slice(-1500))!;
  const [, first, path] = await asked();
  expect(path).toBe(first!.startsWith('anthropic') ? 'a.txt' : 'b.txt');
  repl.press('y');
  const other = first!.startsWith('anthropic')
    ? /\? gemini:\S+ asks: create b\.txt\n +→ y/
    : /\? anthropic:\S+ asks: create a\.txt\n +→ y/;
  await repl.shows(other);
  repl.press('y');
  await repl.shows(/pair done/);
  const asks = [...repl.seen('approval.asked'), ...repl.seen('approval.answered')];
  const { turn, pattern } = repl.seen('pattern.started')[0]!;
  expect(asks).toHaveLength(4);
  for (const asked of asks) expect(asked).toMatchObject({ turn, within: pattern });
  expect((await repl.text()).match(/● anthropic/g)).toBeNull();
  const written = await Promise.all(
    ['a.txt', 'b.txt'].map((file) => readFile(join(repl.workspace, file), 'utf8')),
  );
  expect(written).toEqual(['x\n', 'x\n']);
});

test('after Esc at a question inside a pattern, the work of the next turn is seen', async () => {
  const slow = 'node -e "setTimeout(() => {}, 60_000)"';
  const run = (command: string) => ({ toolCalls: [{ name: 'shell', args: { command } }] });
  const lines = { claude: run(slow) };
  const repl = await openRepl(lines, { agent: { approve: [] } });
  repl.send(`/handoff --step build=${CLAUDE} Wait.`);
  await repl.shows(/→ y {2}yes/);
  repl.press(KEYS.esc);
  await repl.shows(/ {4}stopped\n[\s\S]*handoff stopped/);
  repl.send('Wait again.');
  await repl.shows(/› Wait again\.[\s\S]*→ y {2}yes/);
  repl.press('y');
  await repl.shows(/[○●] node -e "setTimeout.* · [\d.]+ s\n/);
});

test('/summary draws who asked whom for what', async () => {
  const repl = await openRepl({ claude: 'Yes.', gemini: 'No.' });
  repl.send('/summary');
  await repl.shows('Nothing was asked yet.');
  repl.send('Is it so?');
  await repl.shows('Yes.');
  repl.send(`/consult ${both} --synthesis none Map or object?`);
  await repl.shows('2 of 2 answered');
  repl.send('/summary');
  await repl.shows(
    /you → claude-sonnet-5-5: Is it so\? .*answered\n {2}you → 2 models consultation: Map or object\? .*done\n {2}├ .*\n {2}└ /,
  );
});
