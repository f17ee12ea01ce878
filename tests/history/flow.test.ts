import { expect, test } from 'vitest';
import type { ParleyEvent } from '../../src/conversation/event.ts';
import { type FlowNode, flowOf } from '../../src/history/flow.ts';
import { LEADER, linesOfCode, localScene, WORKER } from '../support/local-scene.ts';
import { ballot, CLAUDE, GEMINI, type Lines, patternScene, QWEN } from '../support/pattern-scene.ts';

/** A tree as text, without figures. */
function drawn(nodes: readonly FlowNode[], depth = 0): string[] {
  return nodes.flatMap(({ kind, name, from, to, task, outcome, children, spent }) => [
    `${'  '.repeat(depth)}${kind === 'speech' ? `${to[0]} ${spent.exchanges}` : `${from} > ${to.join('+')} ${name ?? kind}: ${task} = ${outcome}`}`,
    ...drawn(children, depth + 1),
  ]);
}

const at = (event: object) => ({ seq: 1, at: 0, session: 's', ...event }) as ParleyEvent;

const consulting: Lines = {
  claude: (_request, n) =>
    n === 0
      ? { toolCalls: [{ name: 'consult', args: { question: 'Which?', models: [GEMINI, QWEN] } }] }
      : { text: 'A map.' },
  gemini: 'A map.',
  qwen: 'An object.',
};

test('what a leader asks of others stands inside its turn, and is counted there', async () => {
  const scene = await patternScene(consulting);
  await scene.agent.chat('Map or object?');
  const roots = scene.agent.summary();
  const [first, second] = drawn(roots[0]!.children[1]!.children);
  expect(drawn(roots).filter((line) => !line.startsWith('    '))).toEqual([
    `human > ${CLAUDE} turn: Map or object? = answered`,
    `  ${CLAUDE} 1`,
    `  ${CLAUDE} > ${GEMINI}+${QWEN} consultation: Which? = done`,
    `  ${CLAUDE} 1`,
  ]);
  expect([first, second].toSorted()).toEqual([`${GEMINI} 1`, `${QWEN} 1`]);
  const { spent } = roots[0]!;
  const { inputTokens, outputTokens } = scene.agent.ledger.rows().reduce(
    (sum, row) => ({
      inputTokens: sum.inputTokens + row.inputTokens,
      outputTokens: sum.outputTokens + row.outputTokens,
    }),
    { inputTokens: 0, outputTokens: 0 },
  );
  expect(spent.exchanges).toBe(4);
  expect(spent.localTokens + spent.remoteTokens).toBe(inputTokens + outputTokens);
  expect(spent.localTokens).toBeGreaterThan(0);
  expect(spent.cost).toBeCloseTo(scene.agent.ledger.totalCost()!);
});

test('what the human asks of several at once is a root, with its vote and its rounds in order', async () => {
  const scene = await patternScene({
    claude: (request) =>
      request.messages.at(-1)!.text.includes('"choice"')
        ? { text: ballot('Near.', { choice: 'memory' }) }
        : { text: '<draft>\nOne.\n</draft>' },
    gemini: (request) =>
      request.messages.at(-1)!.text.includes('"choice"')
        ? { text: ballot('Near.', { choice: 'memory' }) }
        : { text: JSON.stringify({ approve: true, objections: [], resolved: [] }) },
  });
  const models = [CLAUDE, GEMINI];
  await scene.agent.consult({ question: 'Where?', models, vote: { options: ['memory', 'disk'] } });
  await scene.agent.refine({ task: 'Write.', author: CLAUDE, reviewers: [GEMINI] });
  const [vote, refinement] = scene.agent.summary();
  expect(vote).toMatchObject({
    kind: 'consultation',
    from: 'human',
    vote: { winner: 'memory' },
    outcome: 'agreed',
  });
  expect(drawn([refinement!])).toEqual([
    `human > ${CLAUDE}+${GEMINI} refinement: Write. = agreed`,
    `  ${CLAUDE} 1`,
    `  ${GEMINI} 1`,
  ]);
  expect(refinement!.seconds).toBeGreaterThan(0);
});

test('a delegation inside a routing is nested, and the judgement is its outcome', async () => {
  const scene = await patternScene({ qwen: 'Short.' });
  await scene.agent.route({ task: 'Summarise.', private: true });
  await scene.agent.judge({ delegation: 'd2', outcome: 'fixed' });
  expect(drawn(scene.agent.summary())).toEqual([
    `human > ${QWEN} routing: Summarise. = done`,
    `  human > ${QWEN} delegation: Summarise. = fixed`,
    `    ${QWEN} 1`,
  ]);
});

test('what was stopped is stopped all the way down, and what it cost is not made up', async () => {
  const stop = new AbortController();
  const scene = await patternScene({
    ...consulting,
    gemini: { text: 'A map, surely. '.repeat(50), pieceDelayMs: 50, pieceLength: 3 },
  });
  scene.agent.on((event) => {
    if (event.type === 'exchange.delta' && event.model === GEMINI) stop.abort();
  });
  await scene.agent.chat('Map or object?', { signal: stop.signal });
  const [turn] = scene.agent.summary();
  const consultation = turn!.children[1]!;
  expect([turn!.outcome, consultation.outcome]).toEqual(['stopped', 'stopped']);
  expect(consultation.children.find(({ to }) => to[0] === GEMINI)!.outcome).toBe('stopped');
  expect([turn!.spent.uncounted, consultation.spent.uncounted]).toEqual([1, 1]);
});

test('models that fail are told with their failure, and charge nothing', async () => {
  const scene = await patternScene({
    ...consulting,
    claude: { fault: { type: 'status', status: 529 } },
  });
  await scene.agent.chat('Hello?');
  await scene.agent.consult({ question: 'Still there?', models: [CLAUDE, GEMINI], synthesis: false });
  const [turn, consultation] = scene.agent.summary();
  expect(turn).toMatchObject({ outcome: 'failed', children: [{ outcome: 'overloaded' }] });
  expect(turn!.spent).toMatchObject({ exchanges: 1, uncounted: 0, cost: 0 });
  expect(consultation!.outcome).toBe('done');
  const outcomes = consultation!.children.map(({ to, outcome }) => `${to[0]} ${outcome}`);
  expect(outcomes.toSorted()).toEqual([`${CLAUDE} overloaded`, `${GEMINI} undefined`]);
});

test('local work that was refused costs nothing; what was done says its budget', async () => {
  const ask = (max_output: number, files: string[]) => ({
    toolCalls: [
      {
        name: 'delegate',
        args: { task: 'List the values.', files, kind: 'extract', max_output, seconds: 10 },
      },
    ],
  });
  const asks = [ask(4000, ['a.ts']), ask(50, ['a.ts:1-2'])];
  const scene = await localScene({
    files: { 'a.ts': linesOfCode(120) },
    leader: (_request, n) => asks[n] ?? { text: 'Two values.' },
    ollama: { script: () => ({ text: 'value0, value1' }) },
  });
  await scene.calibrate();
  await scene.agent.chat('Which values are there?');
  const [turn] = scene.agent.summary();
  expect(drawn([turn!])).toEqual([
    `human > ${LEADER} turn: Which values are there? = answered`,
    `  ${LEADER} 1`,
    `  ${LEADER} > ${WORKER} delegation: List the values. = refused`,
    `  ${LEADER} 1`,
    `  ${LEADER} > ${WORKER} delegation: List the values. = done`,
    `    ${WORKER} 1`,
    `  ${LEADER} 1`,
  ]);
  const [refused, done] = turn!.children.filter(({ kind }) => kind === 'delegation');
  expect(refused!.spent).toMatchObject({ exchanges: 0, localTokens: 0, cost: 0 });
  expect(done!.budgetSeconds).toBe(10);
  expect(done!.seconds).toBeLessThan(10);
  expect(done!.spent.remoteTokens).toBe(0);
});

test('a log without its ends, as after a crash, shows what was interrupted as stopped', async () => {
  const scene = await patternScene(consulting);
  await scene.agent.chat('Map or object?');
  const { events } = scene.agent.history;
  const cut = events.slice(0, events.findIndex(({ type }) => type === 'consultation.started') + 1);
  const outcomes = ([turn]: FlowNode[]) => [turn!.outcome, turn!.children.at(-1)!.outcome];
  expect(outcomes(flowOf(cut))).toEqual([undefined, undefined]);
  expect(outcomes(flowOf([...cut, events.find(({ type }) => type === 'turn.ended')!]))).toEqual([
    'answered',
    'stopped',
  ]);
  const next = at({ type: 'turn.started', turn: 'turn-2', model: CLAUDE, text: 'And now?' });
  expect(outcomes(flowOf([...cut, next]))).toEqual(['stopped', 'stopped']);
});

test('files that went with a message are no part of what was asked', () => {
  const text = 'Explain @a.ts.\n\n<file path="a.ts">\nlet a;\n</file>';
  expect(flowOf([at({ type: 'turn.started', turn: 't1', model: 'a:x', text })])[0]!.task).toBe(
    'Explain @a.ts.',
  );
});

test('what has not ended is under way, and what belongs nowhere is left out', () => {
  const usage = { inputTokens: 3, outputTokens: 2 };
  const [turn, ...rest] = flowOf([
    at({ type: 'turn.started', turn: 't1', model: 'a:x', text: 'Go.' }),
    at({
      type: 'pattern.started',
      turn: 't1',
      pattern: 'p1',
      name: 'mine',
      by: 'a:x',
      task: 'One.',
      roles: [],
    }),
    at({
      type: 'delegation.started',
      turn: 't1',
      within: 'p1',
      delegation: 'd1',
      from: 'a:x',
      to: 'b:y',
      task: 'Two.',
    }),
    at({ type: 'exchange.ended', turn: 't1', within: 'd1', model: 'b:y', seconds: 1, usage }),
    at({ type: 'exchange.ended', within: 'calibration', model: 'b:y', seconds: 1, usage }),
    at({ type: 'pattern.ended', pattern: 'p9', outcome: 'done', seconds: 1 }),
  ]);
  expect(rest).toEqual([]);
  expect(drawn([turn!])).toEqual([
    'human > a:x turn: Go. = undefined',
    '  a:x >  mine: One. = undefined',
    '    a:x > b:y delegation: Two. = undefined',
    '      b:y 1',
  ]);
  // The price of one exchange is not known, and so is none above it.
  expect(turn!.spent).toEqual({
    exchanges: 1,
    tools: 0,
    localTokens: 0,
    remoteTokens: 5,
    uncounted: 0,
    cost: undefined,
  });
  expect(flowOf([])).toEqual([]);
});
