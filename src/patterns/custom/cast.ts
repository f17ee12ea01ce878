import { Failure } from '../../conversation/failure.ts';
import type { ModelReference } from '../../conversation/message.ts';
import { nearestNames } from '../../conversation/nearest.ts';
import { membersOf } from '../panel.ts';
import type { Room } from '../room.ts';
import { speakersIn } from './check.ts';
import type { CustomOrder } from './order.ts';
import type { CustomPattern } from './schema.ts';

/**
 * Who plays which role: as the human orders, else as the pattern says, else the session's model.
 * @throws {Failure} where there is no such role or model, or several would change files at once.
 */
export async function castOf(
  room: Room,
  pattern: CustomPattern,
  order: CustomOrder,
  signal: AbortSignal,
): Promise<Map<string, ModelReference[]>> {
  const { roles } = pattern;
  for (const role of Object.keys(order.roles ?? {})) if (!roles.has(role)) throw unknownRole(role, pattern);
  const cast = new Map<string, ModelReference[]>();
  for (const [role, written] of roles) {
    const wanted = [order.roles?.[role] ?? written].flat();
    const names = wanted.length > 0 ? wanted : order.model ? [order.model] : [];
    if (names.length === 0) throw new Failure('usage', `Nobody plays ${role}: name a model for it.`);
    cast.set(role, await membersOf(room, names, signal));
  }
  refuseCrowds(pattern, cast);
  tellSolo(room, pattern, cast);
  return cast;
}

function unknownRole(role: string, { name, roles }: CustomPattern): Failure {
  const [near] = nearestNames(role, [...roles.keys()]);
  const offer = near ? `Did you mean ${near}?` : `It has: ${[...roles.keys()].join(', ')}.`;
  return new Failure('usage', `${name} has no role ${role}. ${offer}`);
}

/** Models at work at the same time would write over each other. */
function refuseCrowds({ steps }: CustomPattern, cast: Map<string, ModelReference[]>): void {
  for (const [id, step] of steps.flatMap(speakersIn)) {
    if (step.kind !== 'ask' || step.tools !== 'all') continue;
    const [role] = step.roles;
    const players = cast.get(role!)!.length;
    if (players > 1)
      throw new Failure('usage', `${id} changes files, so one model alone can be ${role}, not ${players}.`);
  }
}

/** Voices of one model are not independent, which the human should know before they count them. */
function tellSolo(room: Room, { name, steps }: CustomPattern, cast: Map<string, ModelReference[]>): void {
  for (const [id, step] of steps.flatMap(speakersIn)) {
    if (step.kind !== 'ask' || step.roles.length < 2) continue;
    const models = step.roles.flatMap((role) => cast.get(role)!);
    if (new Set(models).size > 1) continue;
    const text = `In ${name}, ${step.roles.join(', ')} of ${id} are all ${models[0]}, which is one mind asked ${models.length} times. Give them models of their own: --role ${step.roles[0]}=MODEL.`;
    room.door.emit({ type: 'notice', level: 'warning', text });
  }
}
