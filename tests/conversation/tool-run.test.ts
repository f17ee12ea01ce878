import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { inOrder } from '../../src/simulation/script.ts';
import { type AnyTool, defineTool } from '../../src/tools/base.ts';
import { folderWith } from '../support/scene.ts';
import { turnScene } from '../support/turn-scene.ts';

/** A tool whose author knew no types. */
function careless(parts: Record<string, unknown>): AnyTool {
  return defineTool({
    name: 'own',
    description: 'Of my own.',
    parameters: z.object({}),
    conduct: 'read',
    execute: () => Promise.resolve({ content: 'done', summary: 'done' }),
    ...parts,
  });
}

async function resultOf(tool: AnyTool, options = {}) {
  const scene = await turnScene(inOrder({ toolCalls: [{ name: 'own', args: {} }] }, { text: 'I see.' }), {
    tools: [tool],
    ...options,
  });
  const turn = await scene.say('Go.');
  expect(turn).toMatchObject({ outcome: 'answered', text: 'I see.' });
  const [ended] = scene.seen('tool.ended');
  const [part] = ended!.result.content;
  return { text: part?.type === 'text' ? part.text : '', isError: ended!.result.isError ?? false };
}

const gives = (result: unknown) => ({ execute: () => Promise.resolve(result) });
const throws = (thrown: unknown) => () => {
  throw thrown;
};

test.each<[string, Record<string, unknown>, RegExp]>([
  ['gives nothing', gives(undefined), /no proper result/],
  ['gives a bare text', gives('done'), /no proper result/],
  ['leaves out the summary', gives({ content: 'done' }), /no proper result/],
  ['gives parts of no known kind', gives({ content: [{ type: 'pdf' }], summary: 'x' }), /no proper result/],
  ['throws before it begins', { execute: throws(new Error('The disk is gone.')) }, /^The disk is gone\.$/],
  ['throws nothing at all', { execute: () => Promise.reject() }, /undefined/],
  ['throws without a word', { execute: throws(new Error('')) }, /did not say why/],
  ['cannot check its arguments', { parameters: z.object({}).refine(throws(new Error('no net'))) }, /no net/],
  [
    'refuses its arguments in its own time',
    { parameters: z.object({}).refine(async () => false) },
    /do not fit/,
  ],
])('a tool that %s is answered to the model, and the turn goes on', async (_what, parts, told) => {
  expect(await resultOf(careless(parts))).toMatchObject({ text: expect.stringMatching(told), isError: true });
});

test('a tool that cannot name its call does its work all the same', async () => {
  expect(await resultOf(careless({ title: throws(new Error('boom')) }))).toEqual({
    text: 'done',
    isError: false,
  });
});

test('where a long output cannot be kept, the model gets its two ends and is told so', async () => {
  const folder = await folderWith({ file: 'in the way' });
  const content = 'a line of many\n'.repeat(5_000);
  const { text } = await resultOf(careless(gives({ content, summary: 'long' })), {
    spillFolder: join(folder, 'file'),
  });
  expect(text).toMatch(/^a line of many\n/);
  expect(text).toMatch(/characters left out here\. They could not be kept/);
});

test('a tool that does not hear the stop does not hold it', async () => {
  const stop = new AbortController();
  const late = Promise.withResolvers<unknown>();
  let report = (_text: string) => {};
  const deaf = careless({
    execute(_input: unknown, context: { report: typeof report }) {
      report = context.report;
      stop.abort();
      return late.promise;
    },
  });
  const scene = await turnScene(inOrder({ toolCalls: [{ name: 'own', args: {} }] }, { text: 'Here.' }), {
    tools: [deaf],
  });
  const stopping = scene.say('Go.', stop.signal);
  await expect.poll(() => scene.seen('tool.started').length).toBe(1);
  await expect.poll(() => stop.signal.aborted).toBe(true);
  scene.clock.advance(3_000);
  expect((await stopping).outcome).toBe('stopped');
  report('late');
  late.reject(new Error('too late'));
  expect(scene.seen('tool.output')).toEqual([]);
  expect((await scene.say('Go on.')).text).toBe('Here.');
});
