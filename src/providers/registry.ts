import { Failure } from '../conversation/failure.ts';
import type { LLMProvider, ProviderSettings } from './base.ts';

/** The kinds of provider; each is loaded when the first of its kind is needed. Adding one is one line. */
const KINDS = {
  anthropic: async () => (await import('./anthropic.ts')).AnthropicProvider,
  gemini: async () => (await import('./gemini.ts')).GeminiProvider,
  ollama: async () => (await import('./ollama.ts')).OllamaProvider,
  openai: async () => (await import('./openai-compatible.ts')).OpenAICompatibleProvider,
};

export type ProviderKind = keyof typeof KINDS;

/** In the order in which a default is looked for. */
export const PROVIDER_KINDS = Object.keys(KINDS) as ProviderKind[];

/** One entry of `providers` in the configuration, its key resolved. */
export interface ProviderEntry extends Omit<ProviderSettings, 'name'> {
  kind: ProviderKind;
}

/**
 * A provider of one of the kinds, for a program that brings its own settings: `agent.addProvider` takes it. Its SDK is
 * loaded with the first request.
 * @param name in model references.
 * @throws {Failure} `usage` for a kind that there is none of.
 */
export async function createProvider(name: string, entry: ProviderEntry): Promise<LLMProvider> {
  if (!PROVIDER_KINDS.includes(entry?.kind))
    throw new Failure(
      'usage',
      `${name} has no kind that Parley knows: give createProvider one of ${PROVIDER_KINDS.join(', ')} as kind.`,
    );
  const { kind, ...settings } = entry;
  const Provider = await KINDS[kind]();
  return new Provider({ ...settings, name });
}
