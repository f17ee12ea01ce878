import { expect, test } from 'vitest';
import { toolScene } from '../support/tool-scene.ts';

test('the command is asked for and run, and its end is told last', async () => {
  const scene = await toolScene();
  const result = await scene.run('shell', { command: 'echo one; echo two >&2' });
  expect(result.content).toMatch(/^one\ntwo\n\[exit code 0, \d+\.\d s\]$/);
  expect(result).toMatchObject({ isError: false });
  expect(result.summary).toMatch(/^exit 0, \d+\.\d s$/);
  expect(scene.asked.map(({ title }) => title)).toEqual(['echo one; echo two >&2']);
  expect(scene.reported.join('')).toBe('one\ntwo\n');
});

test('a command that fails is an error with its exit code', async () => {
  const scene = await toolScene();
  const result = await scene.run('shell', { command: 'exit 7' });
  expect(result.content).toMatch(/^\(no output\)\n\[exit code 7, /);
  expect(result.isError).toBe(true);
  expect(await scene.text('shell', { command: 'kill -9 $$' })).toMatch('[exit code none: a signal ended it');
});

test('a no is no', async () => {
  const scene = await toolScene({}, { ask: () => Promise.resolve({ answer: 'no', reason: 'too risky' }) });
  expect(await scene.refusal('shell', { command: 'rm -rf .' })).toBe('The human said no: too risky');
});

test('a yes for the session covers this very command', async () => {
  const scene = await toolScene({}, { ask: () => Promise.resolve({ answer: 'yes-session' }) });
  await scene.run('shell', { command: 'true' });
  await scene.run('shell', { command: 'true' });
  await scene.run('shell', { command: 'true ' });
  expect(scene.asked.map(({ title }) => title)).toEqual(['true', 'true ']);
});

test('the limit ends it, and what was said is kept', async () => {
  const scene = await toolScene();
  const result = await scene.run('shell', { command: 'echo begun; sleep 30', timeout: 1 });
  expect(result).toMatchObject({
    content: 'begun\n[ended after its limit of 1 s]',
    summary: 'ended after 1 s',
    isError: true,
  });
  expect(() => scene.run('shell', { command: 'true', timeout: 1_801 })).toThrow();
});

test('a stop ends it, and what was said is kept', async () => {
  const scene = await toolScene();
  const stop = new AbortController();
  const running = scene.run('shell', { command: 'echo begun; sleep 30' }, stop.signal);
  while (scene.reported.length === 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  const result = await running;
  expect(result.content).toMatch(/^begun\n\[stopped by the human after/);
  expect(result.isError).toBe(true);
});

test('of a long output the tail is there, and the whole can be read', async () => {
  const scene = await toolScene();
  const text = await scene.text('shell', { command: 'seq 1 20000; echo the failure; exit 1' });
  expect(text).toMatch(/the failure\n\[exit code 1, /);
  const path = /All of it is in (.+)\.\]/.exec(text)?.[1];
  expect(await scene.text('read', { path, from: 10_000, to: 10_000 })).toMatch(/^10000\t10000\n/);
  expect(await scene.refusal('write', { path, content: 'x' })).toMatch('outside the workspace');
});

test('what stays in the background is ended, and the model is told', async () => {
  const scene = await toolScene();
  const text = await scene.text('shell', { command: 'sleep 60 & echo started' });
  expect(text).toMatch(/^started\n\[exit code 0, .* what it left in the background was ended\]$/);
});
