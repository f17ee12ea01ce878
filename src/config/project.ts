/**
 * What comes with a project comes from elsewhere, and is read before anybody has looked at it. It may say how
 * to work, but neither where the human's keys and code are sent, nor what is done without asking them.
 */
import { isLocalAddress } from '../providers/local-address.ts';
import { ollamaUrl } from '../providers/ollama/host.ts';
import type { ProviderKind } from '../providers/registry.ts';
import type { SettingsFile } from './file.ts';
import { type DescribedProvider, type DescribedProviders, keyVariablesOf, typeOf } from './providers.ts';
import type { FileSettings, ProviderInFile } from './schema.ts';
import { BASE_URL_VARIABLES, type Variable, type Variables } from './variables.ts';

/** A project's settings without what it may not set; each thing left out is told in `warnings`. */
export function withoutPowers(
  file: SettingsFile,
  own: DescribedProviders,
  variables: Variables,
  warnings: string[],
): Omit<FileSettings, 'approve' | 'providers' | 'routing' | 'trusted_projects'> & {
  providers: DescribedProviders;
} {
  const { approve, routing, trusted_projects, providers = {}, ...harmless } = file.settings;
  const leaveOut = (path: string[], why: string) =>
    warnings.push(
      `${file.placeOf(path)}: ${path.join('.')} is left out: ${why} Put it into your own config.yaml.`,
    );
  if (approve) leaveOut(['approve'], 'a project cannot decide what is done without asking you.');

  if (routing) leaveOut(['routing'], 'a project cannot say which models see your work.');

  if (trusted_projects) leaveOut(['trusted_projects'], 'a project cannot trust itself.');

  const allowed: DescribedProviders = {};
  for (const [name, entry] of Object.entries(providers)) {
    const known = Object.hasOwn(own, name) ? own[name] : undefined;
    const type = known?.type ?? typeOf(name, entry, file);
    const yours = known ?? (name === type ? { type } : undefined);
    const path = ['providers', name];
    if (yours) {
      const { base_url, api_key_env, headers, type: written, ...wishes } = entry;
      const moves = base_url !== undefined && mayMove(name, yours, base_url, variables);
      const powers = { base_url: moves ? undefined : base_url, api_key_env, headers };
      for (const [key, value] of Object.entries(powers)) {
        if (value !== undefined)
          leaveOut([...path, key], 'a project cannot say where your keys and code are sent.');
      }
      if (written && written !== yours.type) leaveOut([...path, 'type'], `your ${name} is of another type.`);
      allowed[name] = { ...wishes, type: yours.type, ...(moves && { base_url }) };
    } else if (isKeylessServer(type, entry)) {
      allowed[name] = { ...entry, type };
    } else {
      leaveOut(
        path,
        'of a project, only a server without a key on your machine or private network is taken.',
      );
    }
  }
  return { ...harmless, providers: allowed };
}

/** A project may name an Ollama next to the human, as long as that would be sent nothing of theirs. */
function mayMove(name: string, yours: DescribedProvider, url: string, variables: Variables): boolean {
  const { type, base_url, api_key_env, headers } = yours;
  const yoursAlone = [base_url, api_key_env, headers].every((value) => value === undefined);
  if (type !== 'ollama' || !yoursAlone || variables.find(keyVariablesOf(name, yours))) return false;
  return isLocalAddress(url);
}

function isKeylessServer(type: ProviderKind, { base_url, api_key_env }: ProviderInFile): boolean {
  if (api_key_env !== undefined) return false;
  if (base_url === undefined) return type === 'ollama';
  return (type === 'ollama' || type === 'openai') && isLocalAddress(base_url);
}

/**
 * The variable that says where a provider is reached. One in the project's `.env` counts only where it leads to
 * this machine or its private network, and only where nothing would be sent there that the project does not
 * have itself.
 */
export function addressOf(
  name: string,
  provider: DescribedProvider,
  variables: Variables,
  warnings: string[],
): Variable | undefined {
  const { type, headers } = provider;
  if (name !== type) return undefined;
  const address = variables.find(BASE_URL_VARIABLES[type]);
  if (address?.from !== '.env') return address;
  const key = variables.find(keyVariablesOf(name, provider));
  const near = isLocalAddress(type === 'ollama' ? ollamaUrl(address.value) : address.value);
  if (near && key?.from !== 'environment' && !headers) return address;
  warnings.push(
    `.env: ${address.name} is left out: a project cannot say where your keys and code are sent. Set it in your environment or your own config.yaml.`,
  );
  return undefined;
}
