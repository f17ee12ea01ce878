import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../conversation/failure.ts';
import { nearestNames } from '../conversation/nearest.ts';
import { unlessStopped } from '../conversation/unless-stopped.ts';
import type { LLMProvider } from './base.ts';
import { knockAt } from './listening.ts';
import { isLocalAddress } from './local-address.ts';
import { ollamaUrl } from './ollama/host.ts';
import { createProvider, type ProviderEntry } from './registry.ts';

/** The providers of a session by name, each made when it is first needed. */
export class Roster {
  #entries: ReadonlyMap<string, ProviderEntry> = new Map();
  readonly #made = new Map<string, Promise<LLMProvider>>();
  /** Those that were added by hand: whatever is configured, they stay. */
  readonly #added = new Set<string>();
  /** Who did not answer in time when it was asked last. */
  readonly #silent = new Set<string>();

  /** In place of what was configured before; a provider whose settings stay as they are stays too. */
  configure(entries: Readonly<Record<string, ProviderEntry>>): void {
    const before = this.#entries;
    this.#entries = new Map(Object.entries(entries));
    for (const name of this.#made.keys()) {
      const isSame = isDeepStrictEqual(before.get(name), this.#entries.get(name));
      if (!isSame && !this.#added.has(name)) this.#made.delete(name);
      if (!isSame) this.#silent.delete(name);
    }
  }

  /** Adds a provider, or replaces the one of its name. */
  add(provider: LLMProvider): void {
    const name = provider.getProviderName();
    this.#added.add(name);
    this.#made.set(name, Promise.resolve(provider));
    this.#silent.delete(name);
  }

  /** In the order in which they were configured, those added by hand last. */
  names(): string[] {
    return [...new Set([...this.#entries.keys(), ...this.#made.keys()])];
  }

  /** Whether a key is there to send, or the provider was added by hand, with all that it needs. */
  hasKey(name: string): boolean {
    return this.#added.has(name) || this.#entries.get(name)?.apiKey !== undefined;
  }

  /** Whether it is only there because it is usual: nobody gave it an address. */
  isAssumed(name: string): boolean {
    return !this.#added.has(name) && this.#entries.get(name)?.baseUrl === undefined;
  }

  /** Who let the time pass when it was asked: nobody needs to wait for it again, unless it is to be asked anew. */
  isSilent(name: string): boolean {
    return this.#silent.has(name);
  }

  /**
   * Asks a provider something that others wait for, and remembers whether it answered in time.
   * @throws {Failure} `stalled` where it did not; `stopped`; what the provider throws.
   */
  async ask<Answer>(
    name: string,
    question: (provider: LLMProvider, signal: AbortSignal) => Promise<Answer>,
    { withinMs, signal }: { withinMs: number; signal?: AbortSignal },
  ): Promise<Answer> {
    const deadline = AbortSignal.timeout(withinMs);
    const either = signal ? AbortSignal.any([signal, deadline]) : deadline;
    try {
      const provider = await this.get(name);
      const answer = await unlessStopped(question(provider, either), either);
      this.#silent.delete(name);
      return answer;
    } catch (error) {
      if (signal?.aborted) throw Failure.stopped();
      if (!deadline.aborted) throw error;
      this.#silent.add(name);
      throw new Failure(
        'stalled',
        `${name} did not answer within ${withinMs / 1000} s. Try again, or check its base_url.`,
      );
    }
  }

  /**
   * Whether its models may run on the user's own machines, and their server is there: told without making the
   * provider, for most have none. Who was silent is taken for absent.
   */
  async mayBeLocal(name: string): Promise<boolean> {
    if (this.#silent.has(name)) return false;
    const entry = this.#entries.get(name);
    if (this.#made.has(name) || !entry) return this.#made.has(name);
    if (entry.kind === 'ollama') {
      const heard = await knockAt(ollamaUrl(entry.baseUrl ?? ''));
      if (heard === 'silent') this.#silent.add(name);
      return heard === 'open';
    }
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
