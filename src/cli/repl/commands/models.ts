import { once } from 'node:events';
import { splitReference } from '../../../conversation/message.ts';
import { nearestNames } from '../../../conversation/nearest.ts';
import { duration } from '../../../display/figures.ts';
import type { ProviderListing } from '../../../providers/base.ts';
import { modelLines } from '../../model-lines.ts';
import type { ReplAgent } from '../agent.ts';
import type { ChoiceItem } from '../choice.ts';
import type { Command, CommandContext } from '../command.ts';

/** How long a list of models is good enough for completion. */
const FRESH_MS = 30_000;

export const model: Command = {
  name: 'model',
  argument: '[name]',
  summary: 'let another model lead; a short name will do',
  complete: async (context) => itemsOf(await recentListings(context.agent), context.agent),
  async run(name, context) {
    const wanted = name || (await choose(context));
    if (!wanted) return;
    const { agent, tell, signal } = context;
    const before = agent.model;
    const now = await agent.useModel(wanted, { signal });
    if (now === before) tell('info', `${now} leads already.`);
    else if (name) await tellUnlisted(now, context);
  },
};

export const models: Command = {
  name: 'models',
  summary: 'list the models of all providers',
  anytime: true,
  run: async (_argument, context) => print(await askProviders(context), context),
};

function print(listings: readonly ProviderListing[], { print, columns }: CommandContext): void {
  print(modelLines(listings, columns() - 3).map((line) => `  ${line}`));
}

async function choose(context: CommandContext): Promise<string | undefined> {
  const listings = await askProviders(context);
  const items = itemsOf(listings, context.agent);
  if (items.length > 0) return context.choose('Which model shall lead?', items);
  print(listings, context);
}

/** A provider that does not answer has some seconds to: meanwhile it is said who is waited for. */
async function askProviders({ agent, signal, showProgress }: CommandContext): Promise<ProviderListing[]> {
  const since = performance.now();
  showProgress(() => `asking the providers · ${duration((performance.now() - since) / 1000)}`);
  try {
    return await agent.listAllModels(signal);
  } finally {
    showProgress(undefined);
  }
}

/** A service may have models that it does not list, so that the human has the last word. */
async function tellUnlisted(reference: string, { agent, tell, signal }: CommandContext): Promise<void> {
  const { provider, model: name } = splitReference(reference);
  // The model leads already: who stops this only does not wait for the list.
  const stopped = once(signal, 'abort').then((): ProviderListing[] => []);
  const listings = await Promise.race([recentListings(agent), stopped]);
  const listing = listings.find((one) => one.provider === provider);
  if (!listing || listing.models.length === 0) return;
  const names = listing.models.map((one) => one.name);
  if (names.some((one) => one.startsWith(name) || name.startsWith(one))) return;
  const near = nearestNames(name, names);
  const offer = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
  tell('warning', `${provider} lists no model called ${name}.${offer}`);
}

function itemsOf(listings: readonly ProviderListing[], agent: ReplAgent): ChoiceItem[] {
  const items = listings.flatMap((listing) => listing.models);
  return items.map(({ reference, local, loaded }) => ({
    value: reference,
    description: [reference === agent.model && 'leads now', local && 'local', loaded && 'loaded']
      .filter(Boolean)
      .join(', '),
  }));
}

const recent = new WeakMap<ReplAgent, { listings: Promise<ProviderListing[]>; until: number }>();

/** Completion asks at every key: the providers are asked once in a while. */
export function recentListings(agent: ReplAgent): Promise<ProviderListing[]> {
  const now = performance.now();
  let known = recent.get(agent);
  if (!known || now > known.until) {
    known = { listings: agent.listAllModels(), until: now + FRESH_MS };
    recent.set(agent, known);
  }
  return known.listings;
}
