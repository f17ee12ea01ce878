/** Every pattern with every ending: whatever happens at whatever point, it ends as it should and says so. */
import { describe, expect, test } from 'vitest';
import type { PatternOptions } from '../../src/agent/patterns.ts';
import type { CodingAgent } from '../../src/agent.ts';
import type { Limits } from '../../src/patterns/settings.ts';
import type { ScriptedReply, SeenRequest } from '../../src/simulation/script.ts';
import { ballot, CLAUDE, GEMINI, GPT, patternScene, QWEN } from '../support/pattern-scene.ts';

interface Ended {
  id: string;
  outcome: string;
  text: string;
}

const three = [CLAUDE, GEMINI, GPT];
const custom = `about: all kinds of step
roles: { a: "${GEMINI}", b: "${GPT}", c: "${CLAUDE}" }
steps:
  - { id: ideas, ask: [a, b, c], prompt: "Say it." }
  - { id: best, vote: borda, between: ideas, prompt: "Which is best?" }
  - repeat: { until: review.approved, times: 2 }
    steps:
      - { id: work, ask: a, prompt: "{{best.winner}}" }
      - { id: review, ask: b, prompt: "{{work}}" }
`;

const PATTERNS: Record<
  string,
  (agent: CodingAgent, limits: Limits, options: PatternOptions) => Promise<Ended>
> = {
  consultation: (agent, limits, options) =>
    agent.consult({ question: 'Say it.', models: three, limits }, options),
  vote: (agent, limits, options) =>
    agent.consult({ question: 'Say it.', models: three, vote: { rule: 'condorcet' }, limits }, options),
  refinement: (agent, limits, options) =>
    agent.refine(
      { task: 'Say it.', author: CLAUDE, reviewers: [GEMINI, GPT], limits: { rounds: 2, ...limits } },
      options,
    ),
  discussion: (agent, limits, options) =>
    agent.discuss(
      {
        topic: 'Say it.',
        participants: three.map((model) => ({ model })),
        moderator: QWEN,
        limits: { rounds: 2, ...limits },
      },
      options,
    ),
  handoff: (agent, limits, options) => {
    const steps = [
      { role: 'plan', model: CLAUDE },
      { role: 'build', model: GEMINI },
      { role: 'review', model: GPT, decides: true },
    ];
    return agent.handoff({ task: 'Say it.', steps, limits: { rounds: 2, ...limits } }, options);
  },
  custom: (agent, limits, options) => agent.pattern('mine', { limits }, options),
};
const NAMES = Object.keys(PATTERNS);

/** What a model that agrees with everybody says, by what it is asked for. */
function agreeable({ messages, system, body }: SeenRequest): ScriptedReply {
  const asked = messages.at(-1)?.text ?? '';
  if (asked.includes('"ranking"'))
    return {
      text: ballot('Clear.', { ranking: [...asked.matchAll(/Answer ([A-Z]):/g)].map(([, label]) => label) }),
    };
  if (asked.includes('Who speaks next')) return { text: JSON.stringify({ next: GEMINI, why: 'Quiet.' }) };
  if (/review/i.test(system) && JSON.stringify(body).includes('objections'))
    return { text: JSON.stringify({ approve: true, objections: [], resolved: [] }) };
  return { text: '<draft>\nSo be it.\n</draft>\nVerdict: approve\nPosition: agree' };
}

/** A room in which the n-th request on the wire is answered by `odd`, and all others by agreement. */
async function scene(odd: (n: number, request: SeenRequest) => ScriptedReply | undefined = () => undefined) {
  let n = 0;
  const line = (request: SeenRequest) => odd(n++, request) ?? agreeable(request);
  const lines = { claude: line, gemini: line, gpt: line, qwen: line };
  const made = await patternScene(lines, { files: { '.parley/patterns/mine.yaml': custom } });
  const run = (name: string, limits: Limits = {}, options: PatternOptions = {}) =>
    PATTERNS[name]!(made.agent, limits, options);
  return { ...made, run };
}

/** The log has the pattern's beginning and its end, once each, and every request. */
function expectWhole(
  { seen, logged, requests }: Awaited<ReturnType<typeof scene>>,
  { id, outcome }: Ended,
): void {
  const begun = [
    ...seen('pattern.started').map(({ pattern }) => pattern),
    ...seen('consultation.started').map(({ consultation }) => consultation),
  ];
  const ended = [
    ...seen('pattern.ended').map(({ pattern, outcome: how }) => [pattern, how]),
    ...seen('consultation.ended').map(({ consultation, outcome: how }) => [consultation, how]),
  ];
  expect([begun, ended]).toEqual([[id], [[id, outcome]]]);
  // What was stopped may have been so before it was sent.
  const stopped = seen('exchange.ended').filter(({ failure }) => failure?.kind === 'stopped').length;
  expect(logged()).toBeGreaterThanOrEqual(requests().length);
  expect(logged() - stopped).toBeLessThanOrEqual(requests().length);
}

const fault = { fault: { type: 'status', status: 401 } } as const;
/** How many requests it takes where all goes well. */
async function requestsFor(name: string): Promise<number> {
  const made = await scene();
  await made.run(name);
  return made.requests().length;
}

describe.each(NAMES)('%s', (name) => {
  test('ends in agreement where all agree', async () => {
    const made = await scene();
    const result = await made.run(name);
    // Each ranks the others' answers by a sheet of its own, so that there the winner is a matter of chance.
    expect(['vote', 'custom'].includes(name) ? ['agreed', 'dissent'] : ['agreed', 'done']).toContain(
      result.outcome,
    );
    expectWhole(made, result);
  });

  test('ends with what there is where one request fails, whichever it is', async () => {
    const requests = await requestsFor(name);
    for (let failing = 0; failing < requests; failing++) {
      const made = await scene((n) => (n === failing ? fault : undefined));
      const result = await made.run(name);
      expect(['agreed', 'done', 'dissent', 'limit', 'failed']).toContain(result.outcome);
      expectWhole(made, result);
      // What the others said before is not lost.
      if (failing > 0) expect(result.text).toMatch(/So be it|wins|approve/);
    }
  });

  test('fails where all fail, without a word lost on why', async () => {
    const made = await scene(() => fault);
    const result = await made.run(name);
    expect(result.outcome).toBe('failed');
    expectWhole(made, result);
    expect(made.seen('exchange.ended').every(({ failure }) => failure?.kind === 'not-authorised')).toBe(true);
  });

  test('stops where the human stops it, at whichever request', async () => {
    const requests = await requestsFor(name);
    for (let stopping = 0; stopping < requests; stopping++) {
      const stop = new AbortController();
      const made = await scene((n) =>
        n === stopping ? { text: 'Never.', firstDelayMs: 60_000 } : undefined,
      );
      let sent = 0;
      made.agent.on((event) => {
        if (event.type === 'exchange.started' && sent++ >= stopping) setTimeout(() => stop.abort(), 20);
      });
      const result = await made.run(name, {}, { signal: stop.signal });
      expect(result.outcome).toBe('stopped');
      expectWhole(made, result);
    }
  });

  test('stops at its limit of tokens or money, and keeps what was said', async () => {
    for (const limits of [{ tokens: 60 }, { dollars: 0.0001 }]) {
      const made = await scene();
      const result = await made.run(name, limits);
      expect(result.outcome).toBe('limit');
      expectWhole(made, result);
      expect(made.requests().length).toBeLessThanOrEqual(await requestsFor(name));
      expect(result.text).toMatch(/are (spent|used up|not enough for what comes next)/);
    }
  });

  test('hears the human whenever they speak, or the leader is told', async () => {
    const requests = await requestsFor(name);
    for (let at = 0; at < requests; at++) {
      const made = await scene();
      let sent = 0;
      made.agent.on((event) => {
        if (event.type === 'exchange.started' && sent++ === at) made.agent.say('Mind the gap.');
      });
      const result = await made.run(name);
      expectWhole(made, result);
      await made.agent.chat('And now?');
      const heard = made.requests().filter(({ messages }) => messages.at(-1)!.text.includes('Mind the gap.'));
      expect(heard.length).toBeGreaterThan(0);
    }
  });
});
