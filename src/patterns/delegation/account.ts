/** What a piece of work cost, for its caller. */
import type { Emit } from '../../conversation/event.ts';
import type { Exchanged } from '../../conversation/exchange.ts';
import type { Profile } from '../../conversation/reply.ts';
import { type Account, adviceAfter } from '../../local/advice.ts';
import { sumOf } from '../../local/sum.ts';
import type { Room } from '../room.ts';
import type { Done, Work } from './work.ts';

/** The profiles of all local exchanges in a room: with tools, or where a check fails, an answer takes several. */
export function profilesIn(room: Room): { room: Room; profiles: Profile[] } {
  const profiles: Profile[] = [];
  let last: string | undefined;
  const emit: Emit = (event) => {
    room.door.emit(event);
    // What the server did not take, and got again, is no part of what it did.
    if (event.type === 'exchange.retrying' && event.exchange === last) profiles.pop();
    if (event.type !== 'exchange.ended' || !event.profile?.local) return;
    profiles.push(event.profile);
    last = event.exchange;
  };
  return { room: { ...room, door: { ...room.door, emit } }, profiles };
}

/** @param said the last of the exchanges. */
export function accountOf(
  { outlook, room, model, budgetSeconds, excerpts }: Work,
  [first, ...more]: readonly Profile[],
  said: Exchanged | undefined,
  stopped: Pick<Account, 'late' | 'failed' | 'writtenAbout'>,
): Pick<Done, 'advice' | 'forecast' | 'profile'> {
  if (!first) return { advice: '', profile: said?.profile, forecast: said?.forecast };
  const profile = sumOf([first, ...more]);
  const forecast = more.length > 0 ? outlook?.forecast : said?.forecast;
  const rig = outlook && room.local?.machine.rig({ ...outlook.prospect, model });
  const hasFiles = excerpts.length > 0;
  const advice = adviceAfter(profile, { forecast, rig, outlook, budgetSeconds, hasFiles, ...stopped });
  return { advice, profile, forecast };
}
