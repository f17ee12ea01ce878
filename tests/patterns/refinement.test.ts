import { describe, expect, test } from 'vitest';
import { readDraft } from '../../src/patterns/refinement/draft.ts';
import { readReview } from '../../src/patterns/refinement/objections.ts';
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
  expect([result.outcome, result.rounds, result.why]).toEqual([
    'done',
    0,
    `whoever could review approves; not heard: ${GPT}`,
  ]);
  expect(scene.seen('notice').map(({ text }) => text)).toEqual([
    `The review of ${GPT} does not count: there is no JSON object with "approve".`,
  ]);
  // It was told why, and asked once more.
  expect(scene.sentTo('gpt')).toHaveLength(2);
  expect(said(scene.sentTo('gpt')[1]!)).toContain('there is no JSON object with "approve"');
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
    ['Draft 1 was reviewed: one objection is open.'],
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

describe('a draft is read', () => {
  test.each([
    ['<draft>\none\ntwo\n</draft>', 'one\ntwo'],
    ['Here it is, between <draft> and </draft>:\n<draft>\none\n</draft>\no1: done', 'one'],
    ['<draft>\na line </draft> inside\n</draft>', 'a line </draft> inside'],
    ['<draft>\n</draft>', ''],
    ['  plain  ', 'plain'],
    ['<draft>\nhalf of it', '<draft>\nhalf of it'],
  ])('from %j', (text, draft) => {
    expect(readDraft(text).draft).toBe(draft);
  });

  test('with what the author says to the objections, however it is written', () => {
    const { answers } = readDraft(
      '<draft>\nx\n</draft>\n**o1**: done - as asked\n- o2 (major): disputed: it is free verse\n* O3: done',
    );
    expect([...answers]).toEqual([
      ['o1', { disputed: false, why: 'as asked' }],
      ['o2', { disputed: true, why: 'it is free verse' }],
      ['o3', { disputed: false, why: '' }],
    ]);
  });
});

describe('a review is read', () => {
  const objection = { severity: 'major', place: 'line 1', wrong: 'dull', todo: 'mend' };
  const object = (changes: object = {}) =>
    JSON.stringify({ approve: false, objections: [{ ...objection, ...changes }], resolved: [] });

  test.each([
    ['among prose', `I thought about it {really}.\n${object()}\nThat is all.`, 'major', 'line 1'],
    ['from a fence', `\`\`\`json\n${object()}\n\`\`\``, 'major', 'line 1'],
    ['behind thinking aloud', `<think>{"approve": true}</think>${object()}`, 'major', 'line 1'],
    ['with another word for its weight', object({ severity: 'Critical' }), 'blocker', 'line 1'],
    ['with an unknown weight', object({ severity: 'ugly' }), 'major', 'line 1'],
    ['with a number as its place', object({ place: 12 }), 'major', '12'],
  ])('%s', (_how, text, severity, place) => {
    expect(readReview(text).value?.objections).toMatchObject([{ severity, place, wrong: 'dull' }]);
  });

  test('with null where there is nothing', () => {
    expect(readReview('{"approve": true, "objections": null}').value).toEqual({
      approve: true,
      objections: [],
      resolved: [],
    });
  });

  test.each([
    ['LGTM', /no JSON object/],
    ['{"approve": "yes"}', /neither true nor false/],
    [object({ wrong: '' }), /does not say/],
    ['{"approve": false}', /objects to nothing/],
  ])('%j is told what is wrong with it', (text, fault) => {
    expect(readReview(text).fault).toMatch(fault);
  });
});

test('an approval that names a blocker is none', async () => {
  const torn = JSON.stringify({
    approve: true,
    objections: [{ severity: 'blocker', place: 'all', wrong: 'It deletes the data.', todo: 'Do not.' }],
    resolved: [],
  });
  const scene = await patternScene(room([draft('one'), draft('one')], [torn], [APPROVE]));
  const result = await scene.agent.refine(order);
  expect(result.outcome).toBe('dissent');
  expect(result.text).toContain('It deletes the data.');
});

test("a minor remark beside an approval stands in nobody's way, and is kept", async () => {
  const remark = JSON.stringify({
    approve: true,
    objections: [{ severity: 'minor', place: 'line 1', wrong: 'Two spaces.', todo: '' }],
    resolved: [],
  });
  const scene = await patternScene(room([draft('one')], [remark], [APPROVE]));
  const result = await scene.agent.refine(order);
  expect([result.outcome, result.rounds]).toEqual(['agreed', 0]);
  expect(result.text).toContain('o1 (minor, ');
  expect(
    scene
      .seen('review.given')
      .map(({ approve, objections }) => [approve, objections.length])
      .sort(),
  ).toEqual([
    [true, 0],
    [true, 1],
  ]);
});
