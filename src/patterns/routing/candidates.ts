/** Who may and can do a piece of work, by what is known of the models. */
import { type ModelReference, userMessage } from '../../conversation/message.ts';
import type { ModelInfo } from '../../providers/base.ts';
import { listAllModels } from '../../providers/catalog.ts';
import { priceOf } from '../../providers/price.ts';
import { rankWorkers } from '../delegation/choose-worker.ts';
import { providerOf, type Room } from '../room.ts';
import type { Described } from './rules.ts';

export interface Choice {
  model: ModelReference;
  why: string;
}

export interface Candidate extends Choice {
  info: ModelInfo;
  /** Dollars for a usual piece of work; 0 for local ones. */
  price: number;
}

/** A usual piece of work, for comparing prices. */
const USUAL = { inputTokens: 4000, outputTokens: 800 };
const USUAL_SECONDS = 120;
/** Room for the answer, tokens, and for what a model counts otherwise than Parley does. */
const ANSWER_TOKENS = 1024;
const COUNTED_OTHERWISE = 1.3;
/** A model that costs so many times as much is taken to be a stronger one; names and versions do not tell. */
const STEP_UP = 2;

/**
 * The weakest first: local ones by the share of such work that they are expected to get right, then the others by
 * price.
 * @param needs.onlyLocal leaves out all that would see it elsewhere.
 */
export async function candidatesFor(
  room: Room,
  { tokens, kind, task, images }: Described,
  needs: { onlyLocal: boolean; tools: boolean; by: ModelReference | 'human' },
  signal: AbortSignal,
): Promise<Candidate[]> {
  const draft = (model: ModelReference) => ({
    model,
    kind,
    messages: [userMessage(task, [...images])],
    maxOutputTokens: ANSWER_TOKENS,
  });
  const [ranked, listings] = await Promise.all([
    rankWorkers(room, { kind, budgetSeconds: USUAL_SECONDS, draft, by: needs.by }, signal),
    listAllModels(room.roster, signal),
  ]);
  const can = (info: ModelInfo) =>
    hasRoom(info, tokens) &&
    !(needs.tools && info.tools === false) &&
    !(images.length > 0 && info.vision === false);
  const able = listings.flatMap(({ models }) => models).filter(can);
  const infos = new Map(able.map((info) => [info.reference, info]));
  const local = ranked.toReversed().flatMap(({ model, share, inTime }): Candidate[] => {
    const info = infos.get(model);
    if (!info || !inTime) return [];
    const why = `local and in time; ${Math.round(share * 100)} % of such work expected to be right`;
    return [{ model, info, price: 0, why }];
  });
  if (needs.onlyLocal) return onThisMachine(room, local);
  const remote: Candidate[] = [];
  for (const info of able) {
    if (info.local || info.reference === needs.by) continue;
    const price = await usualPrice(room, info.reference);
    if (price === undefined) continue;
    const why = `about $${price.toFixed(4)} for work of usual size`;
    remote.push({ model: info.reference, info, price, why });
  }
  return [...local, ...remote.sort((a, b) => a.price - b.price)];
}

/** Of the local ones those that are no further than this machine: a server in the network is another one. */
async function onThisMachine(room: Room, local: readonly Candidate[]): Promise<Candidate[]> {
  const stays = await Promise.all(
    local.map(async ({ model }) => (await providerOf(room, model)).provider.onThisMachine),
  );
  return local.filter((_, place) => stays[place]);
}

/** The next in line that is a step up from a model whose answer did not pass; undefined where there is none. */
export async function strongerThan(
  room: Room,
  model: ModelReference,
  line: readonly Candidate[],
  tried: readonly Choice[],
): Promise<Candidate | undefined> {
  const untried = line.filter((one) => !tried.some(({ model: known }) => known === one.model));
  const place = line.findIndex((one) => one.model === model);
  const price = line[place]?.price ?? (await usualPrice(room, model)) ?? 0;
  const next =
    price === 0
      ? untried.find((one) => line.indexOf(one) > place)
      : (untried.find((one) => one.price >= price * STEP_UP) ?? untried.findLast((one) => one.price > price));
  return next && { ...next, why: `the answer of ${model} did not pass; next in line: ${next.why}` };
}

async function usualPrice(room: Room, reference: ModelReference): Promise<number | undefined> {
  const { provider, model } = await providerOf(room, reference);
  if (provider.local) return 0;
  return priceOf(provider.priceList, model, USUAL).catch(() => undefined);
}

function hasRoom({ contextTokens }: ModelInfo, tokens: number): boolean {
  return contextTokens === undefined || tokens * COUNTED_OTHERWISE + ANSWER_TOKENS < contextTokens;
}
