/**
 * What comes with a project comes from elsewhere, and is read before anybody has looked at it. It may say how
 * to work, but neither where the human's keys and code are sent, nor what is done without asking them.
 */
import { isLocalAddress, isLoopback } from '../providers/local-address.ts';
import { ollamaUrl } from '../providers/ollama/host.ts';
import type { ProviderKind } from '../providers/registry.ts';
import type { SettingsFile } from './file.ts';
import { type DescribedProvider, type DescribedProviders, keyVariablesOf, typeOf } from './providers.ts';
import type { FileSettings, ProviderInFile } from './schema.ts';
import { BASE_URL_VARIABLES, type Variable, type Variables } from './variables.ts';

/** How far a project goes, and where what it does is told. */
export interface ProjectTrust {
  /** By the human, in their own file: it may name servers in their network, not on their machine alone. */
  trusted: boolean;
  warnings: string[];
}

/** A project's settings without what it may not set; each thing left out is told in `warnings`. */
export function withoutPowers(
  file: SettingsFile,
  own: DescribedProviders,
  variables: Variables,
  { trusted, warnings }: ProjectTrust,
): Omit<FileSettings, 'approve' | 'providers' | 'routing' | 'trusted_projects'> & {
  providers: DescribedProviders;
} {
  const { approve, routing, trusted_projects, providers = {}, ...harmless } = file.settings;
  const leaveOut = (path: string[], why: string) =>
    warnings.push(
      `${file.placeOf(path)}: ${path.join('.')} is left out: ${why} Put it into your own config.yaml.`,
    );
  const tellFar = (path: string[], url = '') => {
    if (url !== '' && !isLoopback(url))
      warnings.push(`${file.placeOf(path)}: this project, which you trust, sends work to ${url}.`);
  };
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
      const moves = base_url !== undefined && mayMove(name, yours, variables) && isNear(base_url, trusted);
      if (moves) tellFar([...path, 'base_url'], base_url);
      const powers = { base_url: moves ? undefined : base_url, api_key_env, headers };
      for (const [key, value] of Object.entries(powers)) {
        if (value !== undefined)
          leaveOut([...path, key], 'a project cannot say where your keys and code are sent.');
      }
      if (written && written !== yours.type) leaveOut([...path, 'type'], `your ${name} is of another type.`);
      allowed[name] = { ...wishes, type: yours.type, ...(moves && { base_url }) };
    } else if (isKeylessServer(type, entry, trusted)) {
      tellFar(path, entry.base_url);
      allowed[name] = { ...entry, type };
    } else {
      leaveOut(
        path,
        `of a project, only a server without a key on your machine is taken${trusted ? ' or in your network' : ''}.`,
      );
    }
  }
  return { ...harmless, providers: allowed };
}

/** A project may say where the human's Ollama is, as long as that would be sent nothing of theirs. */
function mayMove(name: string, yours: DescribedProvider, variables: Variables): boolean {
  const { type, base_url, api_key_env, headers } = yours;
  const yoursAlone = [base_url, api_key_env, headers].every((value) => value === undefined);
  return type === 'ollama' && yoursAlone && !variables.find(keyVariablesOf(name, yours));
}

/** An address in the network may be anybody's: the project's author may sit at the next table. */
function isNear(url: string, trusted: boolean): boolean {
  return trusted ? isLocalAddress(url) : isLoopback(url);
}

function isKeylessServer(
  type: ProviderKind,
  { base_url, api_key_env }: ProviderInFile,
  trusted: boolean,
): boolean {
  if (api_key_env !== undefined) return false;
  if (base_url === undefined) return type === 'ollama';
  return (type === 'ollama' || type === 'openai') && isNear(base_url, trusted);
}

/**
 * The variable that says where a provider is reached. One in the project's `.env` counts only where it leads to
 * this machine, or of a trusted project to its network, and only where nothing would be sent there that the project
 * does not have itself.
 */
export function addressOf(
  name: string,
  provider: DescribedProvider,
  variables: Variables,
  { trusted, warnings }: ProjectTrust,
): Variable | undefined {
  const { type, headers } = provider;
  if (name !== type) return undefined;
  const address = variables.find(BASE_URL_VARIABLES[type]);
  if (address?.from !== '.env') return address;
  const key = variables.find(keyVariablesOf(name, provider));
  const url = type === 'ollama' ? ollamaUrl(address.value) : address.value;
  if (isNear(url, trusted) && key?.from !== 'environment' && !headers) {
    if (!isLoopback(url)) warnings.push(`.env: this project, which you trust, sends work to ${url}.`);
    return address;
  }
  warnings.push(
    `.env: ${address.name} is left out: a project cannot say where your keys and code are sent. Set it in your environment or your own config.yaml.`,
  );
  return undefined;
}
