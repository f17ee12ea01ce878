/** Who takes part where the human names nobody. */
import type { ModelReference } from '../conversation/message.ts';
import { resolveReference } from '../providers/catalog.ts';
import { type HandoffStep, planBuildReview } from './handoff.ts';
import { membersOf } from './panel.ts';
import type { Room } from './room.ts';

/** The panel that is asked where none is named. */
export const DEFAULT_PANEL = 'default';
/** More voices cost more and hardly know more. */
const MOST = 4;

/** The panel `default`; where there is none, the leader and the usual model of each other provider that works. */
export async function usualPanel(
  room: Room,
  leader: ModelReference,
  signal?: AbortSignal,
): Promise<ModelReference[]> {
  if (room.panels[DEFAULT_PANEL]) return membersOf(room, [DEFAULT_PANEL], signal);
  const leading = leader.split(':', 1)[0];
  const others = room.roster.names().filter((name) => name !== leading);
  const offered = await Promise.all(others.map((name) => modelOf(room, name, signal)));
  return [leader, ...offered.filter((model) => model !== undefined)].slice(0, MOST);
}

async function modelOf(
  { roster }: Room,
  name: string,
  signal?: AbortSignal,
): Promise<ModelReference | undefined> {
  if (roster.isSilent(name)) return undefined;
  if (!roster.hasKey(name) && !(await roster.mayBeLocal(name))) return undefined;
  return resolveReference(name, roster, signal).catch(() => undefined);
}

/** The leader plans and builds; another reviews, for its own work it would find good. */
export async function usualSteps(
  room: Room,
  leader: ModelReference,
  signal?: AbortSignal,
): Promise<HandoffStep[]> {
  const [reviewer = leader] = (await usualPanel(room, leader, signal)).filter((model) => model !== leader);
  return planBuildReview({ plan: leader, build: leader, review: reviewer });
}
