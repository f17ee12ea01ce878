import { expect, test } from 'vitest';
import { positionIn } from '../../src/patterns/discussion/position.ts';
import type { ScriptedReply, SeenRequest } from '../../src/simulation/script.ts';
import { CLAUDE, GEMINI, GPT, patternScene, QWEN } from '../support/pattern-scene.ts';

const says = (text: string, position: string) => `${text}\nPosition: ${position}`;
const isMinutes = ({ system }: SeenRequest) => system.includes('You write the minutes');
const order = { topic: 'Monorepo or not?', participants: [{ model: GEMINI }, { model: GPT }] };

/** A participant that says its lines in turn, and writes the minutes when asked. */
function speaker(...lines: string[]) {
  let n = 0;
  return (request: SeenRequest): ScriptedReply => {
    if (isMinutes(request)) return { text: 'Decision: none. Minority report: none.' };
    return { text: lines[Math.min(n++, lines.length - 1)]! };
  };
}

test('everybody reads the others and answers them; agreement ends it, minutes are taken', async () => {
  const scene = await patternScene({
    gemini: speaker(says('One repository.', 'agree'), says('As I said.', 'agree')),
    gpt: speaker(says('Two are better, gemini.', 'object'), says('You are right.', 'agree')),
  });
  const result = await scene.agent.discuss({ ...order, limits: { rounds: 5 } });
  expect([result.outcome, result.rounds]).toEqual(['agreed', 2]);
  expect(result.contributions.map(({ model, position }) => [model, position])).toEqual([
    [GEMINI, 'agree'],
    [GPT, 'object'],
    [GEMINI, 'agree'],
    [GPT, 'agree'],
  ]);
  const second = scene.sentTo('gemini')[1]!;
  expect(second.messages.at(-1)!.text).toContain(`${GPT} says:\nTwo are better, gemini.`);
  expect(second.messages[0]!.text).toContain('Topic: Monorepo or not?');
  expect(result.minutes).toContain('Decision: none.');
  expect(scene.logged()).toBe(scene.requests().length);
});

test('a dissent stays one at the end of the rounds', async () => {
  const scene = await patternScene({
    gemini: speaker(says('Yes.', 'agree')),
    gpt: speaker(says('No.', 'object')),
  });
  const result = await scene.agent.discuss(order);
  expect([result.outcome, result.rounds]).toEqual(['dissent', 2]);
  expect(result.text).toContain(`Positions: ${GEMINI}: agree; ${GPT}: object`);
});

test('a moderator gives the floor and ends it', async () => {
  const floor = [`{"next": "${GPT}", "why": "to answer"}`, '{"next": "end", "why": "all is said"}'];
  let given = 0;
  const scene = await patternScene({
    gemini: speaker(says('Yes.', 'agree')),
    gpt: speaker(says('No.', 'object')),
    claude: (request) => ({ text: isMinutes(request) ? 'Minutes.' : floor[given++]! }),
  });
  const result = await scene.agent.discuss({ ...order, moderator: CLAUDE, limits: { rounds: 4 } });
  expect(result.contributions.map(({ model }) => model)).toEqual([GEMINI, GPT]);
  expect([result.minutes, result.rounds]).toEqual(['Minutes.', 2]);
});

test('a debate has sides and a judge, and one model may take both sides', async () => {
  const scene = await patternScene({
    gemini: ({ system }) => ({
      text: says(system.includes('You speak as: for') ? 'For it.' : 'Against it.', 'object'),
    }),
    claude: 'For has the better case.',
  });
  const participants = [
    { model: GEMINI, role: 'for' },
    { model: GEMINI, role: 'against' },
  ];
  const result = await scene.agent.discuss({
    topic: 'Tabs',
    participants,
    judge: CLAUDE,
    limits: { rounds: 1 },
  });
  expect(result.contributions.map(({ role, text }) => [role, text.split('\n')[0]])).toEqual([
    ['for', 'For it.'],
    ['against', 'Against it.'],
  ]);
  expect([result.outcome, result.minutes]).toEqual(['done', 'For has the better case.']);
  expect(scene.sentTo('gemini')[1]!.messages.at(-1)!.text).toContain(`${GEMINI} (for) says:\nFor it.`);
});

test('one that fails loses its voice; where all fail the discussion fails', async () => {
  const down: ScriptedReply = { fault: { type: 'status', status: 500 } };
  const scene = await patternScene({ gemini: speaker(says('Yes.', 'agree')), gpt: down });
  const result = await scene.agent.discuss(order);
  expect([result.outcome, result.contributions[1]!.failure]).toEqual([
    'agreed',
    expect.stringContaining('500'),
  ]);
  const silent = await patternScene({ gemini: down, gpt: down });
  expect(await silent.agent.discuss(order)).toMatchObject({
    outcome: 'failed',
    rounds: 1,
    minutes: undefined,
  });
});

test('the human speaks into the room, and all hear it at their next turn, once', async () => {
  const scene = await patternScene({
    gemini: speaker(says('Yes.', 'object')),
    gpt: speaker(says('No.', 'object')),
  });
  let spoken = false;
  scene.agent.on((event) => {
    if (event.type !== 'exchange.ended' || spoken) return;
    spoken = true;
    scene.agent.say('Think of the newcomers.');
  });
  await scene.agent.discuss(order);
  const heard = (name: string) =>
    scene
      .sentTo(name)
      .filter(({ messages }) => messages.at(-1)!.text.includes('The human says: Think of the newcomers.'))
      .map(({ system }) => (system.includes('minutes') ? 'secretary' : 'speaker'));
  // Who writes the minutes has heard nothing yet, although it spoke.
  expect([heard('gpt'), heard('gemini')]).toEqual([['speaker'], ['speaker', 'secretary']]);
});

test('stopped in the middle it keeps what was said, and the leader is told', async () => {
  const stop = new AbortController();
  const scene = await patternScene({
    gemini: speaker(says('Yes.', 'agree')),
    gpt: { text: 'x', firstDelayMs: 60_000 },
    claude: 'Noted.',
  });
  scene.agent.on((event) => {
    if (event.type === 'exchange.ended') stop.abort();
  });
  const result = await scene.agent.discuss(order, { signal: stop.signal });
  expect([result.outcome, result.contributions[0]!.text]).toEqual(['stopped', says('Yes.', 'agree')]);
  await scene.agent.chat('What did they say?');
  expect(scene.sentTo('claude').at(-1)!.messages.at(-1)!.text).toMatch(
    /Other models discussed \(stopped\): Monorepo or not\?/,
  );
});

test('nobody discusses alone', async () => {
  const scene = await patternScene({});
  await expect(scene.agent.discuss({ topic: 'x', participants: [{ model: QWEN }] })).rejects.toThrow(
    /at least two models/,
  );
});

test.each([
  ['Yes.\nPosition: agree', 'agree'],
  ['**Position:** disagree', 'object'],
  ['My position: I object.', 'object'],
  ['Position: I strongly oppose', 'object'],
  ['GPT said "Position: agree".\nPosition: object', 'object'],
  ['> Position: agree\n\nI do not.\n\nPosition: abstain', 'abstain'],
  ['Position: object\n\n> Position: agree', 'object'],
  ['I agree with the position of GPT.', undefined],
  ['', undefined],
])('in %j the position is %s', (text, position) => {
  expect(positionIn(text)).toBe(position);
});

test('nobody agrees for those who state no position', async () => {
  const scene = await patternScene({ gemini: speaker('Yes.\nPosition: agree'), gpt: speaker('Hm, no.') });
  expect((await scene.agent.discuss(order)).outcome).toBe('done');
});

test('a seat that fails once hears the next time what it missed, the human too', async () => {
  let failed = false;
  const scene = await patternScene({
    gemini: speaker(says('First.', 'object')),
    gpt: (request): ScriptedReply => {
      if (!failed) {
        failed = true;
        return { fault: { type: 'status', status: 500 } };
      }
      return speaker(says('Second.', 'object'))(request);
    },
  });
  scene.agent.on((event) => {
    if (event.type === 'pattern.started') scene.agent.say('Mind the newcomers.');
  });
  await scene.agent.discuss(order);
  const heard = scene
    .sentTo('gpt')[1]!
    .messages.map(({ text }) => text)
    .join('\n');
  expect(heard).toContain('First.');
  expect(heard).toContain('Mind the newcomers.');
});

test('a debate whose judge fails has no verdict, and says why', async () => {
  const scene = await patternScene({
    gemini: speaker(says('For.', 'agree')),
    gpt: speaker(says('Against.', 'object')),
    claude: { fault: { type: 'status', status: 500 } },
  });
  const result = await scene.agent.discuss({ ...order, judge: CLAUDE });
  expect(result).toMatchObject({
    outcome: 'failed',
    minutes: undefined,
    why: expect.stringMatching(new RegExp(`^${CLAUDE} could not give its verdict: `)),
  });
  expect(result.text).toContain('For.');
});

test('minutes are written by the next where the first cannot', async () => {
  const scene = await patternScene({
    gemini: (request) =>
      request.system.includes('minutes')
        ? { fault: { type: 'status', status: 500 } }
        : { text: says('Yes.', 'agree') },
    gpt: speaker(says('Yes.', 'agree')),
  });
  const result = await scene.agent.discuss(order);
  expect([result.outcome, result.minutes !== undefined]).toEqual(['agreed', true]);
});

test('a moderator hears the human, and why it gives the floor is told', async () => {
  const scene = await patternScene({
    gemini: speaker(says('Yes.', 'object')),
    gpt: speaker(says('No.', 'object')),
    qwen: ({ system }) => ({
      text: system.includes('give the floor')
        ? JSON.stringify({ next: 'end', why: 'All is said.' })
        : 'Decision: none',
    }),
  });
  scene.agent.on((event) => {
    if (event.type === 'exchange.ended' && event.model === GEMINI) scene.agent.say('Come to an end.');
  });
  await scene.agent.discuss({ ...order, moderator: QWEN });
  expect(scene.sentTo('qwen')[0]!.messages.at(-1)!.text).toContain('The human says: Come to an end.');
  expect(scene.seen('floor.given')).toMatchObject([{ by: QWEN, to: 'end', why: 'All is said.' }]);
});

test('who objected and then failed agrees to nothing, nor does who never had the floor', async () => {
  const down = { fault: { type: 'status', status: 500 } } as const;
  const agrees = 'Yes.\nPosition: agree';
  const scene = await patternScene({
    gemini: agrees,
    gpt: (_request, n) => (n === 0 ? { text: 'No.\nPosition: object' } : down),
  });
  const participants = [{ model: GEMINI }, { model: GPT }];
  const objected = await scene.agent.discuss({ topic: 'x', participants, limits: { rounds: 2 } });
  expect(objected.outcome).toBe('dissent');
  const moderator = JSON.stringify({ next: GEMINI, why: 'again' });
  const silent = await patternScene({ gemini: agrees, gpt: agrees, claude: moderator });
  const moderated = { topic: 'x', participants, moderator: CLAUDE, limits: { rounds: 2 } };
  expect((await silent.agent.discuss(moderated)).outcome).toBe('done');
  expect(silent.sentTo('gpt')).toEqual([]);
});
