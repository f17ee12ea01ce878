import { expect, test } from 'vitest';
import type { ScriptedReply, SeenRequest } from '../../src/simulation/script.ts';
import { CLAUDE, GEMINI, GPT, patternScene, QWEN } from '../support/pattern-scene.ts';

const last = ({ messages }: SeenRequest) => messages.at(-1)!.text;

/** A leader that makes these calls one after the other, then says done. */
function leader(...calls: ScriptedReply['toolCalls'][]) {
  return (_request: SeenRequest, n: number): ScriptedReply => {
    return calls[n] ? { toolCalls: calls[n] } : { text: 'Done.' };
  };
}

test('a leader consults, and reads every answer under its name', async () => {
  const scene = await patternScene({
    claude: leader([{ name: 'consult', args: { question: 'Queue or cron?', models: [GEMINI, GPT] } }]),
    gemini: 'A queue.',
    gpt: 'Cron.',
  });
  const turn = await scene.agent.chat('Decide.');
  expect(turn.outcome).toBe('answered');
  expect(last(scene.sentTo('claude')[1]!)).toBe(`${GEMINI}:\nA queue.\n\n${GPT}:\nCron.`);
  const [started] = scene.seen('consultation.started');
  expect(started).toMatchObject({ by: CLAUDE, models: [GEMINI, GPT], turn: 'turn-1' });
  expect(scene.seen('exchange.ended').filter(({ within }) => within === started!.consultation)).toHaveLength(
    2,
  );
  expect(scene.logged()).toBe(scene.requests().length);
});

test('a leader has a text refined, and a topic discussed', async () => {
  const approve = JSON.stringify({ approve: true, objections: [], resolved: [] });
  const scene = await patternScene({
    claude: leader(
      [{ name: 'refine', args: { task: 'A haiku.', author: GPT, reviewers: [GEMINI] } }],
      [{ name: 'discuss', args: { topic: 'Haiku or limerick?', models: [GEMINI, GPT], rounds: 1 } }],
    ),
    gpt: 'old pond\nPosition: agree',
    gemini: ({ system }) => ({ text: system.includes('You review') ? approve : 'Haiku.\nPosition: agree' }),
  });
  await scene.agent.chat('Poetry, please.');
  const told = scene.sentTo('claude').map(last);
  expect(told[1]).toContain('[all reviewers approve]');
  expect(told[2]).toContain(`Positions: ${GEMINI}: agree; ${GPT}: agree`);
});

test('a leader objects to a piece of work, and its worker answers again in the same conversation', async () => {
  const scene = await patternScene({
    claude: leader(
      [{ name: 'delegate', args: { task: 'Name three colours.', model: QWEN } }],
      [{ name: 'delegate', args: { task: 'Those are two.', again: 'd1' } }],
      [{ name: 'delegate', args: { task: 'Still two.', again: 'd2' } }],
      [{ name: 'delegate', args: { task: 'Two!', again: 'd3' } }],
    ),
    qwen: (_request, n) => ({ text: ['red, green', 'red, green!', 'red, green!!'][n]! }),
  });
  await scene.agent.chat('Colours.');
  const [, again] = scene.sentTo('qwen');
  expect(again!.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  expect(last(again!)).toBe('Whoever gave you this work objects: Those are two.\nAnswer again, whole.');
  expect(last(scene.sentTo('claude')[4]!)).toMatch(
    /was asked 3 times for d3: do it yourself, or give it to another model/,
  );
});

test('a worker is asked no more often under the id of its first answer, and goes on from its last', async () => {
  const again = (task: string) => [{ name: 'delegate', args: { task, again: 'd1' } }];
  const scene = await patternScene({
    claude: leader(
      [{ name: 'delegate', args: { task: 'x', model: QWEN } }],
      again('one'),
      again('two'),
      again('three'),
    ),
    qwen: (_request, n) => ({ text: `answer ${n}` }),
  });
  await scene.agent.chat('Go.');
  const asked = scene.sentTo('qwen');
  expect(asked).toHaveLength(3);
  expect(asked[2]!.messages.map(({ text }) => text).join()).toContain('answer 1');
  expect(last(scene.sentTo('claude')[4]!)).toMatch(/was asked 3 times for d1/);
});

test('a leader that calls the others together again and again is told to decide', async () => {
  const call = [{ name: 'consult', args: { question: 'x', models: [GEMINI] } }];
  const scene = await patternScene({ claude: leader(...Array(11).fill(call)), gemini: 'Yes.' });
  await scene.agent.chat('Go.');
  expect(scene.sentTo('gemini')).toHaveLength(10);
  expect(last(scene.sentTo('claude')[11]!)).toMatch(/10 times in this turn: decide by yourself now/);
  await scene.agent.chat('Go on.');
});

test('nobody is asked by themselves, and what is wrong is answered to the leader', async () => {
  const scene = await patternScene({
    claude: leader(
      [{ name: 'consult', args: { question: 'x', models: [CLAUDE] } }],
      [{ name: 'discuss', args: { topic: 'x', models: ['nobody-at-all'] } }],
    ),
  });
  await scene.agent.chat('Go.');
  expect(last(scene.sentTo('claude')[1]!)).toMatch(/cannot consult itself/);
  expect(last(scene.sentTo('claude')[2]!)).toMatch(/No model is called "nobody-at-all"/);
});

test('the first request with everything in it is short', async () => {
  const scene = await patternScene(
    { claude: 'Hello.' },
    { config: `panels: { trio: ["${GEMINI}", "${QWEN}", "${GPT}"] }` },
  );
  await scene.agent.chat('Hello.');
  const { system, body } = scene.sentTo('claude')[0]!;
  expect(system).toContain(
    "Models to consult: anthropic, gemini, router; a name alone is that provider's default model.",
  );
  const tools = JSON.stringify((body as { tools: unknown }).tools);
  const guide = system.slice(system.indexOf('Local models (field guide'));
  const mostOfGuide = 500;
  expect((system.length - guide.length + tools.length) / 4 + mostOfGuide).toBeLessThan(2500);
});
