import { Failure } from '../conversation/failure.ts';
import { nearestNames } from '../conversation/nearest.ts';
import type { ModelInfo, ProviderListing } from './base.ts';
import { fittingModels, theOneOf } from './model-names.ts';
import { namesOf, ownRivals } from './unheard.ts';

/** Words in the names of models that cannot be listed without a key. */
const FAMILIES: Record<string, readonly string[]> = {
  anthropic: ['claude', 'sonnet', 'opus', 'haiku'],
  gemini: ['gemini', 'flash'],
  openai: ['openai', 'chatgpt', 'gpt-'],
};

/** What OpenAI needs beside its key: unlike the others it is no provider by itself. */
export const OPENAI_LINES = 'write `openai: { type: openai }` under `providers:` in your config.yaml';

/** Why a name means no model, and which it may have been meant for. */
export function unknownModel(written: string, listings: readonly ProviderListing[]): Failure {
  const near = nearModels(written, listings);
  const keyless = near.length > 0 ? undefined : withoutKey(written, listings);
  if (keyless) return keyless;
  const late = listings.filter(({ failure }) => failure?.kind === 'stalled');
  const offer =
    near.length > 0 ? `Did you mean ${near.join(' or ')}?` : '`parley models` lists what there is.';
  const unasked = listings.filter((listing) => listing.failure && !late.includes(listing));
  const note = unasked.length > 0 ? ` (${namesOf(unasked)} could not be asked.)` : '';
  const sentence = late.length > 0 ? unansweredFor(written, late) : `No model is called "${written}".`;
  return new Failure('model-not-found', `${sentence} ${offer}${note}`);
}

/** Its owner may be among those that did not answer: then there is such a model, and its whole reference is enough. */
function unansweredFor(written: string, late: readonly ProviderListing[]): string {
  const own = late.filter(({ local }) => local).map(({ provider }) => `${provider}:${written}`);
  const remedy = own.length > 0 ? `Write ${own.join(' or ')} to take it unasked.` : 'Try again.';
  return `${namesOf(late)} did not answer in time, and nobody else has a model called "${written}". ${remedy}`;
}

/**
 * Names that can be taken as they are, nearest first: one for each model, and of a name that several models bear only
 * those with their providers.
 */
function nearModels(written: string, listings: readonly ProviderListing[]): string[] {
  const models = listings.flatMap(({ models }) => models);
  const bearers = Map.groupBy(models, ({ name }) => name);
  const meant = new Map(models.map(({ reference }) => [reference, reference]));
  for (const [name, [model, ...others]] of bearers)
    if (others.length === 0) meant.set(name, model!.reference);
  const whole = nearestNames(written, [...meant.keys()]);
  if (whole.length > 0) {
    const first = (name: string) => whole.find((other) => meant.get(other) === meant.get(name));
    return whole.filter((name) => first(name) === name);
  }
  return nearParts(written, models, listings);
}

/** A slip in a short name is far from every whole one: `sonet` means the part that is `sonnet`. */
function nearParts(
  written: string,
  models: readonly ModelInfo[],
  listings: readonly ProviderListing[],
): string[] {
  const parts = models.flatMap(({ name }) =>
    name.split(/[-:/]/).filter((part) => /^[a-z]{3}[\w.]+$/i.test(part)),
  );
  const near = nearestNames(written, [...new Set(parts)]);
  const plain = near.filter((part) => {
    const taken = theOneOf(fittingModels(part, models));
    return taken && ownRivals(part, taken, listings).length === 0;
  });
  if (plain.length > 0) return plain;
  // None can be taken for one model: the models that they fit can.
  const references = near.flatMap((part) => fittingModels(part, models)).map(({ reference }) => reference);
  return [...new Set(references)].slice(0, 3);
}

/** Undefined where nobody without a key is likely to have such a model. */
function withoutKey(written: string, listings: readonly ProviderListing[]): Failure | undefined {
  for (const [service, words] of Object.entries(FAMILIES)) {
    const listing = listings.find(({ provider }) => provider === service);
    if (nearestNames(written, words).length === 0) continue;
    const likely = `"${written}" looks like a model of ${service}`;
    if (listing?.failure?.kind === 'no-key')
      return new Failure('no-key', `${likely}. ${listing.failure.message}`);
    if (!listing && service === 'openai')
      return new Failure(
        'model-not-found',
        `${likely}, which is not set up: ${OPENAI_LINES}, and set OPENAI_API_KEY in the environment or in .env.`,
      );
  }
  return undefined;
}
