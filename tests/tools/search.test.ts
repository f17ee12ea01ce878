import { mkdir, symlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { OUTPUT_CAP } from '../../src/tools/base.ts';
import { toolScene } from '../support/tool-scene.ts';

const PROJECT = {
  '.gitignore': '*.log\ndist/\nnode_modules\n',
  '.github/workflows/ci.yml': 'run: test\n',
  'README.md': 'needle in prose\n',
  'src/a.ts': 'one\nneedle(1)\nthree\nfour\nfive\nsix\nneedle(2)\n',
  'src/deep/b.test.ts': 'Needle\n',
  'dist/out.ts': 'needle\n',
  'node_modules/x/i.ts': 'needle\n',
  'debug.log': 'needle\n',
};

test('list shows the tree, hidden files too, without what is ignored and without git', async () => {
  const scene = await toolScene(PROJECT);
  await mkdir(scene.at('.git'));
  await scene.put('.git/config', 'needle');
  expect(await scene.run('list')).toEqual({
    content:
      '.github/\n  workflows/\n    ci.yml\nsrc/\n  deep/\n    b.test.ts\n  a.ts\n.gitignore\nREADME.md',
    summary: '5 files',
  });
  expect(await scene.text('list', { path: 'src' })).toBe('src/\n  deep/\n    b.test.ts\n  a.ts');
  expect(await scene.text('list', { path: scene.at('src/deep') })).toBe('src/deep/\n  b.test.ts');
});

test('list counts what lies deeper than asked for', async () => {
  const scene = await toolScene(PROJECT);
  expect(await scene.text('list', { depth: 1 })).toBe(
    '.github/ (1 file)\nsrc/ (2 files)\n.gitignore\nREADME.md',
  );
});

test('a large tree is folded until it fits, and says so', async () => {
  const files: Record<string, string> = { 'README.md': '' };
  for (let n = 0; n < 400; n++) files[`packages/p${n % 20}/src/file${n}.ts`] = '';
  const scene = await toolScene(files);
  const lines = (await scene.text('list')).split('\n');
  expect(lines.slice(0, 3)).toEqual(['packages/', '  p0/', '    src/ (20 files)']);
  expect(lines.at(-1)).toBe('[too many to show all: name a folder to see more]');
  expect(lines).toContain('README.md');
  const flat = await toolScene(Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`f${n}.ts`, ''])));
  expect(await flat.text('list')).toMatch(/\[100 more lines: name a folder, or use find\]$/);
});

test('list says what it cannot list', async () => {
  const scene = await toolScene({ 'a.txt': '' });
  await mkdir(scene.at('empty'));
  expect(await scene.text('list', { path: 'empty' })).toBe('No files in empty, apart from ignored ones.');
  expect(await scene.refusal('list', { path: 'a.txt' })).toBe('a.txt is a file: use read.');
  expect(await scene.refusal('list', { path: 'none' })).toBe('There is no none in the workspace.');
  expect(await scene.refusal('list', { path: '..' })).toMatch('outside the workspace');
});

test('find takes globs of names and of paths, and what is ignored stays ignored', async () => {
  const scene = await toolScene(PROJECT);
  expect(await scene.text('find', { glob: '*.ts' })).toBe('src/a.ts\nsrc/deep/b.test.ts');
  expect(await scene.text('find', { glob: 'src/**/*.test.ts' })).toBe('src/deep/b.test.ts');
  expect(await scene.text('find', { glob: '*.{yml,md}' })).toBe('.github/workflows/ci.yml\nREADME.md');
  expect(await scene.text('find', { glob: '*.ts', path: 'src/deep' })).toBe('src/deep/b.test.ts');
  for (const glob of ['*.log', 'dist/**', 'node_modules/**', '**/out.ts']) {
    expect(await scene.run('find', { glob })).toEqual({
      content: `No file fits ${glob}.`,
      summary: 'no files',
    });
  }
  for (const glob of ['*', '**', '**/*']) expect((await scene.run('find', { glob })).summary).toBe('5 files');
  expect(await scene.refusal('find', { glob: '[' })).toMatch('The search could not be made');
});

test('find counts what it does not show', async () => {
  const files = Object.fromEntries(Array.from({ length: 350 }, (_, n) => [`f${n}.ts`, '']));
  const scene = await toolScene(files);
  const result = await scene.run('find', { glob: '*.ts' });
  expect(result.summary).toBe('350 files');
  expect(result.content).toMatch(/\[50 more files: name a folder or a narrower glob\]$/);
});

test('search gives path, line and text, in the order of the files', async () => {
  const scene = await toolScene(PROJECT);
  expect(await scene.run('search', { pattern: 'needle' })).toEqual({
    content: 'README.md:1:needle in prose\nsrc/a.ts:2:needle(1)\nsrc/a.ts:7:needle(2)',
    summary: '3 lines in 2 files',
  });
  expect(await scene.text('search', { pattern: 'needle\\(\\d', glob: '*.ts' })).toBe(
    'src/a.ts:2:needle(1)\nsrc/a.ts:7:needle(2)',
  );
  expect(await scene.text('search', { pattern: 'needle(2)', literal: true })).toBe('src/a.ts:7:needle(2)');
  expect(await scene.text('search', { pattern: 'needle', ignore_case: true, path: 'src/deep' })).toBe(
    'src/deep/b.test.ts:1:Needle',
  );
  expect(await scene.text('search', { pattern: 'needle', files_only: true })).toBe('README.md\nsrc/a.ts');
  expect(await scene.text('search', { pattern: 'needle', path: 'README.md' })).toBe(
    'README.md:1:needle in prose',
  );
  expect(await scene.run('search', { pattern: 'nowhere' })).toEqual({
    content: 'Nothing fits nowhere.',
    summary: 'no matches',
  });
});

test('lines around a match are marked, and gaps between them', async () => {
  const scene = await toolScene(PROJECT);
  const result = await scene.run('search', { pattern: 'needle', context: 1 });
  expect(result.content).toBe(
    [
      'README.md:1:needle in prose',
      '--',
      'src/a.ts-1-one',
      'src/a.ts:2:needle(1)',
      'src/a.ts-3-three',
      '--',
      'src/a.ts-6-six',
      'src/a.ts:7:needle(2)',
    ].join('\n'),
  );
  expect(result.summary).toBe('3 lines in 2 files');
});

test('a glob does not bring back what is ignored', async () => {
  const scene = await toolScene(PROJECT);
  for (const glob of ['*.log', 'dist/**', '**/out.ts']) {
    expect(await scene.text('search', { pattern: 'needle', glob })).toBe('Nothing fits needle.');
    expect(await scene.text('search', { pattern: 'needle', glob, files_only: true })).toBe(
      'Nothing fits needle.',
    );
  }
});

test('secrets and git are neither found nor searched, not even when they are named', async () => {
  const scene = await toolScene({
    '.env': 'KEY=needle',
    'app/.env.production': 'KEY=needle',
    id_rsa: 'needle',
    '.env.example': 'KEY=needle\n',
  });
  await mkdir(scene.at('.git/refs'), { recursive: true });
  await scene.put('.git/config', 'url = https://me:needle@host');
  await scene.put('.git/packed', 'needle');
  await symlink('.env', scene.at('link'));
  expect(await scene.text('search', { pattern: 'needle' })).toBe('.env.example:1:KEY=needle');
  expect(await scene.text('search', { pattern: 'needle', files_only: true })).toBe('.env.example');
  expect(await scene.text('search', { pattern: 'needle', glob: '.env*' })).toBe('.env.example:1:KEY=needle');
  expect(await scene.text('find', { glob: '*' })).toBe('.env.example');
  expect(await scene.text('list')).toBe('.env.example');
  for (const path of ['.env', 'link', 'app/.env.production', 'id_rsa', '.git/config']) {
    const why = path.startsWith('.git') ? 'belongs to git itself' : 'may hold keys or passwords';
    expect(await scene.refusal('search', { pattern: 'needle', path })).toMatch(why);
  }
  for (const path of ['.git', '.git/packed', '.git/refs']) {
    expect(await scene.refusal('search', { pattern: 'needle', path })).toMatch('belongs to git itself');
    expect(await scene.refusal('list', { path })).toMatch('belongs to git itself');
  }
});

test('a bad pattern is told where it is bad', async () => {
  const scene = await toolScene(PROJECT);
  const said = await scene.refusal('search', { pattern: 'needle(' });
  expect(said).toMatch('The search could not be made');
  expect(said).toMatch('unclosed group');
});

test('patterns, globs and names that look like options are none', async () => {
  const scene = await toolScene({ '--files': '--hidden\n', '-x.ts': '-e\n' });
  expect(await scene.text('search', { pattern: '--hidden' })).toBe('--files:1:--hidden');
  expect(await scene.text('search', { pattern: '-e', path: '-x.ts' })).toBe('-x.ts:1:-e');
  expect(await scene.text('find', { glob: '-*' })).toBe('--files\n-x.ts');
});

test('names with line breaks and colons do not confuse the results', async () => {
  const scene = await toolScene({ 'a\nb:1:c.ts': 'x\nneedle\n', 'c:2:d.ts': 'needle\r\n' });
  expect(await scene.text('search', { pattern: 'needle' })).toBe(
    '"a\\nb:1:c.ts":2:needle\nc:2:d.ts:1:needle',
  );
  expect((await scene.run('search', { pattern: 'needle', context: 1 })).summary).toBe('2 lines in 2 files');
  expect(await scene.text('find', { glob: '*.ts' })).toBe('"a\\nb:1:c.ts"\nc:2:d.ts');
});

test('binary files do not disturb the lines of others', async () => {
  const scene = await toolScene({ 'b.txt': 'needle\n' });
  await scene.put('a.bin', Buffer.from(`needle\n${'x'.repeat(100_000)}\0needle\n`));
  expect(await scene.text('search', { pattern: 'needle', glob: '*.txt' })).toBe('b.txt:1:needle');
  expect(await scene.text('search', { pattern: 'needle' })).toContain('b.txt:1:needle');
  expect(await scene.text('search', { pattern: 'needle' })).not.toContain('WARNING');
});

test('more matches than fit are counted, an endless number is stopped', async () => {
  const scene = await toolScene({
    'a.txt': 'needle\n'.repeat(1_000),
    'wide.txt': `needle ${'w'.repeat(5_000)}\n`,
  });
  const result = await scene.run('search', { pattern: 'needle' });
  expect(result.summary).toBe('1001 lines in 2 files');
  expect(result.content).toMatch(/\[701 more lines: narrow the search\]$/);
  const wide = await scene.text('search', { pattern: 'needle', path: 'wide.txt' });
  expect(wide.length).toBeLessThan(400);
  await scene.put('many.txt', 'needle in a haystack\n'.repeat(200_000));
  const many = await scene.run('search', { pattern: 'needle', path: 'many.txt' });
  expect(many.summary).toMatch(/^at least \d+ lines in 1 file$/);
  expect(many.content.length).toBeLessThan(OUTPUT_CAP);
});

test('without git, .gitignore holds all the same, and a broken one is no error', async () => {
  const scene = await toolScene({ '.gitignore': '*.log\n[z-a]\n', 'a.log': 'needle', 'b.txt': '' });
  expect(await scene.text('list')).toBe('.gitignore\nb.txt');
  expect(await scene.text('search', { pattern: 'needle' })).toBe('Nothing fits needle.');
});

test('a search that is stopped ends', async () => {
  const scene = await toolScene(PROJECT);
  await expect(scene.run('search', { pattern: 'needle' }, AbortSignal.abort())).rejects.toThrow();
});
