import { Failure } from '../conversation/failure.ts';
import { type ModelReference, splitReference } from '../conversation/message.ts';
import type { LLMProvider, ModelInfo, ProviderListing } from './base.ts';
import type { Roster } from './roster.ts';
import { unknownModel } from './unknown-model.ts';

/** How long a provider may take to list its models. */
const LISTING_DEADLINE_MS = 4_000;
/** The same for a server of one's own where a name is waited for: it is near, or away. */
const NEAR_DEADLINE_MS = 1_500;

/** The models of all providers, asked at the same time; one that is down costs its own line only. */
export function listAllModels(roster: Roster, signal?: AbortSignal): Promise<ProviderListing[]> {
  return listings(roster.names(), roster, () => LISTING_DEADLINE_MS, signal);
}

/** The same in a hurry: who was silent before is asked only where `wanted` is none of the others' models. */
async function listForName(wanted: string, roster: Roster, signal?: AbortSignal): Promise<ProviderListing[]> {
  const withinMs = ({ local }: LLMProvider) => (local ? NEAR_DEADLINE_MS : LISTING_DEADLINE_MS);
  const [silent, heard] = [true, false].map((is) =>
    roster.names().filter((name) => roster.isSilent(name) === is),
  );
  const listed = await listings(heard!, roster, withinMs, signal);
  if (
    fittingModels(
      wanted,
      listed.flatMap(({ models }) => models),
    ).length > 0
  )
    return listed;
  return [...listed, ...(await listings(silent!, roster, withinMs, signal))];
}

function listings(
  names: readonly string[],
  roster: Roster,
  withinMs: (provider: LLMProvider) => number,
  signal: AbortSignal | undefined,
): Promise<ProviderListing[]> {
  return Promise.all(
    names.map(async (name): Promise<ProviderListing> => {
      try {
        const deadline = { withinMs: withinMs(await roster.get(name)), signal };
        const models = await roster.ask(name, (provider, signal) => provider.listModels(signal), deadline);
        return { provider: name, models };
      } catch (error) {
        if (signal?.aborted) throw Failure.stopped();
        return { provider: name, models: [], failure: Failure.from(error) };
      }
    }),
  );
}

/**
 * The model that a name means: a full reference is taken as it is, without asking anybody; a provider's name
 * alone is its default model; anything else is a short name and has to fit one model only. Of names that fit,
 * a whole name comes before one without its tag (`qwen3` for `qwen3:8b`), and that before a part (`sonnet`); a plain
 * model comes before its variants (`flash` is none of its lite, image or preview models); of several versions of one
 * family the newest is taken, of several families none.
 * @throws {Failure} `model-not-found` with the candidates or the nearest names; `no-key` where a key is likely what lacks.
 */
export async function resolveReference(
  name: string,
  roster: Roster,
  signal?: AbortSignal,
): Promise<ModelReference> {
  const written = name.trim();
  if (/\s/.test(written))
    throw new Failure('model-not-found', `No model is called "${written}": a name has no spaces in it.`);
  const { provider, model } = splitReference(written);
  if (provider && model && roster.names().includes(provider)) return written;
  if (roster.names().includes(written)) return defaultOf(written, roster, signal);

  const listed = await listForName(written.toLowerCase(), roster, signal);
  const models = listed.flatMap((listing) => listing.models);
  const fitting = fittingModels(written.toLowerCase(), models);
  const families = new Set(fitting.map(familyOf));
  if (fitting.length === 1 || (fitting.length > 1 && families.size === 1)) return newest(fitting).reference;
  if (fitting.length > 1) {
    const names = fitting.slice(0, 8).map(({ reference }) => reference);
    throw new Failure(
      'model-not-found',
      `"${written}" may mean ${names.join(', ')}. Write more of the name.`,
    );
  }
  throw unknownModel(written, listed);
}

function fittingModels(written: string, models: ModelInfo[]): ModelInfo[] {
  const rules: ((name: string) => boolean)[] = [
    (name) => name === written,
    (name) => name.replace(/:latest$/, '') === written,
    (name) => name.split(':', 1)[0] === written,
    (name) => name.includes(written),
  ];
  for (const rule of rules) {
    const fitting = models.filter((model) => rule(model.name.toLowerCase()));
    if (fitting.length > 0) return plainest(fitting, written);
  }
  return [];
}

const VARIANT = /-(lite|image|preview|latest|customtools|exp|experimental|tts|audio|live)(?=-|$)/g;

/** Those with the fewest marks of a variant that nobody asked for. */
function plainest(models: ModelInfo[], written: string): ModelInfo[] {
  const marks = models.map(({ name }) => {
    return [...name.toLowerCase().matchAll(VARIANT)].filter(([, mark]) => !written.includes(mark!)).length;
  });
  const fewest = Math.min(...marks);
  return models.filter((_, place) => marks[place] === fewest);
}

/** Provider and name without its version numbers and dates: `claude-sonnet-4-5-20250929` is a `claude-sonnet`. */
function familyOf(model: ModelInfo): string {
  const { provider } = splitReference(model.reference);
  // The size of a local model is no version: qwen3:8b and qwen3:32b are two models.
  if (model.local) return model.reference;
  return `${provider}:${model.name.replace(/-?\d[\d.]*/g, '').replace(/-+/g, '-')}`;
}

/** By the numbers in the names, as people read them; of equals the shortest name, which is the undated one. */
function newest(models: ModelInfo[]): ModelInfo {
  const version = (model: ModelInfo) =>
    (model.name.match(/\d+/g) ?? []).map(Number).filter((part) => part < 10_000);
  return models.toSorted((a, b) => {
    const [left, right] = [version(a), version(b)];
    for (let place = 0; place < Math.max(left.length, right.length); place++) {
      const difference = (right[place] ?? -1) - (left[place] ?? -1);
      if (difference !== 0) return difference;
    }
    return a.name.length - b.name.length;
  })[0]!;
}

async function defaultOf(name: string, roster: Roster, signal?: AbortSignal): Promise<ModelReference> {
  const deadline = { withinMs: LISTING_DEADLINE_MS, signal };
  const model = await roster.ask(name, (provider, signal) => provider.getDefaultModel(signal), deadline);
  if (model) return `${name}:${model}`;
  throw new Failure('model-not-found', `${name} has no model to take by default. Name one: ${name}:MODEL.`);
}

/**
 * The model to start with: the one that was set, else of the first provider that works: those with a key in
 * the order of the configuration, then a local one that answers.
 * @throws {Failure} `no-key` that says how to get started.
 */
export async function chooseDefault(
  configured: string | undefined,
  roster: Roster,
  signal?: AbortSignal,
): Promise<ModelReference> {
  if (configured) return resolveReference(configured, roster, signal);
  const withKey = roster.names().filter((name) => roster.hasKey(name));
  for (const name of withKey) {
    const model = await defaultModel(name, roster, signal);
    if (model) return `${name}:${model}`;
  }
  // At the same time, since those that are away may be silent for seconds.
  const others = roster.names().filter((name) => !withKey.includes(name));
  const asked = others.map((name) => ({ name, answer: defaultModel(name, roster, signal) }));
  for (const { answer } of asked) answer.catch(() => {});
  for (const { name, answer } of asked) {
    const model = await answer;
    if (model) return `${name}:${model}`;
  }
  const silent = others.filter((name) => roster.isSilent(name));
  const note = silent.length > 0 ? ` (${silent.join(', ')} did not answer in time.)` : '';
  throw new Failure(
    'no-key',
    `No model to work with. Set ANTHROPIC_API_KEY or GEMINI_API_KEY (in the environment or .env), or start Ollama with a model that can use tools (\`ollama pull qwen2.5-coder:7b\`). \`parley doctor\` says what works; \`parley demo\` needs none of it.${note}`,
  );
}

async function defaultModel(name: string, roster: Roster, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const { local } = await roster.get(name);
    if (!roster.hasKey(name) && (!local || roster.isSilent(name))) return undefined;
    const deadline = { withinMs: LISTING_DEADLINE_MS, signal };
    return await roster.ask(name, (provider, signal) => provider.getDefaultModel(signal), deadline);
  } catch {
    if (signal?.aborted) throw Failure.stopped();
    return undefined;
  }
}
