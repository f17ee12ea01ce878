/** What holds for every pattern, whichever it is: who takes part is known before it begins, and it always ends. */
import { describe, expect, test } from 'vitest';
import { CLAUDE, GEMINI, GPT, patternScene, QWEN } from '../support/pattern-scene.ts';

const TWO = [{ model: GEMINI }, { model: GPT }];
const STEPS = [{ role: 'plan', model: 'nosuch' }];

describe('a name that means nobody', () => {
  test.each([
    ['synthesis', (agent) => agent.consult({ question: 'x', models: [GEMINI, GPT], synthesis: 'nosuch' })],
    [
      'vote.judge',
      (agent) => agent.consult({ question: 'x', models: [GEMINI], vote: { rule: 'judge', judge: 'nosuch' } }),
    ],
    ['moderator', (agent) => agent.discuss({ topic: 'x', participants: TWO, moderator: 'nosuch' })],
    ['judge', (agent) => agent.discuss({ topic: 'x', participants: TWO, judge: 'nosuch' })],
    ['author', (agent) => agent.refine({ task: 'x', author: 'nosuch', reviewers: [GPT] })],
    ['step', (agent) => agent.handoff({ task: 'x', steps: STEPS })],
    ['chooser', (agent) => agent.route({ task: 'x', chooser: 'nosuch' })],
  ] satisfies [string, (agent: Awaited<ReturnType<typeof patternScene>>['agent']) => Promise<unknown>][])(
    'as %s costs no request, and nothing is begun',
    async (_where, run) => {
      const scene = await patternScene({});
      await expect(run(scene.agent)).rejects.toThrow(/No model is called "nosuch"/);
      expect(scene.requests()).toEqual([]);
      expect([...scene.seen('pattern.started'), ...scene.seen('consultation.started')]).toEqual([]);
      expect(scene.agent.say('anybody?')).toBe(false);
    },
  );
});

test('a pattern that breaks ends as failed, keeps what was said, and leaves no dead room behind', async () => {
  const scene = await patternScene({ qwen: 'Local.', gemini: 'Remote.' });
  const result = await scene.agent.route({ task: 'x', kind: 'code', writeTo: '../outside.js' });
  expect(result.outcome).toBe('failed');
  expect(result.text).toContain('outside');
  expect(scene.seen('pattern.ended')).toMatchObject([
    { outcome: 'failed', why: expect.stringContaining('outside') },
  ]);
  expect(scene.agent.say('anybody?')).toBe(false);
});

describe('limits', () => {
  test('hold while a reply is still being written', async () => {
    const endless = Array.from({ length: 4000 }, (_, place) => `word${place}`).join(' ');
    const scene = await patternScene({ claude: { text: endless, pieceDelayMs: 5 } });
    const result = await scene.agent.consult({
      question: 'x',
      models: [CLAUDE],
      synthesis: false,
      limits: { dollars: 0.002 },
    });
    expect(result).toMatchObject({
      outcome: 'limit',
      unfinished: true,
      why: 'stopped: its $0.0020 are spent',
    });
    const [said] = scene.seen('exchange.ended');
    expect(said!.failure?.kind).toBe('stopped');
    expect(said!.message).toBeDefined();
    expect(scene.seen('consultation.ended')[0]!.why).toBe(result.why);
  });

  test('hold for a routing, over all whom it tries', async () => {
    const scene = await patternScene({
      qwen: 'no json',
      gemini: 'no json',
      gpt: 'no json',
      claude: 'no json',
    });
    const result = await scene.agent.route({ task: 'x', form: 'json', limits: { tokens: 190 } });
    expect(result.outcome).toBe('limit');
    expect(scene.requests()).toHaveLength(1);
  });

  test('hold for a delegation', async () => {
    const scene = await patternScene({ gemini: { text: 'word '.repeat(400), pieceDelayMs: 20 } });
    const result = await scene.agent.delegate({ task: 'x', model: GEMINI, limits: { tokens: 300 } });
    expect(result.status).toBe('partial');
    expect(result.text).toMatch(/\[partial: Stopped: its 300 tokens are used up\.\]$/);
    expect(scene.seen('exchange.ended')[0]!.failure?.kind).toBe('stopped');
  });

  test('a model without a price is named before it begins', async () => {
    const models = ['gemini:gemini-never-heard-of', GEMINI];
    const scene = await patternScene({ gemini: 'No.' });
    await scene.agent.consult({ question: 'x', models, synthesis: false, limits: { dollars: 1 } });
    expect(scene.seen('notice').map(({ text }) => text)).toEqual([
      'What gemini:gemini-never-heard-of costs is not known, so your limit of $1.00 cannot hold for it.',
    ]);
  });

  test('the estimate counts every request that is foreseen', async () => {
    const scene = await patternScene({ claude: 'Yes. Position: agree', gemini: 'Yes. Position: agree' });
    await scene.agent.discuss({
      topic: 'x',
      participants: [{ model: CLAUDE }, { model: GEMINI }],
      limits: { tokens: 5000, rounds: 3 },
    });
    expect(scene.seen('notice')[0]!.text).toBe(
      'This may take about 22,000 tokens, above your limit of 5,000; it will be stopped at the limit.',
    );
  });

  test('of the human hold where a leader names none', async () => {
    const lines = { gemini: 'No.\nPosition: object', gpt: 'Yes.\nPosition: agree' };
    const scene = await patternScene(
      {
        ...lines,
        claude: (_request, n) =>
          n === 0
            ? { toolCalls: [{ name: 'discuss', args: { topic: 'x', models: [GEMINI, GPT] } }] }
            : { text: 'So it is.' },
      },
      { config: 'patterns: { rounds: 1 }' },
    );
    await scene.agent.chat('Discuss it.');
    expect(scene.seen('pattern.ended')).toMatchObject([{ rounds: 1 }]);
  });
});

test('a model that calls tools where there are none is told so once', async () => {
  const scene = await patternScene({
    gemini: (_request, n) =>
      n === 0 ? { toolCalls: [{ name: 'read', args: { path: 'a' } }] } : { text: 'In words.' },
    qwen: { toolCalls: [{ name: 'read', args: { path: 'a' } }] },
  });
  const result = await scene.agent.consult({ question: 'x', models: [GEMINI, QWEN], synthesis: false });
  expect(result.answers.map(({ text, failure }) => failure?.message ?? text)).toEqual([
    'In words.',
    `${QWEN} was still calling tools after 2 steps.`,
  ]);
  expect(scene.sentTo('gemini')[1]!.messages.at(-1)!.text).toContain('There are no tools here.');
});

test('a reply that was cut at its limit is said to be', async () => {
  const scene = await patternScene({ gemini: { text: 'Half a sen', stop: 'MAX_TOKENS' }, claude: 'x' });
  const cut = await scene.agent.consult({ question: 'x', models: [GEMINI], synthesis: false });
  expect(cut.answers[0]!.text).toBe(`Half a sen\n[cut off: ${GEMINI} reached the end of its output limit]`);
  const refined = await scene.agent.refine({ task: 'x', author: GEMINI, reviewers: [CLAUDE] });
  expect(refined).toMatchObject({
    outcome: 'failed',
    draft: '',
    why: `${GEMINI} reached its limit on output before the draft was whole`,
  });
});

test('a refusal is no answer', async () => {
  const scene = await patternScene({ claude: { text: 'I would', stop: 'refusal' }, gemini: 'Yes.' });
  const result = await scene.agent.consult({ question: 'x', models: [CLAUDE, GEMINI] });
  expect(result.answers[0]).toMatchObject({
    text: 'I would',
    failure: { kind: 'refused', message: expect.stringContaining('declined to answer') },
  });
  expect(result.synthesis).toBeUndefined();
});
