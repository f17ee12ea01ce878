import { Failure } from '../conversation/failure.ts';
import { nearestNames } from '../conversation/nearest.ts';
import { wrapped } from '../display/wrap.ts';
import { type CliCommand, optionsOf } from './command-line.ts';
import { COMMANDS, type CommandEntry } from './commands.ts';
import { columns, optionRows } from './help-columns.ts';
import type { OptionSpecs } from './options.ts';

/** Columns that every terminal has. */
const WIDTH = 80;
const INTRODUCTION =
  'parley: a coding agent for the terminal in which several models work together and everything they say is visible.';
const TALKING = [
  ['parley [task]', 'talk, in this folder'],
  ['parley -p [task]', 'do one task without a screen, print the answer and leave'],
  ['parley help [COMMAND]', 'this text, or what a command takes'],
] as const;
const EXAMPLES = [
  'parley -p "why does npm test fail?"',
  'git diff | parley -p "review this"',
  'parley -p "fix the failing test" --approve all -m ollama:qwen2.5-coder:7b',
  'parley consult "Queue or cron?" -m sonnet -m gemini --vote condorcet',
];

/** @param talking the options that stand behind no command. */
function generalHelp(talking: OptionSpecs): string {
  const commands = COMMANDS.map(
    ({ name, argument = '', summary }) => [`${name} ${argument}`.trim(), summary] as const,
  );
  return [
    ...wrapped(INTRODUCTION, WIDTH),
    '',
    ...columns(TALKING, WIDTH),
    '',
    'Commands:',
    ...columns(commands, WIDTH),
    '',
    'Options:',
    ...columns(optionRows(talking), WIDTH),
    '',
    ...exampleLines(EXAMPLES),
    '',
  ].join('\n');
}

export function commandHelp(entry: CommandEntry, asked: CliCommand): string {
  const { examples = [] } = asked;
  return [
    ...wrapped(`${usageOf(entry)}: ${entry.summary}`, WIDTH),
    '',
    ...columns(optionRows(optionsOf(asked)), WIDTH),
    ...(examples.length > 0 ? ['', ...exampleLines(examples)] : []),
    '',
  ].join('\n');
}

/** `parley help`, `parley help consult`. @throws {Failure} `usage` where there is no such command. */
export async function helpOn(name: string | undefined, talking: OptionSpecs): Promise<string> {
  if (name === undefined) return generalHelp(talking);
  const entry = COMMANDS.find((one) => one.name === name);
  if (entry) return commandHelp(entry, await entry.load());
  const near = nearestNames(
    name,
    COMMANDS.map((one) => one.name),
  );
  const offer = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'See parley help.';
  throw new Failure('usage', `There is no command ${name}. ${offer}`);
}

function usageOf({ name, argument }: CommandEntry): string {
  return ['parley', name, argument].filter(Boolean).join(' ');
}

/** As they can be typed: a long one goes on behind a backslash, and nothing in quotes is broken. */
function exampleLines(examples: readonly string[]): string[] {
  const lines = examples.flatMap((example) => {
    const words = example.match(/(?:--?[\w-]+ )?(?:"[^"]*"|[^\s"])+/g) ?? [];
    const rows: string[] = [];
    for (const word of words) {
      const last = rows.at(-1);
      if (last !== undefined && last.length + word.length + 5 <= WIDTH)
        rows[rows.length - 1] = `${last} ${word}`;
      else rows.push(rows.length === 0 ? `  ${word}` : `      ${word}`);
    }
    return rows.map((row, place) => (place < rows.length - 1 ? `${row} \\` : row));
  });
  return ['Examples:', ...lines];
}
