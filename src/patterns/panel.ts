import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import { resolveReference } from '../providers/catalog.ts';
import type { Room } from './room.ts';

/** Sets of models that the human named once. */
export type Panels = Readonly<Record<string, readonly string[]>>;

/**
 * The models that names stand for: references, short names, and names of panels.
 * @throws {Failure} `model-not-found`; `usage` where there are fewer than `least`.
 */
export async function membersOf(
  room: Room,
  names: readonly string[],
  panels: Panels,
  least: number,
  signal?: AbortSignal,
): Promise<ModelReference[]> {
  const written = names.flatMap((name) => panels[name.replace(/^@/, '')] ?? [name]);
  const models: ModelReference[] = [];
  for (const name of written) {
    const model = await resolveReference(name, room.roster, signal);
    if (!models.includes(model)) models.push(model);
  }
  if (models.length < least)
    throw new Failure(
      'usage',
      `This needs at least ${least} different models; there ${models.length === 1 ? 'is' : 'are'} ${models.length}.`,
    );
  return models;
}
