import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify, styleText } from 'node:util';
import type { Config } from '../config/config.ts';
import { loadConfig, userConfigPath } from '../config/load.ts';
import { stateFolder } from '../config/state-folder.ts';
import { Failure } from '../conversation/failure.ts';
import { plural } from '../display/figures.ts';
import { inLine } from '../display/printable.ts';
import { wrapped } from '../display/wrap.ts';
import type { ProviderListing } from '../providers/base.ts';
import { listAllModels } from '../providers/catalog.ts';
import { Roster } from '../providers/roster.ts';
import { OPENAI_LINES } from '../providers/unknown-model.ts';
import { command } from './command-line.ts';
import { EXIT, stopOnSignals } from './exit.ts';
import { whyNone } from './model-lines.ts';
import type { CommonOptions } from './options.ts';

export const doctorCommand = command({
  options: {},
  common: ['cwd', 'config'],
  run: ({ common }) => examine(common),
});

/** One line of the report. */
interface Finding {
  state: 'works' | 'lacking' | 'broken';
  what: string;
  detail: string;
}

const NODE_NEEDED = 24;
const MARKS = {
  works: styleText('green', '✓'),
  lacking: styleText('yellow', '–'),
  broken: styleText('red', '✗'),
};

/**
 * `parley doctor`: what works, and the remedy for what does not.
 * @returns 0 where Parley can work: the settings are sound, and at least one provider has a model.
 */
export async function examine(options: CommonOptions): Promise<number> {
  const workspace = resolve(options.cwd ?? '.');
  const { signal } = stopOnSignals();
  const [git, ripgrep, config] = await Promise.all([
    findGit(),
    findRipgrep(),
    readConfig(workspace, options.config),
  ]);
  print('System', [nodeVersion(), git, ripgrep]);
  if (config instanceof Failure) {
    print('Settings', [{ state: 'broken', what: 'config', detail: config.message }]);
    return EXIT.usage;
  }
  print('Settings', [...settingsFindings(config), ...(await storeFindings())]);
  const roster = new Roster();
  roster.configure(config.providers);
  const listings = await listAllModels(roster, signal);
  print(
    'Models',
    listings.map((listing) => providerFinding(listing, config)),
  );
  const usable = listings.some(({ models }) => models.length > 0);
  const verdict = usable
    ? `Ready: ${modelCount(listings.flatMap(({ models }) => models))} to work with.`
    : 'Nothing to work with yet: mend one of the lines above, or try `parley demo`.';
  process.stdout.write(`\n${verdict}\n`);
  return usable ? EXIT.success : EXIT.failed;
}

function print(title: string, findings: Finding[]): void {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const room = (process.stdout.columns ?? Number.POSITIVE_INFINITY) - width - 6;
  const lines = findings.flatMap(({ state, what, detail }) =>
    wrapped(inLine(detail), room).map((line, row) =>
      row === 0 ? `  ${MARKS[state]} ${what.padEnd(width)}  ${line}` : `${' '.repeat(width + 6)}${line}`,
    ),
  );
  process.stdout.write(`${styleText('bold', title)}\n${lines.join('\n')}\n`);
}

function nodeVersion(): Finding {
  const good = Number.parseInt(process.versions.node, 10) >= NODE_NEEDED;
  const detail = good
    ? process.versions.node
    : `${process.versions.node}; Parley needs ${NODE_NEEDED} or newer`;
  return { state: good ? 'works' : 'broken', what: 'node', detail };
}

async function findGit(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version']);
    return { state: 'works', what: 'git', detail: stdout.trim().replace('git version ', '') };
  } catch {
    return {
      state: 'lacking',
      what: 'git',
      detail: 'not found: the git tools will fail until it is installed',
    };
  }
}

async function findRipgrep(): Promise<Finding> {
  try {
    const { rgPath } = await import('@vscode/ripgrep');
    const { stdout } = await promisify(execFile)(rgPath, ['--version']);
    return {
      state: 'works',
      what: 'ripgrep',
      detail: stdout.split(/[\n(]/, 1)[0]?.replace('ripgrep ', '').trim() ?? '',
    };
  } catch {
    return {
      state: 'broken',
      what: 'ripgrep',
      detail: 'not found: install Parley again without --omit=optional',
    };
  }
}

async function readConfig(workspace: string, path: string | undefined): Promise<Config | Failure> {
  try {
    return await loadConfig({ workspace, env: process.env, path });
  } catch (error) {
    return Failure.from(error);
  }
}

function settingsFindings({ sources, warnings, keys, providers }: Config): Finding[] {
  const files =
    sources.length > 0 ? sources.join(', ') : `none (yours would be ${userConfigPath(process.env)})`;
  return [
    { state: 'works', what: 'files', detail: files },
    {
      state: Object.keys(keys).length > 0 ? 'works' : 'lacking',
      what: 'keys',
      detail: Object.keys(keys).join(', ') || 'none set',
    },
    ...idleKey(keys, providers),
    ...warnings.map((detail): Finding => ({ state: 'lacking', what: 'left out', detail })),
  ];
}

/** Where OpenAI has a key, and no provider to send it. */
function idleKey(keys: Config['keys'], providers: Config['providers']): Finding[] {
  const variable = 'OPENAI_API_KEY';
  const used = Object.values(providers).some(({ keyVariable }) => keyVariable === variable);
  if (used || !(variable in keys)) return [];
  return [{ state: 'lacking', what: 'openai', detail: `nothing uses ${variable}: ${OPENAI_LINES}` }];
}

/** What is kept of local models, where there is any. */
async function storeFindings(): Promise<Finding[]> {
  const folder = stateFolder(process.env);
  if (!existsSync(join(folder, 'local.db'))) return [];
  const { openLocalStore } = await import('../local/store.ts');
  const store = openLocalStore(folder);
  const { trouble } = store;
  store.close();
  return trouble ? [{ state: 'broken', what: 'local.db', detail: trouble }] : [];
}

function providerFinding(listing: ProviderListing, config: Config): Finding {
  const { provider, models, failure } = listing;
  if (!failure) {
    const shown = models
      .slice(0, 3)
      .map(({ name }) => name)
      .join(', ');
    const detail =
      models.length > 0
        ? `${modelCount(models)}: ${shown}${models.length > 3 ? ', …' : ''}`
        : noModels(provider, config);
    return { state: models.length > 0 ? 'works' : 'lacking', what: provider, detail };
  }
  return {
    state: failure.kind === 'no-key' || failure.kind === 'unreachable' ? 'lacking' : 'broken',
    what: provider,
    detail: whyNone(listing),
  };
}

function modelCount({ length }: readonly unknown[]): string {
  return plural(length, 'model');
}

function noModels(provider: string, config: Config): string {
  return config.providers[provider]?.kind === 'ollama'
    ? 'runs, but has no model: `ollama pull qwen2.5-coder:7b`'
    : 'lists no models';
}
