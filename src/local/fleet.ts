import type { ModelInfo } from '../providers/base.ts';
import type { Roster } from '../providers/roster.ts';

/** How long a server may take to say what it has: work waits for it. */
const LISTING_DEADLINE_MS = 1_500;

/** The models that run on the user's own machines and can answer; a server that does not answer has none. */
export async function localModels(roster: Roster, signal?: AbortSignal): Promise<ModelInfo[]> {
  const lists = await Promise.all(roster.names().map((name) => modelsOf(name, roster, signal)));
  return lists.flat();
}

async function modelsOf(name: string, roster: Roster, signal?: AbortSignal): Promise<ModelInfo[]> {
  if (!(await roster.mayBeLocal(name))) return [];
  try {
    const provider = await roster.get(name);
    if (!provider.local) return [];
    const deadline = AbortSignal.timeout(LISTING_DEADLINE_MS);
    const models = await provider.listModels(signal ? AbortSignal.any([signal, deadline]) : deadline);
    return models.filter((model) => model.local && !isEmbedding(model));
  } catch {
    return [];
  }
}

function isEmbedding({ name }: ModelInfo): boolean {
  return /embed|bge-|minilm|rerank/i.test(name);
}
