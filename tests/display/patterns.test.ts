import { stripTerminalSequences, visibleWidth } from '@earendil-works/pi-tui';
import { describe, expect, test } from 'vitest';
import type { ObjectionReport, VoteReport } from '../../src/conversation/event.ts';
import { ConsoleDisplay, type ConsoleOptions } from '../../src/display/console.ts';
import { ProgressDisplay } from '../../src/display/progress.ts';
import { richTypesetting } from '../../src/display/rich-typesetting.ts';
import { StreamJsonDisplay } from '../../src/display/structured.ts';
import { createTheme } from '../../src/display/theme.ts';
import { CLAUDE, exchangeOf, GEMINI, QWEN, tell } from '../support/told.ts';

type Told = Parameters<typeof tell>[1];

/** What a display prints on a screen of 80 columns, without its colours. */
async function printed(events: Told[], options: ConsoleOptions = {}): Promise<string> {
  const theme = createTheme(1);
  const lines: string[] = [];
  const surface = { width: 80, commit: (more: readonly string[]) => void lines.push(...more) };
  const display = new ConsoleDisplay({
    stage: { theme, typesetting: richTypesetting(theme), surface, close() {} },
    ...options,
  });
  tell(display, ...events);
  await display.close();
  for (const line of lines) expect(visibleWidth(line)).toBeLessThanOrEqual(80);
  return lines.map((line) => `${stripTerminalSequences(line).trimEnd()}\n`).join('');
}

const size = { messages: 1, characters: 1, tools: 0, tokens: 3 };

const vote: VoteReport = {
  rule: 'condorcet',
  scores: [
    { candidate: CLAUDE, score: 2, ballots: 2 },
    { candidate: QWEN, score: 0.5, ballots: 2 },
    { candidate: GEMINI, score: 0.5, ballots: 2 },
  ],
  winner: CLAUDE,
  agreement: 2 / 3,
  ballots: [
    { voter: QWEN, choice: `${CLAUDE} > ${GEMINI}`, reason: 'It names the case that breaks.' },
    { voter: CLAUDE, choice: `${QWEN} > ${GEMINI}`, reason: 'It is short.' },
  ],
  dissent: [{ voter: GEMINI, choice: QWEN, reason: 'A guess that everybody else makes is no guess.' }],
  spoilt: [{ voter: 'ollama:gemma3:4b', reason: 'The reply has no JSON object with "ranking".' }],
  kin: [{ family: 'qwen', voters: [QWEN, 'ollama:qwen3:8b'] }],
};

const objection = (id: string, more: Partial<ObjectionReport>): ObjectionReport => ({
  id,
  by: GEMINI,
  severity: 'major',
  place: 'line 2',
  wrong: 'The empty string counts as zero',
  todo: 'refuse it',
  state: 'open',
  ...more,
});

const draft: Told = {
  type: 'draft.revised',
  pattern: 'r1',
  round: 1,
  author: CLAUDE,
  patch: '@@ -1,2 +1,2 @@\n function parse(text) {\n-  return Number(text);\n+  return seconds(text);\n',
  objections: [
    objection('o1', { severity: 'minor', state: 'resolved', answer: 'done' }),
    objection('o2', { severity: 'minor', state: 'disputed', answer: 'The others do it, too.' }),
    objection('o3', {
      severity: 'blocker',
      wrong: 'It parses with an expression that also accepts what is no duration at all',
    }),
    objection('o4', { place: '' }),
  ],
};

describe('a consultation', () => {
  const started: Told = {
    type: 'consultation.started',
    consultation: 'c1',
    by: 'human',
    models: [CLAUDE, QWEN],
    question: 'Tabs or spaces?',
  };
  const ended: Told = {
    type: 'consultation.ended',
    consultation: 'c1',
    answers: [
      { model: CLAUDE, text: 'Tabs.', seconds: 2.1 },
      {
        model: QWEN,
        text: '',
        seconds: 20,
        failure: { kind: 'stalled', message: `${QWEN} had not answered after 20 s and was left out.` },
      },
      {
        model: GEMINI,
        text: '',
        seconds: 0.4,
        failure: { kind: 'overloaded', message: 'Google is overloaded.' },
      },
    ],
    synthesis: { model: CLAUDE, text: 'Tabs.', advisers: { A: CLAUDE } },
    outcome: 'done',
    seconds: 22.4,
    cost: 0.0123,
  };

  test('ends with who answered, who was late and who failed', async () => {
    expect(await printed([started, ended])).toBe(`  asks ${CLAUDE}, ${QWEN}: Tabs or spaces?

── consultation done · 1 of 3 answered · 22.4 s · $0.0123
  ${CLAUDE} 2.1 s
  ○ ${QWEN} had not answered after 20 s and was left out. (20.0
    s)
  ✗ ${GEMINI}: Google is overloaded. (0.4 s)
  put together by ${CLAUDE}
`);
  });

  test('of a vote on options tells no answers', async () => {
    const nobody = { ...ended, answers: [], synthesis: undefined, outcome: 'agreed' as const };
    expect(await printed([nobody])).toBe('── vote agreed · 22.4 s · $0.0123\n');
  });
});

describe('a vote', () => {
  test('is a table of counts, with dissent, spoilt ballots and kin', async () => {
    expect(await printed([{ type: 'vote.counted', pattern: 'c1', vote }])).toBe(
      `  ✓ ${CLAUDE} wins the vote by condorcet · agreement 67 %
    ${CLAUDE}  ████████████████████ 2 of 2 beaten
    ${QWEN}      █████                0.5 of 2 beaten
    ${GEMINI}      █████                0.5 of 2 beaten
    ≠ ${GEMINI} is for ${QWEN}: A guess that
      everybody else makes is no guess.
    ✗ spoilt ballot of ollama:gemma3:4b: The reply has no JSON object with
      "ranking".
    ! ${QWEN} and ollama:qwen3:8b are of one family (qwen) and
      tend to err together
`,
    );
  });

  test('that is a tie says between whom, or what settled it', async () => {
    const tie = {
      ...vote,
      winner: undefined,
      tied: [CLAUDE, QWEN, GEMINI],
      dissent: [],
      spoilt: [],
      kin: [],
    };
    const open = await printed([{ type: 'vote.counted', pattern: 'c1', vote: tie }]);
    expect(open).toContain(`  = the vote by condorcet is a tie: ${CLAUDE},`);
    const settled = await printed([
      { type: 'vote.counted', pattern: 'c1', vote: { ...tie, winner: QWEN, settledBy: 'chair' } },
    ]);
    expect(settled.replaceAll(/\s+/g, ' ')).toContain(
      `✓ ${QWEN} wins the vote by condorcet · a tie of ${CLAUDE}, ${QWEN} and ${GEMINI}, settled by chair`,
    );
  });

  test('on options counts votes, however long an option is', async () => {
    const scores = [
      { candidate: 'Throw an error that shows a right example of a duration', score: 3, ballots: 4 },
      { candidate: '秒として扱う', score: 1, ballots: 4 },
    ];
    const ballots = Array.from({ length: 4 }, () => ({ voter: QWEN, choice: 'x', reason: '' }));
    const plurality = { ...vote, rule: 'plurality', scores, ballots, dissent: [], spoilt: [], kin: [] };
    expect(await printed([{ type: 'vote.counted', pattern: 'c1', vote: plurality }])).toContain(
      `    Throw an error that shows a right e…  ███████████████      3 of 4 votes
    秒として扱う                          █████                1 of 4 votes
`,
    );
  });
});

describe('a refinement', () => {
  test('shows what changed and the objections, the worst first', async () => {
    expect(await printed([draft])).toBe(`── draft 2 by ${CLAUDE} · +1 −1 · objections: 2 open, 1
   disputed, 1 resolved
    1   function parse(text) {
    2 -   return Number(text);
    2 +   return seconds(text);
    ✗ blocker open     o3 line 2: It parses with an expression that also
      accepts what is no duration at all
      ${GEMINI} wants: refuse it
    ✗ major   open     o4 The empty string counts as zero
      ${GEMINI} wants: refuse it
    ≠ minor   disputed o2 line 2: The empty string counts as zero
      ${GEMINI} wants: refuse it
      the author: The others do it, too.
    ✓ minor   resolved o1 line 2: The empty string counts as zero
`);
  });

  test('begins with its roles and ends with its outcome and why', async () => {
    const roles = [
      { role: 'author', model: CLAUDE },
      { role: 'reviewer', model: QWEN },
      { role: 'reviewer', model: GEMINI },
    ];
    const output = await printed([
      {
        type: 'pattern.started',
        pattern: 'r1',
        name: 'refinement',
        by: 'human',
        task: 'Write parse.',
        roles,
      },
      { type: 'pattern.step', pattern: 'r1', title: 'round 2: reviews', round: 2 },
      {
        type: 'pattern.ended',
        pattern: 'r1',
        name: 'refinement',
        outcome: 'limit',
        why: 'stopped: its $0.10 are spent',
        text: 'The draft.',
        rounds: 2,
        seconds: 34.1,
      },
    ]);
    expect(output).toBe(`  begins refinement: Write parse.
    author ${CLAUDE} · reviewers ${QWEN},
    ${GEMINI}

── round 2: reviews

── refinement ended at its limit · 2 rounds · 34.1 s · cost unknown · stopped:
   its $0.10 are spent
`);
  });

  test('does not repeat the first draft, which its author has just said', async () => {
    expect(await printed([{ ...draft, patch: '', objections: [] } as Told])).toBe('');
  });
});

test('a handoff tells who has the word, and in which round', async () => {
  const output = await printed([
    { type: 'pattern.step', pattern: 'h1', title: 'plan', model: CLAUDE, round: 1 },
    { type: 'pattern.step', pattern: 'h1', title: 'build', model: QWEN, round: 2 },
  ]);
  expect(output).toBe(`── plan: ${CLAUDE}\n\n── build: ${QWEN} · round 2\n`);
});

test('a routing tells whom it chose and why, does not say the task twice, and marks a stronger one', async () => {
  const delegation: Told = {
    type: 'delegation.started',
    delegation: 'd2',
    from: 'human',
    to: QWEN,
    task: 'Name it.',
    kind: 'question',
    files: ['src/a.ts'],
    within: 'x1',
  };
  const output = await printed([
    {
      type: 'pattern.started',
      pattern: 'x1',
      name: 'routing',
      by: 'human',
      task: 'Name it.',
      roles: [{ role: 'specialist', model: QWEN }],
    },
    { type: 'route.chosen', pattern: 'x1', model: QWEN, why: 'local and in time', escalated: false },
    delegation,
    {
      type: 'route.chosen',
      pattern: 'x1',
      model: CLAUDE,
      why: `stronger than ${QWEN}, whose answer did not pass`,
      escalated: true,
    },
  ]);
  expect(output).toBe(`  begins routing: Name it.
    specialist ${QWEN}

  → ${QWEN} is chosen: local and in time
    src/a.ts
  ↑ ${CLAUDE} takes over: stronger than
    ${QWEN}, whose answer did not pass
`);
});

test('the human’s word in the room is heard among the others', async () => {
  const output = await printed([{ type: 'room.said', text: 'Think of\nWindows.', to: 'qwen' }]);
  expect(output).toBe('› @qwen Think of\n  Windows.\n');
});

test('a worker’s worker stands further in, and all of its lines with it', async () => {
  const asks = (delegation: string, from: string, to: string, within?: string): Told => ({
    type: 'delegation.started',
    delegation,
    from,
    to,
    task: `Do ${delegation}.`,
    kind: 'question',
    files: [],
    within,
  });
  const output = await printed([
    asks('d1', CLAUDE, QWEN),
    asks('d2', QWEN, GEMINI, 'd1'),
    ...exchangeOf(
      'e1',
      GEMINI,
      ['Deep down, and long enough for more than one row of the screen, so that it is broken.'],
      { within: 'd2' },
    ),
    ...exchangeOf('e2', QWEN, ['Half way up.'], { within: 'd1' }),
  ]);
  expect(output).toBe(`● ${CLAUDE}
  asks ${QWEN}: Do d1.

↳ ${QWEN}
  asks ${GEMINI}: Do d2.

  ↳ ${GEMINI}
    Deep down, and long enough for more than one row of the screen, so that it
    is broken.
    2.1 s · 1,204 in (806 cached) · 93 out · $0.0041

↳ ${QWEN}
  Half way up.
  2.1 s · 1,204 in (806 cached) · 93 out · $0.0041
`);
});

const everything: Told[] = [
  { type: 'consultation.started', consultation: 'c1', by: 'human', models: [CLAUDE], question: 'Which?' },
  { type: 'vote.counted', pattern: 'c1', vote },
  {
    type: 'pattern.started',
    pattern: 'r1',
    name: 'refinement',
    by: 'human',
    task: 'Write parse.',
    roles: [],
  },
  { type: 'pattern.step', pattern: 'r1', title: 'round 1: reviews', round: 1 },
  draft,
  { type: 'route.chosen', pattern: 'x1', model: QWEN, why: 'local', escalated: true },
  {
    type: 'consultation.ended',
    consultation: 'c1',
    answers: [{ model: QWEN, text: '', seconds: 1, failure: { kind: 'overloaded', message: 'busy' } }],
    outcome: 'failed',
    seconds: 1,
    cost: 0,
  },
  {
    type: 'pattern.ended',
    pattern: 'r1',
    name: 'refinement',
    outcome: 'agreed',
    text: '',
    rounds: 1,
    seconds: 3,
    cost: 0,
  },
];

describe('the switch for delegations', () => {
  const hidden = { showDelegations: false };
  const byLeader = everything.map((event) => ('by' in event ? { ...event, by: CLAUDE } : event) as Told);

  test('is for what models do among themselves, in every pattern', async () => {
    const said: Told = { type: 'room.said', text: 'Go on.' };
    const inside: Told = {
      type: 'exchange.started',
      exchange: 'e1',
      model: QWEN,
      attempt: 1,
      size,
      within: 'r1',
    };
    const asked: Told = { type: 'notice', level: 'warning', text: 'Mind the gap.' };
    const told = byLeader.filter((event) => event.type !== 'route.chosen');
    expect(await printed([...told, inside, said, asked], hidden)).toBe('› Go on.\n\n  ! Mind the gap.\n');
  });

  test('leaves what the human asked for, and hides what stands inside of the hidden', async () => {
    expect(await printed(everything, hidden)).toBe(await printed(everything));
    const [consultation] = everything;
    const inner = { ...consultation, consultation: 'c9', by: 'human', within: 'r1' } as Told;
    const [refinement] = byLeader.filter(({ type }) => type === 'pattern.started');
    expect(await printed([refinement!, inner], hidden)).toBe('');
  });
});

test('ballots, reviews and the floor are told in words', async () => {
  const why = 'It is right.';
  expect(
    await printed([
      { type: 'ballot.cast', pattern: 'c1', voter: CLAUDE, named: [QWEN, GEMINI], reason: why },
      { type: 'ballot.cast', pattern: 'c1', voter: QWEN, spoilt: 'The reply has no JSON object.' },
      {
        type: 'review.given',
        pattern: 'r1',
        round: 1,
        reviewer: GEMINI,
        approve: false,
        objections: [{ severity: 'major', place: 'line 2', wrong: 'It guesses.', todo: 'Refuse.' }],
        resolved: ['o1'],
      },
      { type: 'floor.given', pattern: 's1', by: CLAUDE, to: 'end', why: 'All is said.' },
    ]),
  ).toBe(`↳ ${CLAUDE}
    • votes for ${QWEN} > ${GEMINI}: It is right.

↳ ${QWEN}
    ✗ spoilt ballot: The reply has no JSON object.

↳ ${GEMINI}
    ✗ does not approve · o1 resolved
      major: line 2: It guesses.
      wants: Refuse.

↳ ${CLAUDE}
    → ends the discussion: All is said.
`);
});

test('the JSON of a form is not printed, its figures are', async () => {
  const form = { exchange: 'e1', model: QWEN } as const;
  const output = await printed([
    { type: 'exchange.started', ...form, attempt: 1, size, formal: true },
    { type: 'exchange.delta', ...form, delta: { type: 'text', text: '{"approve":true}' } },
    {
      type: 'exchange.ended',
      ...form,
      seconds: 1.2,
      usage: { inputTokens: 10, outputTokens: 5 },
      cost: 0,
      message: { role: 'assistant', model: QWEN, parts: [{ type: 'text', text: '{"approve":true}' }] },
    },
  ]);
  expect(output).toBe(`● ${QWEN}\n  1.2 s · 10 in · 5 out · $0\n`);
});

test('beside an answer, patterns are a plain line each', () => {
  const lines: string[] = [];
  tell(new ProgressDisplay((line) => lines.push(line)), ...everything, {
    type: 'room.said',
    text: 'Go on.',
    to: 'qwen',
  });
  expect(lines).toEqual([
    `• consultation of ${CLAUDE}: Which?`,
    `  ${CLAUDE} wins the vote by condorcet · agreement 67 %`,
    '• refinement: Write parse.',
    '  round 1: reviews',
    `  draft 2 by ${CLAUDE} · +1 −1 · objections: 2 open, 1 disputed, 1 resolved`,
    `  ${QWEN} takes over: local`,
    `  ✗ ${QWEN}: busy`,
    '  consultation failed · 0 of 1 answered · 1.0 s · $0',
    '  refinement agreed · 1 round · 3.0 s · $0',
    '  you said to qwen: Go on.',
  ]);
});

test('as JSON lines nothing of a pattern is lost', () => {
  const lines: string[] = [];
  tell(new StreamJsonDisplay((line) => lines.push(line)), ...everything);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject(everything);
});

test('what models wrote into a vote or an objection cannot command the terminal', async () => {
  const evil = 'a\x1b]0;title\x07b\x1b[2Jc\x9bd\u202ee';
  const output = await printed([
    {
      type: 'vote.counted',
      pattern: 'c1',
      vote: {
        ...vote,
        scores: [{ candidate: evil, score: 1, ballots: 1 }],
        dissent: [{ voter: evil, choice: evil, reason: evil }],
        spoilt: [{ voter: evil, reason: evil }],
      },
    },
    {
      ...draft,
      objections: [objection(evil, { place: evil, wrong: evil, todo: evil, answer: evil })],
    } as Told,
    { type: 'route.chosen', pattern: 'x1', model: evil, why: evil, escalated: false },
    { type: 'pattern.step', pattern: 'x1', title: evil, model: evil },
    {
      type: 'pattern.started',
      pattern: 'x1',
      name: evil,
      by: 'human',
      task: evil,
      roles: [{ role: evil, model: evil }],
    },
    { type: 'room.said', text: evil, to: evil },
  ]);
  expect(output).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
});
