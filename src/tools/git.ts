import * as z from 'zod/mini';
import { Failure } from '../conversation/failure.ts';
import { defineTool, type ToolContext, type ToolResult } from './base.ts';
import { optionalFlag, optionalNumber, optionalText, someText, text } from './parameters.ts';

const TIMEOUT_MS = 60_000;
/** A repository may name programs in its own settings; none of them is run when we only look. */
const HARMLESS = [
  ...[
    '-c',
    'core.fsmonitor=false',
    '-c',
    'core.hooksPath=/dev/null',
    '-c',
    'diff.external=',
    '-c',
    'log.showSignature=false',
  ],
  ...['-c', 'core.quotepath=off', '--no-optional-locks', '--no-pager'],
];
const PLAIN_DIFF = ['--no-ext-diff', '--no-textconv', '--no-color'];

export const gitStatusTool = defineTool({
  name: 'git_status',
  description: 'Branch and changed files.',
  parameters: z.object({}),
  conduct: 'read',
  title: () => 'git status',
  execute: (_input, context) => look(['status', '--short', '--branch'], context),
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
    const since = from ? [await commit(from, context)] : staged ? ['--staged'] : ['HEAD'];
    return look(
      ['diff', ...PLAIN_DIFF, ...since, '--', ...(await paths(path, context))],
      context,
      'No changes.',
    );
  },
});

export const gitLogTool = defineTool({
  name: 'git_log',
  description: 'Commits, newest first.',
  parameters: z.object({ count: optionalNumber(1, 200), path: optionalText }),
  conduct: 'read',
  title: ({ count = 20, path }) => ['git log', `-${count}`, path].filter(Boolean).join(' '),
  async execute({ count = 20, path }, context) {
    const format = '--format=%h %ad %an: %s';
    return look(
      ['log', `-${count}`, '--date=short', format, '--', ...(await paths(path, context))],
      context,
      'No commits.',
    );
  },
});

export const gitShowTool = defineTool({
  name: 'git_show',
  description: 'A commit with its changes.',
  parameters: z.object({ commit: someText, path: optionalText }),
  conduct: 'read',
  title: ({ commit, path }) => ['git show', commit, path].filter(Boolean).join(' '),
  async execute({ commit: name, path }, context) {
    const args = ['show', ...PLAIN_DIFF, '--stat', '--patch', await commit(name, context)];
    return look([...args, '--', ...(await paths(path, context))], context);
  },
});

export const gitCommitTool = defineTool({
  name: 'git_commit',
  description: 'Commit the files named, or all that is staged.',
  parameters: z.object({ message: someText, paths: z.optional(z.array(text)) }),
  conduct: 'guarded',
  title: ({ message }) => `git commit: ${message.split('\n', 1)[0]}`,
  async execute({ message, paths: named = [] }, context): Promise<ToolResult> {
    const only = (await Promise.all(named.map((path) => paths(path, context)))).flat();
    const title = `git commit${only.length > 0 ? ` ${only.join(' ')}` : ' (what is staged)'}: ${message.split('\n', 1)[0]}`;
    await run(['rev-parse', '--git-dir'], context);
    const { speaker, signal } = context;
    const options = { speaker, signal, timeoutMs: TIMEOUT_MS, title };
    // One question for both: new files have to be added before they can be named to commit.
    if (only.length > 0) await context.commands.run(['git', 'add', '--', ...only], { ...options, ask: true });
    const onlyThese = only.length > 0 ? ['--only', '--', ...only] : [];
    const command = ['git', '--no-pager', 'commit', '--message', message, ...onlyThese];
    const ran = await context.commands.run(command, { ...options, ask: only.length === 0 });
    if (ran.exitCode !== 0) throw new Failure('bad-request', `git commit failed: ${ran.output.trim()}`);
    return { content: ran.output.trim(), summary: ran.output.trim().split('\n', 1)[0] ?? 'committed' };
  },
});

async function look(args: string[], context: ToolContext, none = '(nothing)'): Promise<ToolResult> {
  const output = (await run(args, context)).trimEnd();
  const lines = output === '' ? 0 : output.split('\n').length;
  return { content: output || none, summary: lines === 1 ? '1 line' : `${lines} lines` };
}

async function run(args: string[], { commands, speaker, signal }: ToolContext): Promise<string> {
  const ran = await commands.run(['git', ...HARMLESS, ...args], {
    speaker,
    signal,
    timeoutMs: TIMEOUT_MS,
    ask: false,
  });
  if (ran.stopped) throw Failure.stopped();
  if (ran.exitCode === 0) return ran.output;
  const said = ran.output.trim();
  if (said.includes('not a git repository'))
    throw new Failure('bad-request', 'The workspace is not a git repository.');
  throw new Failure('bad-request', `git ${args[0]} failed: ${said || 'no reason given'}`);
}

/** A name of a commit that git cannot take for an option. */
async function commit(name: string, context: ToolContext): Promise<string> {
  const found = await run(
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
    context,
  ).catch(() => '');
  if (found.trim() === '') throw new Failure('bad-request', `There is no commit "${name}".`);
  return found.trim();
}

async function paths(path: string | undefined, { workspace }: ToolContext): Promise<string[]> {
  return path === undefined ? [] : [`:(literal)${workspace.relative(await workspace.resolve(path))}`];
}
