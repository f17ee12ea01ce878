import type { CliCommand } from './command-line.ts';
import { COMMANDS, type CommandEntry } from './commands.ts';
import { COMMON, type OptionSpec, type OptionSpecs } from './options.ts';

const INTRODUCTION = `parley: a coding agent for the terminal in which several models work together and everything they say is visible.`;
const TALKING = [
  ['parley [task]', 'talk, in this folder'],
  ['parley -p [task]', 'do one task without a screen, print the answer and leave'],
] as const;
const EXAMPLES = `  parley -p "why does npm test fail?"         one answer, changing nothing
  git diff | parley -p "review this"          with text on standard input
  parley -p "fix the failing test" --approve all -m ollama:qwen2.5-coder:7b
  parley consult "Queue or cron?" -m sonnet -m gemini --vote condorcet`;

/** @param own options of talking, beside those that every command has. */
export function generalHelp(own: OptionSpecs): string {
  const commands = COMMANDS.map((entry) => [usageOf(entry), entry.summary] as const);
  return `${INTRODUCTION}

${columns([...TALKING, ...commands])}

${columns(optionRows({ ...own, ...COMMON }))}

parley COMMAND --help says more. Examples:
${EXAMPLES}
`;
}

export function commandHelp(entry: CommandEntry, { options, examples = [] }: CliCommand): string {
  const shown = examples.length > 0 ? `\n\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}` : '';
  const everywhere = Object.fromEntries(Object.entries(COMMON).filter(([name]) => !(name in options)));
  return `${usageOf(entry)}: ${entry.summary}

${columns(optionRows({ ...options, ...everywhere }))}${shown}
`;
}

function usageOf({ name, argument }: CommandEntry): string {
  return ['parley', name, argument].filter(Boolean).join(' ');
}

function optionRows(options: OptionSpecs): [string, string][] {
  return Object.entries(options).map(([name, option]) => [optionTitle(name, option), option.about]);
}

function optionTitle(name: string, { short, value, multiple }: OptionSpec): string {
  const title = `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`;
  return multiple ? `${title} …` : title;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
