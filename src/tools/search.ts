import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import * as z from 'zod/mini';
import { Failure } from '../conversation/failure.ts';
import { SECRET_GLOBS } from '../safety/secrets.ts';
import { defineTool, type ToolContext, type ToolResult } from './base.ts';
import { described, optionalFlag, optionalNumber, optionalText, someText } from './parameters.ts';

const MOST_FILES = 300;
const MOST_LINES = 200;
const LONGEST_LINE = 300;
/** Bytes of ripgrep's output that are read before it is stopped. */
const MOST_OUTPUT = 2_000_000;

export const listTool = defineTool({
  name: 'list',
  description: 'List the files below a folder, without those that .gitignore names.',
  parameters: z.object({ path: optionalText, depth: optionalNumber(1, 100) }),
  conduct: 'read',
  title: ({ path = '.' }) => `list ${path}`,
  async execute({ path = '.', depth }, context): Promise<ToolResult> {
    const args = ['--files', ...(depth ? ['--max-depth', String(depth)] : [])];
    const files = await filesBelow(path, args, context);
    return listing(files, `No files in ${path}.`);
  },
});

export const findTool = defineTool({
  name: 'find',
  description: 'Find files by name with a glob: `*.test.ts`, `src/**/config.*`.',
  parameters: z.object({ glob: someText, path: optionalText }),
  conduct: 'read',
  title: ({ glob, path }) => `find ${glob}${path ? ` in ${path}` : ''}`,
  async execute({ glob, path = '.' }, context): Promise<ToolResult> {
    const files = await filesBelow(path, ['--files', '--glob', glob], context);
    return listing(files, `No file fits ${glob}.`);
  },
});

export const searchTool = defineTool({
  name: 'search',
  description: 'Search file contents with a regular expression (ripgrep). Gives path:line:text.',
  parameters: z.object({
    pattern: someText,
    path: optionalText,
    glob: described(optionalText, 'only files like this'),
    literal: optionalFlag,
    ignore_case: optionalFlag,
    context: optionalNumber(0, 20, 'lines around'),
    files_only: optionalFlag,
  }),
  conduct: 'read',
  title: ({ pattern, path, glob }) =>
    `search ${pattern}${path || glob ? ` in ${[path, glob].filter(Boolean).join(' ')}` : ''}`,
  async execute({ pattern, path = '.', ...options }, context): Promise<ToolResult> {
    const args = [
      ...(options.files_only
        ? ['--files-with-matches']
        : ['--line-number', '--no-heading', '--with-filename']),
      ...(options.literal ? ['--fixed-strings'] : []),
      ...(options.ignore_case ? ['--ignore-case'] : []),
      ...(options.context ? ['--context', String(options.context)] : []),
      ...(options.glob ? ['--glob', options.glob] : []),
      ...['--max-columns', String(LONGEST_LINE), '--max-columns-preview'],
      ...['--regexp', pattern],
    ];
    const { lines, cut } = await ripgrep(args, await below(path, context), context);
    if (lines.length === 0) return { content: `Nothing fits ${pattern}.`, summary: 'no matches' };
    if (options.files_only) return listing(lines, '');
    const shown = lines.slice(0, MOST_LINES);
    const more = lines.length - shown.length;
    const note = more > 0 || cut ? `\n[${cut ? 'more than ' : ''}${more} more lines: narrow the search]` : '';
    const matches = options.context ? '' : ` in ${new Set(lines.map(fileOf)).size} files`;
    return { content: shown.join('\n') + note, summary: `${lines.length} lines${matches}` };
  },
});

function fileOf(line: string): string {
  return line.slice(0, line.search(/:\d+:/));
}

function listing(files: string[], none: string): ToolResult {
  if (files.length === 0) return { content: none, summary: 'no files' };
  const shown = files.toSorted().slice(0, MOST_FILES);
  const more = files.length - shown.length;
  const note = more > 0 ? `\n[${more} more files: name a folder or a glob]` : '';
  return { content: shown.join('\n') + note, summary: `${files.length} files` };
}

async function filesBelow(path: string, args: string[], context: ToolContext): Promise<string[]> {
  return (await ripgrep(args, await below(path, context), context)).lines;
}

/** The folder or file to search, as ripgrep is given it. */
async function below(path: string, { workspace }: ToolContext): Promise<string> {
  const absolute = await workspace.resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (!found) throw new Failure('bad-request', `There is no ${path} in the workspace.`);
  return workspace.relative(absolute);
}

/** Runs ripgrep in the workspace; hidden files count, git's own and those that hold keys do not. */
async function ripgrep(
  args: string[],
  where: string,
  { workspace, signal }: ToolContext,
): Promise<{ lines: string[]; cut: boolean }> {
  const { rgPath } = await import('@vscode/ripgrep');
  // A later glob wins over an earlier one, so that nothing brings the hidden ones back.
  const hidden = ['.git', ...SECRET_GLOBS].flatMap((glob) => ['--iglob', `!${glob}`]);
  const examples = ['--iglob', '!**/node_modules/.cache'];
  const child = spawn(
    rgPath,
    [
      '--no-config',
      '--hidden',
      '--color',
      'never',
      '--no-messages',
      ...args,
      ...hidden,
      ...examples,
      '--',
      where,
    ],
    { cwd: workspace.root, stdio: ['ignore', 'pipe', 'pipe'], signal, env: { PATH: process.env.PATH } },
  );
  let output = '';
  let errors = '';
  let cut = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.length <= MOST_OUTPUT || cut) return;
    cut = true;
    child.kill();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // 1 is «nothing found»; 2 may be a file without permission, or a pattern that is none.
  if (code === 2 && output === '' && errors.trim() !== '') {
    throw new Failure(
      'bad-request',
      `The search could not be made: ${errors.trim().split('\n').slice(0, 6).join('\n')}`,
    );
  }
  const lines = output.split('\n').filter((line) => line !== '');
  if (cut) lines.pop();
  return { lines: lines.map((line) => line.replace(/^\.\//, '')), cut };
}
