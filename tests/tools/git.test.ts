import { chmod, readdir, symlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { IDENTITY, repository } from '../support/repository-scene.ts';
import { folderWith } from '../support/scene.ts';
import { toolScene } from '../support/tool-scene.ts';

test('the looking tools ask nobody', async () => {
  const scene = await repository({ 'a.txt': 'one\n' });
  await scene.put('a.txt', 'two\n');
  await scene.put('new file.txt', '');
  expect(await scene.run('git_status')).toEqual({
    content: '## main\n M a.txt\n?? "new file.txt"',
    summary: '2 changed',
  });
  expect(await scene.text('git_diff')).toMatch(/^diff --git a\/a\.txt b\/a\.txt\n[\s\S]*\n-one\n\+two$/);
  expect(await scene.text('git_log')).toMatch(/^[0-9a-f]+ \d{4}-\d\d-\d\d A: first$/);
  expect(await scene.text('git_show', { commit: 'HEAD' })).toMatch(/first\n[\s\S]*\n\+one$/);
  expect(scene.asked).toEqual([]);
});

test('a difference can be narrowed to a path, to what is staged, to a commit', async () => {
  const scene = await repository({ 'a.txt': '1\n', 'b.txt': '1\n' });
  await scene.put('a.txt', '2\n');
  await scene.put('b.txt', '2\n');
  scene.git('add', 'b.txt');
  expect(await scene.text('git_diff', { path: 'a.txt' })).not.toContain('b.txt');
  expect(await scene.text('git_diff', { staged: true })).not.toContain('a.txt');
  scene.git('commit', '--quiet', '--message', 'second');
  expect(await scene.text('git_diff', { from: 'HEAD~1', path: 'b.txt' })).toContain('+2');
  expect(await scene.text('git_diff', { path: 'b.txt' })).toBe('No changes.');
  expect(await scene.text('git_log', { count: 1 })).toMatch(/second$/);
  expect(await scene.text('git_log', { path: 'a.txt' })).toMatch(/first$/);
});

test('a file of a repository inside this one is said to belong there', async () => {
  const scene = await repository({ 'a.txt': 'one\n' });
  scene.git('init', '--quiet', 'nested');
  await scene.put('nested/f.txt', 'one\n');
  const theirs =
    'nested/f.txt belongs to another git repository, that of nested: use the shell for it, with git -C nested.';
  const path = 'nested/f.txt';
  expect(await scene.refusal('git_diff', { path })).toBe(theirs);
  expect(await scene.refusal('git_commit', { message: 'x', paths: [path] })).toBe(theirs);
  expect(await scene.text('git_diff', { path: 'nested' })).toBe('No changes.');
  // Of a folder that holds one, no pointer is committed unsaid.
  scene.git('-C', 'nested', 'add', 'f.txt');
  scene.git('-C', 'nested', 'commit', '--quiet', '--message', 'theirs');
  expect(await scene.refusal('git_commit', { message: 'x', paths: ['.'] })).toBe(
    'nested is another git repository, of which only a pointer would be committed: name the other files, or commit in there with the shell, git -C nested.',
  );
});

test('where there is no repository, that is said', async () => {
  const scene = await toolScene({ 'a.txt': '' }, { env: IDENTITY });
  for (const [name, args] of [
    ['git_status', {}],
    ['git_diff', {}],
    ['git_log', {}],
    ['git_show', { commit: 'HEAD' }],
    ['git_commit', { message: 'x' }],
  ] as const) {
    expect(await scene.refusal(name, args)).toBe('The workspace is not a git repository.');
  }
  expect(scene.asked).toEqual([]);
});

test('where git is not installed, that is said', async () => {
  const scene = await toolScene({}, { env: { PATH: '/nonexistent' } });
  expect(await scene.refusal('git_status')).toBe('git is not installed, or not on the PATH.');
});

test('a repository without commits has no commits, and all of it is new', async () => {
  const scene = await toolScene({ 'a.txt': 'one\n' }, { env: IDENTITY });
  scene.git('init', '--quiet', '--initial-branch=main');
  scene.git('add', 'a.txt');
  expect(await scene.text('git_log')).toBe('No commits.');
  expect(await scene.text('git_diff')).toContain('+one');
  expect(await scene.text('git_status')).toBe('## No commits yet on main\nA  a.txt');
});

test('a name that is no commit is told, an option is no commit', async () => {
  const scene = await repository({ 'a.txt': '' });
  for (const commit of ['nope', '--output=made', '--help', 'HEAD:a.txt']) {
    expect(await scene.refusal('git_show', { commit })).toBe(`There is no commit "${commit}".`);
  }
  expect(await scene.refusal('git_diff', { from: '--output=made' })).toMatch('There is no commit');
  expect(await readdir(scene.root)).not.toContain('made');
});

test('a link is a file of its own to git, also one that leads outside', async () => {
  const scene = await repository({ 'a.txt': '1\n' });
  await symlink('/etc/passwd', scene.at('link'));
  await scene.run('git_commit', { message: 'link', paths: ['link'] });
  expect(scene.git('ls-tree', 'HEAD', 'link')).toMatch(/^120000 /);
  expect(await scene.refusal('git_diff', { path: '../x' })).toMatch('outside the workspace');
});

test('files with secrets are named in a difference, not shown', async () => {
  const scene = await repository({ '.env': 'KEY=old-secret\n', 'a.txt': '1\n', '.env.example': 'KEY=\n' });
  await scene.put('.env', 'KEY=new-secret\n');
  await scene.put('a.txt', '2\n');
  await scene.put('.env.example', 'KEY=...\n');
  const diff = await scene.text('git_diff');
  expect(diff).not.toMatch('secret\n');
  expect(diff).toContain('+2');
  expect(diff).toContain('+KEY=...');
  expect(diff).toMatch(/\[not shown, as they may hold secrets: \.env\]$/);
  const show = await scene.text('git_show', { commit: 'HEAD' });
  expect(show).not.toContain('old-secret');
  expect(show).toContain('not shown, as they may hold secrets: .env');
  expect(await scene.text('git_diff', { path: '.env' })).not.toContain('new-secret');
});

test('a renamed file with secrets is not shown under its new name', async () => {
  const scene = await repository({ '.env': 'KEY=old-secret\nA=1\nB=2\nC=3\n' });
  scene.git('mv', '.env', 'plain.txt');
  await scene.put('plain.txt', 'KEY=other\nA=1\nB=2\nC=3\n');
  scene.git('add', 'plain.txt');
  expect(await scene.text('git_diff')).not.toContain('old-secret');
});

test('in a workspace that is a part of a repository only that part is looked at, by its own paths', async () => {
  const files = { 'app/a.txt': '1\n', 'other/b.txt': 'beside\n', 'other/.env': 'KEY=x\n' };
  const scene = await repository(files, { part: 'app' });
  await scene.put('a.txt', '2\n');
  await scene.put('../other/b.txt', 'outside\n');
  expect(await scene.text('git_diff')).toMatch(/^diff --git a\/a\.txt b\/a\.txt\n/);
  expect(await scene.text('git_diff')).not.toContain('outside');
  expect(await scene.text('git_status')).toBe('## main\n M a.txt');
  const shown = await scene.text('git_show', { commit: 'HEAD' });
  expect(shown).toContain('+1');
  expect(shown).not.toMatch(/beside|\.env/);
  scene.git('commit', '--quiet', '--message', 'beside', '--', '../other/b.txt');
  expect(await scene.text('git_log')).toMatch(/^\w+ [-\d]+ A: first$/);
  expect(await scene.text('git_show', { commit: 'HEAD' })).not.toContain('outside');
});

test('a bare repository has a log, and is said to have no files', async () => {
  const scene = await repository({ 'a.txt': '1\n' });
  scene.git('clone', '--quiet', '--bare', '.', 'bare.git');
  const bare = await toolScene({}, { env: IDENTITY, folder: scene.at('bare.git') });
  expect(await bare.text('git_log')).toMatch(/first$/);
  expect(await bare.refusal('git_status')).toMatch('has no files that git keeps: it is a bare repository');
});

test('no program that the repository names is run by looking', async () => {
  const proof = await folderWith();
  const scene = await repository({ 'a.txt': 'one\n', '.gitattributes': '* diff=evil filter=evil\n' });
  const evil = scene.at('evil.sh');
  await scene.put('evil.sh', `#!/bin/sh\ntouch ${proof}/ran-$1\ncat\n`);
  await chmod(evil, 0o755);
  for (const [name, value] of [
    ['core.fsmonitor', `${evil} fsmonitor`],
    ['core.pager', `${evil} pager`],
    ['core.hooksPath', scene.root],
    ['diff.external', `${evil} external`],
    ['diff.evil.command', `${evil} command`],
    ['diff.evil.textconv', `${evil} textconv`],
    ['filter.evil.clean', `${evil} clean`],
    ['filter.evil.smudge', `${evil} smudge`],
    ['filter.evil.process', `${evil} process`],
    ['filter.evil.required', 'true'],
    ['filter.dotted.name.clean', `${evil} dotted`],
    ['gpg.program', evil],
    ['log.showSignature', 'true'],
    ['color.ui', 'always'],
  ] as const) {
    scene.git('config', name, value);
  }
  await scene.put('post-index-change', `#!/bin/sh\ntouch ${proof}/ran-hook\n`);
  await chmod(scene.at('post-index-change'), 0o755);
  await scene.put('a.txt', 'two\n');
  expect(await scene.text('git_status')).toContain(' M a.txt');
  expect(await scene.text('git_diff')).toContain('+two');
  expect(await scene.text('git_diff', { staged: true })).toBe('No changes.');
  expect(await scene.text('git_show', { commit: 'HEAD' })).toContain('+one');
  expect(await scene.text('git_log', { path: 'a.txt' })).toContain('first');
  expect(await readdir(proof)).toEqual([]);
  // The trap works: git as it comes does run them.
  expect(() => scene.git('status')).toThrow('evil.sh process');
  expect((await readdir(proof)).length).toBeGreaterThan(0);
});

test('a repository that claims a folder outside as its own shows nothing of it', async () => {
  const outside = await folderWith({ 'secret.txt': 'the secret\n' });
  const scene = await repository({ 'secret.txt': 'guess\n' });
  scene.git('config', 'core.worktree', outside);
  for (const name of ['git_diff', 'git_status']) {
    const said = await scene.text(name).catch((error: Error) => error.message);
    expect(said).not.toContain('the secret');
  }
  scene.git('config', 'core.worktree', '/');
  const said = await scene.text('git_diff').catch((error: Error) => error.message);
  expect(said).not.toMatch('root:');
});

test('names with line breaks, quotes and globs are names', async () => {
  const scene = await repository({ 'a\nb.txt': '1\n', '*.txt': '1\n', 'c.txt': '1\n' });
  for (const name of ['a\nb.txt', '*.txt', 'c.txt']) await scene.put(name, '2\n');
  expect(await scene.text('git_diff', { path: '*.txt' })).not.toContain('c.txt');
  await scene.run('git_commit', { message: 'x', paths: ['*.txt', 'a\nb.txt'] });
  expect(scene.git('status', '--short')).toBe(' M c.txt\n');
});
