/** Who does a piece of work, where nobody was named: by what each local model has shown, and whether it is in time. */
import { Failure } from '../../conversation/failure.ts';
import type { ModelReference } from '../../conversation/message.ts';
import type { WorkKind } from '../../conversation/work.ts';
import { localModels } from '../../local/fleet.ts';
import { likelySeconds } from '../../local/forecast.ts';
import { expectedShare } from '../../local/outcomes.ts';
import { resolveReference } from '../../providers/catalog.ts';
import { providerOf, type Question, type Room } from '../room.ts';
import { lookAt } from './work.ts';

interface Wanted {
  kind: WorkKind;
  budgetSeconds: number;
  draft(model: ModelReference): Question;
  by: ModelReference | 'human';
}

/** @throws {Failure} where there is no such model, or no local one at all. */
export async function chooseWorker(
  room: Room,
  named: ModelReference | undefined,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<ModelReference> {
  if (named) {
    const model = await resolveReference(named, room.roster, signal);
    if (model === wanted.by)
      throw new Failure(
        'bad-request',
        `${model} cannot be its own worker: name another model, or leave it out.`,
      );
    await assertSees(room, wanted.draft(model), signal);
    return model;
  }
  const ranked = await rankWorkers(room, wanted, signal);
  const [best] = ranked;
  if (best) return best.model;
  if (showsImages(wanted.draft('')))
    throw new Failure(
      'model-not-found',
      'No local model can see images: pull one that can (`ollama pull qwen3-vl:8b`), or name a model.',
    );
  throw new Failure(
    'model-not-found',
    'There is no local model to give work to: start Ollama with one (`ollama pull qwen2.5-coder:7b`), or name a model.',
  );
}

export interface RankedWorker {
  model: ModelReference;
  /** Expected share of such work that it gets right, 0 to 1. */
  share: number;
  /** Undefined where it was never measured. */
  boundSeconds?: number;
  inTime: boolean;
}

/** Those in time first, the most reliable of these before the others; of the rest the soonest. */
export async function rankWorkers(room: Room, wanted: Wanted, signal: AbortSignal): Promise<RankedWorker[]> {
  const models = (await localModels(room.roster, signal)).filter(
    ({ reference, vision }) =>
      reference !== wanted.by && (vision !== false || !showsImages(wanted.draft(reference))),
  );
  const records = room.local?.store.delegations() ?? [];
  const ranked = await Promise.all(
    models.map(async (model): Promise<RankedWorker> => {
      const outlook = await lookAt(room, wanted.draft(model.reference), signal);
      const { forecast, atLeastSeconds = 0 } = outlook ?? {};
      const boundSeconds = forecast?.boundSeconds;
      const inTime = (forecast ? likelySeconds(forecast) : atLeastSeconds) <= wanted.budgetSeconds;
      return {
        model: model.reference,
        share: expectedShare(model, wanted.kind, records),
        boundSeconds,
        inTime,
      };
    }),
  );
  return ranked.sort((a, b) => {
    if (a.inTime !== b.inTime) return a.inTime ? -1 : 1;
    if (!a.inTime) return (a.boundSeconds ?? 0) - (b.boundSeconds ?? 0);
    // A model that was measured is known to be in time; one that was not may be anything.
    if ((a.boundSeconds === undefined) !== (b.boundSeconds === undefined))
      return a.boundSeconds === undefined ? 1 : -1;
    return b.share - a.share || (a.boundSeconds ?? 0) - (b.boundSeconds ?? 0);
  });
}

export function showsImages({ messages }: Question): boolean {
  return messages.some(({ parts }) => parts.some(({ type }) => type === 'image'));
}

/** Whoever was named. What is unknown is tried. @throws {Failure} where it cannot see what it is to look at. */
async function assertSees(room: Room, question: Question, signal: AbortSignal): Promise<void> {
  if (!showsImages(question)) return;
  const { provider, model } = await providerOf(room, question.model);
  const info = await provider.describeModel(model, signal).catch(() => undefined);
  if (info?.vision !== false) return;
  throw new Failure(
    'bad-request',
    `${question.model} cannot see images: name a model with vision, or none, so that Parley chooses one.`,
  );
}
