import * as z from 'zod/mini';
import { Failure } from '../conversation/failure.ts';
import { plural } from '../conversation/plural.ts';
import { isSecretFile } from '../safety/secrets.ts';
import { defineTool, type ToolContext, type ToolResult } from './base.ts';
import { gitNames, gitOutput, tryGit } from './git/look.ts';
import { isPartOfRepository, requireOwnWorktree } from './git/own-worktree.ts';
import { pathspec } from './git/pathspec.ts';
import { optionalFlag, optionalNumber, optionalText, someText } from './parameters.ts';

export const gitStatusTool = defineTool({
  name: 'git_status',
  description: 'Branch and changed files.',
  parameters: z.object({}),
  conduct: 'read',
  title: () => 'git status',
  async execute(_input, context): Promise<ToolResult> {
    await requireOwnWorktree(context);
    const status = ['status', '--short', '--branch', '--ignore-submodules=dirty', '--', '.'];
    const output = await gitOutput(status, context);
    const changes = output.split('\n').filter((line) => line !== '').length - 1;
    return { content: output.trimEnd(), summary: changes === 0 ? 'clean' : `${changes} changed` };
  },
});

export const gitDiffTool = defineTool({
  name: 'git_diff',
  description: 'Changes since the last commit; staged: only those; from: since this commit.',
  parameters: z.object({
    path: optionalText,
    staged: optionalFlag,
    from: optionalText,
  }),
  conduct: 'read',
  title: ({ path, staged, from }) => ['git diff', from, staged && '--staged', path].filter(Boolean).join(' '),
  async execute({ path, staged, from }, context) {
    await requireOwnWorktree(context);
    const since = from ? await commitOf(from, context) : await headOrNothing(context);
    const which = [...(staged ? ['--staged'] : []), since];
    const paths = path === undefined ? [] : [await pathspec(path, context)];
    return patch({ verb: 'diff', which, paths }, 'No changes.', context);
  },
});

export const gitLogTool = defineTool({
  name: 'git_log',
  description: 'Commits, newest first.',
  parameters: z.object({ count: optionalNumber(1, 200), path: optionalText }),
  conduct: 'read',
  title: ({ count = 20, path }) => ['git log', `-${count}`, path].filter(Boolean).join(' '),
  async execute({ count = 20, path }, context): Promise<ToolResult> {
    const only = path ?? ((await isPartOfRepository(context)) ? '.' : undefined);
    const paths = only === undefined ? [] : [await pathspec(only, context)];
    const log = ['log', `-${count}`, '--date=short', '--format=%h %ad %an: %s', '--', ...paths];
    const output = (await hasCommits(context)) ? await gitOutput(log, context) : '';
    return { content: output.trimEnd() || 'No commits.', summary: countOf(output, 'commit') };
  },
});

export const gitShowTool = defineTool({
  name: 'git_show',
  description: 'A commit with its changes.',
  parameters: z.object({ commit: someText, path: optionalText }),
  conduct: 'read',
  title: ({ commit, path }) => ['git show', commit, path].filter(Boolean).join(' '),
  async execute({ commit, path }, context) {
    const which = [await commitOf(commit, context)];
    const paths = path === undefined ? [] : [await pathspec(path, context)];
    return patch({ verb: 'show', which, paths }, 'The commit changes nothing there.', context);
  },
});

interface Comparison {
  verb: 'diff' | 'show';
  which: readonly string[];
  /** All of the workspace where there are none. */
  paths: readonly string[];
}

/** What a repository's own settings must not decide: neither programs nor other repositories come in. */
const PLAIN = [
  '--no-ext-diff',
  '--no-textconv',
  '--submodule=short',
  '--ignore-submodules=dirty',
  '--relative',
];

/** A difference within the workspace, without the files that hold secrets, which are only named. */
async function patch({ verb, which, paths }: Comparison, none: string, context: ToolContext) {
  const [bare, full] = verb === 'show' ? [['--format='], ['--format=medium', '--stat', '--patch']] : [[], []];
  const names = ['--name-only', '--no-renames', '-z'];
  const touched = await gitNames([verb, ...PLAIN, ...bare, ...names, ...which, '--', ...paths], context);
  const secret = touched.filter(isSecretFile);
  const without = secret.map((name) => `:(exclude,literal)${name}`);
  const output = await gitOutput([verb, ...PLAIN, ...full, ...which, '--', ...paths, ...without], context);
  const note = secret.length > 0 ? `[not shown, as they may hold secrets: ${secret.join(', ')}]` : '';
  const content = [output.trimEnd(), note].filter(Boolean).join('\n');
  return { content: content || none, summary: countOf(output, 'line') };
}

/** Where there is no commit yet, all is new: compared with the tree that holds nothing. */
async function headOrNothing(context: ToolContext): Promise<string> {
  if (await hasCommits(context)) return 'HEAD';
  return (await gitOutput(['hash-object', '-t', 'tree', '/dev/null'], context)).trim();
}

async function hasCommits(context: ToolContext): Promise<boolean> {
  return (await tryGit(['rev-parse', '--verify', '--quiet', 'HEAD'], context)) !== undefined;
}

/** The id of a commit: unlike its name, git cannot take it for an option. */
async function commitOf(name: string, context: ToolContext): Promise<string> {
  const revision = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const found = await tryGit(revision, context);
  if (found === undefined) throw new Failure('bad-request', `There is no commit "${name}".`);
  return found.trim().split('\n').at(-1) ?? '';
}

function countOf(output: string, noun: string): string {
  const text = output.trimEnd();
  const number = text === '' ? 0 : text.split('\n').length;
  return plural(number, noun);
}
