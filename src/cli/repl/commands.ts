import { nearestNames } from '../../conversation/nearest.ts';
import type { Command } from './command.ts';
import { cost } from './commands/cost.ts';
import { commandOf, pattern } from './commands/custom.ts';
import { calibrate, judge, lessons, profile } from './commands/local.ts';
import { model, models } from './commands/models.ts';
import { panel } from './commands/panel.ts';
import { patternCommands, resume } from './commands/patterns.ts';
import { clear, help, quit } from './commands/session.ts';
import { summary } from './commands/summary.ts';
import { undo } from './commands/undo.ts';

export const commands: readonly Command[] = [
  model,
  models,
  panel,
  ...patternCommands,
  pattern,
  resume,
  judge,
  profile,
  calibrate,
  lessons,
  summary,
  cost,
  undo,
  clear,
  help,
  quit,
];

export interface Asked {
  command: Command;
  argument: string;
}

/** What is asked for, or the sentence that says why it cannot be. */
export type ParsedCommand = Asked | { wrong: string };

/** The command that a line asks for; undefined where the line is a message, as one that begins with a path is. */
export function parseCommand(
  line: string,
  offered: readonly Command[] = commands,
): ParsedCommand | undefined {
  const parts = /^\/([\w-]+)(?:\s+([\s\S]*))?$/.exec(line.trim());
  if (!parts) return undefined;
  const [, name = '', argument = ''] = parts;
  const command = offered.find((candidate) => candidate.name === name);
  if (command && !command.argument && argument !== '')
    return { wrong: `/${name} takes nothing behind it: "${argument.trim()}" is too much.` };
  if (command) return { command, argument: argument.trim() };
  const near = nearestNames(
    name,
    offered.map((candidate) => candidate.name),
  ).map((candidate) => `/${candidate}`);
  const offer = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : '/help lists them.';
  return { wrong: `There is no command /${name}. ${offer}` };
}

/** The commands with those that patterns are; a pattern that bears a command's name is called by `/pattern`. */
export function withPatterns(names: readonly string[]): readonly Command[] {
  const free = names.filter((name) => !commands.some((command) => command.name === name));
  return [...commands, ...free.map(commandOf)];
}
