import { chmod } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { repository } from '../../support/repository-scene.ts';

test('commit names what it asks for, does it after one yes, and says what it did', async () => {
  const scene = await repository({ 'a.txt': '1\n', 'b.txt': '1\n' });
  await scene.put('a.txt', '2\n');
  await scene.put('b.txt', '2\n');
  await scene.put('-new.txt', 'new\n');
  const result = await scene.run('git_commit', {
    message: 'fix: it\n\nWith a body.',
    paths: ['a.txt', '-new.txt'],
  });
  expect(result.summary).toMatch(/^\[main [0-9a-f]+\] fix: it$/);
  expect(scene.asked).toHaveLength(1);
  expect(scene.asked[0]).toMatchObject({
    kind: 'command',
    title: 'git commit a.txt -new.txt: fix: it',
    detail: 'fix: it\n\nWith a body.\n\na.txt -new.txt',
  });
  expect(scene.git('log', '-1', '--format=%B').trim()).toBe('fix: it\n\nWith a body.');
  expect(scene.git('show', '--format=', '--name-only')).toBe('-new.txt\na.txt\n');
  expect(scene.git('status', '--short')).toBe(' M b.txt\n');
});

test('commit without paths takes what is staged; a message may look like an option', async () => {
  const scene = await repository({ 'a.txt': '1\n' });
  expect(await scene.refusal('git_commit', { message: 'x' })).toMatch(/^Nothing is staged: name the files/);
  expect(scene.asked).toEqual([]);
  await scene.put('a.txt', '2\n');
  scene.git('add', 'a.txt');
  await scene.run('git_commit', { message: '--amend' });
  expect(scene.git('log', '--format=%s')).toBe('--amend\nfirst\n');
});

test('a path that git does not know stops the commit, and so does a no', async () => {
  const scene = await repository({ 'a.txt': '1\n' });
  expect(await scene.refusal('git_commit', { message: 'x', paths: ['none.txt'] })).toMatch(
    'Nothing to commit in none.txt',
  );
  const careful = await repository({ 'a.txt': '1\n' }, { ask: () => Promise.resolve({ answer: 'no' }) });
  await careful.put('b.txt', '');
  expect(await careful.refusal('git_commit', { message: 'x', paths: ['b.txt'] })).toMatch(
    'The human said no',
  );
  expect(careful.git('status', '--short')).toBe('?? b.txt\n');
});

test('a deleted file can be committed', async () => {
  const scene = await repository({ 'a.txt': '1\n', 'b.txt': '' });
  await scene.run('shell', { command: 'rm a.txt' });
  await scene.run('git_commit', { message: 'gone', paths: ['a.txt'] });
  expect(scene.git('ls-files')).toBe('b.txt\n');
});

test('what is staged is shown before it is committed, and nothing outside of the workspace goes with it', async () => {
  const scene = await repository({ 'app/a.txt': '1\n', 'other/b.txt': '1\n' }, { part: 'app' });
  await scene.put('a.txt', '2\n');
  scene.git('add', 'a.txt');
  await scene.run('git_commit', { message: 'a' });
  expect(scene.asked[0]).toMatchObject({
    title: 'git commit (what is staged): a',
    detail: expect.stringMatching(/^a\n\n app\/a\.txt \| 2 \+-\n/),
  });
  await scene.put('../other/b.txt', '2\n');
  scene.git('add', '../other/b.txt');
  expect(await scene.refusal('git_commit', { message: 'b' })).toMatch('reaches outside the workspace');
  expect(scene.asked).toHaveLength(1);
});

test('after a hook said no, the model reads why, and what was not staged before is not staged', async () => {
  const scene = await repository({ 'a.txt': '1\n', 'b.txt': '1\n' });
  await scene.put('.git/hooks/pre-commit', '#!/bin/sh\necho lint failed; exit 1\n');
  await chmod(scene.at('.git/hooks/pre-commit'), 0o755);
  await scene.put('a.txt', '2\n');
  await scene.put('b.txt', '2\n');
  await scene.put('new.txt', 'new\n');
  scene.git('add', 'b.txt');
  const refusal = await scene.refusal('git_commit', { message: 'x', paths: ['a.txt', 'new.txt'] });
  expect(refusal).toMatch('git commit failed: lint failed');
  expect(scene.git('status', '--short')).toBe(' M a.txt\nM  b.txt\n?? new.txt\n');
});

test('what hooks say before it is no part of the summary', async () => {
  const scene = await repository({ 'a.txt': '1\n' });
  await scene.put('.git/hooks/pre-commit', '#!/bin/sh\necho all is well\n');
  await chmod(scene.at('.git/hooks/pre-commit'), 0o755);
  await scene.put('a.txt', '2\n');
  const { content, summary } = await scene.run('git_commit', { message: 'x', paths: ['a.txt'] });
  expect(content).toMatch(/^all is well\n/);
  expect(summary).toMatch(/^\[main [0-9a-f]+\] x$/);
});
