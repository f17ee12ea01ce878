import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planBuildReview } from '../../src/patterns/handoff.ts';
import type { ScriptedReply } from '../../src/simulation/script.ts';
import { CLAUDE, GEMINI, GPT, patternScene } from '../support/pattern-scene.ts';

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
  expect(builder!.tools).not.toContain('delegate');
  expect(builder!.messages.map(({ text }) => text)).toEqual([
    'Task: Make a file.\n\nplan handed this on:\nWrite a.txt.',
  ]);
  const [reviewer] = scene.sentTo('gemini');
  expect(reviewer!.messages.at(-1)!.text).toContain('plan said at first:\nWrite a.txt.');
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
