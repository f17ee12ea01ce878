import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../conversation/failure.ts';
import { nearestNames } from '../conversation/nearest.ts';
import type { LLMProvider } from './base.ts';
import { isListening } from './listening.ts';
import { isLocalAddress } from './local-address.ts';
import { ollamaUrl } from './ollama/host.ts';
import { createProvider, type ProviderEntry } from './registry.ts';

/** The providers of a session by name, each made when it is first needed. */
export class Roster {
  #entries: ReadonlyMap<string, ProviderEntry> = new Map();
  readonly #made = new Map<string, Promise<LLMProvider>>();
  /** Those that were added by hand: whatever is configured, they stay. */
  readonly #added = new Set<string>();

  /** In place of what was configured before; a provider whose settings stay as they are stays too. */
  configure(entries: Readonly<Record<string, ProviderEntry>>): void {
    const before = this.#entries;
    this.#entries = new Map(Object.entries(entries));
    for (const name of this.#made.keys()) {
      const isSame = isDeepStrictEqual(before.get(name), this.#entries.get(name));
      if (!isSame && !this.#added.has(name)) this.#made.delete(name);
    }
  }

  /** Adds a provider, or replaces the one of its name. */
  add(provider: LLMProvider): void {
    const name = provider.getProviderName();
    this.#added.add(name);
    this.#made.set(name, Promise.resolve(provider));
  }

  /** In the order in which they were configured, those added by hand last. */
  names(): string[] {
    return [...new Set([...this.#entries.keys(), ...this.#made.keys()])];
  }

  /** Whether a key is there to send, or the provider was added by hand, with all that it needs. */
  hasKey(name: string): boolean {
    return this.#added.has(name) || this.#entries.get(name)?.apiKey !== undefined;
  }

  /**
   * Whether its models may run on the user's own machines, and their server is there: told without making the
   * provider, for most have none.
   */
  async mayBeLocal(name: string): Promise<boolean> {
    const entry = this.#entries.get(name);
    if (this.#made.has(name) || !entry) return this.#made.has(name);
    if (entry.kind === 'ollama') return isListening(ollamaUrl(entry.baseUrl ?? ''));
    return entry.kind === 'openai' && entry.baseUrl !== undefined && isLocalAddress(entry.baseUrl);
  }

  /** @throws {Failure} `model-not-found` where no provider has this name. */
  async get(name: string): Promise<LLMProvider> {
    const made = this.#made.get(name);
    if (made) return made;
    const entry = this.#entries.get(name);
    if (!entry) throw unknownProvider(name, this.names());
    const making = createProvider(name, entry);
    this.#made.set(name, making);
    return making;
  }
}

function unknownProvider(name: string, names: string[]): Failure {
  const near = nearestNames(name, names);
  const offer = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `There are: ${names.join(', ')}.`;
  return new Failure('model-not-found', `There is no provider "${name}". ${offer}`);
}
