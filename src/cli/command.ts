import { Failure } from '../conversation/failure.ts';
import { nearestNames } from '../conversation/nearest.ts';
import { VERSION } from '../version.ts';
import { firstWord, type Given, optionsOf, readArguments } from './command-line.ts';
import { COMMANDS, type CommandEntry } from './commands.ts';
import { EXIT } from './exit.ts';
import { COMMON, OUTPUT_FORMAT, readFormat } from './options.ts';

const TALK_OPTIONS = {
  print: {
    type: 'boolean',
    short: 'p',
    about: 'without a screen; a text on standard input comes after the task',
  },
  ...OUTPUT_FORMAT,
  ...COMMON,
} as const;

/**
 * Runs the command that the arguments ask for. Read by Node itself: a library for it would take longer to
 * load than most of what it leads to.
 * @param args without the program's own name.
 * @returns the exit code. @throws {Failure} whose message is for the human.
 */
export async function runCommand(args: string[]): Promise<number> {
  const word = firstWord(args, TALK_OPTIONS, 'print');
  const entry = COMMANDS.find(({ name }) => name === word);
  if (entry) return runNamed(entry, args);
  const given = readArguments(args, TALK_OPTIONS);
  const { values, words } = given;
  if ('version' in values) return say(`${VERSION}\n`);
  if ('help' in values || word === 'help') return sayHelp(words[word === 'help' ? 1 : 0]);
  return talk(given);
}

async function sayHelp(name?: string): Promise<number> {
  const { helpOn } = await import('./help.ts');
  return say(await helpOn(name, TALK_OPTIONS));
}

async function runNamed(entry: CommandEntry, args: string[]): Promise<number> {
  const asked = await entry.load();
  const { takes = 0 } = asked;
  const given = readArguments(args, optionsOf(asked), `parley ${entry.name}`);
  if ('version' in given.values) return say(`${VERSION}\n`);
  if ('help' in given.values) return say((await import('./help.ts')).commandHelp(entry, asked));
  const words = given.words.slice(1);
  if (words.length > takes) throw tooMuch(entry, takes, words);
  return asked.run({ ...given, words });
}

function tooMuch({ name, argument = '' }: CommandEntry, takes: number, words: readonly string[]): Failure {
  const word = words[takes];
  return takes === 0
    ? new Failure('usage', `parley ${name} takes nothing after it but options; "${word}" is too much.`)
    : argument.includes('"')
      ? new Failure(
          'usage',
          `"${word}" is too much: put a text of several words in quotes (parley ${name} ${argument}).`,
        )
      : new Failure('usage', `"${word}" is too much: parley ${name} ${argument}.`);
}

/** What is done without a command: a conversation, or one task. */
async function talk({ words, values, common }: Given<typeof TALK_OPTIONS>): Promise<number> {
  const [task] = words;
  if (task !== undefined && !values.print) refuseMisspelt(task);
  if (words.length > 1)
    throw new Failure('usage', `The task is one argument: put it in quotes ("${words.join(' ')}").`);
  const outputFormat = readFormat(values['output-format']);
  if (values.print || !process.stdin.isTTY) {
    const { runTask } = await import('./run.ts');
    return runTask({ ...common, task, outputFormat });
  }
  if (!process.stdout.isTTY)
    throw new Failure('usage', 'Standard output is no terminal. Give a task: parley -p "…".');
  const { startRepl } = await import('./repl.ts');
  return startRepl({ ...common, task });
}

/** A word that is nearly a command is not taken for a task, whatever stands behind it. */
function refuseMisspelt(word: string): void {
  const names = [...COMMANDS.map(({ name }) => name), 'help', 'version'];
  const [near] = /^\w+$/.test(word) ? nearestNames(word, names) : [];
  if (!near) return;
  const meant = near === 'version' ? '--version' : near;
  throw new Failure('usage', `There is no command ${word}. Did you mean parley ${meant}?`);
}

function say(text: string): number {
  process.stdout.write(text);
  return EXIT.success;
}
