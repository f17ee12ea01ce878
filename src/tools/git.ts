import { basename, dirname, join, normalize } from 'node:path';
import * as z from 'zod/mini';
import { Failure } from '../conversation/failure.ts';
import { isSecretFile } from '../safety/secrets.ts';
import { defineTool, type ToolContext, type ToolResult } from './base.ts';
import { gitNames, gitOutput, requireSuccess, TIMEOUT_MS, tryGit } from './git/look.ts';
import { requireOwnWorktree } from './git/own-worktree.ts';
import { optionalFlag, optionalNumber, optionalText, someText, text } from './parameters.ts';
import { nameShown } from './search/name-shown.ts';

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
    const what = ['diff', '--ignore-submodules=dirty', '--relative', ...(staged ? ['--staged'] : []), since];
    // Without a path git would also show what lies outside the workspace.
    return patch(what, await pathspec(path ?? '.', context), 'No changes.', context);
  },
});

export const gitLogTool = defineTool({
  name: 'git_log',
  description: 'Commits, newest first.',
  parameters: z.object({ count: optionalNumber(1, 200), path: optionalText }),
  conduct: 'read',
  title: ({ count = 20, path }) => ['git log', `-${count}`, path].filter(Boolean).join(' '),
  async execute({ count = 20, path }, context): Promise<ToolResult> {
    const paths = path === undefined ? [] : [await pathspec(path, context)];
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
    const what = ['show', '--stat', '--patch', await commitOf(commit, context)];
    const paths = path === undefined ? ':/' : await pathspec(path, context);
    return patch(what, paths, '(nothing)', context);
  },
});

export const gitCommitTool = defineTool({
  name: 'git_commit',
  description: 'Commit the files named, or all that is staged.',
  parameters: z.object({ message: someText, paths: z.optional(z.array(text)) }),
  conduct: 'guarded',
  title: ({ message }) => `git commit: ${firstLine(message)}`,
  async execute({ message, paths = [] }, context): Promise<ToolResult> {
    // Before anybody is asked.
    await requireOwnWorktree(context);
    const only = await Promise.all(paths.map((path) => pathspec(path, context)));
    const files = paths.length > 0 ? paths.map(nameShown).join(' ') : '(what is staged)';
    const { speaker, signal, emit, commands } = context;
    const title = `git commit ${files}: ${firstLine(message)}`;
    const options = { speaker, signal, emit, timeoutMs: TIMEOUT_MS, title, detail: `${message}\n\n${files}` };
    const named = only.length > 0;
    // One question for both steps: new files have to be added before they can be named to commit.
    if (named)
      requireSuccess('add', await commands.run(['git', 'add', '--', ...only], { ...options, ask: true }));
    const command = ['git', 'commit', `--message=${message}`, ...(named ? ['--only', '--', ...only] : [])];
    const ran = await commands.run(command, { ...options, ask: !named });
    const output = requireSuccess('commit', ran).trim();
    return { content: output, summary: firstLine(output) };
  },
});

/** A difference without the files that hold secrets, which are only named. */
async function patch(what: string[], paths: string, none: string, context: ToolContext): Promise<ToolResult> {
  const form = ['--no-ext-diff', '--no-textconv'];
  const [verb = '', ...which] = what;
  const bare = verb === 'show' ? ['--format='] : [];
  const plain = which.filter(
    (option) => option !== '--stat' && option !== '--patch' && option !== '--relative',
  );
  const names = [verb, ...form, ...bare, '--name-only', '--no-renames', '-z', ...plain, '--', paths];
  const secret = (await gitNames(names, context)).filter(isSecretFile);
  const without = secret.map((name) => `:(top,exclude,literal)${name}`);
  const output = await gitOutput([verb, ...form, ...which, '--', paths, ...without], context);
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

/** A path as git takes it, by its own name: a symlink is a file of its own to git. */
async function pathspec(path: string, { workspace }: ToolContext): Promise<string> {
  const written = normalize(path);
  const folder = await workspace.resolve(dirname(written));
  const absolute = ['.', '..'].includes(basename(written))
    ? await workspace.resolve(written)
    : join(folder, basename(written));
  return `:(literal)${workspace.relative(absolute)}`;
}

function countOf(output: string, noun: string): string {
  const text = output.trimEnd();
  const number = text === '' ? 0 : text.split('\n').length;
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
