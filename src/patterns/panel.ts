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
  const members = await membersOf({ roster, panels: others }, models);
  return { panels: { ...others, [name]: members }, members };
}

/**
 * The models that names stand for: references, short names, and names of panels; each once.
 * @throws {Failure} `model-not-found`; `usage` where nobody is named.
 */
export async function membersOf(
  { roster, panels }: Pick<Room, 'roster' | 'panels'>,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<ModelReference[]> {
  const written = names.flatMap((name) => panels[name.replace(/^@/, '')] ?? [name]);
  if (written.length === 0) throw new Failure('usage', 'Name at least one model.');
  const models = await Promise.all(written.map((name) => resolveReference(name, roster, signal)));
  return [...new Set(models)];
}

/** The model that one name stands for; of a panel, its first. @throws {Failure} `model-not-found` */
export async function memberOf(
  room: Pick<Room, 'roster' | 'panels'>,
  name: string,
  signal?: AbortSignal,
): Promise<ModelReference> {
  const [member] = await membersOf(room, [name], signal);
  return member!;
}
