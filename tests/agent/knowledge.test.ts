import { expect, test } from 'vitest';
import { CodingAgent } from '../../src/agent.ts';
import { claudeThat, folderWith } from '../support/scene.ts';
import { silentServer } from '../support/silent-server.ts';

const LEADER = 'anthropic:claude-sonnet-5-5';

/** A leader that answers, and a server of local models that takes connections and says nothing. */
async function beside(silent: { url: string }) {
  const { service } = await claudeThat(() => ({ text: 'Here.' }));
  const config = [
    'providers:',
    `  anthropic: { base_url: "${service.url}" }`,
    `  gpu-box: { type: ollama, base_url: "${silent.url}" }`,
    '  ollama: { base_url: "http://127.0.0.1:9" }',
  ].join('\n');
  const home = await folderWith({ '.config/parley/config.yaml': config });
  const env = { HOME: home, PATH: process.env.PATH, ANTHROPIC_API_KEY: 'test-key' };
  const agent = new CodingAgent({ workspace: await folderWith(), env });
  await agent.useModel(LEADER);
  return { agent, service };
}

test('a server that takes connections and says nothing is waited for once, and the human is told', async () => {
  const silent = await silentServer();
  const { agent } = await beside(silent);
  expect((await agent.chat('Hello?')).text).toBe('Here.');
  const listings = silent.asked.filter((path) => path === '/api/tags');
  expect(listings).toHaveLength(1);
  const [notice] = agent.history.of('notice');
  expect(notice?.text).toContain('No answer in time from gpu-box: the work goes on without');
  await (await agent.local()).cards();
  expect(silent.asked.filter((path) => path === '/api/tags')).toEqual(listings);
});

test('a message can be stopped while such a server is waited for, and the next one asks again', async () => {
  const silent = await silentServer();
  const { agent, service } = await beside(silent);
  for (const text of ['Hello?', 'Hello again?']) {
    const stop = new AbortController();
    const asked = silent.next();
    const turn = agent.chat(text, { signal: stop.signal });
    await asked;
    stop.abort();
    await expect(turn).rejects.toMatchObject({ kind: 'stopped' });
  }
  expect(service.requests).toEqual([]);
});
