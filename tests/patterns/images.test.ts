import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SeenRequest } from '../../src/simulation/script.ts';
import { IMAGE, PNG } from '../support/image.ts';
import { CODER, localScene, WORKER } from '../support/local-scene.ts';
import { CLAUDE, GEMINI, patternScene, QWEN } from '../support/pattern-scene.ts';

const SEER = 'qwen3-vl:8b';
const ORDER = { task: 'What is wrong on it?', files: ['shot.png', 'a.ts'] } as const;
const sees = ({ body }: SeenRequest) => JSON.stringify(body).includes(IMAGE.data.slice(0, 400));

describe('a delegation with an image', () => {
  async function sceneWith(models: string[]) {
    const scene = await localScene({
      files: { 'a.ts': 'const a = 1;\n' },
      ollama: { models, script: () => ({ text: 'The button.' }) },
    });
    await writeFile(join(scene.workspace, 'shot.png'), PNG);
    return scene;
  }

  test('goes to a model that can see, and the image along with the files', async () => {
    const scene = await sceneWith([CODER, SEER]);
    const result = await scene.agent.delegate(ORDER);
    expect([result.model, result.status, result.text]).toEqual([`ollama:${SEER}`, 'done', 'The button.']);
    const request = scene.machine.requests.at(-1)!;
    expect(sees(request)).toBe(true);
    expect(request.messages.at(-1)!.text).toContain('=== shot.png, an image');
    expect(scene.seen('delegation.started')[0]?.files).toEqual(['shot.png', 'a.ts:1-1']);
  });

  test('is not given to one that cannot, and nothing is sent', async () => {
    const scene = await sceneWith([CODER]);
    await expect(scene.agent.delegate({ ...ORDER, model: WORKER })).rejects.toThrow(
      `${WORKER} cannot see images: name a model with vision, or none, so that Parley chooses one.`,
    );
    await expect(scene.agent.delegate(ORDER)).rejects.toThrow('No local model can see images');
    await expect(scene.agent.route({ ...ORDER, private: true })).rejects.toThrow(
      'no local model that can see images has the room for it',
    );
    expect(scene.machine.requests).toEqual([]);
  });

  test.each([
    ['after it', ['shot.png', 'a.ts'], /files: \["shot\.png","a\.ts:1-\d+"\]/],
    ['before it', ['a.ts', 'shot.png'], /files: \["a\.ts:1-\d+","shot\.png"\]/],
  ])('that is refused with text %s is offered fewer lines, and keeps its image', async (_, files, offer) => {
    const scene = await sceneWith([SEER]);
    await scene.calibrate(SEER);
    await writeFile(join(scene.workspace, 'a.ts'), 'export const value = compute(1, 2);\n'.repeat(1500));
    const { status, text } = await scene.agent.delegate({
      ...ORDER,
      files,
      budgetSeconds: 6,
      split: false,
      maxOutputTokens: 30,
    });
    expect([status, text]).toEqual(['refused', expect.stringMatching(offer)]);
  });
});

test('routing chooses among those that can see', async () => {
  const scene = await patternScene({
    qwen: 'A button.',
    gpt: 'A button.',
    gemini: 'A button.',
    claude: 'A button.',
  });
  await writeFile(join(scene.workspace, 'shot.png'), PNG);
  const result = await scene.agent.route({ task: 'Look at it.', files: ['shot.png'] });
  expect([result.outcome, result.text]).toEqual(['done', 'A button.']);
  expect(result.tried.map(({ model }) => model)).not.toContain(QWEN);
});

test('every pattern shows an image to whoever reads the files', async () => {
  const scene = await patternScene({ claude: 'Fine. Position: agree', gemini: 'Fine. Position: agree' });
  await writeFile(join(scene.workspace, 'shot.png'), PNG);
  const files = ['shot.png'];
  const models = [CLAUDE, GEMINI];
  await scene.agent.consult({ question: 'Red or blue?', models, files, synthesis: false });
  const asked = scene.requests().length;
  expect(scene.requests().filter(sees)).toHaveLength(2);
  expect(scene.seen('exchange.started')[0]!.size.tokens).toBeGreaterThan(700);
  await scene.agent.discuss({
    topic: 'Red or blue?',
    participants: models.map((model) => ({ model })),
    files,
    limits: { rounds: 1 },
  });
  await scene.agent.handoff({ task: 'Describe it.', steps: [{ role: 'plan', model: CLAUDE }], files });
  expect(scene.requests().slice(asked).every(sees)).toBe(true);
});
