import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { inOrder } from '../../src/simulation/script.ts';
import { defineTool } from '../../src/tools/base.ts';
import { tracedTool, turnScene } from '../support/turn-scene.ts';

const call = (name: string, n: number) => ({ name, args: { n } });

test('a turn goes on until the model answers without a call, and its log holds one exchange a request', async () => {
  const trace: string[] = [];
  const scene = await turnScene(
    inOrder(
      { text: 'Looking.', toolCalls: [call('look', 1)] },
      { toolCalls: [call('look', 2)] },
      { text: 'Seen.' },
    ),
    { tools: [tracedTool('look', 'read', trace)] },
  );
  const result = await scene.say('Look around.');
  expect(result).toMatchObject({ outcome: 'answered', text: 'Seen.', cost: 1.5 });
  expect(scene.service.requests).toHaveLength(3);
  expect(scene.seen('exchange.ended')).toHaveLength(3);
  expect(trace).toEqual(['look 1 starts', 'look 1 ends', 'look 2 starts', 'look 2 ends']);
  expect(scene.service.requests[2]?.messages.at(-1)?.text).toContain('look 2 is done');
});

test('reading calls run side by side, all others one at a time and in order', async () => {
  const trace: string[] = [];
  let waiting: (() => void)[] = [];
  const together = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length < 2) return;
      for (const go of waiting) go();
      waiting = [];
    });
  const scene = await turnScene(
    inOrder(
      { toolCalls: [call('look', 1), call('look', 2), call('act', 3), call('act', 4)] },
      { text: 'Done.' },
    ),
    { tools: [tracedTool('look', 'read', trace, together), tracedTool('act', 'ask', trace)] },
  );
  await scene.say('Go.');
  expect(trace).toEqual([
    ...['look 1 starts', 'look 2 starts', 'look 1 ends', 'look 2 ends'],
    ...['act 3 starts', 'act 3 ends', 'act 4 starts', 'act 4 ends'],
  ]);
});

test('unknown tools and arguments that do not fit are answered to the model', async () => {
  const scene = await turnScene(
    inOrder({ toolCalls: [call('lok', 1), { name: 'look', args: { n: 'two' } }] }, { text: 'I see.' }),
    { tools: [tracedTool('look', 'read', [])] },
  );
  expect((await scene.say('Go.')).outcome).toBe('answered');
  const [unknown, invalid] = scene.seen('tool.ended').map(({ result }) => result);
  expect(unknown).toMatchObject({
    isError: true,
    content: [{ text: 'There is no tool "lok". Did you mean look?' }],
  });
  expect(invalid?.content[0]).toMatchObject({
    text: expect.stringMatching(/do not fit look\. n: .*expected number/),
  });
});

test('a tool that throws becomes a result, and the turn goes on', async () => {
  const broken = tracedTool('look', 'read', [], () => Promise.reject(new Error('The disk is gone.')));
  const scene = await turnScene(inOrder({ toolCalls: [call('look', 1)] }, { text: 'Well.' }), {
    tools: [broken],
  });
  expect((await scene.say('Go.')).text).toBe('Well.');
  expect(scene.seen('tool.ended')[0]?.result.content).toEqual([{ type: 'text', text: 'The disk is gone.' }]);
});

test('a no with a reason goes back to the model', async () => {
  const trace: string[] = [];
  const scene = await turnScene(inOrder({ toolCalls: [call('act', 1)] }, { text: 'As you like.' }), {
    tools: [tracedTool('act', 'ask', trace)],
    ask: () => Promise.resolve({ answer: 'no', reason: 'not today' }),
  });
  await scene.say('Act.');
  expect(trace).toEqual([]);
  expect(scene.service.requests[1]?.messages.at(-1)?.text).toContain('The human said no: not today');
});

test('a yes for the session is asked once for the same call', async () => {
  let asked = 0;
  const scene = await turnScene(
    inOrder({ toolCalls: [call('act', 1), call('act', 1), call('act', 2)] }, { text: 'Done.' }),
    {
      tools: [tracedTool('act', 'ask', [])],
      ask: () => {
        asked++;
        return Promise.resolve({ answer: 'yes-session' });
      },
    },
  );
  await scene.say('Act.');
  expect(asked).toBe(2);
});

test('stopped in the middle of a tool, every call has a result and the conversation goes on', async () => {
  const stop = new AbortController();
  const halt = () => {
    stop.abort();
    return Promise.reject(new Error('aborted'));
  };
  const scene = await turnScene(
    inOrder({ toolCalls: [call('act', 1), call('act', 2)] }, { text: 'Here again.' }),
    {
      tools: [tracedTool('act', 'ask', [], halt)],
    },
  );
  const stopped = await scene.say('Act.', stop.signal);
  expect(stopped.outcome).toBe('stopped');
  const last = scene.context.messages.at(-1);
  expect(last?.role).toBe('tool');
  expect(last?.parts).toHaveLength(2);
  expect((await scene.say('Go on.')).text).toBe('Here again.');
});

test('a turn ends at its limit on steps and says so', async () => {
  const scene = await turnScene(inOrder({ toolCalls: [call('look', 1)] }), {
    tools: [tracedTool('look', 'read', [])],
    stepLimit: 3,
  });
  const result = await scene.say('Loop.');
  expect(result.outcome).toBe('step-limit');
  expect(result.failure?.message).toContain('3 steps');
  expect(scene.service.requests).toHaveLength(3);
});

test('what a stopped reply had still asked for is told to the human', async () => {
  const stop = new AbortController();
  const act = tracedTool('act', 'read', [], async () => stop.abort());
  const order = tracedTool('order', 'ask', []);
  const scene = await turnScene(inOrder({ toolCalls: [call('act', 1), call('order', 2), call('lok', 3)] }), {
    tools: [act, order],
  });
  expect((await scene.say('Go.', stop.signal)).outcome).toBe('stopped');
  expect(scene.seen('notice').map(({ text }) => text)).toEqual(['Not run: order {"n":2}, lok {"n":3}']);
});

test('pause_turn sends the conversation back as it is, and the answer is both halves', async () => {
  const scene = await turnScene(
    inOrder({ text: 'First this, ', stop: 'pause_turn' }, { text: 'then that.' }, { text: 'Again.' }),
  );
  expect((await scene.say('Go.')).text).toBe('First this, then that.');
  expect(scene.service.requests[1]?.messages).toHaveLength(2);
  expect((await scene.say('And now?')).text).toBe('Again.');
});

test('a provider that pauses and says nothing new, or pauses for ever, ends the turn', async () => {
  const silent = await turnScene(inOrder({ stop: 'pause_turn' }));
  expect((await silent.say('Go.')).failure?.kind).toBe('malformed');
  expect(silent.service.requests).toHaveLength(1);
  const endless = await turnScene(inOrder({ text: 'Still at it', stop: 'pause_turn' }));
  expect((await endless.say('Go.')).failure?.message).toContain('paused again and again');
  expect(endless.service.requests).toHaveLength(6);
});

test('a refused turn is said to be one, does nothing more, and is not sent again', async () => {
  const trace: string[] = [];
  const scene = await turnScene(
    inOrder({ text: 'Sure, ', toolCalls: [call('act', 1)], stop: 'refusal' }, { text: 'Gladly.' }),
    { tools: [tracedTool('act', 'ask', trace)] },
  );
  const result = await scene.say('Do evil.');
  expect(result).toMatchObject({ outcome: 'failed', text: 'Sure, ', failure: { kind: 'refused' } });
  expect(trace).toEqual([]);
  expect(scene.seen('notice').map(({ text }) => text)).toEqual([
    'This turn was taken out of the conversation, so that it can go on.',
  ]);
  expect((await scene.say('Do good.')).text).toBe('Gladly.');
  expect(scene.service.requests[1]?.messages).toEqual([{ role: 'user', text: 'Do good.' }]);
});

test('of a reply that is cut off in a call, the whole calls run and the last is made again', async () => {
  const trace: string[] = [];
  const scene = await turnScene(
    inOrder({ toolCalls: [call('look', 1), call('look', 2)], stop: 'max_tokens' }, { text: 'Once more.' }),
    { tools: [tracedTool('look', 'read', trace)] },
  );
  expect((await scene.say('Go.')).text).toBe('Once more.');
  expect(trace).toEqual(['look 1 starts', 'look 1 ends']);
  expect(scene.service.requests[1]?.messages.at(-1)?.text).toContain('Make it again, in smaller pieces');
});

test('a model that is cut off in every call is not asked for ever', async () => {
  const scene = await turnScene(inOrder({ toolCalls: [call('look', 1)], stop: 'max_tokens' }), {
    tools: [tracedTool('look', 'read', [])],
  });
  expect((await scene.say('Go.')).failure).toMatchObject({ kind: 'cut-off' });
  expect(scene.service.requests).toHaveLength(3);
});

test('a model that falls silent after its tools has not answered', async () => {
  const scene = await turnScene(inOrder({ text: 'Let me look.', toolCalls: [call('look', 1)] }, {}), {
    tools: [tracedTool('look', 'read', [])],
  });
  const result = await scene.say('Look.');
  expect(result).toMatchObject({ outcome: 'failed', text: '', failure: { kind: 'malformed' } });
});

test('of a turn that is taken out, the model is told what it did; and its news once more', async () => {
  const tooLong = { fault: { type: 'status', status: 413 } } as const;
  const scene = await turnScene(
    inOrder({ toolCalls: [call('look', 1), call('act', 2)] }, tooLong, tooLong, { text: 'I know.' }),
    { tools: [tracedTool('look', 'read', []), tracedTool('act', 'ask', [])] },
  );
  scene.news.add('The human undid your last changes to: a.ts.');
  expect((await scene.say('Act.')).failure?.kind).toBe('context-exceeded');
  expect(scene.seen('notice').at(-1)?.text).toContain('What it did stays done.');
  await scene.say('And now?');
  const heard = () => scene.service.requests.at(-1)?.messages.at(-1)?.text;
  expect(heard()).toContain('[The human undid your last changes to: a.ts.]');
  expect(heard()).toContain(
    '[A turn was taken out of the conversation. What it did stays done: act {"n":2}.]',
  );
  await scene.say('And again?');
  expect(heard()).not.toContain('undid');
  expect(heard()).toContain('act {"n":2}');
});

test('a turn that no model can read is taken out of the conversation', async () => {
  const tooLong = {
    fault: { type: 'status', status: 400, message: 'prompt is too long: 210000 tokens > 200000 maximum' },
  } as const;
  const scene = await turnScene(inOrder(tooLong, { text: 'Better.' }));
  const result = await scene.say('An endless text.');
  expect(result.failure?.kind).toBe('context-exceeded');
  expect(result.failure?.message).toContain('10,000');
  expect(scene.context.messages).toEqual([]);
  expect((await scene.say('Short.')).text).toBe('Better.');
});

test('long output is capped, the rest is on disk, and keys are taken out of both', async () => {
  const lines = Array.from({ length: 5000 }, (_, n) => `line ${n + 1} of the sekret output`).join('\n');
  const long = defineTool({
    name: 'look',
    description: 'Looks.',
    parameters: z.object({}),
    conduct: 'read',
    execute: () => Promise.resolve({ content: lines, summary: '5,000 lines' }),
  });
  const scene = await turnScene(inOrder({ toolCalls: [{ name: 'look', args: {} }] }, { text: 'Long.' }), {
    tools: [long],
  });
  await scene.say('Look.');
  const part = scene.seen('tool.ended')[0]?.result.content[0];
  const text = part?.type === 'text' ? part.text : '';
  expect(text.length).toBeLessThan(25_000);
  expect(text).toMatch(/^line 1 of the \[key\] output/);
  expect(text).toMatch(/line 5000 of the \[key\] output$/);
  const [, path = '', line = ''] = /All of it is in (\S+); read it from line (\d+)/.exec(text) ?? [];
  const spilled = await readFile(path, 'utf8');
  expect(spilled).not.toContain('sekret');
  expect(spilled.split('\n')[Number(line) - 1]).not.toBe(undefined);
  expect(text).toContain(spilled.split('\n')[Number(line) - 2]);
  expect(text).not.toContain(`${spilled.split('\n')[Number(line) - 1]}\n`);
});

test('the prefix of every request stays byte-identical', async () => {
  const scene = await turnScene(
    inOrder({ toolCalls: [call('look', 1)] }, { text: 'One.' }, { text: 'Two.' }),
    {
      tools: [tracedTool('look', 'read', [])],
    },
  );
  await scene.say('First.');
  await scene.say('Second.');
  const sent = scene.service.requests.map(({ body }) => withoutCacheMarks(body));
  for (let n = 1; n < sent.length; n++) {
    const before = sent[n - 1] as { messages: unknown[] };
    const after = sent[n] as { messages: unknown[] };
    expect({ ...after, messages: after.messages.slice(0, before.messages.length) }).toEqual(before);
  }
});

/** Cache breakpoints move with the conversation and are not part of the text. */
function withoutCacheMarks(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body, (key, value) => (key === 'cache_control' ? undefined : value)));
}
