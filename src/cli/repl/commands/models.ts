import { modelLines } from '../../models.ts';
import type { ReplAgent } from '../agent.ts';
import type { ChoiceItem } from '../choice.ts';
import type { Command, CommandContext } from '../command.ts';

/** How long a list of models is good enough for completion. */
const FRESH_MS = 30_000;

export const model: Command = {
  name: 'model',
  argument: '[name]',
  summary: 'let another model lead; a short name will do',
  complete: recentModels,
  async run(name, context) {
    const { agent } = context;
    const wanted = name || (await context.choose('Which model shall lead?', await modelItems(context)));
    if (!wanted) return;
    const before = agent.model;
    const now = await agent.useModel(wanted);
    if (now === before) context.tell('info', `${now} leads already.`);
  },
};

export const models: Command = {
  name: 'models',
  summary: 'list the models of all providers',
  anytime: true,
  async run(_argument, context) {
    context.print(modelLines(await context.agent.listAllModels()).map((line) => `  ${line}`));
  },
};

async function modelItems({ agent }: CommandContext): Promise<ChoiceItem[]> {
  const listings = await agent.listAllModels();
  const items = listings.flatMap((listing) => listing.models);
  return items.map(({ reference, local, loaded }) => ({
    value: reference,
    description: [reference === agent.model && 'leads now', local && 'local', loaded && 'loaded']
      .filter(Boolean)
      .join(', '),
  }));
}

const recent = new WeakMap<ReplAgent, { items: Promise<ChoiceItem[]>; until: number }>();

/** Completion asks at every key: the providers are asked once in a while. */
function recentModels(context: CommandContext): Promise<ChoiceItem[]> {
  const now = performance.now();
  let known = recent.get(context.agent);
  if (!known || now > known.until) {
    known = { items: modelItems(context), until: now + FRESH_MS };
    recent.set(context.agent, known);
  }
  return known.items;
}
