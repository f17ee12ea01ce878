/** The commands of the command line. Each is loaded when it is asked for. */
import type { CliCommand } from './command-line.ts';

export interface CommandEntry {
  name: string;
  /** What follows the name, for the help. */
  argument?: string;
  summary: string;
  load(): Promise<CliCommand>;
}

export const COMMANDS: readonly CommandEntry[] = [
  ...conversing('consult', '"question"', 'ask several models at once; with --vote let them choose'),
  ...conversing('vote', '"question"', 'let models choose between options, or their answers'),
  ...conversing('refine', '"task"', 'one model drafts, others review, until they approve'),
  ...conversing('discuss', '"topic"', 'models in one room who answer each other'),
  ...conversing('handoff', '"task"', 'one plans, one builds, one reviews'),
  ...conversing('route', '"task"', 'choose the model for a piece of work, and let it work'),
  ...conversing('delegate', '"task"', 'give work to a model, by default the best local one'),
  {
    name: 'pattern',
    argument: '[NAME "task"]',
    summary: 'run a pattern of your own, or list them',
    load: async () => (await import('./pattern.ts')).patternCommand,
  },
  {
    name: 'undo',
    summary: 'bring back the files that the last turn changed here',
    load: async () => (await import('./undo.ts')).undoCommand,
  },
  {
    name: 'calibrate',
    argument: '[MODEL]',
    summary: 'measure local models, so that they can be foretold',
    load: async () => (await import('./calibrate.ts')).calibrateCommand,
  },
  {
    name: 'profile',
    summary: 'what was measured: speeds, what fits, forecast errors',
    load: async () => (await import('./profile.ts')).profileCommand,
  },
  {
    name: 'experiment',
    argument: 'FILE.yaml',
    summary: 'find out on your own tasks whether delegation pays',
    load: async () => (await import('./experiment.ts')).experimentCommand,
  },
  {
    name: 'models',
    summary: 'list the models of all providers',
    load: async () => (await import('./models.ts')).modelsCommand,
  },
  {
    name: 'doctor',
    summary: 'say what works, and how to mend what does not',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    name: 'demo',
    summary: 'see it work with simulated models: no key, no network',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
];

/** Patterns are asked for in the same words here and in the REPL. */
function conversing(name: string, argument: string, summary: string): CommandEntry[] {
  const load = async () => {
    const [{ patternVerbs }, { commandFor }] = await Promise.all([
      import('./patterns.ts'),
      import('./patterns/run.ts'),
    ]);
    return commandFor(patternVerbs.find((verb) => verb.name === name)!);
  };
  return [{ name, argument, summary, load }];
}
