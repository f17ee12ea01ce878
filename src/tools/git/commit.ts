import * as z from 'zod/mini';
import { Failure } from '../../conversation/failure.ts';
import { defineTool, type ToolContext, type ToolResult } from '../base.ts';
import { someText, text } from '../parameters.ts';
import { nameShown } from '../search/name-shown.ts';
import { gitNames, gitOutput, requireSuccess, TIMEOUT_MS } from './look.ts';
import { requireOwnWorktree } from './own-worktree.ts';
import { pathspec } from './pathspec.ts';

/** Hooks run linters and tests. */
const COMMIT_TIMEOUT_MS = 600_000;

export const gitCommitTool = defineTool({
  name: 'git_commit',
  description: 'Commit the files named, or all that is staged.',
  parameters: z.object({ message: someText, paths: z.optional(z.array(text)) }),
  conduct: 'guarded',
  title: ({ message }) => `git commit: ${firstLine(message)}`,
  async execute({ message, paths = [] }, context): Promise<ToolResult> {
    // Before anybody is asked.
    await requireOwnWorktree(context);
    const output = await (paths.length > 0
      ? commitNamed(message, paths, context)
      : commitStaged(message, context));
    // What hooks said comes before what git says.
    const made = output.split('\n').find((line) => line.startsWith('['));
    return { content: output, summary: made ?? firstLine(output) };
  },
});

async function commitStaged(message: string, context: ToolContext): Promise<string> {
  const staged = ['diff', '--staged', '--no-renames'];
  const [all, inside, stat] = await Promise.all([
    gitNames([...staged, '--name-only', '-z'], context),
    gitNames([...staged, '--name-only', '-z', '--relative'], context),
    gitOutput([...staged, '--stat'], context),
  ]);
  if (all.length === 0)
    throw new Failure('bad-request', 'Nothing is staged: name the files to commit in "paths".');
  if (all.length > inside.length) {
    const outside = 'what is staged reaches outside the workspace';
    throw new Failure('bad-request', `Not committed, for ${outside}: name the files to commit in "paths".`);
  }
  return commit({ message, files: '(what is staged)', extent: stat.trimEnd(), args: [] }, context);
}

async function commitNamed(message: string, paths: readonly string[], context: ToolContext): Promise<string> {
  const only = await Promise.all(paths.map((path) => pathspec(path, context)));
  const files = paths.map(nameShown).join(' ');
  const changed = await gitNames(['status', '--porcelain', '-z', '--', ...only], context);
  if (changed.length === 0)
    throw new Failure('bad-request', `Nothing to commit in ${files}: unchanged, ignored, or not there.`);
  // Only of new files git has to be told first; all else it takes from the names.
  const untracked = ['ls-files', '--others', '--exclude-standard', '-z', '--', ...only];
  const names = await gitNames(untracked, context);
  // Git names a repository of its own as a folder, and would keep no more of it than which commit it is at.
  const nested = names.filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1));
  if (nested.length > 0)
    throw new Failure(
      'bad-request',
      `${nested.join(', ')} is another git repository, of which only a pointer would be committed: name the other files, or commit in there with the shell, git -C ${nested[0]}.`,
    );
  const added = names.map((name) => `:(literal)${name}`);
  return commit({ message, files, extent: files, args: ['--only', '--', ...only], added }, context);
}

interface Commit {
  message: string;
  /** What goes in, on one line and in full, for the question. */
  files: string;
  extent: string;
  args: readonly string[];
  /** New files, not yet known to git. */
  added?: readonly string[];
}

/** Asks once, whatever it takes. Where the commit fails, what was not staged before is not staged after. */
async function commit(
  { message, files, extent, args, added = [] }: Commit,
  { commands, speaker, signal, emit, report }: ToolContext,
): Promise<string> {
  const title = `git commit ${files}: ${firstLine(message)}`;
  const options = { speaker, signal, emit, report, title, detail: `${message}\n\n${extent}` };
  const isNew = added.length > 0;
  if (isNew) {
    const add = ['git', 'add', '--intent-to-add', '--', ...added];
    requireSuccess('add', await commands.run(add, { ...options, timeoutMs: TIMEOUT_MS, ask: true }));
  }
  let done = false;
  try {
    const command = ['git', 'commit', `--message=${message}`, ...args];
    const ran = await commands.run(command, { ...options, timeoutMs: COMMIT_TIMEOUT_MS, ask: !isNew });
    const output = requireSuccess('commit', ran).trim();
    done = true;
    return output;
  } finally {
    if (isNew && !done) {
      const reset = ['git', 'reset', '--quiet', '--', ...added];
      // After a stop as well.
      const anyway = new AbortController().signal;
      await commands.run(reset, { speaker, signal: anyway, timeoutMs: TIMEOUT_MS, ask: false });
    }
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
