import { expect, test } from 'vitest';
import { localScene } from '../../support/local-scene.ts';

const BLUNT = 'gemma3:4b';
const ORDER = { task: 'Look around.', tools: true } as const;

test('work with tools goes to a model that can call them, though another would be chosen without', async () => {
  const scene = await localScene({
    ollama: { models: [BLUNT, 'qwen2.5-coder:1.5b'], script: () => ({ text: 'Yes.' }) },
  });
  await scene.calibrate(BLUNT);
  expect((await scene.agent.delegate({ task: 'Say it.' })).model).toBe(`ollama:${BLUNT}`);
  const result = await scene.agent.delegate(ORDER);
  expect([result.model, result.status]).toEqual(['ollama:qwen2.5-coder:1.5b', 'done']);
});

test('where no model can, or the one that is named cannot, nothing is sent', async () => {
  const scene = await localScene({ ollama: { models: [BLUNT] } });
  await expect(scene.agent.delegate(ORDER)).rejects.toThrow(
    /^No local model can call tools: pull one that can \(`ollama pull .*`\), or name a model\.$/,
  );
  await expect(scene.agent.delegate({ ...ORDER, model: `ollama:${BLUNT}` })).rejects.toThrow(
    `ollama:${BLUNT} cannot call tools: name a model with tools, or none, so that Parley chooses one.`,
  );
  expect(scene.machine.requests).toEqual([]);
});
