import { rm } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { CodingAgent } from '../../src/agent.ts';
import { createSampleProject } from '../../src/demo/sample-project.ts';
import { SCENES } from '../../src/demo/scenes.ts';
import { startDemoServices } from '../../src/demo/services.ts';
import { folderWith } from '../support/scene.ts';

async function demoAgent() {
  const workspace = await createSampleProject();
  onTestFinished(() => rm(workspace, { recursive: true, force: true }));
  const services = await startDemoServices();
  onTestFinished(services.close);
  const env = { ...services.env, PATH: process.env.PATH, HOME: await folderWith() };
  await services.rehearse(workspace, env);
  const agent = new CodingAgent({ workspace, env, approve: ['all'] });
  return { agent, services };
}

const play = async (agent: CodingAgent, place: number) => {
  const { model, task } = SCENES[place]!;
  await agent.useModel(model);
  return agent.chat(task);
};

test('the local model was measured before anybody watches, and its forecasts hold', async () => {
  const { agent, services } = await demoAgent();
  expect(services.requestsOnTheWire()).toBe(0);
  await play(agent, 0);
  await play(agent, 2);
  const [refused, done] = agent.history.of('delegation.ended');
  expect([refused!.status, done!.status]).toEqual(['refused', 'done']);
  const [, started] = agent.history.of('delegation.started');
  // As the machine tells it: how busy ours is does not matter here.
  const { profile } = agent.history.of('exchange.ended').find(({ model }) => model === done!.model)!;
  const told = profile!.loadSeconds! + profile!.readSeconds! + profile!.writeSeconds!;
  expect(Math.abs(started!.forecast!.seconds / told - 1)).toBeLessThan(0.35);
  expect(agent.history.of('outcome.reported')).toHaveLength(1);
});

test('a scene that is asked for before its time is played all the same, and no other', async () => {
  const { agent } = await demoAgent();
  const { text } = await play(agent, 2);
  expect(text).toMatch(/It came to no good end\. .* try `A test fails\./);
  const calls = agent.history.of('tool.started').map(({ name }) => name);
  expect(calls).toEqual(['delegate', 'delegate']);
});

test.each(['A test fails. Find out why and fix it.', 'please find out why a test fails, and fix it'])(
  'a task in nearly the words of a scene is that scene: %s',
  async (said) => {
    const { agent } = await demoAgent();
    await agent.useModel(SCENES[0]!.model);
    expect((await agent.chat(said)).text).toMatch(/^All three tests pass now\./);
  },
);

test('other words than those of a scene are answered with the scenes that there are', async () => {
  const { agent } = await demoAgent();
  await agent.useModel(SCENES[0]!.model);
  const { text } = await agent.chat(`What does "${SCENES[0]!.task}" mean?`);
  expect(text).toMatch(/^I am a simulated model/);
});
