import { describe, expect, test } from 'vitest';
import { Countdown } from '../../src/patterns/countdown.ts';
import type { ScriptedReply } from '../../src/simulation/script.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { CLAUDE, GEMINI, GPT, patternScene, QWEN } from '../support/pattern-scene.ts';

const endless = {
  text: Array.from({ length: 4000 }, (_, place) => `word${place}`).join(' '),
  pieceDelayMs: 1,
};
const file = 'One line of a long file.\n'.repeat(2000);

describe('what is read', () => {
  test('counts before it is sent', async () => {
    const scene = await patternScene({ gemini: 'A' }, { files: { 'long.txt': file } });
    const { outcome, why } = await scene.agent.consult({
      question: 'What?',
      models: [GEMINI],
      files: ['long.txt'],
      limits: { tokens: 5000 },
    });
    expect([outcome, why]).toEqual(['limit', 'stopped: its 5,000 tokens are not enough for what comes next']);
    expect(scene.requests()).toEqual([]);
  });

  test('leaves out what does not fit, and keeps what was said', async () => {
    const scene = await patternScene({ gemini: 'A plan.', gpt: 'Built.' });
    const { outcome, steps } = await scene.agent.handoff({
      task: 'x',
      steps: [
        { role: 'plan', model: GEMINI },
        { role: 'build', model: GPT, prompt: file },
      ],
      limits: { tokens: 3000 },
    });
    expect([outcome, steps[0]!.text, scene.sentTo('gpt')]).toEqual(['limit', 'A plan.', []]);
  });
});

describe('money', () => {
  test('counts for a model that nobody named beforehand', async () => {
    const scene = await patternScene({
      claude: (_request, n): ScriptedReply =>
        n === 0
          ? { toolCalls: [{ name: 'delegate', args: { task: 'Write it.', model: GEMINI } }] }
          : { text: 'Done.' },
      gemini: endless,
    });
    const { outcome, cost } = await scene.agent.handoff({
      task: 'x',
      steps: [{ role: 'build', model: CLAUDE, tools: 'all' }],
      limits: { dollars: 0.006 },
    });
    expect(outcome).toBe('limit');
    expect(cost).toBeLessThan(0.007);
  });

  test('that was spent on a reply that was stopped is counted by what was heard of it', async () => {
    const scene = await patternScene({ claude: { ...endless, firstDelayMs: 0 }, gemini: 'B' });
    await scene.agent.consult({
      question: 'What?',
      models: [CLAUDE, GEMINI],
      synthesis: false,
      limits: { tokens: 1000 },
    });
    const [cut] = scene.seen('exchange.ended').filter(({ failure }) => failure);
    expect(cut!.usage!.outputTokens).toBeGreaterThan(200);
    expect(cut!.failure?.message).toBe('Stopped: its 1,000 tokens are used up.');
  });

  test('is told before a delegation and a routing too', async () => {
    const scene = await patternScene({ gemini: 'A' });
    await scene.agent.delegate({ task: 'x', model: GEMINI, limits: { dollars: 0.0001 } });
    const config = `routing: { rules: [{ when: {}, use: "${GEMINI}" }] }`;
    const routed = await patternScene({ gemini: 'A' }, { config });
    await routed.agent.route({ task: 'x', limits: { dollars: 0.0001 } });
    for (const { seen } of [scene, routed])
      expect(seen('notice').map(({ text }) => text)).toEqual([
        expect.stringMatching(/^This may cost about \$[\d.]+, above your limit of \$0\.0001/),
      ]);
  });
});

test('what is done when the limit is reached is no less done', async () => {
  const scene = await patternScene({ gemini: 'A '.repeat(300), gpt: 'B '.repeat(300) });
  const { outcome, unfinished } = await scene.agent.consult({
    question: 'x',
    models: [GEMINI],
    synthesis: false,
    limits: { tokens: 400 },
  });
  expect([outcome, unfinished]).toEqual(['done', undefined]);
});

test('a routing at its limit asks nobody dearer', async () => {
  const scene = await patternScene({ qwen: 'no json', gemini: 'no json', gpt: 'no json', claude: 'no json' });
  const { outcome, tried } = await scene.agent.route({ task: 'x', form: 'json', limits: { tokens: 50 } });
  expect([outcome, tried.map(({ model }) => model)]).toEqual(['limit', [QWEN]]);
  expect(scene.requests()).toEqual([]);
});

test('seconds do not pass while the human is asked', () => {
  const clock = new ManualClock();
  let over = false;
  const countdown = new Countdown(clock, 10, () => {
    over = true;
  });
  clock.advance(6000);
  countdown.pause();
  countdown.pause();
  clock.advance(60_000);
  countdown.goOn();
  clock.advance(60_000);
  countdown.goOn();
  clock.advance(3000);
  expect(over).toBe(false);
  clock.advance(1000);
  expect(over).toBe(true);
});

test('of models that are asked at once only those are sent whose reading there is room for', async () => {
  const scene = await patternScene({ gemini: 'A', gpt: 'B', claude: 'C' });
  const { outcome, answers } = await scene.agent.consult({
    question: 'A question. '.repeat(600),
    models: [GEMINI, GPT, CLAUDE],
    synthesis: false,
    limits: { tokens: 4500 },
  });
  expect([outcome, scene.requests().length]).toEqual(['limit', 2]);
  expect(answers.filter(({ text }) => text !== '')).toHaveLength(2);
  // With as much again the rest is asked, and no more.
  expect((await scene.agent.resume())?.outcome).toBe('done');
  expect(scene.requests()).toHaveLength(3);
});

test.each([
  ['other languages', 'すべての機能を説明してください。'.repeat(100), 1000],
  ['English', 'Explain every function of it. '.repeat(100), 700],
])('what is read is counted about right: %s', async (_, question, least) => {
  const scene = await patternScene({ gemini: 'A' });
  await scene.agent.consult({ question, models: [GEMINI], synthesis: false });
  expect(scene.seen('exchange.started')[0]!.size.tokens).toBeGreaterThan(least);
});
