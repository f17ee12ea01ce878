import { expect, test } from 'vitest';
import { customScene } from '../../support/custom-scene.ts';
import { ballot, CLAUDE, GEMINI, GPT, labelOf, QWEN } from '../../support/pattern-scene.ts';

const ROLES = `about: a try\nroles: { planner: "${GPT}", critic: "${GEMINI}", quick: "qwen2.5-coder", me: }\n`;
const last = (request: { messages: { text: string }[] } | undefined) => request!.messages.at(-1)!.text;

test('steps run in order, each with what it asks for in its prompt and no more', async () => {
  const scene = await customScene(
    `${ROLES}steps:
  - { id: plan, ask: planner, prompt: "Plan {{task}}\\n\\n{{files}}" }
  - { id: review, ask: [critic, me], prompt: "Review:\\n{{plan}}" }
  - { id: end, ask: quick, prompt: "{{review}}|{{review.critic}}|\\\\{{task}}" }
`,
    { gpt: 'PLAN {{task}}', gemini: 'GOOD', claude: 'BAD', qwen: 'END' },
    { files: { 'a.ts': 'export {};\n\n\n\n// far\n' } },
  );
  const result = await scene.agent.pattern('mine', { task: 'a house', files: ['a.ts'] });
  expect([result.outcome, result.answer, result.rounds]).toEqual(['done', 'END', 0]);
  expect(last(scene.sentTo('gpt')[0])).toBe(
    'Plan a house\n\n=== a.ts, lines 1 to 5\n1\texport {};\n2\t\n3\t\n4\t\n5\t// far',
  );
  expect(last(scene.sentTo('gemini')[0])).toBe('Review:\nPLAN {{task}}');
  expect(last(scene.sentTo('claude')[0])).toBe('Review:\nPLAN {{task}}');
  expect(last(scene.sentTo('qwen')[0])).toBe('critic:\nGOOD\n\nme:\nBAD|GOOD|{{task}}');
  expect(scene.seen('pattern.started')[0]).toMatchObject({
    pattern: 'p1',
    name: 'mine',
    by: 'human',
    roles: [
      { role: 'planner', model: GPT },
      { role: 'critic', model: GEMINI },
      { role: 'quick', model: QWEN },
      { role: 'me', model: CLAUDE },
    ],
  });
  expect(scene.seen('pattern.step').map(({ title }) => title)).toEqual([
    'plan by planner',
    'review by critic',
    'review by me',
    'end by quick',
  ]);
  expect(scene.seen('pattern.ended')[0]).toMatchObject({ pattern: 'p1', outcome: 'done', text: result.text });
  expect(scene.logged()).toBe(scene.requests().length);
});

const LOOP = `${ROLES}steps:
  - repeat: { until: "review.approved and round >= 2", times: 4 }
    steps:
      - { id: work, ask: planner, prompt: "Round {{round}} of {{task}}.\\n\\n{{review?}}\\n\\nGo." }
      - { id: review, ask: critic, prompt: "{{work}}" }
  - { id: praise, ask: me, prompt: "{{review}}", when: not review contains "never" }
`;

test('a repeat goes on until its condition holds; what comes later in it is empty in the first round', async () => {
  const verdicts = ['Never. Verdict: change', 'Hm. Verdict: approve'];
  const scene = await customScene(LOOP, {
    gpt: 'Work.',
    gemini: (_request, n) => ({ text: verdicts[n]! }),
    claude: 'Well done.',
  });
  const result = await scene.agent.pattern('mine', { task: 'it' });
  expect([result.outcome, result.rounds, result.answer]).toEqual(['agreed', 2, 'Well done.']);
  expect(scene.sentTo('gpt').map(last)).toEqual([
    'Round 1 of it.\n\nGo.',
    'Round 2 of it.\n\nNever. Verdict: change\n\nGo.',
  ]);
  expect(result.steps.map(({ step, round }) => [step, round])).toEqual([
    ['work', 1],
    ['review', 1],
    ['work', 2],
    ['review', 2],
    ['praise', undefined],
  ]);
});

test('a repeat that waits in vain ends at its number, and a step whose condition fails is left out', async () => {
  const scene = await customScene(LOOP, { gpt: 'Work.', gemini: 'Never. Verdict: change' });
  const result = await scene.agent.pattern('mine', { task: 'it', limits: { rounds: 2 } });
  expect([result.outcome, result.rounds, scene.sentTo('claude')]).toEqual(['limit', 2, []]);
  expect(result.text).toContain('[after 2 rounds still not: review.approved and round >= 2]');
  expect(scene.seen('pattern.step').at(-1)!.title).toBe(
    'no praise, for it is not so that not review contains "never"',
  );
});

test('the human speaks at the next ask, is asked between rounds, and may end it', async () => {
  const scene = await customScene(
    LOOP,
    { gpt: 'Work.', gemini: 'Verdict: change' },
    { config: 'patterns: { ask_between_rounds: true }' },
  );
  const questions: string[] = [];
  scene.agent.steer = async (question) => {
    questions.push(question);
    return questions.length === 1 ? { answer: 'say', text: '@gpt use brick' } : { answer: 'end' };
  };
  const result = await scene.agent.pattern('mine', { task: 'it' });
  expect(questions).toEqual(['Round 1 of mine is over.', 'Round 2 of mine is over.']);
  expect([result.rounds, scene.sentTo('claude')]).toEqual([2, []]);
  expect(last(scene.sentTo('gpt')[1])).toMatch(/\n\nThe human says to you: use brick$/);
  expect(last(scene.sentTo('gemini')[1])).toBe('Work.');
});

test('answers of a parallel step are voted on without names, and the winner is at hand', async () => {
  const scene = await customScene(
    `${ROLES}steps:
  - { id: ideas, ask: [planner, critic, me], prompt: "{{task}}" }
  - { id: best, vote: plurality, between: ideas, judge: quick, by: [quick] }
  - { id: do, ask: me, prompt: "Do: {{best.winner}}", when: best.winner is "critic" }
  - { id: not, ask: me, prompt: "No", when: best.winner is "planner" or best.tied }
`.replace('id: not', 'id: other'),
    {
      gpt: 'IDEA-P',
      gemini: 'IDEA-C',
      claude: (_request, n) => ({ text: n === 0 ? 'IDEA-M' : 'Done.' }),
      qwen: (request) => ({ text: ballot('Solid.', { choice: labelOf(request, 'IDEA-C') }) }),
    },
  );
  const result = await scene.agent.pattern('mine', { task: 'Think.' });
  expect([result.outcome, result.answer]).toEqual(['agreed', 'Done.']);
  expect(last(scene.sentTo('claude')[1])).toBe('Do: IDEA-C');
  const sheet = last(scene.sentTo('qwen')[0]);
  expect(sheet).toContain('Think.');
  expect(sheet).not.toContain(GPT);
  expect(scene.seen('vote.counted')[0]).toMatchObject({ pattern: 'p1', vote: { winner: GEMINI } });
  expect(result.text).toContain('best:\nVote (plurality): gemini:gemini-3.5-flash wins');
});

test('options are voted on, and a tie is told as one', async () => {
  const scene = await customScene(
    `${ROLES}steps:
  - { id: pick, vote: plurality, options: [red, blue], by: [planner, critic], prompt: "Which?" }
  - { id: end, ask: me, prompt: "{{pick.winner}}", when: pick.tied and not pick.winner is "red" }
`,
    { gpt: ballot('a', { choice: 'red' }), gemini: ballot('b', { choice: 'blue' }), claude: 'Hm.' },
  );
  const result = await scene.agent.pattern('mine', {});
  expect(result.outcome).toBe('dissent');
  expect(last(scene.sentTo('claude')[0])).toBe('Tied 1:\nred\n\nTied 2:\nblue');
});

test('one model that plays several roles can be chosen between, and the human is warned', async () => {
  const scene = await customScene(
    `about: a\nroles: { a: , b: , c: , d: "${GPT}" }\nsteps:
  - { id: ideas, ask: [a, b, c], prompt: Go. }
  - { id: best, vote: condorcet, between: ideas, by: d, prompt: Which? }
  - { id: end, ask: d, prompt: "{{best.winner}}" }
`,
    {
      claude: (_request, n) => ({ text: `IDEA-${n}` }),
      gpt: (request, n) => {
        if (n > 0) return { text: 'Fine.' };
        const labels = ['IDEA-2', 'IDEA-1', 'IDEA-0'].map((idea) => labelOf(request, idea));
        return { text: ballot('So.', { ranking: labels }) };
      },
    },
  );
  await scene.agent.pattern('mine', {});
  expect(last(scene.sentTo('gpt')[1])).toBe('IDEA-2');
  expect(scene.seen('notice')[0]!.text).toContain('a, b, c of ideas are all anthropic:claude-sonnet-5-5');
});

test('parallel steps run at the same time, and one that fails costs its voice', async () => {
  const scene = await customScene(
    `${ROLES}steps:
  - parallel:
      - { id: left, ask: planner, prompt: L }
      - { id: right, ask: critic, prompt: R }
  - { id: both, ask: me, prompt: "{{left}}, {{right}}" }
`,
    { gpt: { fault: { type: 'status', status: 500 } }, gemini: 'RIGHT', claude: 'Done.' },
  );
  const result = await scene.agent.pattern('mine', {});
  expect(result.outcome).toBe('done');
  expect(last(scene.sentTo('claude')[0])).toBe('[no answer], RIGHT');
  expect(result.steps[0]!.failure).toBeDefined();
});

test('a step that nobody answers ends it, and what was said is kept', async () => {
  const scene = await customScene(LOOP, { gpt: 'Work.', gemini: { fault: { type: 'status', status: 500 } } });
  const result = await scene.agent.pattern('mine', { task: 'it' });
  expect([result.outcome, result.answer, scene.sentTo('claude')]).toEqual(['failed', 'Work.', []]);
  expect(result.text).toContain(`work, planner (${GPT}, round 1):\nWork.`);
  expect(result.text).toContain('[nobody was left to answer]');
});

test('stopped, it keeps what was said', async () => {
  const stop = new AbortController();
  const scene = await customScene(LOOP, {
    gpt: 'Work.',
    gemini: () => {
      stop.abort();
      return { text: 'late', fault: { type: 'stall', at: 'start' } };
    },
  });
  const result = await scene.agent.pattern('mine', { task: 'it' }, { signal: stop.signal });
  expect([result.outcome, result.answer]).toEqual(['stopped', 'Work.']);
  expect(scene.seen('pattern.ended')[0]!.text).toContain('Work.');
});

test('at its limit it is stopped, and says why', async () => {
  const scene = await customScene(`${LOOP}limits: { tokens: 70 }\n`, { gpt: 'Work, and much of it.' });
  const result = await scene.agent.pattern('mine', { task: 'it' });
  expect([result.outcome, scene.sentTo('gemini')]).toEqual(['limit', []]);
  expect(result.text).toContain('[stopped: its 70 tokens are');
});

test('a pattern of the project cannot raise the limits of the human', async () => {
  const scene = await customScene(
    `${LOOP}limits: { rounds: 4, tokens: 1000000 }\n`,
    { gpt: 'Work.', gemini: 'Verdict: change' },
    { config: 'patterns: { rounds: 1 }' },
  );
  expect(await scene.agent.pattern('mine', { task: 'it' })).toMatchObject({ rounds: 1, outcome: 'limit' });
});

test('roles are given to others when it is run, a panel as several voices', async () => {
  const scene = await customScene(
    `about: a\nroles: { crowd: , me: }\nsteps:
  - { id: said, ask: crowd, prompt: Go. }
  - { id: end, ask: me, prompt: "{{said}}" }
`,
    { gpt: 'ONE', gemini: 'TWO' },
    { config: `panels: { council: ["${GPT}", "${GEMINI}"] }` },
  );
  await scene.agent.pattern('mine', { roles: { crowd: '@council' } });
  expect(last(scene.sentTo('claude')[0])).toBe('crowd 1:\nONE\n\ncrowd 2:\nTWO');
  await expect(scene.agent.pattern('mine', { roles: { croud: GPT } })).rejects.toThrow(
    'mine has no role croud. Did you mean crowd?',
  );
});

test('JSON is asked for and checked; approval can be read from it', async () => {
  const schema =
    '{ type: object, properties: { approve: { type: boolean } }, required: [approve], additionalProperties: false }';
  const yaml = `${ROLES}steps:
  - { id: check, ask: [planner, critic], prompt: Judge., form: json, schema: ${schema} }
agreed: check.approved
`;
  const scene = await customScene(yaml, { gpt: '{"approve": true}', gemini: 'Sure!' });
  const result = await scene.agent.pattern('mine', {});
  expect([result.outcome, result.agreed]).toEqual(['agreed', true]);
  expect(result.steps[1]!.failure).toContain('did not answer in the form asked for');
  expect(last(scene.sentTo('gpt')[0])).toContain('Answer with one JSON object');
});

test('tools are given as the step says', async () => {
  const scene = await customScene(
    `${ROLES}steps:
  - { id: look, ask: planner, prompt: Go., tools: read }
  - { id: do, ask: critic, prompt: Go., tools: all }
  - { id: think, ask: me, prompt: Go. }
`,
    {},
  );
  await scene.agent.pattern('mine', {});
  const tools = ['gpt', 'gemini', 'claude'].map((name) => scene.sentTo(name)[0]!.tools);
  expect(tools[0]).toContain('git_diff');
  expect(tools[0]).not.toContain('write');
  expect(tools[1]).toContain('write');
  expect(tools[1]).not.toContain('consult');
  expect(tools[2]).toEqual([]);
});

test('a task or files that are missing or of no use are told before anything is asked', async () => {
  const scene = await customScene(LOOP, {}, { files: { 'a.ts': '' } });
  await expect(scene.agent.pattern('mine', {})).rejects.toThrow(
    'Say what mine is to do: parley pattern mine "…"',
  );
  await expect(scene.agent.pattern('mine', { task: 'it', files: ['a.ts'] })).rejects.toThrow(
    'mine reads no files',
  );
  expect(scene.requests()).toEqual([]);
});

test('each repeat has an end of its own: one that was met does not make good another', async () => {
  const loops = `about: a
roles: { a: "${GPT}", b: "${GEMINI}" }
steps:
  - repeat: { until: first.approved, times: 2 }
    steps: [{ id: first, ask: a, prompt: "{{task}}" }]
  - repeat: { until: second.approved, times: 2 }
    steps: [{ id: second, ask: b, prompt: "{{first}}" }]
`;
  const scene = await customScene(loops, { gpt: 'Verdict: change', gemini: 'Verdict: approve' });
  expect(await scene.agent.pattern('mine', { task: 'it' })).toMatchObject({
    outcome: 'limit',
    why: 'after 2 rounds still not: first.approved',
  });
});
