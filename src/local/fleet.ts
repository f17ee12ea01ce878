import { Failure } from '../conversation/failure.ts';
import type { ModelInfo } from '../providers/base.ts';
import type { Roster } from '../providers/roster.ts';

/** How long a server may take to say what it has: work waits for it. */
const LISTING_DEADLINE_MS = 1_500;

/**
 * The models that run on the user's own machines and can answer. A server that does not answer has none, and is not
 * waited for again. @throws {Failure} `stopped`.
 */
export async function localModels(roster: Roster, signal?: AbortSignal): Promise<ModelInfo[]> {
  const lists = await Promise.all(roster.names().map((name) => modelsOf(name, roster, signal)));
  return lists.flat();
}

async function modelsOf(name: string, roster: Roster, signal?: AbortSignal): Promise<ModelInfo[]> {
  if (!(await roster.mayBeLocal(name))) return [];
  try {
    if (!(await roster.get(name)).local) return [];
    const models = await roster.ask(name, (provider, signal) => provider.listModels(signal), {
      withinMs: LISTING_DEADLINE_MS,
      signal,
    });
    return models.filter((model) => model.local && !isEmbedding(model));
  } catch {
    if (signal?.aborted) throw Failure.stopped();
    return [];
  }
}

function isEmbedding({ name }: ModelInfo): boolean {
  return /embed|bge-|minilm|rerank/i.test(name);
}
