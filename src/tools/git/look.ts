/**
 * Git as it may be run without asking. A repository that came from somebody else can name programs in its own
 * settings; none of them is run when we only look.
 */
import { Failure } from '../../conversation/failure.ts';
import type { CommandResult } from '../../safety/commands.ts';
import type { ToolContext } from '../base.ts';

export const TIMEOUT_MS = 60_000;

const HARMLESS = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.quotePath=false',
  'diff.external=',
  'diff.noprefix=false',
  'diff.mnemonicPrefix=false',
  // A submodule has settings of its own, and with them programs.
  'diff.submodule=short',
  'log.showSignature=false',
  // What is shown of a commit may ask for its signature, and that for a program.
  'format.pretty=medium',
  ...['gpg.program', 'gpg.openpgp.program', 'gpg.ssh.program', 'gpg.x509.program'].map((name) => `${name}=`),
  'gpg.ssh.defaultKeyCommand=',
  'color.ui=never',
  'status.relativePaths=true',
].flatMap((setting) => ['-c', setting]);

/** Objects that are missing here are not fetched: the command that fetches them is a setting as well. */
const HARMLESS_ENVIRONMENT = {
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  // What git says is read here, too.
  LC_ALL: 'C',
};

/** Where settings stand that did not come with the repository. */
const HUMAN_SCOPES = new Set(['system', 'global', 'command']);
const ODD_FILTER =
  'The repository defines a filter whose name is no valid text, so that git cannot be kept from running it. Use the shell for git here.';
const NO_REPOSITORY = 'The workspace is not a git repository.';
const BARE = 'The workspace has no files that git keeps: it is a bare repository, or inside of .git.';

/** @throws {Failure} with what git says. */
export async function gitOutput(args: readonly string[], context: ToolContext): Promise<string> {
  return requireSuccess(args[0] ?? '', await look(args, context));
}

/** All that git names, however many: each name ends with a NUL. @throws {Failure} with what git says. */
export async function gitNames(args: readonly string[], context: ToolContext): Promise<string[]> {
  const output = requireSuccess(args[0] ?? '', await look(args, context, true));
  return output.split('\0').filter((name) => name !== '');
}

/** The output; undefined where git says no, though there is a repository. */
export async function tryGit(args: readonly string[], context: ToolContext): Promise<string | undefined> {
  const ran = await look(args, context);
  if (ran.exitCode === 1 || (ran.exitCode === 128 && !ran.output.includes('not a git repository'))) {
    return undefined;
  }
  return requireSuccess(args[0] ?? '', ran);
}

/** @throws {Failure} where the command did not succeed, in words for the human and the model. */
export function requireSuccess(verb: string, ran: CommandResult): string {
  if (ran.stopped) throw Failure.stopped();
  if (ran.exitCode === 0) return ran.output;
  const said = ran.output.trim();
  if (ran.timedOut)
    throw new Failure(
      'bad-request',
      `git ${verb} took too long: it was ended after ${ran.seconds.toFixed(0)} s.`,
    );
  if (ran.exitCode === 127) throw new Failure('bad-request', 'git is not installed, or not on the PATH.');
  if (said.includes('not a git repository')) throw new Failure('bad-request', NO_REPOSITORY);
  if (said.includes('must be run in a work tree')) throw new Failure('bad-request', BARE);
  throw new Failure('bad-request', `git ${verb} failed: ${said || 'no reason given'}`);
}

async function look(args: readonly string[], context: ToolContext, whole = false): Promise<CommandResult> {
  const { commands, speaker, signal } = context;
  const env = { ...HARMLESS_ENVIRONMENT, ...(await withoutOwnFilters(context)) };
  const options = { speaker, signal, timeoutMs: TIMEOUT_MS, ask: false, whole, env };
  return commands.run(['git', '--no-pager', ...HARMLESS, ...args], options);
}

/**
 * Settings that take the power from filters that the repository itself defines: they are programs, and run on
 * every comparison. Those of the human's own settings, such as LFS, stay. They go by the environment, since the
 * name of a filter may hold what `-c` takes for its end.
 * @throws {Failure} where it cannot be told which filters there are.
 */
async function withoutOwnFilters({
  commands,
  speaker,
  signal,
}: ToolContext): Promise<Record<string, string>> {
  const pattern = '^filter\\..*\\.(clean|smudge|process)$';
  const query = ['git', 'config', '--show-scope', '--name-only', '-z', '--get-regexp', pattern];
  const options = {
    speaker,
    signal,
    timeoutMs: TIMEOUT_MS,
    ask: false,
    whole: true,
    env: HARMLESS_ENVIRONMENT,
  };
  const ran = await commands.run(query, options);
  if (ran.exitCode === 1) return {};
  const fields = requireSuccess('config', ran).split('\0');
  const settings: [name: string, value: string][] = [];
  for (let place = 0; place + 1 < fields.length; place += 2) {
    const [scope = '', name = ''] = fields.slice(place, place + 2);
    if (HUMAN_SCOPES.has(scope)) continue;
    if (name.includes('\ufffd')) throw new Failure('bad-request', ODD_FILTER);
    settings.push([name, ''], [`${name.slice(0, name.lastIndexOf('.'))}.required`, 'false']);
  }
  const pairs = settings.flatMap(([name, value], place) => [
    [`GIT_CONFIG_KEY_${place}`, name],
    [`GIT_CONFIG_VALUE_${place}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(pairs) };
}
