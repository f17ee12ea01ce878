import { expect, test } from 'vitest';
import type { SeenRequest } from '../../src/simulation/script.ts';
import { CLAUDE, GEMINI, GPT, type Lines, patternScene, QWEN } from '../support/pattern-scene.ts';

const APPROVE = JSON.stringify({ approve: true, objections: [], resolved: [] });
const objection = (wrong: string, severity = 'major') => ({
  severity,
  place: 'line 1',
  wrong,
  todo: 'Mend it.',
});
const object = (...wrong: string[]) =>
  JSON.stringify({ approve: false, objections: wrong.map((one) => objection(one)), resolved: [] });
const draft = (text: string, ...answers: string[]) => `<draft>\n${text}\n</draft>\n${answers.join('\n')}`;
const said = ({ messages }: SeenRequest) => messages.at(-1)!.text;

const order = { task: 'Write a haiku about tests.', author: CLAUDE, reviewers: [GEMINI, GPT] };

function room(claude: string[], gemini: string[], gpt: string[]): Lines {
  const inTurn = (texts: string[]) => (_request: SeenRequest, n: number) => ({
    text: texts[Math.min(n, texts.length - 1)]!,
  });
  return { claude: inTurn(claude), gemini: inTurn(gemini), gpt: inTurn(gpt) };
}

test('a draft that all approve is not revised', async () => {
  const scene = await patternScene(room([draft('one')], [APPROVE], [APPROVE]));
  const result = await scene.agent.refine(order);
  expect([result.outcome, result.rounds, result.draft]).toEqual(['agreed', 0, 'one']);
  expect(scene.requests()).toHaveLength(3);
});

test('objections are answered, followed, and resolved', async () => {
  const scene = await patternScene(
    room(
      [draft('one'), draft('two', 'o1: done - counted again')],
      [object('six syllables'), APPROVE],
      [APPROVE],
    ),
  );
  const result = await scene.agent.refine(order);
  expect([result.outcome, result.rounds, result.draft]).toEqual(['agreed', 1, 'two']);
  expect(result.objections).toMatchObject([
    { id: 'o1', by: GEMINI, state: 'resolved', answer: 'counted again' },
  ]);
  const revision = scene.sentTo('claude')[1]!;
  expect(said(revision)).toContain(`o1 (major, ${GEMINI}) line 1: six syllables To do: Mend it.`);
  const again = scene.sentTo('gemini')[1]!;
  expect(said(again)).toContain('Your objections so far:\no1');
  expect(said(again)).toContain('Author: counted again');
  expect(scene.seen('draft.revised').map(({ round, patch }) => [round, patch.includes('+two')])).toEqual([
    [0, false],
    [1, true],
  ]);
});

test('a dispute stays on the record as the minority report', async () => {
  const scene = await patternScene(
    room(
      [draft('one'), draft('one!', 'o1: disputed - it is free verse')],
      [object('no season word')],
      [APPROVE],
    ),
  );
  const result = await scene.agent.refine(order);
  expect([result.outcome, result.rounds]).toEqual(['dissent', 1]);
  expect(result.objections[0]).toMatchObject({ state: 'disputed', answer: 'it is free verse' });
  expect(result.text).toContain('Minority report, not resolved:\no1');
});

test('ends where nothing changes any more, before the rounds are over', async () => {
  const scene = await patternScene(room([draft('one'), draft('one')], [object('dull')], [object('duller')]));
  const result = await scene.agent.refine({ ...order, limits: { rounds: 5 } });
  expect([result.outcome, result.rounds, result.objections.length]).toEqual(['dissent', 1, 2]);
});

test('a reviewer that fails, or writes no review, loses its voice for the round', async () => {
  const scene = await patternScene({ ...room([draft('one')], [APPROVE], ['']), gpt: 'Looks good to me!' });
  const result = await scene.agent.refine({ ...order, limits: { rounds: 1 } });
  expect(result.outcome).toBe('dissent');
  expect(
    scene
      .seen('notice')
      .some(({ text }) => text === `The review of ${GPT} does not count: the review is no JSON.`),
  ).toBe(true);
  const alone = await patternScene({ ...room([draft('one')], [APPROVE], ['']), gemini: 'x', gpt: 'y' });
  expect((await alone.agent.refine(order)).outcome).toBe('failed');
});

test('fails where the author cannot write, and keeps the draft where a revision fails', async () => {
  const down = { fault: { type: 'status', status: 500 } } as const;
  const mute = await patternScene({ claude: down, gemini: APPROVE, gpt: APPROVE });
  expect(await mute.agent.refine(order)).toMatchObject({ outcome: 'failed', draft: '' });
  const scene = await patternScene({
    ...room([], [object('dull')], [APPROVE]),
    claude: (_request, n) => (n === 0 ? { text: draft('one') } : down),
  });
  expect(await scene.agent.refine(order)).toMatchObject({ outcome: 'dissent', draft: 'one' });
});

test('the human is heard by the one they name, and may be asked between rounds', async () => {
  const scene = await patternScene(room([draft('one'), draft('two')], [object('dull')], [APPROVE]), {
    config: 'patterns: { ask_between_rounds: true }',
  });
  const asked: string[] = [];
  scene.agent.steer = (question) => {
    asked.push(question);
    return Promise.resolve({ answer: 'end' });
  };
  scene.agent.on((event) => {
    if (event.type === 'draft.revised') scene.agent.say('@gemini be kind');
  });
  const result = await scene.agent.refine({ ...order, limits: { rounds: 3 } });
  expect([result.outcome, result.rounds, asked]).toEqual([
    'dissent',
    0,
    ['Round 1 of reviews: 1 open objections.'],
  ]);
  expect(said(scene.sentTo('gemini')[0]!)).toContain('The human says to you: be kind');
  expect(said(scene.sentTo('gpt')[0]!)).not.toContain('be kind');
  expect(scene.seen('room.said')).toMatchObject([{ to: 'gemini', text: 'be kind' }]);
});

test('an author is not its own reviewer', async () => {
  const scene = await patternScene({});
  await expect(scene.agent.refine({ ...order, reviewers: [CLAUDE] })).rejects.toThrow(/cannot review itself/);
  await expect(scene.agent.refine({ ...order, reviewers: [QWEN, 'nobody'] })).rejects.toThrow(
    /No model is called "nobody"/,
  );
});
