/** What the human has models do together: `/consult -m sonnet -m qwen Map or object?` */
import { Failure } from '../../../conversation/failure.ts';
import { duration } from '../../../display/figures.ts';
import { splitFiles } from '../../mentioned-files.ts';
import type { OptionSpecs } from '../../options.ts';
import { FILES, type PatternVerb } from '../../patterns/verb.ts';
import { patternVerbs } from '../../patterns.ts';
import type { ReplAgent } from '../agent.ts';
import type { ChoiceItem } from '../choice.ts';
import type { Command, CommandContext } from '../command.ts';
import { leadingOptions } from '../leading-options.ts';

/** A shorter word before a colon is hardly the name of a model. */
const SHORTEST_NAME = 3;

/** How each would be written. */
const EXAMPLES: Record<string, string> = {
  consult: '-m sonnet -m qwen Map or object?',
  vote: '--option memory --option disk Where does the cache belong?',
  refine: '--author sonnet -m qwen Write the migration plan.',
  discuss: '-m sonnet -m qwen Monorepo or not?',
  handoff: '--step plan=sonnet --step build=qwen Add a --quiet option.',
  route: '--kind code Fix the query in @db/report.sql',
  delegate: '@src/a.ts what can fail here?',
};

export const patternCommands: readonly Command[] = patternVerbs.map((verb) => ({
  name: verb.name,
  argument: argumentOf(verb),
  summary: verb.summary,
  options: optionsOf(verb),
  example: usageOf(verb),
  completeWord: (context, before, word) => completeOption(verb, context, before, word),
  run: (argument, context) => run(verb, argument, context),
}));

export const resume: Command = {
  name: 'resume',
  summary: 'go on with what was stopped, from where it was',
  async run(_argument, { agent, tell, signal }) {
    const result = await agent.resume({ signal });
    if (!result) tell('info', 'Nothing was stopped that could go on.');
    else tellResumable(agent, tell);
  },
};

async function run(verb: PatternVerb, argument: string, context: CommandContext): Promise<void> {
  const { agent, print, theme, tell, signal } = context;
  const { values, rest: written } = leadingOptions(argument, optionsOf(verb));
  const named = verb.name === 'delegate' && !values.model ? await splitModel(written, context) : undefined;
  const { task: text, files } = await splitFiles(named?.rest ?? written, agent.workspace);
  if (text === '') throw new Failure('usage', `Say what the ${verb.argument} is: ${usageOf(verb)}`);
  const asked = {
    text,
    files: [...files, ...((values.files as string[] | undefined) ?? [])],
    values: { ...values, ...(named?.model && { model: named.model }) },
  };
  const { id, outcome, seconds } = await verb.run(agent, asked, { signal });
  if (verb.name === 'delegate')
    print([theme.quiet(`  ${id} ${outcome} after ${duration(seconds)}${judging(id, outcome)}`)]);
  else tellResumable(agent, tell);
}

/** What was stopped, by the human or at a limit, need not begin anew. */
export function tellResumable({ canResume }: ReplAgent, tell: CommandContext['tell']): void {
  if (canResume) tell('info', 'What was said is kept: /resume goes on from there.');
}

function argumentOf({ name, argument, options }: PatternVerb): string {
  if (name === 'delegate') return '[model:] task';
  return 'model' in options ? `[-m MODEL] ${argument}` : argument;
}

function optionsOf({ options }: PatternVerb): OptionSpecs {
  return { ...options, ...FILES };
}

function usageOf({ name, argument }: PatternVerb): string {
  return `/${name} ${EXAMPLES[name] ?? argument}`;
}

function judging(id: string, outcome: string): string {
  return outcome === 'done' ? `; /judge ${id} accepted, fixed or rejected says what it was worth` : '';
}

/** Options before the text, and behind those that want one a model or a panel. */
async function completeOption(
  verb: PatternVerb,
  { agent }: CommandContext,
  before: string,
  word: string,
): Promise<ChoiceItem[]> {
  const options = optionsOf(verb);
  const last = /(?:^|\s)--?([\w-]+)\s+$/.exec(before)?.[1];
  const named = Object.entries(options).find(([name, { short }]) => name === last || short === last)?.[1];
  if (named?.value?.endsWith('MODEL') && !named.value.includes('=')) return modelsAndPanels(agent);
  if (!word.startsWith('-')) return [];
  return Object.entries(options).map(([name, { about }]) => ({ value: `--${name}`, description: about }));
}

async function modelsAndPanels(agent: ReplAgent): Promise<ChoiceItem[]> {
  const panels = Object.entries(agent.panels).map(([value, models]) => ({
    value,
    description: models.join(', '),
  }));
  const listings = await agent.listAllModels();
  const models = listings.flatMap((listing) => listing.models.map(({ reference }) => ({ value: reference })));
  return [...panels, ...models];
}

/** A first word with a colon behind it names the model, where there is one of that name; else it is said not to. */
async function splitModel(
  argument: string,
  { agent, tell, signal }: CommandContext,
): Promise<{ model?: string; rest: string }> {
  const [, name = '', rest = ''] = /^(\S+):\s+([\s\S]+)$/.exec(argument) ?? [];
  if (name.length < SHORTEST_NAME || name.startsWith('@')) return { rest: argument };
  const listings = await agent.listAllModels(signal);
  const written = name.toLowerCase();
  const named = listings.some(
    ({ provider, models }) =>
      provider === written ||
      written.startsWith(`${provider.toLowerCase()}:`) ||
      models.some((model) => model.name.toLowerCase().includes(written)),
  );
  if (named) return { model: name, rest };
  // `Question:` begins a sentence; a model is written like this.
  if (name === written) tell('info', `No model is called ${name}: it belongs to the task.`);
  return { rest: argument };
}
