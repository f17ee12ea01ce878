import { describe, expect, test } from 'vitest';
import { userMessage } from '../../../src/conversation/message.ts';
import { expectedShare } from '../../../src/local/outcomes.ts';
import { MACHINES } from '../../../src/simulation/ollama/ground-truth.ts';
import type { ScriptedReply, SeenRequest } from '../../../src/simulation/script.ts';
import { CODER, localScene, WORKER } from '../../support/local-scene.ts';

const machine = { ...MACHINES.desktop, noise: 0, outliers: 0 };
const order = { task: 'Explain.', model: WORKER, kind: 'docs', maxOutputTokens: 120 } as const;
const words = (count: number): ScriptedReply => ({ text: 'word '.repeat(count).trim() });
const isCalibration = ({ messages }: SeenRequest) => messages.at(-1)!.text.includes('// sample');

describe('a server that is busy with the request of somebody else', () => {
  const busyFor = async (tokens: number, budgetSeconds: number) => {
    const scene = await localScene({
      ollama: {
        machine,
        script: ({ messages }) => words(messages.at(-1)!.text.includes('Long.') ? tokens : 100),
      },
    });
    await scene.calibrate();
    await scene.agent.delegate(order);
    const request = { model: CODER, messages: [userMessage('Long.')], maxOutputTokens: 4 * tokens };
    const other = (async () => {
      for await (const _ of scene.elsewhere().stream(request));
    })();
    await scene.clock.sleep(1500);
    const result = await scene.agent.delegate({ ...order, budgetSeconds });
    await other;
    return { scene, result };
  };

  test('is waited for while there is time, for a wait is no pace', async () => {
    const { result } = await busyFor(600, 40);
    expect(result.status).toBe('done');
    expect(result.seconds).toBeGreaterThan(3 * result.forecast!.boundSeconds);
  });

  test('has work stopped that would not end in its budget, which is no fault of its model', async () => {
    const { scene, result } = await busyFor(2000, 30);
    expect(result).toMatchObject({ status: 'failed', failure: { kind: 'overloaded' } });
    expect(result.text).toMatch(
      /^ollama:qwen2\.5-coder:7b was stopped after 2\d s: not a word had come, though its bound was [\d.]+ s, and it would not have ended within 30 s\.$/,
    );
    const { store } = await scene.agent.local();
    const info = { reference: WORKER, name: CODER, local: true };
    expect(expectedShare(info, 'docs', store.delegations())).toBe(expectedShare(info, 'docs', []));
  });
});

test('a server that takes nothing is what the caller reads of, not a slow model', async () => {
  const full = {
    type: 'status',
    status: 503,
    message: 'server busy',
    headers: { 'retry-after': '9' },
  } as const;
  let isFull = false;
  const scene = await localScene({
    ollama: {
      machine,
      script: (request) => (isFull && !isCalibration(request) ? { fault: full } : words(100)),
    },
  });
  await scene.calibrate();
  await scene.agent.delegate(order);
  isFull = true;
  const result = await scene.agent.delegate({ ...order, budgetSeconds: 20 });
  expect(result).toMatchObject({ status: 'failed', failure: { kind: 'overloaded' } });
  expect(result.text).toMatch(
    /was stopped after 1\d s.*\. Its server had not taken it: The queue of ollama is full/,
  );
  expect(result.text).not.toContain('at that pace');
});

test('a server that takes the second try has done what it did then, and nothing else', async () => {
  const busy = { type: 'status', status: 503, headers: { 'retry-after': '1' } } as const;
  let tries = 0;
  const scene = await localScene({
    ollama: {
      machine,
      script: (request) => (!isCalibration(request) && tries++ === 1 ? { fault: busy } : words(100)),
    },
  });
  await scene.calibrate();
  await scene.agent.delegate(order);
  const result = await scene.agent.delegate({ ...order, budgetSeconds: 30 });
  expect(result.status).toBe('done');
  expect(result.advice).not.toContain('stopped');
  expect(result.profile?.complete).toBe(true);
});
