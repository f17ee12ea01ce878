import { parseArgs } from 'node:util';
import { Failure } from '../conversation/failure.ts';
import { nearestNames } from '../conversation/nearest.ts';
import type { ApprovalRule } from '../safety/approval.ts';
import { VERSION } from '../version.ts';
import { EXIT } from './exit.ts';
import type { CommonOptions, OutputFormat } from './options.ts';

const HELP = `parley: a coding agent for the terminal in which several models work together and everything they say is visible.

  parley [task]              talk, in this folder
  parley -p [task]           do one task without a screen, print the answer and leave
  parley models [--json]     list the models of all providers
  parley calibrate [model]   measure local models, so that their time can be foretold
  parley pattern [NAME task] run a conversation among models that was written down, or list them
  parley profile             what was measured: speeds, what fits, forecast errors
  parley doctor              say what works, and how to mend what does not
  parley demo [--repl]       see it work with simulated models: no key, no network

  -m, --model MODEL          provider:model, or a short name such as sonnet
  -p, --print                without a screen; a text on standard input comes after the task
  --output-format FORMAT     with -p: text, json, stream-json
  --approve RULES            allow without asking: edits, commands or all (commas between)
  --max-steps N              exchanges of a turn at the most
  --seconds N                with calibrate: for all of it, 240 where left out
  --html [FILE], --json      with profile: a page (parley-profile.html), or the raw data
  --role ROLE=MODEL          with pattern: who plays a role (commas for several models)
  --files FILES              with pattern: what its models read (commas between)
  -C, --cwd FOLDER           work in this folder
  --config FILE              read this file instead of your own config.yaml
  -h, --help, -v, --version

Examples:
  parley -p "why does npm test fail?"         one answer, changing nothing
  git diff | parley -p "review this"          with text on standard input
  parley -p "fix the failing test" --approve all -m ollama:qwen2.5-coder:7b
`;

const OPTIONS = {
  print: { type: 'boolean', short: 'p' },
  model: { type: 'string', short: 'm' },
  'output-format': { type: 'string' },
  approve: { type: 'string' },
  'max-steps': { type: 'string' },
  cwd: { type: 'string', short: 'C' },
  config: { type: 'string' },
  role: { type: 'string', multiple: true },
  files: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  html: { type: 'boolean' },
  seconds: { type: 'string' },
  repl: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

const COMMANDS = ['models', 'calibrate', 'pattern', 'profile', 'doctor', 'demo'] as const;

/**
 * Runs the command that the arguments ask for. Read by Node itself: a library for it would take longer to
 * load than most of what it leads to.
 * @param args without the program's own name.
 * @returns the exit code. @throws {Failure} whose message is for the human.
 */
export async function runCommand(args: string[]): Promise<number> {
  const { values, positionals } = read(args);
  if (values.version) return say(`${VERSION}\n`);
  if (values.help) return say(HELP);
  const options: CommonOptions = {
    model: values.model,
    cwd: values.cwd,
    config: values.config,
    approve: values.approve === undefined ? undefined : readRules(values.approve),
    maxSteps: values['max-steps'] === undefined ? undefined : readWhole('--max-steps', values['max-steps']),
  };
  const [word, ...more] = positionals;
  if (!values.print && word === 'pattern') {
    const { runPattern } = await import('./pattern.ts');
    const { role, files, json } = values;
    const outputFormat = readFormat(values['output-format']);
    return runPattern({ ...options, words: more, roles: role, files, json, outputFormat });
  }
  if (!values.print && isCommand(word)) {
    const [tooMuch] = more.slice(takesArgument(word, values) ? 1 : 0);
    if (tooMuch !== undefined)
      throw new Failure(
        'usage',
        `parley ${word} takes nothing after it but options; "${tooMuch}" is too much.`,
      );
    return runNamed(word, options, { ...values, argument: more[0] });
  }
  if (more.length > 0)
    throw new Failure('usage', `The task is one argument: put it in quotes ("${positionals.join(' ')}").`);
  if (word !== undefined && !values.print) refuseMisspelt(word);
  return talk(word, { ...options, print: values.print, outputFormat: readFormat(values['output-format']) });
}

function isCommand(word: string | undefined): word is NamedCommand {
  return COMMANDS.some((command) => command === word);
}

/** Those that take nothing but options, or one argument. */
type NamedCommand = Exclude<(typeof COMMANDS)[number], 'pattern'>;

/** `calibrate MODEL`, `profile --html FILE`. */
function takesArgument(command: NamedCommand, { html }: { html?: boolean }): boolean {
  return command === 'calibrate' || (command === 'profile' && html === true);
}

/** One word that is nearly a command is not taken for a task. */
function refuseMisspelt(word: string): void {
  const [near] = /^\w+$/.test(word) ? nearestNames(word, [...COMMANDS, 'help', 'version']) : [];
  if (!near) return;
  const meant = near === 'help' || near === 'version' ? `--${near}` : near;
  throw new Failure('usage', `There is no command ${word}. Did you mean parley ${meant}?`);
}

interface NamedValues {
  json?: boolean;
  repl?: boolean;
  html?: boolean;
  seconds?: string;
  /** What stands behind the command. */
  argument?: string;
}

async function runNamed(
  command: NamedCommand,
  options: CommonOptions,
  { json = false, repl = false, html = false, seconds, argument }: NamedValues,
): Promise<number> {
  switch (command) {
    case 'calibrate': {
      const time = seconds === undefined ? undefined : readWhole('--seconds', seconds);
      const { runCalibration } = await import('./calibrate.ts');
      return runCalibration({ ...options, named: argument ?? options.model, seconds: time });
    }
    case 'profile':
      return (await import('./profile.ts')).showProfile({ ...options, json, html, file: argument });
    case 'models':
      return (await import('./models.ts')).printModels({ ...options, json });
    case 'doctor':
      return (await import('./doctor.ts')).examine(options);
    case 'demo':
      return (await import('./demo.ts')).runDemo({ repl });
  }
}

async function talk(
  task: string | undefined,
  options: CommonOptions & { print?: boolean; outputFormat: OutputFormat },
): Promise<number> {
  if (options.print || !process.stdin.isTTY) {
    const { runTask } = await import('./run.ts');
    return runTask({ ...options, task });
  }
  if (!process.stdout.isTTY)
    throw new Failure('usage', 'Standard output is no terminal. Give a task: parley -p "…".');
  const { startRepl } = await import('./repl.ts');
  return startRepl({ ...options, task });
}

function read(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const written = args.find((arg) => message.includes(`'${arg.split('=', 1)[0]}'`)) ?? '';
    if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
      throw new Failure('usage', `${message.split('\n', 1)[0]}. See parley --help.`);
    const near = nearestNames(written.replace(/^-+/, ''), Object.keys(OPTIONS)).map((name) => `--${name}`);
    const offer = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'See parley --help.';
    throw new Failure('usage', `There is no option ${written}. ${offer}`);
  }
}

function readRules(written: string): ApprovalRule[] {
  const rules = written.split(',').map((rule) => rule.trim());
  const wrong = rules.find((rule) => !['edits', 'commands', 'all'].includes(rule));
  if (wrong !== undefined)
    throw new Failure('usage', `--approve takes edits, commands or all, not "${wrong}".`);
  return rules as ApprovalRule[];
}

function readWhole(option: string, written: string): number {
  if (!/^[1-9]\d{0,4}$/.test(written))
    throw new Failure('usage', `${option} takes a whole number from 1 on, not "${written}".`);
  return Number(written);
}

function readFormat(written = 'text'): OutputFormat {
  if (written === 'text' || written === 'json' || written === 'stream-json') return written;
  throw new Failure('usage', `--output-format takes text, json or stream-json, not "${written}".`);
}

function say(text: string): number {
  process.stdout.write(text);
  return EXIT.success;
}
