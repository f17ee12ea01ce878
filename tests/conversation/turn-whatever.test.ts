import { expect, test } from 'vitest';
import * as z from 'zod';
import { priceOf } from '../../src/providers/price.ts';
import type { Fault, ScriptedReply } from '../../src/simulation/script.ts';
import { defineTool } from '../../src/tools/base.ts';
import { fc } from '../support/chance.ts';
import { turnScene } from '../support/turn-scene.ts';

const works: Record<string, () => unknown> = {
  good: async () => ({ content: 'done', summary: 'done' }),
  wordless: async () => undefined,
  bare: async () => 'done',
  broken: () => {
    throw new Error('broken');
  },
  shy: () => Promise.reject(),
};
const tools = Object.entries(works).map(([name, execute]) =>
  defineTool({
    name,
    description: `Is ${name}.`,
    parameters: z.object({ n: z.number().optional() }),
    conduct: name === 'good' ? 'ask' : 'read',
    execute: execute as never,
  }),
);

const fault = fc.constantFrom<Fault>(
  { type: 'status', status: 400 },
  { type: 'status', status: 401 },
  { type: 'status', status: 413 },
  { type: 'status', status: 529 },
  { type: 'cut', at: 'start' },
  { type: 'error-event', message: 'Too much to do' },
  { type: 'malformed' },
  { type: 'misshapen' },
  { type: 'no-end' },
  { type: 'wrong-content-type' },
);
const call = fc.record({
  name: fc.constantFrom(...Object.keys(works), 'goodd', ''),
  args: fc.oneof(fc.constant({}), fc.constant({ n: 1 }), fc.dictionary(fc.string(), fc.jsonValue())),
});
const count = fc.nat(1_000);
const reply = fc.record(
  {
    text: fc.constantFrom('', ' ', 'Words.', '\ud800 half a character'),
    thinking: fc.constantFrom('', 'Hm.'),
    toolCalls: fc.array(call, { maxLength: 4 }),
    stop: fc.constantFrom(
      ...['end_turn', 'tool_use', 'max_tokens', 'pause_turn', 'refusal', 'stop_sequence'],
      ...['model_context_window_exceeded', 'a_word_of_tomorrow'],
    ),
    usage: fc.record(
      { input: count, output: count, cacheRead: count, cacheWrite: count },
      { requiredKeys: [] },
    ),
    fault,
  },
  { requiredKeys: [] },
);

test('whatever a model says, its tools do and the human stops: a turn ends, is logged, and the next one goes on', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(reply, { minLength: 1, maxLength: 5 }),
      fc.option(fc.nat(30)),
      async (said, at) => {
        let replies: ScriptedReply[] = [...said];
        const scene = await turnScene(() => replies.shift() ?? { text: 'Well.' }, { tools, stepLimit: 6 });
        const stop = new AbortController();
        scene.on(() => scene.events.length === at && stop.abort());
        scene.door.price = (provider, model, usage) => priceOf(provider.priceList, model, usage);

        const turn = await scene.say('Go.', stop.signal);
        expect(turn.outcome === 'answered').toBe(turn.failure === undefined);
        expect(turn.failure?.kind).not.toBe('internal');
        if (turn.outcome === 'answered') expect(turn.text.trim()).not.toBe('');
        expect(scene.seen('turn.ended')).toHaveLength(1);
        const started = scene.seen('exchange.started').length;
        expect(scene.seen('exchange.ended')).toHaveLength(started);
        expect(scene.seen('tool.ended')).toHaveLength(scene.seen('tool.started').length);
        // A request that was stopped on its way may not have arrived.
        expect(started - scene.service.requests.length).toBeOneOf(stop.signal.aborted ? [0, 1] : [0]);

        replies = [];
        expect(await scene.say('And now?')).toMatchObject({ outcome: 'answered', text: 'Well.' });
      },
    ),
    { numRuns: 150 },
  );
});
