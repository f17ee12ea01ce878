import { chmod, readFile, rename } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type ToolScene, toolScene } from '../support/tool-scene.ts';

async function repository(files: Record<string, string> = {}) {
  const scene = await toolScene(files);
  scene.git('init', '--quiet', '--initial-branch=main');
  scene.git('config', 'user.name', 'A');
  scene.git('config', 'user.email', 'a@b.c');
  if (Object.keys(files).length > 0) {
    scene.git('add', '--all');
    scene.git('commit', '--quiet', '--message=first');
  }
  return scene;
}

/** A program in the workspace that leaves a trace when it is run. */
async function trap(scene: ToolScene): Promise<string> {
  await scene.put('trap.sh', `#!/bin/sh\necho "$@" >> ${scene.store}/trace\ncat\n`);
  await chmod(scene.at('trap.sh'), 0o755);
  return scene.at('trap.sh');
}

async function lookEverywhere(scene: ToolScene): Promise<void> {
  for (const [name, args] of [
    ['git_status', {}],
    ['git_diff', {}],
    ['git_diff', { staged: true }],
    ['git_diff', { from: 'HEAD' }],
    ['git_log', {}],
    ['git_show', { commit: 'HEAD' }],
  ] as const) {
    await scene.run(name, args);
  }
}

function traceOf(scene: ToolScene): Promise<string | undefined> {
  return readFile(`${scene.store}/trace`, 'utf8').catch(() => undefined);
}

test.each([
  ['core.fsmonitor'],
  ['core.pager'],
  ['pager.log'],
  ['diff.external'],
  ['diff.evil.command'],
  ['diff.evil.textconv'],
  ['filter.evil.clean'],
  ['filter.evil.process'],
  ['filter.e=v.il.clean'],
  ['filter.e\u001b[1mvil.clean'],
  ['gpg.program'],
])('a repository whose settings name a program as %s has it not run by looking', async (setting) => {
  const scene = await repository({ 'a.txt': 'one\n' });
  scene.git('config', setting, await trap(scene));
  scene.git('config', 'log.showSignature', 'true');
  const driver = /^(?:diff|filter)\.(.*)\.\w+$/.exec(setting)?.[1] ?? 'evil';
  await scene.put('.gitattributes', `*.txt diff=${driver} filter=${driver}\n`);
  await scene.put('a.txt', 'two\n');
  await lookEverywhere(scene);
  expect(await traceOf(scene)).toBeUndefined();
  expect(await scene.text('git_diff', { path: 'a.txt' })).toContain('-one\n+two');
});

test('a signed commit does not have the program run that the settings name to check it', async () => {
  const scene = await repository({ 'a.txt': 'one\n' });
  const signature = 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ\n -----END PGP SIGNATURE-----';
  await scene.put('raw', scene.git('cat-file', 'commit', 'HEAD').replace('\n\n', `\n${signature}\n\n`));
  scene.git('update-ref', 'refs/heads/main', scene.git('hash-object', '-t', 'commit', '-w', 'raw').trim());
  scene.git('config', 'gpg.program', await trap(scene));
  scene.git('config', 'format.pretty', '%G? %s');
  await lookEverywhere(scene);
  expect(await traceOf(scene)).toBeUndefined();
  expect(await scene.text('git_show', { commit: 'HEAD' })).toMatch(/^commit [\s\S]* {4}first\n/);
  scene.git('show', 'HEAD');
  expect(await traceOf(scene)).toBeDefined();
});

test('of a submodule neither its programs are run nor its files shown', async () => {
  const inner = await repository({
    'x.txt': '1\n',
    '.env': 'KEY=1\n',
    '.gitattributes': '*.txt diff=evil\n',
  });
  const scene = await repository({ 'a.txt': 'one\n' });
  scene.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.root, 'sub');
  scene.git('commit', '--quiet', '--message=submodule');
  const program = await trap(scene);
  const sub = (...args: string[]) => scene.git('-C', 'sub', ...args);
  for (const name of ['diff.evil.textconv', 'diff.evil.command']) sub('config', name, program);
  await scene.put('sub/x.txt', '2\n');
  await scene.put('sub/.env', 'KEY=2\n');
  sub('commit', '--quiet', '--all', '--message=moved');
  scene.git('config', 'diff.submodule', 'diff');
  expect(await scene.text('git_diff')).toMatch(/-Subproject commit \w+\n\+Subproject commit \w+$/);
  scene.git('commit', '--quiet', '--message=bump', 'sub');
  expect(await scene.text('git_show', { commit: 'HEAD' })).not.toContain('KEY=');
  expect(await traceOf(scene)).toBeUndefined();
  scene.git('show', 'HEAD');
  expect(await traceOf(scene)).toBeDefined();
});

test('the trap of these tests would be noticed', async () => {
  const scene = await repository({ 'a.txt': 'one\n' });
  scene.git('config', 'filter.evil.clean', await trap(scene));
  await scene.put('.gitattributes', '*.txt filter=evil\n');
  await scene.put('a.txt', 'two\n');
  scene.git('diff');
  expect(await traceOf(scene)).toBeDefined();
});

test('a filter is found in a settings file that the repository includes, and among very many', async () => {
  const scene = await repository({ 'a.txt': 'one\n' });
  const program = await trap(scene);
  const filters = Array.from({ length: 900 }, (_, n) => `[filter "number${n}"]\n\tclean = ${program}\n`);
  await scene.put('more-settings', filters.join(''));
  scene.git('config', 'include.path', scene.at('more-settings'));
  await scene.put('.gitattributes', '*.txt filter=number450\n');
  await scene.put('a.txt', 'two\n');
  await lookEverywhere(scene);
  expect(await traceOf(scene)).toBeUndefined();
});

test('a filter whose name is no text makes git refuse, not run', async () => {
  const scene = await repository({ 'a.txt': 'one\n' });
  const name = Buffer.from('e\xff', 'latin1');
  const settings = await readFile(scene.at('.git/config'));
  const filter = Buffer.concat([
    Buffer.from('[filter "'),
    name,
    Buffer.from(`"]\nclean = ${await trap(scene)}\n`),
  ]);
  await scene.put('.git/config', Buffer.concat([settings, filter]));
  await scene.put('.gitattributes', Buffer.concat([Buffer.from('*.txt filter='), name, Buffer.from('\n')]));
  await scene.put('a.txt', 'two\n');
  expect(await scene.refusal('git_diff')).toContain('a filter whose name is no valid text');
  expect(await traceOf(scene)).toBeUndefined();
});

test('hooks of the repository do not run by looking', async () => {
  const scene = await repository({ 'a.txt': 'one\n' });
  await rename(await trap(scene), scene.at('.git/hooks/post-index-change'));
  await scene.put('a.txt', 'two\n');
  await lookEverywhere(scene);
  expect(await traceOf(scene)).toBeUndefined();
});

test('a commit or path that begins with a dash is no option', async () => {
  const scene = await repository({ 'a.txt': 'one\n', '--output=x': 'dash\n', '-p': 'dash\n' });
  const option = `--output=${scene.store}/written`;
  expect(await scene.refusal('git_show', { commit: option })).toBe(`There is no commit "${option}".`);
  expect(await scene.refusal('git_diff', { from: option })).toBe(`There is no commit "${option}".`);
  await scene.put('--output=x', 'changed\n');
  await scene.put('-p', 'changed\n');
  expect(await scene.text('git_diff', { path: '--output=x' })).toContain('-dash\n+changed');
  expect(await scene.text('git_log', { path: '-p' })).toMatch(/A: first$/);
  await expect(readFile(`${scene.store}/written`)).rejects.toThrow('ENOENT');
});

test('git magic in a path is taken for a name', async () => {
  const scene = await repository({ 'folder/a.txt': 'one\n', '*.txt': 'star\n', 'b.txt': 'b\n' });
  await scene.put('*.txt', 'changed\n');
  await scene.put('b.txt', 'changed\n');
  const diff = await scene.text('git_diff', { path: '*.txt' });
  expect(diff).toContain('star');
  expect(diff).not.toContain('b.txt');
  expect(await scene.text('git_diff', { path: ':(top)b.txt' })).toBe('No changes.');
});

test('secrets are named and not shown, also where very many files changed', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 1_200 }, (_, n) => [`folder/file-number-${n}.txt`, '.\n']),
  );
  const scene = await repository({ 'a.txt': 'a\n' });
  await scene.run('shell', { command: 'mkdir folder' });
  for (const [name, content] of Object.entries({ ...many, 'folder/file-number-5.pem': 'PRIVATE\n' })) {
    await scene.put(name, content);
  }
  scene.git('add', '--all');
  scene.git('commit', '--quiet', '--message=many');
  const { content } = await scene.run('git_show', { commit: 'HEAD' });
  expect(content).toContain('[not shown, as they may hold secrets: folder/file-number-5.pem]');
  const [, spilled = ''] = /All of it is in (.*\.txt)\./.exec(String(content)) ?? [];
  expect(await readFile(spilled, 'utf8')).not.toContain('PRIVATE');
});

test('a commit is asked for once, and takes only what was named', async () => {
  const scene = await repository({ 'a.txt': 'a\n', 'b.txt': 'b\n', 'gone.txt': 'g\n' });
  await scene.put('a.txt', 'A\n');
  await scene.put('b.txt', 'B\n');
  await scene.put('new\nline', 'n\n');
  await scene.run('shell', { command: 'rm gone.txt' });
  scene.git('add', 'b.txt');
  scene.asked.length = 0;
  await scene.run('git_commit', { message: '--amend\n\nwhy', paths: ['a.txt', 'new\nline', 'gone.txt'] });
  expect(scene.asked.map(({ title }) => title)).toEqual(['git commit a.txt "new\\nline" gone.txt: --amend']);
  expect(scene.git('show', '--name-status', '--format=%s', 'HEAD')).toBe(
    '--amend\n\nM\ta.txt\nD\tgone.txt\nA\t"new\\nline"\n',
  );
  expect(scene.git('status', '--short')).toBe('M  b.txt\n');
});

test('without paths what is staged is committed', async () => {
  const scene = await repository({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
  await scene.put('a.txt', 'A\n');
  await scene.put('b.txt', 'B\n');
  scene.git('add', 'b.txt');
  await scene.run('git_commit', { message: 'b alone' });
  expect(scene.asked).toHaveLength(1);
  expect(scene.git('show', '--name-only', '--format=%s', 'HEAD')).toBe('b alone\n\nb.txt\n');
});

test('after a no nothing is staged or committed', async () => {
  const scene = await repository({ 'a.txt': 'a\n' });
  await scene.put('a.txt', 'A\n');
  scene.approver.ask = () => Promise.resolve({ answer: 'no', reason: 'later' });
  expect(await scene.refusal('git_commit', { message: 'x', paths: ['a.txt'] })).toBe(
    'The human said no: later',
  );
  expect(scene.git('status', '--short')).toBe(' M a.txt\n');
});

test('where there is no repository that is said, whatever language git speaks, and nobody is asked', async () => {
  const scene = await toolScene({ 'a.txt': '' }, { env: { PATH: process.env.PATH, LC_ALL: 'de_DE.UTF-8' } });
  for (const [name, args] of [
    ['git_status', {}],
    ['git_diff', {}],
    ['git_log', {}],
    ['git_show', { commit: 'HEAD' }],
    ['git_commit', { message: 'x', paths: ['a.txt'] }],
  ] as const) {
    expect(await scene.refusal(name, args)).toBe('The workspace is not a git repository.');
  }
  expect(scene.asked).toEqual([]);
});

test('a repository without commits has no log, and all that is staged is new', async () => {
  const scene = await repository();
  await scene.put('a.txt', 'a\n');
  expect(await scene.text('git_log')).toBe('No commits.');
  expect(await scene.text('git_diff')).toBe('No changes.');
  expect(await scene.text('git_status')).toBe('## No commits yet on main\n?? a.txt');
  expect(await scene.refusal('git_show', { commit: 'HEAD' })).toBe('There is no commit "HEAD".');
  scene.git('add', 'a.txt');
  expect(await scene.text('git_diff', { staged: true })).toContain('new file mode');
});

test('without git that is said', async () => {
  const scene = await toolScene({}, { env: { PATH: '/nowhere' } });
  expect(await scene.refusal('git_status')).toBe('git is not installed, or not on the PATH.');
});
