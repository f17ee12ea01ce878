import { exitWith } from './cli/exit.ts';

exitWith(async () => {
  const { runCommand } = await import('./cli/command.ts');
  return runCommand(process.argv.slice(2));
});
