import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { CodingAgent } from '../src/agent.ts';
import type { Failure } from '../src/conversation/failure.ts';
import type { ImagePart } from '../src/conversation/message.ts';
import { simulateAnthropic } from '../src/simulation/anthropic.ts';
import { simulateGemini } from '../src/simulation/gemini.ts';
import { simulateOllama } from '../src/simulation/ollama/server.ts';
import { simulateOpenAI } from '../src/simulation/openai.ts';
import { inOrder, type Script, type SimulatedService } from '../src/simulation/script.ts';
import { defineTool } from '../src/tools/base.ts';
import { folderWith } from './support/scene.ts';

/** All four services with one script, and an agent that knows nothing but them. */
async function agentOfAll(script: Script, files: Record<string, string> = {}) {
  const services = {
    anthropic: await simulateAnthropic(script),
    gemini: await simulateGemini(script),
    ollama: await simulateOllama({ models: ['qwen2.5-coder:7b'], script, speed: Number.POSITIVE_INFINITY }),
    openai: await simulateOpenAI(script),
  };
  onTestFinished(async () => void (await Promise.all(all(services).map((service) => service.close()))));
  const workspace = await folderWith(files);
  const home = await folderWith({
    '.config/parley/config.yaml': [
      'providers:',
      `  anthropic: { base_url: "${services.anthropic.url}" }`,
      `  gemini: { base_url: "${services.gemini.url}" }`,
      `  gpu-box: { type: ollama, base_url: "${services.ollama.url}" }`,
      `  router: { type: openai, base_url: "${services.openai.url}/v1", api_key_env: ROUTER_KEY }`,
    ].join('\n'),
  });
  const env = {
    HOME: home,
    PATH: process.env.PATH,
    ANTHROPIC_API_KEY: KEY,
    GEMINI_API_KEY: 'key-g',
    ROUTER_KEY: 'key-r',
  };
  const agent = new CodingAgent({ workspace, env, approve: ['edits'], retry: { attempts: 1 } });
  return { agent, services, workspace, env };
}

const KEY = 'sk-ant-0123456789';
const all = (services: Record<string, SimulatedService>) => Object.values(services);
const MODELS = [
  'anthropic:claude-sonnet-5-5',
  'gemini:gemini-3.5-flash',
  'gpu-box:qwen2.5-coder:7b',
  'router:gpt-5',
];

test('a conversation that goes from every provider to every other one keeps its tools and its log', async () => {
  let calls = 0;
  const { agent, services } = await agentOfAll(
    (request) => {
      const last = request.messages.at(-1)?.text ?? '';
      if (!last.includes('Question')) return { thinking: 'I have seen it.', text: `Answer ${calls}.` };
      return {
        thinking: 'I should look.',
        text: 'Looking.',
        toolCalls: [
          { name: 'read', args: { path: 'a.txt' } },
          { name: 'list', args: {} },
        ],
      };
    },
    { 'a.txt': 'the content of a\n' },
  );
  const tour = [0, 1, 2, 3, 0, 2, 1, 3, 2, 0, 3, 1, 0];
  for (const place of tour) {
    calls += 1;
    await agent.useModel(MODELS[place]!);
    const turn = await agent.chat(`Question ${calls}?`);
    expect([agent.model, turn.failure?.message, turn.text]).toEqual([
      MODELS[place],
      undefined,
      `Answer ${calls}.`,
    ]);
  }
  const onTheWire = all(services).flatMap(({ requests }) => requests);
  expect(onTheWire).toHaveLength(agent.history.of('exchange.started').length);
  expect(onTheWire).toHaveLength(agent.history.of('exchange.ended').length);
  expect(onTheWire).toHaveLength(2 * tour.length);
  for (const row of agent.ledger.rows()) expect(row.uncounted).toBe(0);
});

test('a file that a model changed comes back with undo, and the model is told', async () => {
  const { agent, services, workspace } = await agentOfAll(
    inOrder(
      { toolCalls: [{ name: 'read', args: { path: 'a.txt' } }] },
      { toolCalls: [{ name: 'edit', args: { path: 'a.txt', edits: [{ old: 'one', new: 'two' }] } }] },
      { text: 'Done.' },
    ),
    { 'a.txt': 'one\r\n' },
  );
  await agent.useModel(MODELS[0]!);
  await agent.chat('Make it two.');
  expect(await readFile(join(workspace, 'a.txt'), 'utf8')).toBe('two\r\n');
  expect(await agent.undo()).toEqual(['a.txt']);
  expect(await readFile(join(workspace, 'a.txt'), 'utf8')).toBe('one\r\n');
  expect(await agent.undo()).toEqual([]);
  await agent.chat('And now?');
  expect(services.anthropic.requests.at(-1)?.messages.at(-1)?.text).toContain(
    'The human undid the last changes to: a.txt.',
  );
});

test("a tool of one's own is offered and run, and keys are taken out of what it says", async () => {
  const { agent, services } = await agentOfAll(
    inOrder({ toolCalls: [{ name: 'tell', args: { n: 2 } }] }, { text: 'Told.' }),
  );
  agent.addTool(
    defineTool({
      name: 'tell',
      description: 'Tells.',
      parameters: z.object({ n: z.number() }),
      conduct: 'read',
      execute: ({ n }) => Promise.resolve({ content: `the key is ${KEY}, ${n}`, summary: KEY }),
    }),
  );
  await agent.useModel(MODELS[0]!);
  await agent.chat('Tell.');
  expect(services.anthropic.requests[0]?.tools).toContain('tell');
  expect(services.anthropic.requests[1]?.messages.at(-1)?.text).toContain(
    'the key is [ANTHROPIC_API_KEY], 2',
  );
  expect(JSON.stringify(agent.history.events)).not.toContain(KEY);
  expect(() =>
    agent.addTool(
      defineTool({
        name: 'late',
        description: '',
        parameters: z.object({}),
        conduct: 'read',
        execute: () => Promise.reject(),
      }),
    ),
  ).toThrow(/before the first message/);
});

test('nothing is cleared or undone under the feet of a turn', async () => {
  const { agent, services } = await agentOfAll(
    inOrder({ toolCalls: [{ name: 'list', args: {} }] }, { text: 'Listed.' }),
  );
  await agent.useModel(MODELS[0]!);
  const refusals: Promise<unknown>[] = [];
  const refused = (work: Promise<unknown>) => work.catch((error: Failure) => error.message);
  agent.on(({ type }) => {
    if (type === 'tool.started') refusals.push(refused(agent.clear()), refused(agent.undo()));
  });
  const turn = agent.chat('List.');
  await expect.poll(() => refusals.length).toBe(2);
  const told = 'A turn is under way: wait for it, or stop it first.';
  expect(await Promise.all(refusals)).toEqual([told, told]);
  expect((await turn).text).toBe('Listed.');
  expect(services.anthropic.requests[1]?.messages).toHaveLength(3);
});

test('settings that are read again lead to the provider as it is now', async () => {
  const { agent, services, env } = await agentOfAll(inOrder({ text: 'Here.' }));
  const file = join(env.HOME, '.config/parley/config.yaml');
  const settings = await readFile(file, 'utf8');
  await writeFile(file, settings.replace(services.anthropic.url, 'http://127.0.0.1:9'));
  await agent.useModel(MODELS[0]!);
  expect((await agent.chat('Hello?')).failure?.kind).toBe('unreachable');
  await writeFile(file, settings);
  await agent.loadConfig();
  expect((await agent.chat('Hello?')).text).toBe('Here.');
});

test('two turns at once are refused, and a stopped one leaves the agent free', async () => {
  const { agent } = await agentOfAll(
    inOrder({ text: 'Slow and slower.', fault: { type: 'stall', at: 'text' } }, { text: 'Quick.' }),
  );
  await agent.useModel(MODELS[0]!);
  const stop = new AbortController();
  const speaking = new Promise((resolve) =>
    agent.on(({ type }) => type === 'exchange.delta' && resolve(type)),
  );
  const slow = agent.chat('Wait.', { signal: stop.signal });
  await expect(agent.chat('Me too.')).rejects.toMatchObject({ kind: 'usage' } satisfies Partial<Failure>);
  await speaking;
  stop.abort();
  expect((await slow).outcome).toBe('stopped');
  expect((await agent.chat('Again.')).text).toBe('Quick.');
});

test.each(['', ' \n', undefined])('%j is neither sent nor looked up', async (nothing) => {
  const { agent, services } = await agentOfAll(() => ({ text: 'Fine.' }));
  await expect(agent.useModel(nothing as string)).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringMatching(/^No model is named: /),
  });
  await agent.useModel(MODELS[0]!);
  await expect(agent.chat(nothing as string)).rejects.toMatchObject({ kind: 'usage' });
  expect(services.anthropic.requests).toHaveLength(0);
});

test('what is no image is refused by its place, and the conversation goes on without it', async () => {
  const { agent, services } = await agentOfAll(() => ({ text: 'Fine.' }));
  await agent.useModel(MODELS[0]!);
  const image = { type: 'image', mediaType: 'image/png', data: 'iVBORw0KGgo=' } as const;
  const odds = [
    ...[{}, undefined, { ...image, data: '' }, { ...image, mediaType: 'png' }],
    ...[
      { ...image, data: 'aGVsbG8=' },
      { ...image, mediaType: 'image/jpeg' },
    ],
    { ...image, mediaType: 'image/svg+xml', data: btoa('<svg/>') },
  ];
  for (const odd of odds) {
    const images = [image, odd as ImagePart];
    await expect(agent.chat('See?', { images })).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('images[1] is no image'),
    });
  }
  expect((await agent.chat('See?', { images: [image] })).text).toBe('Fine.');
  expect(services.anthropic.requests).toHaveLength(1);
  expect(services.anthropic.requests[0]!.messages).toHaveLength(1);
});

test('keys are kept out of sight also where something else came before the first message', async () => {
  const { agent, services } = await agentOfAll(() => ({ text: 'Fine.' }), { 'AGENTS.md': `Use ${KEY}.` });
  expect(await agent.undo()).toEqual([]);
  await agent.useModel(MODELS[0]!);
  await agent.chat('Hello.');
  expect(services.anthropic.requests[0]!.system).toContain('Use [ANTHROPIC_API_KEY].');
});

test("where the workspace is a home folder, Parley's own settings are not written", async () => {
  const write = (path: string) => ({ name: 'write', args: { path, content: 'approve: [all]' } });
  const { env, services } = await agentOfAll(
    inOrder(
      { toolCalls: [write('.config/parley/config.yaml'), write('.local/state/parley/x'), write('.bashrc')] },
      { text: 'Done.' },
    ),
  );
  const home = new CodingAgent({ workspace: env.HOME, env, approve: ['all'] });
  await home.useModel(MODELS[0]!);
  await home.chat('Make it easier.');
  const told = services.anthropic.requests.at(-1)!.messages.at(-1)!.text;
  expect(told.match(/belongs to Parley itself/g)).toHaveLength(2);
  expect(await readFile(join(env.HOME, '.bashrc'), 'utf8')).toBe('approve: [all]');
});

test('examples/basic-usage.ts runs', async () => {
  const { workspace, env, services } = await agentOfAll(
    inOrder({ toolCalls: [{ name: 'weekday', args: { date: '2026-11-23' } }] }, { text: 'A Monday.' }),
  );
  const root = resolve(import.meta.dirname, '..');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions', 'parley-source', join(root, 'examples/basic-usage.ts'), 'Which day is it?'],
    { cwd: workspace, env: { ...env, MODEL: MODELS[0] } },
  );
  expect(stdout).toContain('A Monday.');
  expect(stdout).toMatch(/anthropic:claude-sonnet-5-5: 2 exchanges, \d+ tokens/);
  expect(services.anthropic.requests[1]?.messages.at(-1)?.text).toContain('Monday');
});
