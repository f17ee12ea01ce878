/** Who does a piece of work, where nobody was named: by what each local model has shown, and whether it is in time. */
import { Failure } from '../../conversation/failure.ts';
import type { ModelReference } from '../../conversation/message.ts';
import type { WorkKind } from '../../conversation/work.ts';
import { localModels } from '../../local/fleet.ts';
import { likelySeconds } from '../../local/forecast.ts';
import { expectedShare } from '../../local/outcomes.ts';
import type { ModelInfo } from '../../providers/base.ts';
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
    await assertAble(room, wanted.draft(model), signal);
    return model;
  }
  const ranked = await rankWorkers(room, wanted, signal);
  const [best] = ranked;
  if (best) return best.model;
  const [lacking] = needsOf(wanted.draft(''));
  if (lacking)
    throw new Failure(
      'model-not-found',
      `No local model can ${lacking.to}: pull one that can (\`ollama pull ${lacking.example}\`), or name a model.`,
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
  // The same is asked of each: to lay it out may take a moment.
  const asked = wanted.draft('');
  const models = (await localModels(room.roster, signal)).filter(
    (model) => model.reference !== wanted.by && !lacksIn(model, asked),
  );
  const records = room.local?.store.delegations() ?? [];
  const ranked = await Promise.all(
    models.map(async (model): Promise<RankedWorker> => {
      const outlook = await lookAt(room, { ...asked, model: model.reference }, signal);
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

function showsImages({ messages }: Question): boolean {
  return messages.some(({ parts }) => parts.some(({ type }) => type === 'image'));
}

/** What not every model can. */
interface Ability {
  of: 'vision' | 'tools';
  /** In words: it cannot … */
  to: string;
  /** A model that can. */
  example: string;
}

const VISION: Ability = { of: 'vision', to: 'see images', example: 'qwen3-vl:8b' };
const TOOLS: Ability = { of: 'tools', to: 'call tools', example: 'qwen3:8b' };

function needsOf(question: Question): Ability[] {
  return [...(showsImages(question) ? [VISION] : []), ...(question.tools?.length ? [TOOLS] : [])];
}

/** What a model cannot that a question needs. What is unknown is tried. */
function lacksIn(model: ModelInfo | undefined, question: Question): Ability | undefined {
  return needsOf(question).find(({ of }) => model?.[of] === false);
}

/** Whoever was named. @throws {Failure} where it cannot what it has to. */
async function assertAble(room: Room, question: Question, signal: AbortSignal): Promise<void> {
  if (needsOf(question).length === 0) return;
  const { provider, model } = await providerOf(room, question.model);
  const lacking = lacksIn(await provider.describeModel(model, signal).catch(() => undefined), question);
  if (!lacking) return;
  throw new Failure(
    'bad-request',
    `${question.model} cannot ${lacking.to}: name a model with ${lacking.of}, or none, so that Parley chooses one.`,
  );
}
