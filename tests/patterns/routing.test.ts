import { describe, expect, test } from 'vitest';
import { fits } from '../../src/patterns/routing/rules.ts';
import { priceOf } from '../../src/providers/price.ts';
import { CLAUDE, GEMINI, patternScene, QWEN } from '../support/pattern-scene.ts';

test('a rule of the human decides, and is told', async () => {
  const config = `routing: { rules: [{ when: { files: ["*.sql"] }, use: "${GEMINI}", why: "it knows our schema" }] }`;
  const scene = await patternScene({ gemini: 'select 1' }, { config, files: { 'a.sql': 'select 0;' } });
  const result = await scene.agent.route({ task: 'Fix it.', files: ['a.sql'] });
  expect([result.outcome, result.model, result.text]).toEqual(['done', GEMINI, 'select 1']);
  expect(scene.seen('route.chosen')).toMatchObject([
    { model: GEMINI, why: 'it knows our schema', escalated: false },
  ]);
});

test('what may not leave the machine goes to a local model, or nowhere', async () => {
  const scene = await patternScene({ qwen: 'Local.' });
  const result = await scene.agent.route({ task: 'Read my diary.', private: true });
  expect(result.model).toBe(QWEN);
  expect(scene.requests().every(({ model }) => model.includes('qwen'))).toBe(true);
  const config = `routing: { rules: [{ when: { words: [diary] }, use: "${CLAUDE}", private: true }] }`;
  const torn = await patternScene({}, { config });
  await expect(torn.agent.route({ task: 'Read my diary.' })).rejects.toThrow(
    /is not on this machine, which this work may not leave/,
  );
  expect(torn.requests()).toEqual([]);
});

test('a cheap model chooses where no rule fits', async () => {
  const chosen = JSON.stringify({ model: GEMINI, why: 'long context' });
  const scene = await patternScene(
    { qwen: chosen, gemini: 'Done.' },
    { config: `routing: { chooser: "${QWEN}" }` },
  );
  const result = await scene.agent.route({ task: 'Summarize it.' });
  expect([result.model, result.tried[0]!.why]).toEqual([GEMINI, `${QWEN} says: long context`]);
});

test('an answer that fails its check is followed by a stronger model, in sight', async () => {
  const scene = await patternScene({
    qwen: '```js\nconst = broken\n```',
    gemini: '```js\nconst fine = 1;\n```',
    gpt: '```js\nconst fine = 1;\n```',
    claude: '```js\nconst fine = 1;\n```',
  });
  const result = await scene.agent.route({ task: 'Write fine.', kind: 'code', writeTo: 'fine.js' });
  expect(result.outcome).toBe('done');
  expect(result.tried.map(({ status }) => status)).toEqual(['failed', 'done']);
  expect(result.tried[0]!.model).toBe(QWEN);
  expect(scene.seen('route.chosen').map(({ escalated }) => escalated)).toEqual([false, true]);
});

test('a rule fits only where all that it names does', () => {
  const work = {
    task: 'Add an Index',
    kind: 'code',
    files: ['db/a.sql', 'src/b.ts'],
    images: [],
    tokens: 900,
  } as const;
  const rule = (when: Parameters<typeof fits>[0]['when']) => fits({ when }, work);
  expect(rule({})).toBe(true);
  expect(rule({ kind: 'code', words: ['index'], files: ['*.sql'] })).toBe(true);
  expect(rule({ files: ['db/**'] })).toBe(true);
  expect(rule({ files: ['*.py'] })).toBe(false);
  expect(rule({ kind: 'docs' })).toBe(false);
  expect([rule({ largerThan: 800 }), rule({ smallerThan: 800 })]).toEqual([true, false]);
});

describe('what may not leave the machine', () => {
  const SECRET = 'My diary: blue whale.';
  const everywhere = (scene: Awaited<ReturnType<typeof patternScene>>) =>
    JSON.stringify(scene.requests().filter(({ model }) => !model.includes('qwen')));

  test('is not shown to a chooser elsewhere', async () => {
    const scene = await patternScene({ qwen: 'Local.', gemini: '{"model":"x"}' });
    const result = await scene.agent.route({ task: SECRET, private: true, chooser: GEMINI });
    expect(result).toMatchObject({ model: QWEN, private: true });
    expect(everywhere(scene)).toBe('[]');
  });

  test('stays here although an earlier rule names another model', async () => {
    const config = `routing: { rules: [{ when: { kind: code }, use: "${GEMINI}" }, { when: { words: [diary] }, private: true }] }`;
    const scene = await patternScene({}, { config });
    await expect(scene.agent.route({ task: SECRET, kind: 'code' })).rejects.toThrow(
      /which this work may not leave/,
    );
    expect(scene.requests()).toEqual([]);
  });

  test('is not told to a leader elsewhere either', async () => {
    const scene = await patternScene({ qwen: 'A blue whale, I say.', claude: 'Hello.' });
    await scene.agent.route({ task: SECRET, private: true });
    await scene.agent.chat('Hello.');
    expect(everywhere(scene)).not.toContain('blue whale');
    expect(everywhere(scene)).toContain('private work');
  });
});

test('a step up is to a model that costs at least twice as much, not to the next in price', async () => {
  const scene = await patternScene({ gemini: 'x', claude: 'x', qwen: 'x', gpt: 'x' });
  const result = await scene.agent.route({
    task: 'x',
    form: 'json',
    rules: [{ when: {}, use: GEMINI }],
  });
  const prices = await Promise.all(
    result.tried
      .filter(({ model }) => !model.startsWith('ollama') && !model.startsWith('router'))
      .map(({ model }) => {
        const list = model.startsWith('anthropic') ? 'anthropic' : 'google';
        const name = model.slice(model.indexOf(':') + 1);
        return priceOf(list, name, { inputTokens: 4000, outputTokens: 800 });
      }),
  );
  expect(result.tried[0]!.model).toBe(GEMINI);
  for (const [place, price] of prices.slice(1).entries())
    expect(price!).toBeGreaterThan(prices[place]! * 1.9);
  expect(Object.keys(result.tried[0]!).sort()).toEqual(['model', 'status', 'why']);
});

describe('the human', () => {
  test('is heard by the next that is tried, and by the one that they name', async () => {
    const scene = await patternScene({
      qwen: 'no json',
      gemini: '{"a":1}',
      gpt: '{"a":1}',
      claude: '{"a":1}',
    });
    scene.agent.on((event) => {
      if (event.type === 'route.chosen' && !event.escalated) scene.agent.say('Mind the gap.');
      if (event.type === 'route.chosen' && event.escalated) scene.agent.say('@qwen never mind');
    });
    const { tried } = await scene.agent.route({ task: 'x', form: 'json' });
    expect(tried.map(({ status }) => status)).toEqual(['failed', 'done']);
    const asked = scene.requests().map(({ model, messages }) => [model, messages.at(-1)!.text] as const);
    expect(asked.filter(([model]) => !model.includes('qwen')).at(-1)?.[1]).toContain('Mind the gap.');
    expect(scene.seen('notice').at(-1)?.text).toMatch(/^Nobody here is called qwen, so nothing was said/);
  });

  test('says in private work what goes nowhere else', async () => {
    const scene = await patternScene({ qwen: 'Local.', claude: 'Yes.' });
    scene.agent.on((event) => {
      if (event.type === 'delegation.ended') scene.agent.say('My diary.');
    });
    await scene.agent.route({ task: 'Read my diary.', private: true });
    await scene.agent.chat('And now?');
    expect(JSON.stringify(scene.sentTo('claude'))).not.toContain('diary');
    expect(scene.seen('notice').map(({ text }) => text)).toEqual([
      'No model was left to hear "My diary."; and nobody else is told.',
    ]);
  });
});
