import { Failure } from '../conversation/failure.ts';
import { type ModelReference, splitReference } from '../conversation/message.ts';
import type { LLMProvider, ProviderListing } from './base.ts';
import { fittingModels, theOneOf } from './model-names.ts';
import type { Roster } from './roster.ts';
import { heedUnheard, isPlain } from './unheard.ts';
import { unknownModel } from './unknown-model.ts';

/** How long a provider may take to list its models. */
const LISTING_DEADLINE_MS = 4_000;
/** The same for a server of one's own where a name is waited for: it is near, or away. */
const NEAR_DEADLINE_MS = 1_500;

/** The models of all providers, asked at the same time; one that is down costs its own line only. */
export function listAllModels(roster: Roster, signal?: AbortSignal): Promise<ProviderListing[]> {
  return listings(roster.names(), roster, () => LISTING_DEADLINE_MS, signal);
}

/** The same in a hurry: who was silent before is asked again only where what the others have leaves a doubt. */
async function listForName(wanted: string, roster: Roster, signal?: AbortSignal): Promise<ProviderListing[]> {
  const withinMs = ({ local }: LLMProvider) => (local ? NEAR_DEADLINE_MS : LISTING_DEADLINE_MS);
  const silent = roster.names().filter((name) => roster.isSilent(name));
  const heard = roster.names().filter((name) => !silent.includes(name));
  const listed = await listings(heard, roster, withinMs, signal);
  const fitting = fittingModels(
    wanted,
    listed.flatMap(({ models }) => models),
  );
  if (fitting.length > 0 && fitting.every((model) => model.local || isPlain(wanted, model)))
    return [...listed, ...silent.map(notAskedAgain)];
  return [...listed, ...(await listings(silent, roster, withinMs, signal))];
}

function notAskedAgain(provider: string): ProviderListing {
  return { provider, models: [], failure: new Failure('stalled', `${provider} did not answer in time.`) };
}

function listings(
  names: readonly string[],
  roster: Roster,
  withinMs: (provider: LLMProvider) => number,
  signal: AbortSignal | undefined,
): Promise<ProviderListing[]> {
  return Promise.all(
    names.map(async (name): Promise<ProviderListing> => {
      let local = false;
      const assumed = roster.isAssumed(name);
      try {
        const provider = await roster.get(name);
        ({ local } = provider);
        const deadline = { withinMs: withinMs(provider), signal };
        const models = await roster.ask(name, (provider, signal) => provider.listModels(signal), deadline);
        return { provider: name, local, assumed, models };
      } catch (error) {
        if (signal?.aborted) throw Failure.stopped();
        return { provider: name, local, assumed, models: [], failure: Failure.from(error) };
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
 * The case of its letters means nothing.
 * @param warn told where another provider, which did not answer, may have had the model that was meant.
 * @throws {Failure} `model-not-found` with the candidates or the nearest names, or where work that may have been meant
 *   for a silent server of one's own would go to a remote one; `no-key` where a key is likely what lacks; `usage`.
 */
export async function resolveReference(
  name: string,
  roster: Roster,
  signal?: AbortSignal,
  warn?: (sentence: string) => void,
): Promise<ModelReference> {
  const written = nameIn(name);
  const { provider, model } = splitReference(written);
  const owner = providerCalled(provider, roster);
  if (owner && model) return `${owner}:${model}`;
  const alone = providerCalled(written, roster);
  if (alone) return defaultOf(alone, roster, signal);

  const listed = await listForName(written, roster, signal);
  const fitting = fittingModels(
    written,
    listed.flatMap(({ models }) => models),
  );
  const taken = theOneOf(fitting);
  if (taken) {
    heedUnheard(written, taken, listed, warn);
    return taken.reference;
  }
  if (fitting.length === 0) throw unknownModel(written, listed);
  const names = fitting.slice(0, 8).map(({ reference }) => reference);
  throw new Failure('model-not-found', `"${written}" may mean ${names.join(', ')}. Write more of the name.`);
}

/** @throws {Failure} for what can be no name of a model. */
function nameIn(written: unknown): string {
  const name = typeof written === 'string' ? written.trim() : '';
  if (name === '')
    throw new Failure('usage', 'No model is named: write a name such as sonnet or ollama:qwen3:8b.');
  if (/\s/.test(name))
    throw new Failure('model-not-found', `No model is called "${name}": a name has no spaces in it.`);
  return name;
}

function providerCalled(written: string, roster: Roster): string | undefined {
  const names = roster.names();
  const alike = (name: string) => name.toLowerCase() === written.toLowerCase();
  return names.find((name) => name === written) ?? names.find(alike);
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
  warn?: (sentence: string) => void,
): Promise<ModelReference> {
  if (configured) return resolveReference(configured, roster, signal, warn);
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
