import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import { resolveReference } from '../providers/catalog.ts';
import type { Roster } from '../providers/roster.ts';
import type { Room } from './room.ts';
import type { Panels } from './settings.ts';

const NAME = /^[A-Za-z][\w-]*$/;

/**
 * The panels with one more, or one less where no models are given.
 * @throws {Failure} `usage`, `model-not-found`.
 */
export async function namePanel(
  name: string,
  models: readonly string[] | undefined,
  { panels, roster }: { panels: Panels; roster: Roster },
): Promise<{ panels: Panels; members: ModelReference[] }> {
  const { [name]: before, ...others } = panels;
  if (!models && !before) throw new Failure('usage', `There is no panel ${name}.`);
  if (!models) return { panels: others, members: [] };
  if (!NAME.test(name))
    throw new Failure('usage', `"${name}" is no name for a panel: letters, digits, "_" and "-".`);
  if (roster.names().includes(name))
    throw new Failure('usage', `${name} is a provider; give the panel another name.`);
  const members = await membersOf({ roster }, models, others, 1);
  return { panels: { ...others, [name]: members }, members };
}

/**
 * The models that names stand for: references, short names, and names of panels.
 * @throws {Failure} `model-not-found`; `usage` where there are fewer than `least`.
 */
export async function membersOf(
  room: Pick<Room, 'roster'>,
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
