import type { Command } from './command.ts';
import { cost } from './commands/cost.ts';
import { commandOf, pattern } from './commands/custom.ts';
import { help } from './commands/help.ts';
import { calibrate, judge, lessons, profile } from './commands/local.ts';
import { model, models } from './commands/models.ts';
import { panel } from './commands/panel.ts';
import { patternCommands, resume } from './commands/patterns.ts';
import { clear, quit } from './commands/session.ts';
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

/** The commands with those that patterns are; a pattern that bears a command's name is called by `/pattern`. */
export function withPatterns(names: readonly string[]): readonly Command[] {
  const free = names.filter((name) => !commands.some((command) => command.name === name));
  return [...commands, ...free.map(commandOf)];
}
