/** Patterns of the human's own, by `/pattern NAME task` or by their own name. */

import { splitFiles } from '../../mentioned-files.ts';
import type { Command, CommandContext } from '../command.ts';
import { tellResumable } from './patterns.ts';

export const pattern: Command = {
  name: 'pattern',
  argument: '[name task]',
  summary: 'run a pattern of your own, or list them (also /NAME task)',
  async complete({ agent }) {
    const entries = await agent.patterns();
    return entries.map(({ name, about, fault }) => ({ value: name, description: fault ?? about }));
  },
  async run(argument, context) {
    const [, name = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(argument) ?? [];
    if (name === '') return list(context);
    return runByName(name, rest, context);
  },
};

/** The command that a pattern's name is; a name that is none says so when it is run. */
export function commandOf(name: string): Command {
  return {
    name,
    argument: 'task',
    summary: 'a pattern of your own, of this project, or one that comes with Parley',
    run: (argument, context) => runByName(name, argument, context),
  };
}

async function list({ agent, print, theme }: CommandContext): Promise<void> {
  const { patternLines } = await import('../../pattern.ts');
  const entries = await agent.patterns();
  print(patternLines(entries).map((line) => `  ${line}`));
  print([theme.quiet('  /NAME task @files, with role=model before the task for another model')]);
}

async function runByName(
  name: string,
  argument: string,
  { agent, tell, signal }: CommandContext,
): Promise<void> {
  const { readRoles } = await import('../../pattern.ts');
  const { written, rest } = splitRoles(argument);
  const { task, files } = await splitFiles(rest, agent.workspace);
  await agent.pattern(name, { task: task || undefined, files, roles: readRoles(written) }, { signal });
  tellResumable(agent, tell);
}

/** `critic=gemini planner=sonnet the task`: what stands before the task says who plays. */
function splitRoles(argument: string): { written: string[]; rest: string } {
  const [leading = ''] = /^(?:[A-Za-z][\w-]*=\S+(?:\s+|$))*/.exec(argument) ?? [];
  return { written: leading.split(/\s+/).filter(Boolean), rest: argument.slice(leading.length) };
}
