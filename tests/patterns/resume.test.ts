import { expect, test } from 'vitest';
import { planBuildReview } from '../../src/patterns/handoff.ts';
import type { ScriptedReply, SeenRequest } from '../../src/simulation/script.ts';
import { CLAUDE, GEMINI, GPT, patternScene } from '../support/pattern-scene.ts';

/** Slow the first time, so that it can be stopped there. */
const slowFirst =
  (text: string) =>
  (_request: SeenRequest, n: number): ScriptedReply =>
    n === 0 ? { text, firstDelayMs: 60_000 } : { text };

/** A scene whose first pattern is stopped after so many exchanges have ended. */
async function stoppedAfter(exchanges: number, lines: Parameters<typeof patternScene>[0]) {
  const scene = await patternScene(lines);
  const stop = new AbortController();
  let ended = 0;
  scene.agent.on((event) => {
    if (event.type === 'exchange.ended' && ++ended === exchanges) stop.abort();
  });
  return { scene, signal: stop.signal };
}

test('a consultation goes on with those who had not answered', async () => {
  const { scene, signal } = await stoppedAfter(1, { gemini: 'A queue.', gpt: slowFirst('Cron.') });
  const order = { question: 'Which?', models: [GEMINI, GPT], synthesis: false } as const;
  expect((await scene.agent.consult(order, { signal })).outcome).toBe('stopped');
  const result = await scene.agent.resume();
  expect(result).toMatchObject({ outcome: 'done', answers: [{ text: 'A queue.' }, { text: 'Cron.' }] });
  expect(scene.sentTo('gemini')).toHaveLength(1);
  expect(await scene.agent.resume()).toBeUndefined();
});

test('a discussion goes on, and everybody still knows what was said', async () => {
  const says = (text: string) => `${text}\nPosition: agree`;
  const { scene, signal } = await stoppedAfter(1, {
    gemini: ({ system }) => ({ text: system.includes('minutes') ? 'Minutes.' : says('Yes.') }),
    gpt: says('Yes, yes.'),
  });
  const order = { topic: 'It?', participants: [{ model: GEMINI }, { model: GPT }], limits: { rounds: 1 } };
  expect((await scene.agent.discuss(order, { signal })).outcome).toBe('stopped');
  expect((await scene.agent.resume())?.outcome).toBe('agreed');
  expect(scene.sentTo('gemini')[1]!.messages.at(-1)!.text).toContain(`${GEMINI} says:\nYes.`);
});

test('a handoff goes on with the step that was stopped', async () => {
  const { scene, signal } = await stoppedAfter(1, {
    claude: 'Plan.',
    gpt: 'Built.',
    gemini: 'Verdict: approve',
  });
  const steps = planBuildReview({ plan: CLAUDE, build: GPT, review: GEMINI });
  expect((await scene.agent.handoff({ task: 'Make it.', steps }, { signal })).outcome).toBe('stopped');
  const result = await scene.agent.resume();
  expect(result).toMatchObject({ outcome: 'agreed', rounds: 1 });
  expect(scene.sentTo('claude')).toHaveLength(1);
});

test('a refinement goes on with the draft that was there', async () => {
  const approve = JSON.stringify({ approve: true, objections: [], resolved: [] });
  const { scene, signal } = await stoppedAfter(1, {
    claude: '<draft>\none\n</draft>',
    gemini: approve,
  });
  const order = { task: 'Write.', author: CLAUDE, reviewers: [GEMINI] };
  expect((await scene.agent.refine(order, { signal })).outcome).toBe('stopped');
  expect(await scene.agent.resume()).toMatchObject({ outcome: 'agreed', draft: 'one' });
  expect(scene.sentTo('claude')).toHaveLength(1);
});
