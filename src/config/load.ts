import { homedir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../conversation/failure.ts';
import type { Environment } from '../environment.ts';
import type { RoutingRule } from '../patterns/routing/rules.ts';
import type { PatternSettings } from '../patterns/settings.ts';
import type { ProviderEntry } from '../providers/registry.ts';
import type { Config } from './config.ts';
import { readSettings } from './file.ts';
import { addressOf, withoutPowers } from './project.ts';
import { type DescribedProviders, entryOf, keyVariablesOf, ownProviders } from './providers.ts';
import type { FileSettings, RuleInFile } from './schema.ts';
import { configFolder } from './state-folder.ts';
import { isTrusted } from './trust.ts';
import { KEY_VARIABLES, readDotenv, Variables } from './variables.ts';

export interface LoadOptions {
  workspace: string;
  env: Environment;
  /** Read instead of the human's own file. */
  path?: string;
}

/** A project's settings, in its folder. */
export const PROJECT_FILE = '.parley/config.yaml';
const STEPS = 100;

/**
 * Puts the settings together, later ones over earlier ones: defaults, the human's `config.yaml`, the project's
 * `.parley/config.yaml`, the project's `.env`, the environment. What comes with a project is not trusted: see
 * `project.ts` for what is left out of it.
 * @throws {Failure} `bad-config` with file, line and what to do.
 */
export async function loadConfig({ workspace, env, path }: LoadOptions): Promise<Config> {
  const ownPath = path ?? userConfigPath(env);
  const [ownFile, projectFile, dotenv] = await Promise.all([
    readSettings(ownPath, shownPath(ownPath, env)),
    readSettings(join(workspace, PROJECT_FILE), PROJECT_FILE),
    readDotenv(join(workspace, '.env')),
  ]);
  if (path && !ownFile) throw new Failure('bad-config', `There is no file ${path}.`);

  const warnings: string[] = [];
  const variables = new Variables(env, dotenv);
  const providers = ownProviders(ownFile);
  const own = ownFile?.settings;
  const project = { trusted: await isTrusted(workspace, own?.trusted_projects ?? []), warnings };
  const theirs = projectFile && withoutPowers(projectFile, providers, variables, project);
  for (const [name, entry] of Object.entries(theirs?.providers ?? {})) {
    providers[name] = { ...providers[name], ...entry };
  }
  const entries: Record<string, ProviderEntry> = {};
  for (const [name, provider] of Object.entries(providers)) {
    entries[name] = entryOf(name, provider, variables, addressOf(name, provider, variables, project));
  }
  const display = { ...own?.display, ...theirs?.display };
  return frozen({
    defaultModel: variables.find(['DEFAULT_MODEL'])?.value ?? theirs?.default_model ?? own?.default_model,
    providers: entries,
    display: {
      showDelegations: display.show_delegations ?? true,
      showModelSwitches: display.show_model_switches ?? true,
      colorCodeModels: display.color_code_models ?? true,
      showThinking: display.show_thinking ?? false,
    },
    approve: own?.approve ?? [],
    thinking: theirs?.thinking ?? own?.thinking,
    patterns: patternsOf(own, theirs),
    own: { path: ownPath, shown: shownPath(ownPath, env) },
    trustedProjects: own?.trusted_projects ?? [],
    limits: { steps: theirs?.limits?.steps ?? own?.limits?.steps ?? STEPS },
    keys: keysIn(variables, providers),
    sources: [
      ...(ownFile ? [shownPath(ownPath, env)] : []),
      ...(projectFile ? [PROJECT_FILE] : []),
      ...(dotenv ? ['.env'] : []),
    ],
    warnings,
  });
}

/**
 * A project may name panels and set lower limits; who may see what is the human's own to say, and so is how much is
 * spent.
 */
function patternsOf(
  own: FileSettings | undefined,
  project: Partial<FileSettings> | undefined,
): PatternSettings {
  const { ask_between_rounds = false, custom: _, ...limits } = own?.patterns ?? {};
  const theirs = project?.patterns ?? {};
  const lower = (key: 'rounds' | 'dollars' | 'seconds' | 'tokens') => {
    const values = [limits[key], theirs[key]].filter((value) => value !== undefined);
    return values.length > 0 ? { [key]: Math.min(...values) } : {};
  };
  const { chooser, rules } = own?.routing ?? {};
  return {
    panels: { ...project?.panels, ...own?.panels },
    limits: { ...lower('rounds'), ...lower('dollars'), ...lower('seconds'), ...lower('tokens') },
    askBetweenRounds: theirs.ask_between_rounds ?? ask_between_rounds,
    routing: { chooser, rules: rules?.map(ruleOf) },
  };
}

function ruleOf({ when, ...rest }: RuleInFile): RoutingRule {
  const { larger_than, smaller_than, ...others } = when;
  return { ...rest, when: { ...others, largerThan: larger_than, smallerThan: smaller_than } };
}

/** `$XDG_CONFIG_HOME/parley/config.yaml`, else `~/.config/parley/config.yaml`. */
export function userConfigPath(env: Environment): string {
  return join(configFolder(env), 'config.yaml');
}

/** The human's own patterns, beside their config.yaml. */
export function userPatternsFolder(env: Environment): { folder: string; shown: string } {
  const folder = join(configFolder(env), 'patterns');
  return { folder, shown: shownPath(folder, env) };
}

/** A path as people write it: `~/.config/parley/config.yaml`. */
export function shownPath(path: string, env: Environment): string {
  const home = homeOf(env);
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

function homeOf(env: Environment): string {
  return env.HOME || homedir();
}

/** Those that no provider uses as well: they are no less secret. */
function keysIn(variables: Variables, providers: DescribedProviders): Record<string, string> {
  const named = Object.entries(providers).flatMap(([name, provider]) => keyVariablesOf(name, provider));
  const keys: Record<string, string> = {};
  for (const name of new Set([...Object.values(KEY_VARIABLES).flat(), ...named])) {
    const value = variables.find([name])?.value;
    if (value) keys[name] = value;
  }
  for (const [name, { headers = {} }] of Object.entries(providers)) {
    for (const [header, value] of Object.entries(headers).filter(([header]) => SECRET_HEADER.test(header)))
      keys[`${name} ${header}`] = value.split(' ').at(-1)!;
  }
  return keys;
}

/** A key may be sent in a header of the human's own: `authorization: Bearer …`. */
const SECRET_HEADER = /auth|key|token|secret|cookie/i;

function frozen<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (inner !== null && typeof inner === 'object') frozen(inner);
  return Object.freeze(value);
}
