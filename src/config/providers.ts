import { Failure } from '../conversation/failure.ts';
import { PROVIDER_KINDS, type ProviderEntry, type ProviderKind } from '../providers/registry.ts';
import type { SettingsFile } from './file.ts';
import type { ProviderInFile } from './schema.ts';
import { KEY_VARIABLES, type Variable, type Variables } from './variables.ts';

/** A provider as the files describe it, its type settled. */
export interface DescribedProvider extends ProviderInFile {
  type: ProviderKind;
}

export type DescribedProviders = Record<string, DescribedProvider>;

/** The built-in providers, and those of the human's own file. @throws {Failure} where a type is missing. */
export function ownProviders(file: SettingsFile | undefined): DescribedProviders {
  const providers: DescribedProviders = {
    anthropic: { type: 'anthropic' },
    gemini: { type: 'gemini' },
    ollama: { type: 'ollama' },
  };
  for (const [name, entry] of Object.entries(file?.settings.providers ?? {})) {
    providers[name] = { ...entry, type: typeOf(name, entry, file!) };
  }
  return providers;
}

/** The type that is written, or that the name says. @throws {Failure} `bad-config` where neither does. */
export function typeOf(name: string, entry: ProviderInFile, file: SettingsFile): ProviderKind {
  const type = entry.type ?? PROVIDER_KINDS.find((kind) => kind === name);
  if (type) return type;
  throw new Failure(
    'bad-config',
    `${file.placeOf(['providers', name])}: providers.${name} needs a "type": ${PROVIDER_KINDS.join(', ')}.`,
  );
}

/**
 * Where a provider's key is looked for. One of a name and an address of its own is sent no key that nobody
 * said belongs there.
 */
export function keyVariablesOf(name: string, provider: DescribedProvider): readonly string[] {
  const { type, base_url, api_key_env } = provider;
  if (api_key_env) return [api_key_env];
  return name === type || (base_url === undefined && type !== 'ollama') ? KEY_VARIABLES[type] : [];
}

/** A described provider with its key and address resolved. */
export function entryOf(
  name: string,
  provider: DescribedProvider,
  variables: Variables,
  address: Variable | undefined,
): ProviderEntry {
  const keyNames = keyVariablesOf(name, provider);
  const key = variables.find(keyNames);
  const { keep_alive } = provider;
  return {
    kind: provider.type,
    apiKey: key?.value,
    keyVariable: key?.name ?? keyNames[0],
    baseUrl: address?.value ?? provider.base_url,
    defaultModel: provider.default_model,
    contextSize: provider.context_size,
    keepAlive: keep_alive === undefined ? undefined : String(keep_alive),
    headers: provider.headers,
  };
}
