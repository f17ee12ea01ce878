import { describe, expect, test } from 'vitest';
import type { ScriptedReply, SeenRequest } from '../../src/simulation/script.ts';
import {
  ballot,
  CLAUDE,
  GEMINI,
  GPT,
  type Lines,
  labelOf,
  patternScene,
  QWEN,
} from '../support/pattern-scene.ts';

const THREE = [GEMINI, QWEN, GPT];
const isVote = ({ system }: SeenRequest) => system.includes('You are a voter');
const isChair = ({ system }: SeenRequest) => system.includes('You put together');

/** Each says its view; votes rank the views by what a model likes, best first. */
function voices(views: Record<string, string>, likes: Record<string, string[]>): Lines {
  const lines: Lines = {};
  for (const [name, view] of Object.entries(views)) {
    lines[name] = (request): ScriptedReply => {
      if (isChair(request)) return { text: 'Adviser A and Adviser B differ. Minority report: none' };
      if (!isVote(request)) return { text: view };
      const ranking = (likes[name] ?? []).map((liked) => labelOf(request, views[liked]!));
      return { text: ballot(`${name} prefers ${likes[name]?.[0]}`, { ranking }) };
    };
  }
  return lines;
}

const VIEWS = { gemini: 'Use a queue.', qwen: 'Use a cron job.', gpt: 'Use a webhook.' };

describe('a consultation', () => {
  test('asks all at once and independent of each other, and keeps who said what', async () => {
    const slowly = Object.entries(VIEWS).map(([name, text]) => [name, { text, firstDelayMs: 250 }]);
    const scene = await patternScene(Object.fromEntries(slowly));
    const result = await scene.agent.consult({ question: 'Queue or cron?', models: THREE, synthesis: false });
    expect(result.outcome).toBe('done');
    expect(result.answers.map(({ model, text }) => [model, text])).toEqual([
      [GEMINI, 'Use a queue.'],
      [QWEN, 'Use a cron job.'],
      [GPT, 'Use a webhook.'],
    ]);
    const started = scene.seen('exchange.started').map(({ seq }) => seq);
    const ended = scene.seen('exchange.ended').map(({ seq }) => seq);
    expect(Math.max(...started)).toBeLessThan(Math.min(...ended));
    for (const request of scene.requests())
      expect(request.messages.map(({ text }) => text).join()).toBe('Queue or cron?');
    expect(scene.logged()).toBe(scene.requests().length);
  });

  test('is put together by letters, and told with names', async () => {
    const scene = await patternScene(voices(VIEWS, {}));
    const { synthesis, text } = await scene.agent.consult({
      question: 'Which?',
      models: THREE,
      synthesis: QWEN,
    });
    const chair = scene.requests().find(isChair)!;
    expect(chair.messages.at(-1)!.text).toContain('Adviser B:\nUse a cron job.');
    expect(chair.messages.at(-1)!.text).not.toMatch(/gemini|gpt-5/);
    expect(synthesis).toEqual({
      model: QWEN,
      text: 'Adviser A and Adviser B differ. Minority report: none',
      advisers: { A: GEMINI, B: QWEN, C: GPT },
    });
    expect(text).toContain(`Put together by ${QWEN} (A is ${GEMINI}, B is ${QWEN}, C is ${GPT}):`);
  });

  test('is put together by another where the chair fails, and says so', async () => {
    const down: ScriptedReply = { fault: { type: 'status', status: 500 } };
    const scene = await patternScene({
      ...voices(VIEWS, {}),
      gemini: (request) => (isChair(request) ? down : { text: VIEWS.gemini }),
    });
    const { synthesis } = await scene.agent.consult({ question: 'Which?', models: THREE });
    expect(synthesis?.model).toBe(QWEN);
    expect(scene.seen('notice').map(({ text }) => text)).toEqual([
      expect.stringMatching(new RegExp(`^${GEMINI} could not put the answers together: `)),
    ]);
  });

  test('an empty answer is none', async () => {
    const scene = await patternScene({ gemini: { text: '' }, gpt: VIEWS.gpt });
    const result = await scene.agent.consult({ question: 'Which?', models: [GEMINI, GPT] });
    expect(result.answers[0]!.failure?.message).toBeDefined();
    expect(result.synthesis).toBeUndefined();
  });

  test('loses a voice and not itself where one model fails', async () => {
    const scene = await patternScene({
      ...voices(VIEWS, {}),
      gpt: { fault: { type: 'status', status: 500 } },
    });
    const result = await scene.agent.consult({ question: 'Which?', models: THREE, synthesis: false });
    expect(result.outcome).toBe('done');
    expect(result.answers.map(({ failure }) => failure?.kind)).toEqual([
      undefined,
      undefined,
      'server-error',
    ]);
    expect(result.text).toMatch(/router:gpt-5: no answer \(.+\)/);
  });

  test('fails where nobody answers', async () => {
    const down: ScriptedReply = { fault: { type: 'cut', at: 'start' } };
    const scene = await patternScene({ gemini: down, gpt: down });
    const result = await scene.agent.consult({ question: 'Which?', models: [GEMINI, GPT] });
    expect([result.outcome, result.synthesis]).toEqual(['failed', undefined]);
  });

  test('leaves out who is late, and says so', async () => {
    const scene = await patternScene({ gemini: 'Soon.', gpt: { text: 'Late.', firstDelayMs: 60_000 } });
    const result = await scene.agent.consult({
      question: 'Which?',
      models: [GEMINI, GPT],
      deadlineSeconds: 0.2,
    });
    expect(result.answers[1]!.failure?.message).toBe(`${GPT} had not answered after 0.2 s and was left out.`);
    expect(result.outcome).toBe('done');
  });

  test('stopped by the human keeps what was said', async () => {
    const stop = new AbortController();
    const scene = await patternScene({ gemini: 'Said.', gpt: { text: 'Never.', firstDelayMs: 60_000 } });
    scene.agent.on((event) => {
      if (event.type === 'exchange.ended') stop.abort();
    });
    const result = await scene.agent.consult(
      { question: 'Which?', models: [GEMINI, GPT] },
      { signal: stop.signal },
    );
    expect([result.outcome, result.answers[0]!.text]).toEqual(['stopped', 'Said.']);
  });

  test('stops at the money that was set, and says beforehand that it may', async () => {
    const scene = await patternScene(voices(VIEWS, {}));
    const result = await scene.agent.consult({
      question: 'Which? '.repeat(400),
      models: [CLAUDE, GEMINI],
      limits: { dollars: 0.0001 },
    });
    expect(result.outcome).toBe('limit');
    expect(result.text).toMatch(/\[stopped: its \$0\.0001 are not enough for what comes next\]$/);
    expect(scene.seen('notice')[0]!.text).toMatch(
      /^This may cost about \$[\d.]+, above your limit of \$0\.0001; it will be stopped at the limit\.$/,
    );
  });

  test('takes panels, and no model twice', async () => {
    const scene = await patternScene(voices(VIEWS, {}), {
      config: `panels: { trio: ["${GEMINI}", "${QWEN}"] }`,
    });
    const result = await scene.agent.consult({
      question: 'Which?',
      models: ['trio', 'qwen2.5'],
      synthesis: false,
    });
    expect(result.answers.map(({ model }) => model)).toEqual([GEMINI, QWEN]);
  });
});

describe('a vote', () => {
  test('between answers hides names and leaves out the own one; a dissent is kept in its own words', async () => {
    const likes = { gemini: ['qwen', 'gpt'], qwen: ['gpt', 'gemini'], gpt: ['qwen', 'gemini'] };
    const scene = await patternScene(voices(VIEWS, likes));
    const { vote, outcome } = await scene.agent.consult({
      question: 'Which?',
      models: THREE,
      vote: {},
      synthesis: false,
    });
    expect([vote?.rule, vote?.winner, outcome]).toEqual(['condorcet', QWEN, 'agreed']);
    for (const request of scene.requests().filter(isVote)) {
      const text = request.messages.at(-1)!.text;
      expect(text).not.toMatch(/gemini-|qwen2|gpt-5/);
      const own = Object.entries(VIEWS).find(([name]) => request.model.includes(name))![1];
      expect(text).not.toContain(own);
      expect(Object.values(VIEWS).filter((view) => text.includes(view))).toHaveLength(2);
    }
  });

  test('over options counts a choice for each, with the dissent', async () => {
    const choose = (choice: string, reason: string) => ballot(reason, { choice });
    const scene = await patternScene({
      gemini: choose('tabs', 'They are tabs.'),
      qwen: choose('spaces', 'They look the same everywhere.'),
      gpt: choose('spaces', 'Everybody uses them.'),
    });
    const { vote, answers, outcome, text } = await scene.agent.consult({
      question: 'Tabs or spaces?',
      models: THREE,
      vote: { options: ['tabs', 'spaces'] },
    });
    expect(answers).toEqual([]);
    expect([vote?.winner, vote?.scores[0]?.score, outcome]).toEqual(['spaces', 2, 'dissent']);
    expect(vote?.dissent).toEqual([{ voter: GEMINI, choice: 'tabs', reason: 'They are tabs.' }]);
    expect(text).toContain('Vote (plurality): spaces wins; spaces 2, tabs 1; agreement 67 %.');
  });

  test('shows a spoilt ballot and does not count it; a tie is said to be one', async () => {
    const scene = await patternScene({
      gemini: ballot('Yes.', { choice: 'a' }),
      qwen: ballot('No.', { choice: 'b' }),
      gpt: 'I abstain.',
    });
    const { vote, outcome } = await scene.agent.consult({
      question: 'a or b?',
      models: THREE,
      vote: { options: ['a', 'b'] },
    });
    expect([vote?.winner, vote?.tied, outcome]).toEqual([undefined, ['a', 'b'], 'dissent']);
    expect(vote?.spoilt).toEqual([{ voter: GPT, reason: 'The reply has no JSON object with "choice".' }]);
    const chaired = await scene.agent.consult({
      question: 'a or b?',
      models: THREE,
      vote: { options: ['a', 'b'], judge: QWEN },
    });
    expect([chaired.vote?.winner, chaired.vote?.settledBy]).toEqual(['b', 'judge']);
  });

  test('a judge who has no ballot of its own is asked where there is a tie, and only then', async () => {
    const lines = {
      gemini: ballot('Yes.', { choice: 'a' }),
      gpt: ballot('No.', { choice: 'b' }),
      qwen: ballot('Yes.', { choice: 'a' }),
      claude: ballot('I must decide.', { choice: 'b' }),
    };
    const options = ['a', 'b', 'c'];
    const tied = await patternScene(lines);
    const order = { question: 'Which?', models: [GEMINI, GPT], vote: { options, judge: CLAUDE } };
    const { vote, text } = await tied.agent.consult(order);
    expect([vote?.winner, vote?.tied, vote?.settledBy]).toEqual(['b', ['a', 'b'], 'judge']);
    expect(vote?.judgement).toEqual({ voter: CLAUDE, choice: 'b', reason: 'I must decide.' });
    expect(text).toContain(`b wins (a tie, settled by the judge ${CLAUDE})`);
    expect(tied.sentTo('claude')[0]!.messages.at(-1)!.text).toContain('To choose from: "a", "b"\n');
    const clear = await patternScene(lines);
    await clear.agent.consult({ ...order, models: [GEMINI, GPT, QWEN] });
    expect(clear.sentTo('claude')).toEqual([]);
  });

  test('that is a tie keeps what everybody said, and an option may be called like a voter', async () => {
    const tied = await patternScene({
      gemini: ballot('Safe.', { choice: 'a' }),
      gpt: ballot('Quick.', { choice: 'b' }),
    });
    const order = { question: 'Which?', models: [GEMINI, GPT] };
    const { text } = await tied.agent.consult({ ...order, vote: { options: ['a', 'b'] } });
    expect(text).toContain(`${GEMINI} is for a: Safe.\n${GPT} is for b: Quick.`);
    const named = await patternScene({
      gemini: ballot('Not me.', { choice: GPT }),
      gpt: ballot('Gemini.', { choice: GEMINI }),
      qwen: ballot('Gemini.', { choice: GEMINI }),
    });
    const models = [GEMINI, GPT, QWEN];
    const result = await named.agent.consult({ ...order, models, vote: { options: [GEMINI, GPT] } });
    expect([result.outcome, result.vote!.dissent.map(({ voter }) => voter)]).toEqual(['dissent', [GEMINI]]);
  });

  test('by approval that is a tie is not settled by the order in which a judge approves', async () => {
    const both = ballot('Both.', { approved: ['b', 'a'] });
    const scene = await patternScene({ gemini: both, gpt: both });
    const order = { question: 'Which?', models: [GEMINI, GPT] };
    const approval = { rule: 'approval' as const, options: ['a', 'b'], judge: GEMINI };
    const { vote } = await scene.agent.consult({ ...order, vote: approval });
    expect([vote?.winner, vote?.tied]).toEqual([undefined, ['a', 'b']]);
    const none = ballot('Neither.', { approved: [] });
    const empty = await patternScene({ gemini: none, gpt: none, claude: ballot('a', { choice: 'a' }) });
    const unwanted = await empty.agent.consult({ ...order, vote: { ...approval, judge: CLAUDE } });
    expect([unwanted.vote?.winner, empty.sentTo('claude')]).toEqual([undefined, []]);
  });

  test('of an author on its own answer is none', async () => {
    const scene = await patternScene(voices(VIEWS, {}));
    await expect(
      scene.agent.consult({
        question: 'Which?',
        models: [GEMINI, GPT],
        vote: { rule: 'judge', judge: GEMINI },
      }),
    ).rejects.toThrow(`${GEMINI} cannot judge between its own answer and another`);
    expect(scene.requests()).toEqual([]);
  });

  test('without a valid ballot fails, and names no winner', async () => {
    const scene = await patternScene({ gemini: 'I abstain.', gpt: 'So do I.' });
    const { outcome, vote, text } = await scene.agent.consult({
      question: 'a or b?',
      models: [GEMINI, GPT],
      vote: { options: ['a', 'b'] },
    });
    expect([outcome, vote?.winner, vote?.tied]).toEqual(['failed', undefined, undefined]);
    expect(text).toContain('Vote (plurality): no valid ballot');
    // Each was told once what was wrong with its ballot.
    expect(scene.requests()).toHaveLength(4);
  });

  test('each vote has an order of its own, and every ballot is told as it is cast', async () => {
    const likes = { gemini: ['qwen'], qwen: ['gpt'], gpt: ['qwen'] };
    const scene = await patternScene(voices(VIEWS, likes));
    const orders = () =>
      new Set(
        scene
          .sentTo('gemini')
          .filter(isVote)
          .map((request) => labelOf(request, VIEWS.qwen)),
      );
    // By lot, so that how many it takes is not known; that it takes more than forty has a chance of one in 10^12.
    let votes = 0;
    for (; votes < 40 && orders().size < 2; votes++)
      await scene.agent.consult({ question: `${votes}?`, models: THREE, vote: {}, synthesis: false });
    expect(orders()).toEqual(new Set(['A', 'B']));
    expect(scene.seen('ballot.cast').slice(0, 3)).toMatchObject([
      { voter: expect.any(String), reason: expect.stringContaining('prefers') },
      {},
      {},
    ]);
    const formal = scene.seen('exchange.started').filter((event) => event.formal);
    expect(formal).toHaveLength(3 * votes);
  });

  test('by a judge is one ballot, over answers without names', async () => {
    const scene = await patternScene({
      ...voices(VIEWS, {}),
      claude: (request) => ({ text: ballot('It scales.', { choice: labelOf(request, VIEWS.gpt) }) }),
    });
    const { vote } = await scene.agent.consult({
      question: 'Which?',
      models: THREE,
      vote: { rule: 'judge', judge: CLAUDE },
      synthesis: false,
    });
    expect([vote?.winner, vote?.ballots]).toEqual([
      GPT,
      [{ voter: CLAUDE, choice: GPT, reason: 'It scales.' }],
    ]);
  });

  test.each([
    [[GEMINI, GPT], {}, /Two models that leave out their own answers can only tie/],
    [THREE, { rule: 'judge' }, /A judge decides: name one/],
    [THREE, { options: ['a', 'a'] }, /at least two options/],
  ] as const)('that could decide nothing is not begun (%#)', async (models, vote, sentence) => {
    const scene = await patternScene({});
    await expect(scene.agent.consult({ question: 'Which?', models, vote })).rejects.toThrow(sentence);
    expect(scene.requests()).toEqual([]);
  });
});
