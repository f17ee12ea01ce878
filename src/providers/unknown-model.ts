import { Failure } from '../conversation/failure.ts';
import { nearestNames } from '../conversation/nearest.ts';
import type { ModelInfo, ProviderListing } from './base.ts';

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
  const near = nearModels(
    written,
    listings.flatMap(({ models }) => models),
  );
  const keyless = near.length > 0 ? undefined : withoutKey(written, listings);
  if (keyless) return keyless;
  const offer =
    near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ' `parley models` lists what there is.';
  const silent = listings.filter(({ failure }) => failure).map(({ provider }) => provider);
  const note = silent.length > 0 ? ` (${silent.join(', ')} could not be asked.)` : '';
  return new Failure('model-not-found', `No model is called "${written}".${offer}${note}`);
}

/** One name for each model, nearest first; of a name that several models bear, only those with their providers. */
function nearModels(written: string, models: readonly ModelInfo[]): string[] {
  const bearers = Map.groupBy(models, ({ name }) => name);
  const meant = new Map(models.map(({ reference }) => [reference, reference]));
  for (const [name, [model, ...others]] of bearers)
    if (others.length === 0) meant.set(name, model!.reference);
  const whole = nearestNames(written, [...meant.keys()]);
  if (whole.length > 0) {
    const first = (name: string) => whole.find((other) => meant.get(other) === meant.get(name));
    return whole.filter((name) => first(name) === name);
  }
  // A slip in a short name is far from every whole one: `sonet` means the part that is `sonnet`.
  const parts = models.flatMap(({ name }) => name.split(/[-:/]/).filter((part) => /^[a-z]{4,}$/i.test(part)));
  return nearestNames(written, [...new Set(parts)]);
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
