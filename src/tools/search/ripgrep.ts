import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { Failure } from '../../conversation/failure.ts';
import { isGitsOwn } from '../../safety/gits-own.ts';
import { admitForReading } from '../../safety/reading.ts';
import { isSecretFile } from '../../safety/secrets.ts';
import type { ToolContext } from '../base.ts';

/** Characters of matches that are read before ripgrep is stopped. */
const MOST_MATCHES = 2_000_000;
/** Globs that leave nothing out need not be applied, and would bring in what `.gitignore` leaves out. */
const EVERYTHING = new Set(['*', '**', '**/*', './**', './**/*']);

/** A line that fits, or one beside it. */
export interface FoundLine {
  /** Relative to the workspace. */
  path: string;
  number: number;
  text: string;
  isMatch: boolean;
}

/** @param path relative to the workspace. */
export function mayBeSeen(path: string): boolean {
  return !isSecretFile(path) && !isGitsOwn(path);
}

/**
 * The files below a folder, relative to the workspace and sorted: without what `.gitignore` names, git's own
 * files and those that hold secrets.
 */
export async function filesBelow(path: string, context: ToolContext, glob?: string): Promise<string[]> {
  const where = await whereToLook(path, context);
  const [files, fitting] = await Promise.all([
    names(['--files'], where, context),
    restricts(glob) ? names(['--files', '--glob', glob], where, context) : undefined,
  ]);
  // A glob of ripgrep's overrules .gitignore, so that what fits it is held against what is not ignored.
  const wanted = fitting && new Set(fitting);
  return (wanted ? files.filter((file) => wanted.has(file)) : files).sort();
}

/** The files that hold a match, relative to the workspace and sorted. */
export async function filesWithMatches(
  args: readonly string[],
  path: string,
  context: ToolContext,
  glob?: string,
): Promise<string[]> {
  const where = await whereToLook(path, context);
  const [found, allowed] = await Promise.all([
    names([...withGlob(args, glob), '--files-with-matches'], where, context),
    notIgnored(glob, where, context),
  ]);
  return found.filter((file) => !allowed || allowed.has(file)).sort();
}

/** The lines that fit, in the order of the files. `cut` where there were too many to read. */
export async function matchingLines(
  args: readonly string[],
  path: string,
  context: ToolContext,
  glob?: string,
): Promise<{ lines: FoundLine[]; cut: boolean }> {
  const where = await whereToLook(path, context);
  const form = ['--line-number', '--no-heading', '--with-filename', '--no-context-separator'];
  const [{ output, cut }, allowed] = await Promise.all([
    ripgrep([...withGlob(args, glob), ...form], where, context, MOST_MATCHES),
    notIgnored(glob, where, context),
  ]);
  const lines = linesIn(cut ? output.slice(0, output.lastIndexOf('\n') + 1) : output);
  const seen = lines.filter(({ path }) => mayBeSeen(path) && (!allowed || allowed.has(path)));
  // Files are searched in parallel and come as they are done; the sort keeps the lines of each in order.
  return { lines: seen.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)), cut };
}

function restricts(glob: string | undefined): glob is string {
  return glob !== undefined && !EVERYTHING.has(glob);
}

function withGlob(args: readonly string[], glob: string | undefined): string[] {
  return restricts(glob) ? [...args, '--glob', glob] : [...args];
}

async function notIgnored(
  glob: string | undefined,
  where: string,
  context: ToolContext,
): Promise<ReadonlySet<string> | undefined> {
  return restricts(glob) ? new Set(await names(['--files'], where, context)) : undefined;
}

async function names(args: string[], where: string, context: ToolContext): Promise<string[]> {
  const { output } = await ripgrep(args, where, context);
  return output.split('\0').slice(0, -1).map(withoutDot).filter(mayBeSeen);
}

/** What ripgrep says of binary files, among the lines that fit. */
const BINARY_NOTICE = /^[^\0\n]*: (binary file matches|WARNING: stopped searching binary file) .*\n/gm;
/** A name may hold a line break, which is why a NUL comes after it. */
const FOUND_LINE = /([^\0]+)\0(\d+)([:-])([^\n]*)\n?/g;

function linesIn(output: string): FoundLine[] {
  const lines: FoundLine[] = [];
  const found = output.replaceAll(BINARY_NOTICE, '').matchAll(FOUND_LINE);
  for (const [, path = '', number, sign, text = ''] of found) {
    lines.push({
      path: withoutDot(path),
      number: Number(number),
      text: text.endsWith('\r') ? text.slice(0, -1) : text,
      isMatch: sign === ':',
    });
  }
  return lines;
}

function withoutDot(path: string): string {
  return path.startsWith('./') ? path.slice(2) : path;
}

/** The folder or file to look in, as ripgrep is given it: what is named outright it searches in any case. */
async function whereToLook(path: string, { workspace }: ToolContext): Promise<string> {
  const { absolute, name } = await admitForReading(workspace, path);
  const found = await stat(absolute).catch(() => undefined);
  if (!found) throw new Failure('bad-request', `There is no ${name} in the workspace.`);
  // A named pipe would be waited for.
  if (!found.isFile() && !found.isDirectory())
    throw new Failure('bad-request', `${name} cannot be searched: it is no ordinary file.`);
  return name;
}

/** Runs ripgrep in the workspace, up to so many characters. Hidden files count, git's own do not. */
async function ripgrep(
  args: readonly string[],
  where: string,
  { workspace, signal }: ToolContext,
  most = Number.POSITIVE_INFINITY,
): Promise<{ output: string; cut: boolean }> {
  if (args.some((arg) => arg.includes('\0')))
    throw new Failure('bad-request', 'A search cannot hold a NUL character.');
  const program = await ripgrepProgram();
  const always = ['--no-config', '--hidden', '--no-require-git', '--null', '--color=never'];
  const silent = ['--no-messages', '--no-ignore-messages'];
  const child = spawn(program, [...always, ...silent, ...args, '--iglob', '!.git', '--', where], {
    cwd: workspace.root,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    env: { PATH: process.env.PATH },
  });
  let output = '';
  let errors = '';
  let cut = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (cut) return;
    output += text;
    if (output.length <= most) return;
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
  return { output, cut };
}

/** @throws {Failure} where ripgrep did not come with Parley, which npm leaves out when told to. */
async function ripgrepProgram(): Promise<string> {
  try {
    return (await import('@vscode/ripgrep')).rgPath;
  } catch (error) {
    throw new Failure(
      'bad-config',
      'Files cannot be searched, for ripgrep is not installed: install Parley again, with its optional dependencies.',
      { cause: error },
    );
  }
}
