import { expect, test } from 'vitest';
import type { Approval, ApprovalRequest, EventBody } from '../../src/conversation/event.ts';
import { type ApprovalRule, Approver, Refused } from '../../src/safety/approval.ts';
import { CLAUDE } from '../support/told.ts';

const never = new AbortController().signal;
const edit = { kind: 'edit', title: 'change a.txt', speaker: CLAUDE } as const;
const command = { kind: 'command', title: 'npm test', detail: 'npm test', speaker: CLAUDE } as const;
const tool = { kind: 'tool', title: 'send mail', speaker: CLAUDE } as const;

/** An approver, the questions it puts, and what it tells the displays. */
function approverWith(options: { answers?: Approval[]; rules?: ApprovalRule[]; nobody?: boolean } = {}) {
  const { answers = [], rules, nobody = false } = options;
  const asked: ApprovalRequest[] = [];
  const events: EventBody[] = [];
  const ask = async (request: ApprovalRequest) => {
    asked.push(request);
    return answers.shift() ?? ({ answer: 'yes' } as const);
  };
  const approver = new Approver({
    emit: (event) => events.push(event),
    rules,
    ask: nobody ? undefined : ask,
  });
  return { approver, asked, events };
}

test.each([
  [['edits'], ['command', 'tool']],
  [['commands'], ['edit', 'tool']],
  [['edits', 'commands'], ['tool']],
  [['all'], []],
  [[], ['edit', 'command', 'tool']],
] as [ApprovalRule[], string[]][])('with %j allowed, %j are asked for', async (rules, kinds) => {
  const { approver, asked } = approverWith({ rules });
  for (const request of [edit, command, tool]) await approver.require(request, never);
  expect(asked.map(({ kind }) => kind)).toEqual(kinds);
});

test('a yes for the session covers all edits, but of commands only the very same', async () => {
  const session: Approval = { answer: 'yes-session' };
  const { approver, asked } = approverWith({ answers: [session, session] });
  await approver.require(edit, never);
  await approver.require({ ...edit, title: 'change b.txt' }, never);
  await approver.require(command, never);
  await approver.require(command, never);
  await approver.require({ ...command, title: 'npm test', detail: 'npm test; rm -rf .' }, never);
  expect(asked.map(({ title, detail }) => detail ?? title)).toEqual([
    'change a.txt',
    'npm test',
    'npm test; rm -rf .',
  ]);
});

test('what is asked belongs where the asker says, and a question that is stopped is answered too', async () => {
  const stop = new AbortController();
  const session: EventBody[] = [];
  const call: EventBody[] = [];
  const approver = new Approver({
    emit: (event) => session.push(event),
    ask: async () => {
      stop.abort();
      return { answer: 'no' };
    },
  });
  const refused = approver.require(edit, stop.signal, (event) => call.push(event));
  await expect(refused).rejects.toMatchObject({ kind: 'stopped' });
  expect(session).toEqual([]);
  expect(call.map(({ type }) => type)).toEqual(['approval.asked', 'approval.answered']);
  expect(call[1]).toMatchObject({ approval: { answer: 'no', reason: 'stopped' } });
});

test('a plain yes covers one time', async () => {
  const { approver, asked } = approverWith();
  await approver.require(edit, never);
  await approver.require(edit, never);
  expect(asked).toHaveLength(2);
});

test('the reason of a no goes back to the model', async () => {
  const answers: Approval[] = [{ answer: 'no', reason: 'use tabs' }, { answer: 'no' }];
  const { approver } = approverWith({ answers });
  await expect(approver.require(edit, never)).rejects.toThrow(new Refused('The human said no: use tabs'));
  await expect(approver.require(edit, never)).rejects.toThrow('Ask what they want instead');
});

test('where nobody can be asked it is refused, and the rule that would allow it is named', async () => {
  const { approver, events } = approverWith({ nobody: true });
  await expect(approver.require(edit, never)).rejects.toThrow('--approve edits would allow it');
  await expect(approver.require(command, never)).rejects.toThrow('--approve commands would allow it');
  await expect(approver.require(tool, never)).rejects.toThrow('--approve all would allow it');
  expect(events.map(({ type }) => type)).toEqual(
    Array.from({ length: 3 }, () => ['approval.asked', 'approval.answered']).flat(),
  );
});

test('questions are put one at a time, and a yes for the session spares those that wait', async () => {
  let open = 0;
  let most = 0;
  const asked: string[] = [];
  const approver = new Approver({
    emit: () => {},
    async ask({ title }) {
      asked.push(title);
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open--;
      return { answer: title === 'second' ? 'yes-session' : 'yes' };
    },
  });
  const titles = ['first', 'second', 'third'];
  await Promise.all(titles.map((title) => approver.require({ ...edit, title }, never)));
  expect(asked).toEqual(['first', 'second']);
  expect(most).toBe(1);
});

test('a no to one question does not answer the next', async () => {
  const { approver, asked } = approverWith({ answers: [{ answer: 'no' }] });
  const outcomes = await Promise.allSettled([approver.require(edit, never), approver.require(edit, never)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(asked).toHaveLength(2);
});

test('after a stop nothing is asked, and a yes that comes with the stop does not count', async () => {
  const stopped = AbortSignal.abort();
  const { approver, asked } = approverWith({ rules: ['all'] });
  await expect(approver.require(edit, stopped)).rejects.toMatchObject({ kind: 'stopped' });
  expect(asked).toEqual([]);

  const stop = new AbortController();
  const hasty = new Approver({
    emit: () => {},
    async ask() {
      stop.abort();
      return { answer: 'yes-session' };
    },
  });
  await expect(hasty.require(edit, stop.signal)).rejects.toMatchObject({ kind: 'stopped' });
});

/** An approver whose human never answers. */
function unanswered(rules: ApprovalRule[] = []) {
  return new Approver({ emit: () => {}, rules, ask: () => new Promise(() => {}) });
}

test('what a rule allows does not wait behind a question', async () => {
  const approver = unanswered(['edits']);
  void approver.require(command, never);
  await approver.require(edit, never);
});

test('a stop ends a question and those that wait behind it, and the next one is asked', async () => {
  const asked: string[] = [];
  const approver = new Approver({
    emit: () => {},
    ask: ({ title }) => {
      asked.push(title);
      return new Promise(() => {});
    },
  });
  const [first, second] = [new AbortController(), new AbortController()];
  const outcomes = [first, second].map(({ signal }, n) =>
    approver.require({ ...edit, title: `${n + 1}` }, signal).catch((error) => error.kind),
  );
  second.abort();
  expect(await outcomes[1]).toBe('stopped');
  void approver.require({ ...edit, title: '3' }, never);
  first.abort();
  expect(await outcomes[0]).toBe('stopped');
  await new Promise(setImmediate);
  expect(asked).toEqual(['1', '3']);
});

test('a yes for the session does not cover what runs by itself', async () => {
  const session: Approval = { answer: 'yes-session' };
  const { approver, asked } = approverWith({ answers: [session, session, session] });
  for (const request of [edit, { ...edit, singly: true }, { ...edit, singly: true }, edit])
    await approver.require(request, never);
  expect(asked.map(({ singly = false }) => singly)).toEqual([false, true, true]);
});
