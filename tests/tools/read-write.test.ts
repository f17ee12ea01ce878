import { chmod, mkdir, readdir, symlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { OUTPUT_CAP } from '../../src/tools/base.ts';
import { toolScene } from '../support/tool-scene.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

test('lines come with their numbers, whatever ends them', async () => {
  const scene = await toolScene({
    'a.txt': 'one\n\n  three',
    'crlf.txt': 'one\r\ntwo\r\n',
    'mac.txt': 'one\rtwo',
  });
  expect(await scene.run('read', { path: 'a.txt' })).toEqual({
    content: '1\tone\n2\t\n3\t  three',
    summary: '3 lines',
  });
  expect(await scene.text('read', { path: 'crlf.txt' })).toBe('1\tone\n2\ttwo');
  expect(await scene.text('read', { path: 'mac.txt' })).toBe('1\tone\n2\ttwo');
});

test('a lone carriage return ends no line, so that numbers agree with those of search', async () => {
  const scene = await toolScene({ 'a.txt': '10%\r100%\nfound\n' });
  expect(await scene.text('read', { path: 'a.txt', from: 2 })).toBe('2\tfound');
  expect(await scene.text('search', { pattern: 'found' })).toBe('a.txt:2:found');
});

test('a range is read, with where to go on', async () => {
  const scene = await toolScene({ 'a.txt': Array.from({ length: 50 }, (_, n) => `l${n + 1}\n`).join('') });
  const result = await scene.run('read', { path: 'a.txt', from: 9, to: 10 });
  expect(result).toEqual({
    content: ' 9\tl9\n10\tl10\n[50 lines in all; go on with from: 11]',
    summary: 'lines 9–10 of 50',
  });
  expect(await scene.text('read', { path: 'a.txt', from: 50, to: 99 })).toBe('50\tl50');
  expect(await scene.refusal('read', { path: 'a.txt', from: 51 })).toBe(
    'a.txt has 50 lines; line 51 is beyond its end.',
  );
  expect(await scene.refusal('read', { path: 'a.txt', from: 5, to: 4 })).toMatch(
    'The last line 4 comes before',
  );
});

test('a long file is read in parts that fit, and the parts make up the whole', async () => {
  const lines = Array.from({ length: 3_000 }, (_, n) => `line ${n} ${'x'.repeat(n % 90)}`);
  const scene = await toolScene({ 'a.txt': lines.join('\n') });
  const read: string[] = [];
  for (let from: number | undefined = 1; from; ) {
    const text = await scene.text('read', { path: 'a.txt', from });
    expect(text.length).toBeLessThan(OUTPUT_CAP);
    read.push(
      ...text.split('\n').flatMap((line) => (line.startsWith('[') ? [] : [line.replace(/^ *\d+\t/, '')])),
    );
    const next: string | undefined = /go on with from: (\d+)/.exec(text)?.[1];
    from = next ? Number(next) : undefined;
  }
  expect(read).toEqual(lines);
});

test('a file too large to hold is read by lines', async () => {
  const line = 'x'.repeat(99);
  const scene = await toolScene();
  await scene.put('big.log', [...Array(120_000).fill(line), 'the end'].join('\n'));
  const result = await scene.run('read', { path: 'big.log', from: 119_999, to: 120_000 });
  expect(result.content).toBe(`119999\t${line}\n120000\t${line}\n[11 MB in all; go on with from: 120001]`);
  expect(await scene.text('read', { path: 'big.log', from: 120_001 })).toBe('120001\tthe end');
  expect(await scene.refusal('read', { path: 'big.log', from: 200_000 })).toBe(
    'big.log has fewer than 200000 lines.',
  );
  expect(await scene.refusal('edit', { path: 'big.log', edits: [{ old: 'the end', new: '' }] })).toMatch(
    'too large; change it with a command',
  );
});

test('one endless line is cut, and said to go on', async () => {
  const scene = await toolScene();
  await scene.put('min.js', '😀'.repeat(40_000));
  const text = await scene.text('read', { path: 'min.js' });
  expect(text).toMatch(/\[the line goes on; column: 2001\]$/);
  expect(text.length).toBeLessThan(2_100);
  expect(text.isWellFormed()).toBe(true);
  await scene.put('huge.json', 'y'.repeat(12 * 1024 * 1024));
  expect(await scene.text('read', { path: 'huge.json' })).toMatch(
    /^1\ty{2000} \[the line goes on; column: 2001\]$/,
  );
});

test('encodings are read, and those that are not UTF-8 are told', async () => {
  const scene = await toolScene();
  await scene.put('bom.txt', Buffer.from('\ufeffé\n'));
  await scene.put('le.txt', Buffer.from('\ufeffé\n', 'utf16le'));
  await scene.put('be.txt', Buffer.from('\ufeffé\n', 'utf16le').swap16());
  await scene.put('old.txt', Buffer.from([0x63, 0xe9, 0x20, 0x80, 0x0a]));
  expect(await scene.text('read', { path: 'bom.txt' })).toBe('1\té');
  expect(await scene.text('read', { path: 'le.txt' })).toBe('1\té\n[utf-16le]');
  expect(await scene.text('read', { path: 'be.txt' })).toBe('1\té\n[utf-16be]');
  expect(await scene.text('read', { path: 'old.txt' })).toBe('1\tcé €\n[windows-1252]');
});

test.each([
  ['%PDF-1.7\n\0\xff', 'a PDF document'],
  ['\x7fELF\x02\x01\0', 'a program (ELF)'],
  ['PK\x03\x04\0\0', 'a ZIP archive, or a format made of one'],
  ['SQLite format 3\0', 'an SQLite database'],
  ['\x01\x02\xff\xfe', 'a binary file'],
])('a binary file is told with kind and size: %#', async (content, kind) => {
  const scene = await toolScene();
  const bytes = Buffer.from(content, 'latin1');
  await scene.put('file.bin', bytes);
  expect(await scene.text('read', { path: 'file.bin' })).toBe(
    `file.bin is ${kind} of ${bytes.length} bytes.`,
  );
});

test('an image is shown by what it is, not by its name', async () => {
  const scene = await toolScene({ 'fake.png': '<html>' });
  await scene.put('picture.txt', PNG);
  const { content, summary } = await scene.run('read', { path: 'picture.txt' });
  expect(summary).toBe('image');
  expect(content).toEqual([
    { type: 'text', text: 'picture.txt:' },
    { type: 'image', mediaType: 'image/png', data: PNG.toString('base64') },
  ]);
  expect(await scene.text('read', { path: 'fake.png' })).toBe('1\t<html>');
  await scene.put('large.png', Buffer.concat([PNG, Buffer.alloc(4_000_000)]));
  expect(await scene.refusal('read', { path: 'large.png' })).toMatch(
    'images up to 3,750,000 can be looked at',
  );
});

test('a long line is read on by columns, also the rest of an output that has but one', async () => {
  const scene = await toolScene();
  const command = `node -e 'console.log(Array.from({length: 20000}, (_, n) => n).join(" "))'`;
  const path = /All of it is in (.+)\.\]/.exec(await scene.text('shell', { command }))![1]!;
  expect(await scene.text('read', { path })).toMatch(/^1\t0 1 2 .*\[the line goes on; column: 2001\]$/);
  const all: string[] = [];
  for (let column: number | undefined = 1; column; ) {
    const [, text, next]: string[] = /^(.*?)(?:\n\[the line goes on; column: (\d+)\])?$/s.exec(
      await scene.text('read', { path, column }),
    )!;
    all.push(text!);
    column = next === undefined ? undefined : Number(next);
  }
  expect(all.length).toBeLessThan(7);
  expect(all.join('').split(' ')).toHaveLength(20_000);
  expect(await scene.refusal('read', { path, column: 200_000 })).toMatch('column 200000 is beyond');
  expect(await scene.text('search', { pattern: '19999', path })).toMatch(/:1:0 1 2/);
});

test('what is no file is told for what it is', async () => {
  const scene = await toolScene({ 'empty.txt': '', 'folder/a.txt': '' });
  expect(await scene.text('read', { path: 'empty.txt' })).toBe('empty.txt is empty.');
  expect(await scene.refusal('read', { path: 'folder' })).toBe('folder is a folder: use list.');
  await scene.run('shell', { command: 'mkfifo pipe' });
  expect(await scene.refusal('read', { path: 'pipe' })).toBe('pipe cannot be read: it is no ordinary file.');
  expect(await scene.refusal('read', { path: '../x' })).toMatch('outside the workspace');
});

test('for a missing file the same name elsewhere is offered, or one like it, but no secret', async () => {
  const scene = await toolScene({ 'src/deep/config.ts': '', 'src/other.ts': '', '.env.local': '' });
  expect(await scene.refusal('read', { path: 'config.ts' })).toBe(
    'There is no file config.ts. Did you mean src/deep/config.ts?',
  );
  expect(await scene.refusal('read', { path: 'src/othr.ts' })).toBe(
    'There is no file src/othr.ts. Did you mean src/other.ts?',
  );
  expect(await scene.refusal('read', { path: 'env.local' })).toMatch(/Use find to look for it\.$/);
  expect(await scene.refusal('read', { path: 'src/other.ts/x' })).toMatch('There is no file src/other.ts/x');
});

test('a file with secrets is refused under each of its names, examples are not', async () => {
  const scene = await toolScene({ '.env': 'KEY=1', '.env.example': 'KEY=', 'real/settings': 'KEY=2' });
  await symlink('.env', scene.at('notes.txt'));
  await symlink('real/settings', scene.at('.env.link'));
  for (const path of ['.env', 'notes.txt', '.env.link', 'real/../.env']) {
    expect(await scene.refusal('read', { path })).toMatch('may hold keys or passwords');
  }
  expect(await scene.text('read', { path: '.env.example' })).toBe('1\tKEY=');
});

test.skipIf(process.getuid?.() === 0)('a file without permission is told in words', async () => {
  const scene = await toolScene({ 'a.txt': 'x' });
  await chmod(scene.at('a.txt'), 0);
  expect(await scene.refusal('read', { path: 'a.txt' })).toBe('a.txt cannot be read: permission denied.');
});

test('write makes folders, and says what it did', async () => {
  const scene = await toolScene();
  const result = await scene.run('write', { path: 'new/folder/a.txt', content: 'one\ntwo\n' });
  expect(result).toMatchObject({ content: 'Created new/folder/a.txt, 2 lines.', summary: '+2 −0' });
  expect(await scene.content('new/folder/a.txt')).toBe('one\ntwo\n');
  expect(await scene.text('write', { path: 'new/folder/a.txt', content: 'one\n' })).toBe(
    'Replaced new/folder/a.txt, 1 line.',
  );
  expect(await scene.text('write', { path: 'new/folder/a.txt', content: 'one\n' })).toBe(
    'new/folder/a.txt already holds exactly this.',
  );
});

test('a file that exists is replaced only after it was read, in whole or in part', async () => {
  const scene = await toolScene({ 'a.txt': 'one\ntwo\n' });
  expect(await scene.refusal('write', { path: 'a.txt', content: 'x' })).toMatch('was not read yet');
  expect(await scene.refusal('read', { path: 'a.txt', from: 9 })).toMatch('beyond its end');
  expect(await scene.refusal('write', { path: 'a.txt', content: 'x' })).toMatch('was not read yet');
  await scene.run('read', { path: 'a.txt', from: 2 });
  await scene.put('a.txt', 'by the human\n');
  expect(await scene.refusal('write', { path: 'a.txt', content: 'x' })).toMatch(
    'has changed since it was read',
  );
  await scene.run('read', { path: 'a.txt' });
  expect(await scene.text('write', { path: 'a.txt', content: 'x' })).toBe('Replaced a.txt, 1 line.');
});

test.each(['.git/hooks/pre-commit', '.GIT/config', 'sub/.git', 'sub/.git/config', '.'])(
  '%s is not written',
  async (path) => {
    const scene = await toolScene();
    expect(await scene.refusal('write', { path, content: 'x' })).toMatch(/belongs to git|workspace itself/);
    expect(await readdir(scene.root)).toEqual([]);
  },
);

test.each(['newdir/', 'a/newdir/.'])('%s is a folder, and no file of that name is written', async (path) => {
  const scene = await toolScene();
  expect(await scene.refusal('write', { path, content: 'x' })).toBe(
    `${path} names a folder: name the file in it.`,
  );
  expect(await readdir(scene.root)).toEqual([]);
});

test('git cannot be reached through a link either', async () => {
  const scene = await toolScene();
  await mkdir(scene.at('.git/hooks'), { recursive: true });
  await symlink('.git/hooks', scene.at('tools'));
  expect(await scene.refusal('write', { path: 'tools/pre-commit', content: 'x' })).toMatch('belongs to git');
});

test('names with line breaks, leading dashes and blanks are names like any other', async () => {
  const scene = await toolScene();
  for (const path of ['-rf', 'a\nb.txt', ' c d ', '日本語.txt', '--', '$(id)']) {
    await scene.run('write', { path, content: `in ${path}\n` });
    expect(await scene.content(path)).toBe(`in ${path}\n`);
    expect(await scene.text('read', { path })).toContain('in ');
  }
});

test('half a character, a NUL and a folder are told, not written', async () => {
  const scene = await toolScene({ 'folder/a.txt': 'x' });
  expect(await scene.refusal('write', { path: 'b.js', content: 'evil() // \0' })).toMatch('a NUL character');
  await scene.run('read', { path: 'folder/a.txt' });
  const edits = [{ old: 'x', new: 'evil() // \0' }];
  expect(await scene.refusal('edit', { path: 'folder/a.txt', edits })).toMatch('a NUL character');
  expect(await scene.refusal('write', { path: 'b.txt', content: '\ud800' })).toMatch(
    'half of a surrogate pair',
  );
  expect(await scene.refusal('write', { path: 'folder', content: 'x' })).toBe(
    'folder cannot be changed: it is a folder.',
  );
  expect(await scene.refusal('write', { path: 'folder/a.txt/b', content: 'x' })).toBe(
    'folder/a.txt/b cannot be changed: a part of its path is a file, not a folder.',
  );
  expect(await readdir(scene.root)).toEqual(['folder']);
});
