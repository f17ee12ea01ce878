import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { Failure } from '../conversation/failure.ts';
import type { ApprovalRule } from '../safety/approval.ts';
import { VERSION } from '../version.ts';
import { EXIT } from './exit.ts';
import type { CommonOptions, OutputFormat } from './options.ts';

interface RootOptions extends CommonOptions {
  /** `true` where `-p` stands without a text, which then comes from standard input. */
  print?: string | true;
  outputFormat: OutputFormat;
}

/**
 * Runs the command that the arguments ask for.
 * @returns the exit code. @throws {Failure} whose message is for the human.
 */
export async function runCommand(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.success;
  const program = describe((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has said what is wrong; what remains is the code.
    return error.exitCode === 0 ? EXIT.success : EXIT.usage;
  }
}

function describe(done: (exitCode: number) => void): Command {
  const program = new Command('parley')
    .description(
      'A coding agent for the terminal in which several models work together and everything they say is visible.',
    )
    .version(VERSION, '-v, --version')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'parley: ')) })
    .showSuggestionAfterError()
    .option('-p, --print [task]', 'do one task without a screen, print the answer and leave')
    .option('-m, --model <model>', 'the model: provider:model, or a short name such as sonnet')
    .addOption(
      new Option('--output-format <format>', 'with -p')
        .choices(['text', 'json', 'stream-json'])
        .default('text'),
    )
    .option('--approve <rules>', 'allow without asking: edits, commands or all (commas between)', readRules)
    .option('--max-steps <n>', 'exchanges of a turn at the most', readSteps)
    .option('-C, --cwd <folder>', 'work in this folder')
    .option('--config <file>', 'read this file instead of your own config.yaml')
    .addHelpText('after', EXAMPLES)
    .action(async (options: RootOptions) => done(await start(options)));
  program
    .command('models')
    .description('list the models of all providers')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) => {
      const { printModels } = await import('./models.ts');
      done(await printModels({ ...program.opts<CommonOptions>(), ...options }));
    });
  program
    .command('doctor')
    .description('say what works and how to mend what does not')
    .action(async () => {
      const { examine } = await import('./doctor.ts');
      done(await examine(program.opts<CommonOptions>()));
    });
  program
    .command('demo')
    .description('see it work with simulated models: no key, no network')
    .option('--repl', 'play with it yourself')
    .action(async ({ repl = false }: { repl?: boolean }) => {
      const { runDemo } = await import('./demo.ts');
      done(await runDemo({ repl }));
    });
  return program;
}

const EXAMPLES = `
Examples:
  parley                                      talk, in this folder
  parley -p "why does npm test fail?"         one answer, changing nothing
  git diff | parley -p "review this"          with text on standard input
  parley -p "fix the failing test" --approve all -m ollama:qwen2.5-coder:7b`;

async function start(options: RootOptions): Promise<number> {
  const headless = options.print !== undefined || !process.stdin.isTTY;
  if (headless) {
    const { runTask } = await import('./run.ts');
    return runTask({ ...options, task: typeof options.print === 'string' ? options.print : undefined });
  }
  if (!process.stdout.isTTY)
    throw new Failure('usage', 'Standard output is no terminal. Give a task: parley -p "…".');
  const { startRepl } = await import('./repl.ts');
  return startRepl(options);
}

function readRules(text: string): ApprovalRule[] {
  const rules = text.split(',').map((rule) => rule.trim());
  for (const rule of rules) {
    if (!['edits', 'commands', 'all'].includes(rule))
      throw new InvalidArgumentError('It takes edits, commands or all.');
  }
  return rules as ApprovalRule[];
}

function readSteps(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It takes a whole number from 1 on.');
  return Number(text);
}
