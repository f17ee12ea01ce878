import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { Failure } from '../conversation/failure.ts';
import { isLocalAddress } from '../providers/local-address.ts';
import type { ProviderEntry, ProviderKind } from '../providers/registry.ts';
import type { Config } from './config.ts';
import type { Environment } from './environment.ts';
import { readConfigFile } from './file.ts';
import type { ConfigFile, ProviderInFile } from './schema.ts';

export interface LoadOptions {
  workspace: string;
  env: Environment;
  /** Read instead of the user's own file. */
  path?: string;
}

/** The variables that hold the key of each kind, first to last. */
const KEY_VARIABLES: Record<ProviderKind, string[]> = {
  anthropic: ['ANTHROPIC_API_KEY'],
  gemini: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  openai: ['OPENAI_API_KEY'],
  ollama: ['OLLAMA_API_KEY'],
};

const BASE_URL_VARIABLES: Record<ProviderKind, string[]> = {
  anthropic: ['ANTHROPIC_BASE_URL'],
  gemini: ['GEMINI_BASE_URL', 'GOOGLE_GEMINI_BASE_URL'],
  openai: ['OPENAI_BASE_URL'],
  ollama: ['OLLAMA_BASE_URL', 'OLLAMA_HOST'],
};

/** Of a project's `.env`, what may set where requests go: keys in the same file may be sent nowhere else. */
const PROJECT_FILE = '.parley/config.yaml';

/**
 * Puts the settings together, later ones over earlier ones: defaults, the user's `config.yaml`, the project's
 * `.parley/config.yaml`, the project's `.env`, the environment. What comes with a project is not trusted: it
 * cannot change where a key is sent, or what is allowed without asking.
 * @throws {Failure} `bad-config` with file, line and what to do.
 */
export async function loadConfig(options: LoadOptions): Promise<Config> {
  const { workspace, env } = options;
  const userPath = options.path ?? userConfigPath(env);
  const [userFile, projectFile, dotenv] = await Promise.all([
    readConfigFile(userPath, options.path ?? '~/.config/parley/config.yaml'),
    readConfigFile(join(workspace, PROJECT_FILE), PROJECT_FILE),
    readDotenv(join(workspace, '.env')),
  ]);
  if (options.path && !userFile) throw new Failure('bad-config', `There is no file ${options.path}.`);

  const warnings: string[] = [];
  const project = projectFile && withoutPowers(projectFile, userFile, warnings);
  const settings = new Settings(env, dotenv ?? {}, warnings);
  const entries = mergeProviders(userFile?.providers, project?.providers);
  const providers: Record<string, ProviderEntry> = {};
  for (const [name, entry] of Object.entries(entries)) providers[name] = settings.providerOf(name, entry);
  const display = { ...userFile?.display, ...project?.display };
  return {
    defaultModel: settings.value('DEFAULT_MODEL') ?? project?.default_model ?? userFile?.default_model,
    providers,
    display: {
      showDelegations: display.show_delegations ?? true,
      showModelSwitches: display.show_model_switches ?? true,
      colorCodeModels: display.color_code_models ?? true,
      showThinking: display.show_thinking ?? false,
    },
    approve: userFile?.approve ?? [],
    thinking: project?.thinking ?? userFile?.thinking,
    limits: { steps: project?.limits?.steps ?? userFile?.limits?.steps ?? 100 },
    keys: settings.keys,
    sources: [
      ...(userFile ? [userPath] : []),
      ...(projectFile ? [PROJECT_FILE] : []),
      ...(dotenv ? ['.env'] : []),
    ],
    warnings,
  };
}

/** `$XDG_CONFIG_HOME/parley/config.yaml`, else `~/.config/parley/config.yaml`. */
export function userConfigPath(env: Environment): string {
  const folder = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return join(folder, 'parley', 'config.yaml');
}

async function readDotenv(path: string): Promise<Environment | undefined> {
  try {
    return parseEnv(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** What a project's file may not say is left out, and told. */
function withoutPowers(file: ConfigFile, userFile: ConfigFile | undefined, warnings: string[]): ConfigFile {
  const { approve, providers = {}, ...harmless } = file;
  if (approve) {
    warnings.push(
      `${PROJECT_FILE}: "approve" is left out: a project cannot decide what runs unasked. Put it into your own config.yaml.`,
    );
  }
  const allowed: Record<string, ProviderInFile> = {};
  for (const [name, entry] of Object.entries(providers)) {
    const { base_url, api_key_env, headers, ...rest } = entry;
    const kind = kindOf(name, entry, userFile?.providers?.[name]);
    // A server of the user's own network that is sent no key may be named by anybody.
    const keyless = kind === 'ollama' && base_url !== undefined && isLocalAddress(base_url);
    const known =
      kind !== undefined && (name in BUILT_IN || userFile?.providers?.[name] !== undefined || keyless);
    const left = Object.entries({ base_url: keyless ? undefined : base_url, api_key_env, headers }).filter(
      ([, value]) => value !== undefined,
    );
    for (const [key] of left) {
      warnings.push(
        `${PROJECT_FILE}: providers.${name}.${key} is left out: a project cannot say where keys and code are sent. Put it into your own config.yaml.`,
      );
    }
    if (known) allowed[name] = { ...rest, ...(keyless && { base_url }) };
  }
  return { ...harmless, providers: allowed };
}

const BUILT_IN: Record<string, ProviderInFile> = { anthropic: {}, gemini: {}, ollama: {} };

function mergeProviders(
  ...layers: (Record<string, ProviderInFile> | undefined)[]
): Record<string, ProviderInFile> {
  const merged: Record<string, ProviderInFile> = { ...BUILT_IN };
  for (const layer of layers) {
    for (const [name, entry] of Object.entries(layer ?? {})) merged[name] = { ...merged[name], ...entry };
  }
  return merged;
}

function kindOf(name: string, ...entries: (ProviderInFile | undefined)[]): ProviderKind | undefined {
  for (const entry of entries) if (entry?.type) return entry.type;
  return name in KEY_VARIABLES ? (name as ProviderKind) : undefined;
}

/** Values of the environment, with those of the project's `.env` beneath them. */
class Settings {
  readonly keys: Record<string, string> = {};
  readonly #env: Environment;
  readonly #dotenv: Environment;
  readonly #warnings: string[];

  constructor(env: Environment, dotenv: Environment, warnings: string[]) {
    this.#env = env;
    this.#dotenv = dotenv;
    this.#warnings = warnings;
  }

  value(variable: string): string | undefined {
    return this.#env[variable]?.trim() || this.#dotenv[variable]?.trim() || undefined;
  }

  providerOf(name: string, entry: ProviderInFile): ProviderEntry {
    const kind = kindOf(name, entry);
    if (!kind) {
      throw new Failure(
        'bad-config',
        `providers.${name} needs a "type": ${Object.keys(KEY_VARIABLES).join(', ')}.`,
      );
    }
    // Only the instance that bears the name of its kind takes the variables of its kind.
    const own = name === kind;
    const keyVariable = (entry.api_key_env ? [entry.api_key_env] : own ? KEY_VARIABLES[kind] : []).find(
      (variable) => this.value(variable),
    );
    const apiKey = keyVariable && this.value(keyVariable);
    if (keyVariable && apiKey) this.keys[keyVariable] = apiKey;
    return {
      kind,
      apiKey,
      baseUrl: entry.base_url ?? (own ? this.#baseUrl(kind, keyVariable) : undefined),
      defaultModel: entry.default_model,
      contextSize: entry.context_size,
      keepAlive: entry.keep_alive === undefined ? undefined : String(entry.keep_alive),
      headers: entry.headers,
    };
  }

  #baseUrl(kind: ProviderKind, keyVariable: string | undefined): string | undefined {
    const variables = BASE_URL_VARIABLES[kind];
    const trusted = variables.map((variable) => this.#env[variable]?.trim()).find(Boolean);
    if (trusted) return trusted;
    const variable = variables.find((name) => this.#dotenv[name]?.trim());
    if (!variable) return undefined;
    const url = this.#dotenv[variable]?.trim() ?? '';
    const keyFromSameFile = keyVariable !== undefined && !this.#env[keyVariable]?.trim();
    const harmless =
      kind === 'ollama' && !keyVariable && isLocalAddress(url.includes('://') ? url : `http://${url}`);
    if (keyFromSameFile || harmless) return url;
    this.#warnings.push(
      `.env: ${variable} is left out: a project cannot say where ${keyVariable ?? 'your code'} is sent. Set it in your environment or your own config.yaml.`,
    );
    return undefined;
  }
}
