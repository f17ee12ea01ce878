import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planBuildReview, verdictIn } from '../../src/patterns/handoff.ts';
import type { ScriptedReply } from '../../src/simulation/script.ts';
import { CLAUDE, GEMINI, GPT, patternScene, QWEN } from '../support/pattern-scene.ts';

const steps = planBuildReview({ plan: CLAUDE, build: GPT, review: GEMINI });
const BUILD: ScriptedReply[] = [
  { toolCalls: [{ name: 'write', args: { path: 'a.txt', content: 'built\n' } }] },
  { text: 'I wrote a.txt.' },
];

test('a plan is carried out with tools and reviewed, each with what was handed on and no more', async () => {
  const scene = await patternScene({
    claude: 'Write a.txt.',
    gpt: (_request, n) => BUILD[n]!,
    gemini: 'It is there. Verdict: approve',
  });
  const result = await scene.agent.handoff({ task: 'Make a file.', steps });
  expect([result.outcome, result.rounds]).toEqual(['agreed', 1]);
  expect(result.steps.map(({ role, text }) => [role, text])).toEqual([
    ['plan', 'Write a.txt.'],
    ['build', 'I wrote a.txt.'],
    ['review', 'It is there. Verdict: approve'],
  ]);
  expect(await readFile(join(scene.workspace, 'a.txt'), 'utf8')).toBe('built\n');
  const [planner] = scene.sentTo('claude');
  expect(planner!.tools).not.toContain('write');
  const [builder] = scene.sentTo('gpt');
  expect(builder!.tools).toContain('write');
  // It may give work away, and no more: a conversation among models is the leader's to begin.
  expect(builder!.tools).toContain('delegate');
  expect(builder!.tools).not.toContain('consult');
  expect(builder!.messages.map(({ text }) => text)).toEqual([
    'Task: Make a file.\n\nplan handed this on:\nWrite a.txt.',
  ]);
  const [reviewer] = scene.sentTo('gemini');
  expect(reviewer!.messages.at(-1)!.text).toContain('plan said:\nWrite a.txt.');
  expect(await scene.agent.undo()).toEqual(['a.txt']);
});

test('a verdict for changes goes back to the first, as often as the rounds allow', async () => {
  const verdicts = ['Too small. Verdict: change', 'Verdict: approve'];
  const scene = await patternScene({
    claude: 'Plan.',
    gpt: 'Built.',
    gemini: (_request, n) => ({ text: verdicts[n]! }),
  });
  const result = await scene.agent.handoff({ task: 'Make it.', steps, limits: { rounds: 3 } });
  expect([result.outcome, result.rounds, result.steps.length]).toEqual(['agreed', 2, 6]);
  expect(scene.sentTo('claude')[1]!.messages.at(-1)!.text).toContain('review handed this on:\nToo small.');
  const once = await patternScene({ claude: 'Plan.', gpt: 'Built.', gemini: 'Verdict: change' });
  expect(await once.agent.handoff({ task: 'Make it.', steps })).toMatchObject({
    outcome: 'dissent',
    rounds: 1,
  });
});

test('a step that fails ends it, and what was handed on until then is kept', async () => {
  const scene = await patternScene({ claude: 'Plan.', gpt: { fault: { type: 'status', status: 500 } } });
  const result = await scene.agent.handoff({ task: 'Make it.', steps });
  expect([result.outcome, result.steps.map(({ role, failure }) => [role, Boolean(failure)])]).toEqual([
    'failed',
    [
      ['plan', false],
      ['build', true],
    ],
  ]);
  expect(result.text).toContain(`plan (${CLAUDE}):\nPlan.`);
});

test('in a further round the last plan counts', async () => {
  const scene = await patternScene({
    claude: (_request, n) => ({ text: `Plan ${n}.` }),
    gpt: 'Built.',
    gemini: 'Verdict: change',
  });
  await scene.agent.handoff({ task: 'Make it.', steps, limits: { rounds: 2 } });
  const second = scene.sentTo('gemini')[1]!.messages.at(-1)!.text;
  expect(second).toContain('plan said:\nPlan 1.');
  expect(second).not.toContain('Plan 0.');
});

test("a role of one's own that decides is told how", async () => {
  const own = [
    { role: 'write', model: GPT },
    { role: 'judge', model: GEMINI, prompt: 'You like short texts.', decides: true },
  ];
  const scene = await patternScene({ gpt: 'Short.', gemini: 'Verdict: approve' });
  expect((await scene.agent.handoff({ task: 'x', steps: own })).outcome).toBe('agreed');
  expect(scene.sentTo('gemini')[0]!.system).toContain('"Verdict: approve" or "Verdict: change"');
});

test('without steps there is nothing to hand on', async () => {
  const scene = await patternScene({});
  await expect(scene.agent.handoff({ task: 'x', steps: [] })).rejects.toThrow(/at least one step/);
});

test('who builds may give work away, and a worker of a worker ends it', async () => {
  const scene = await patternScene({
    claude: 'Plan.',
    gpt: ({ messages }) =>
      messages.at(-1)!.text.includes('Local help')
        ? { text: 'Built.' }
        : { toolCalls: [{ name: 'delegate', args: { task: 'Help me.', model: QWEN } }] },
    qwen: 'Local help.',
    gemini: 'Verdict: approve',
  });
  const result = await scene.agent.handoff({ task: 'x', steps });
  expect(result.outcome).toBe('agreed');
  const [delegation] = scene.seen('delegation.started');
  expect(delegation).toMatchObject({ from: GPT, to: QWEN, within: expect.stringMatching(/^h/) });
  // Nested in the flow as it was in the room.
  const [handoff] = scene.agent.summary();
  expect(handoff!.children.some(({ kind, to }) => kind === 'delegation' && to[0] === QWEN)).toBe(true);
});

test.each([
  ['Verdict: change. I cannot give "Verdict: approve" while the test fails.', 'change'],
  ['It was "Verdict: change".\n**Verdict:** approve', 'approve'],
  ['It is there. Verdict: approve', 'approve'],
  ['Verdict: change\n\n> Verdict: approve', 'change'],
  ['No verdict: approve nothing here.', 'change'],
  ['Once mended, my verdict would be: approve.', 'change'],
])('%j is a verdict to %s', (text, verdict) => {
  expect(verdictIn(text)).toBe(verdict);
});
