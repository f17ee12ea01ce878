import { nearestNames } from '../../conversation/nearest.ts';
import type { Command } from './command.ts';

export interface Asked {
  command: Command;
  argument: string;
}

/** What is asked for, or the sentence that says why it cannot be. */
export type ParsedCommand = Asked | { wrong: string };

/** The command that a line asks for; undefined where the line is a message, as one that begins with a path is. */
export function parseCommand(line: string, offered: readonly Command[]): ParsedCommand | undefined {
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
