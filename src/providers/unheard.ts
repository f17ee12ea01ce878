/** A short name, where a provider that may have had the model it means did not answer. */
import { Failure } from '../conversation/failure.ts';
import type { ModelInfo, ProviderListing } from './base.ts';

/** Models whose weights their makers keep: no server of one's own has them. */
const KEPT = /(^|\/)(claude|gemini|chatgpt|gpt-(?!oss)|o\d)/i;

/** Whether a name that fits this model leaves no doubt: it is the whole one, or nobody else could have such a model. */
export function isPlain(written: string, { name }: ModelInfo): boolean {
  const wanted = written.toLowerCase();
  return [wanted, `${wanted}:latest`].includes(name.toLowerCase()) || KEPT.test(name);
}

/** Servers of one's own that may have the model that is meant, where a remote one would be taken instead. */
export function ownRivals(
  written: string,
  taken: ModelInfo,
  listings: readonly ProviderListing[],
): ProviderListing[] {
  if (taken.local) return [];
  return rivals(written, taken, listings).filter(({ local, assumed, failure }) => {
    const neverThere = assumed && failure?.kind === 'unreachable';
    return local && !neverThere;
  });
}

/**
 * Another server than the one that is meant may be taken, but not unsaid, and work that may be meant for a machine of
 * one's own does not leave it.
 * @throws {Failure} `model-not-found` where it would.
 */
export function heedUnheard(
  written: string,
  taken: ModelInfo,
  listings: readonly ProviderListing[],
  warn?: (sentence: string) => void,
): void {
  const own = ownRivals(written, taken, listings);
  if (own.length > 0)
    throw new Failure(
      'model-not-found',
      `"${written}" may mean a model of ${namesOf(own)}, which did not answer. Write ${taken.reference} if that one is meant: your work then goes to a remote service.`,
    );
  const others = rivals(written, taken, listings);
  if (others.length > 0)
    warn?.(`${namesOf(others)} did not answer; of the other models "${written}" means ${taken.reference}.`);
}

/** Who did not answer, and may have had a model of this name. Who lacks a key is not in use. */
function rivals(written: string, taken: ModelInfo, listings: readonly ProviderListing[]): ProviderListing[] {
  if (isPlain(written, taken)) return [];
  return listings.filter(({ failure }) => failure && failure.kind !== 'no-key');
}

export function namesOf(listings: readonly ProviderListing[]): string {
  return listings.map(({ provider }) => provider).join(', ');
}
