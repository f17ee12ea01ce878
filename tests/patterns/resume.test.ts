import { expect, test } from 'vitest';
import type { ConsultationResult } from '../../src/patterns/consultation.ts';
import { planBuildReview } from '../../src/patterns/handoff.ts';
import type { Script, ScriptedReply, SeenRequest } from '../../src/simulation/script.ts';
import { ballot, CLAUDE, GEMINI, GPT, patternScene, QWEN } from '../support/pattern-scene.ts';

/** Slow the first time, so that it can be stopped there. */
const slowFirst =
  (text: string) =>
  (_request: SeenRequest, n: number): ScriptedReply =>
    n === 0 ? { text, firstDelayMs: 60_000 } : { text };

/** A scene whose first pattern is stopped after so many exchanges have ended. */
async function stoppedAfter(exchanges: number, ...given: Parameters<typeof patternScene>) {
  const scene = await patternScene(...given);
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
  // It spoke once, and wrote the minutes.
  expect(scene.sentTo('gemini')).toHaveLength(2);
  expect(scene.sentTo('gpt')[0]!.messages.at(-1)!.text).toContain(`${GEMINI} says:\nYes.`);
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

test('a vote goes on with the ballots that were not cast, in the same order of answers', async () => {
  const choose: Script = ({ messages, system }) =>
    system.includes('voter')
      ? {
          text: ballot('Clear.', {
            ranking: [...messages.at(-1)!.text.matchAll(/Answer ([A-Z]):/g)].map(([, label]) => label),
          }),
        }
      : { text: 'A view.' };
  const { scene, signal } = await stoppedAfter(4, { gemini: choose, gpt: choose, qwen: choose });
  const order = { question: 'Which?', models: [GEMINI, GPT, QWEN], vote: {}, synthesis: false } as const;
  expect((await scene.agent.consult(order, { signal })).outcome).toBe('stopped');
  const answered = scene.seen('exchange.ended').filter(({ failure }) => !failure).length;
  const result = (await scene.agent.resume()) as ConsultationResult;
  expect(result.vote?.ballots).toHaveLength(3);
  expect(scene.seen('exchange.ended').filter(({ failure }) => !failure)).toHaveLength(6);
  expect(scene.seen('notice').map(({ text }) => text)).toContain(
    `Goes on from where it was: ${answered} answers are there already.`,
  );
});

test("a pattern of one's own goes on with the step that was stopped", async () => {
  const mine = `about: two steps
roles: { a: "${GEMINI}", b: "${GPT}" }
steps:
  - { id: first, ask: a, prompt: "{{task}}" }
  - { id: second, ask: b, prompt: "{{first}}" }
`;
  const { scene, signal } = await stoppedAfter(
    1,
    { gemini: 'One.', gpt: 'Two.' },
    { files: { '.parley/patterns/mine.yaml': mine } },
  );
  expect((await scene.agent.pattern('mine', { task: 'x' }, { signal })).outcome).toBe('stopped');
  expect(await scene.agent.resume()).toMatchObject({ outcome: 'done', answer: 'Two.' });
  expect(scene.sentTo('gemini')).toHaveLength(1);
});

test('what the human said is not said again, and not forgotten', async () => {
  const { scene, signal } = await stoppedAfter(2, { gemini: 'Yes.', gpt: 'No.', qwen: 'Perhaps.' });
  scene.agent.on((event) => {
    if (event.type === 'pattern.started') scene.agent.say('Be brief.');
  });
  const participants = [GEMINI, GPT, QWEN].map((model) => ({ model }));
  await scene.agent.discuss({ topic: 'It?', participants, limits: { rounds: 1 } }, { signal });
  await scene.agent.resume();
  const first = scene.sentTo('gemini')[0]!.messages.at(-1)!.text;
  expect(first.match(/Be brief/g)).toHaveLength(1);
});

test('what ended at a limit goes on with as much again', async () => {
  const scene = await patternScene({
    gemini: 'word '.repeat(100),
    gpt: 'word '.repeat(100),
    claude: 'Both.',
  });
  const steps = [
    { role: 'one', model: GEMINI },
    { role: 'two', model: GPT },
  ];
  const stopped = await scene.agent.handoff({ task: 'x', steps, limits: { tokens: 300 } });
  expect([stopped.outcome, stopped.steps.length]).toEqual(['limit', 2]);
  await scene.agent.resume();
  expect(scene.sentTo('gemini')).toHaveLength(1);
});

test('a routing that goes on asks nobody again who did the work', async () => {
  const stop = new AbortController();
  const scene = await patternScene({ qwen: 'no json', gemini: '{}', gpt: '{}', claude: '{}' });
  scene.agent.on((event) => {
    if (event.type === 'route.chosen' && event.escalated) stop.abort();
  });
  await scene.agent.route({ task: 'x', form: 'json' }, { signal: stop.signal });
  const before = scene.sentTo('qwen').length;
  await scene.agent.resume();
  expect([before, scene.sentTo('qwen').length]).toEqual([2, 2]);
  expect(scene.seen('notice').at(-1)?.text).toMatch(/^Goes on from where it was: one answer is there/);
});

test('what the human said before the stop is heard by those who speak after it', async () => {
  const stop = new AbortController();
  const scene = await patternScene({ gemini: 'Yes.\nPosition: agree', gpt: 'Yes.\nPosition: agree' });
  scene.agent.on((event) => {
    if (event.type !== 'exchange.started' || event.model !== GPT || stop.signal.aborted) return;
    scene.agent.say('Mind the gap.');
    stop.abort();
  });
  const participants = [{ model: GEMINI }, { model: GPT }];
  const order = { topic: 'x', participants, limits: { rounds: 1 } };
  expect((await scene.agent.discuss(order, { signal: stop.signal })).outcome).toBe('stopped');
  expect((await scene.agent.resume())?.outcome).toBe('agreed');
  expect(scene.sentTo('gpt').at(-1)!.messages.at(-1)!.text).toContain('Mind the gap.');
  expect(
    scene
      .seen('notice')
      .map(({ text }) => text)
      .join(),
  ).not.toContain('No model was left');
});

test('what was kept for those who go on is told to the leader who is asked before them', async () => {
  const stop = new AbortController();
  const scene = await patternScene({ gemini: 'Yes.', claude: 'Fine.' });
  const off = scene.agent.on((event) => {
    if (event.type !== 'exchange.started' || event.model !== GEMINI) return;
    scene.agent.say('Mind the gap.');
    stop.abort();
  });
  await scene.agent.consult({ question: 'x', models: [GEMINI] }, { signal: stop.signal });
  off();
  const told = () => scene.sentTo('claude').at(-1)!.messages.at(-1)!.text;
  await scene.agent.chat('And now?');
  expect(told()).toContain('before they were stopped: Mind the gap.');
  // Those it was for hear it all the same.
  await scene.agent.resume();
  expect(scene.sentTo('gemini').at(-1)!.messages.at(-1)!.text).toContain('Mind the gap.');
  await scene.agent.chat('And then?');
  expect(told()).not.toContain('Mind the gap.');
});

test('a pattern that cannot go on just now can later', async () => {
  const stop = new AbortController();
  const scene = await patternScene({ gemini: 'Yes.', claude: 'Fine.' });
  const off = scene.agent.on((event) => {
    if (event.type === 'exchange.started') stop.abort();
  });
  await scene.agent.consult({ question: 'x', models: [GEMINI], synthesis: false }, { signal: stop.signal });
  off();
  const chat = scene.agent.chat('Hello');
  await expect(scene.agent.resume()).rejects.toThrow('A turn is under way');
  await chat;
  expect([scene.agent.canResume, (await scene.agent.resume())?.outcome]).toEqual([true, 'done']);
});

test('what cannot begin does not end what can go on, and the leader hears of it once', async () => {
  const stop = new AbortController();
  const scene = await patternScene({ gemini: 'Both.', claude: 'Fine.' });
  scene.agent.on((event) => {
    if (event.type === 'exchange.started' && event.model === GEMINI) stop.abort();
  });
  const order = { question: 'Why?', models: [GEMINI], synthesis: false as const };
  await scene.agent.consult(order, { signal: stop.signal });
  await expect(scene.agent.consult({ ...order, models: ['nosuch'] })).rejects.toThrow('No model is called');
  expect((await scene.agent.resume())?.outcome).toBe('done');
  await scene.agent.chat('And now?');
  const told = scene.sentTo('claude').at(-1)!.messages.at(-1)!.text;
  expect(told.match(/The human asked other models: Why\?/g)).toHaveLength(1);
  expect(told).toContain('Both.');
});

test('a vote that is stopped is not counted, and its ballots are not spoilt', async () => {
  const stop = new AbortController();
  const scene = await patternScene({
    gemini: ballot('Quick.', { choice: 'x' }),
    gpt: ballot('Slow.', { choice: 'y' }),
    qwen: ballot('Slow.', { choice: 'y' }),
  });
  scene.agent.on((event) => {
    if (event.type === 'ballot.cast') stop.abort();
  });
  const models = [GEMINI, GPT, QWEN];
  const order = { question: 'Which?', models, vote: { options: ['x', 'y'] } };
  const { outcome, vote, text } = await scene.agent.consult(order, { signal: stop.signal });
  expect([outcome, vote, text]).toEqual(['stopped', undefined, '']);
  expect(scene.seen('vote.counted')).toEqual([]);
  const whole = (await scene.agent.resume()) as ConsultationResult;
  expect([whole.vote?.winner, whole.vote?.spoilt]).toEqual(['y', []]);
});

test('what the human answered between two rounds is not asked again', async () => {
  const stop = new AbortController();
  const scene = await patternScene(
    { gemini: 'No.\nPosition: object', gpt: 'Yes.\nPosition: agree' },
    { config: 'patterns: { ask_between_rounds: true }' },
  );
  const questions: string[] = [];
  scene.agent.steer = async (question) => {
    questions.push(question);
    if (questions.length === 2) stop.abort();
    return { answer: 'go-on' };
  };
  const participants = [{ model: GEMINI }, { model: GPT }];
  await scene.agent.discuss({ topic: 'x', participants, limits: { rounds: 3 } }, { signal: stop.signal });
  await scene.agent.resume();
  expect(questions.map((question) => /\d/.exec(question)?.[0])).toEqual(['1', '2', '2']);
});
