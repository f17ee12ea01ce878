/** What every pattern of the human's own has around it, whether YAML or TypeScript: events, limits, an end. */
import type { PatternOutcome } from '../../conversation/event.ts';
import { Failure } from '../../conversation/failure.ts';
import type { ModelReference } from '../../conversation/message.ts';
import { Purse } from '../limits.ts';
import { type Room, roomWithin } from '../room.ts';
import type { Limits } from '../settings.ts';
import type { CustomResult } from './order.ts';

export interface Programme {
  name: string;
  task: string;
  roles: { role: string; model: ModelReference }[];
  limits: Limits;
}

/** What came of it, as far as the pattern itself knows. */
export interface Ending extends Pick<CustomResult, 'agreed' | 'steps' | 'votes' | 'answer' | 'rounds'> {
  outcome: PatternOutcome;
  /** Everything that was said, laid out. */
  text: string;
  /** Why it ended where one might ask. */
  why?: string;
}

/**
 * Runs a pattern between its first event and its last. What it throws ends it as failed, and what was said is kept.
 * @param conversation may be asked at any time what came of it so far.
 */
export async function runFramed(
  outer: Room,
  programme: Programme,
  by: ModelReference | 'human',
  signal: AbortSignal,
  begin: (room: Room, id: string, signal: AbortSignal) => { run(): Promise<void>; ending(): Ending },
): Promise<CustomResult> {
  const { name, task, roles, limits } = programme;
  const id = outer.nextId('p');
  const purse = new Purse(outer, limits, signal);
  const room = purse.watch(roomWithin(outer, id));
  const { clock } = room.door;
  const started = clock.now();
  outer.door.emit({ type: 'pattern.started', pattern: id, name, by, task, roles });
  const { run, ending } = begin(room, id, purse.signal);
  let broken: Failure | undefined;
  try {
    await run();
  } catch (thrown) {
    broken = Failure.from(thrown);
  }
  purse.close();
  const { why, ...rest } = ending();
  const outcome = signal.aborted ? 'stopped' : purse.exhausted ? 'limit' : broken ? 'failed' : rest.outcome;
  const ended = purse.exhausted ?? (signal.aborted ? undefined : (broken?.message ?? why));
  const text = [rest.text, ended && `[${purse.exhausted ? 'stopped: ' : ''}${ended}]`]
    .filter(Boolean)
    .join('\n\n');
  const seconds = (clock.now() - started) / 1000;
  const { rounds } = rest;
  const { cost } = purse;
  outer.door.emit({ type: 'pattern.ended', pattern: id, name, outcome, text, rounds, seconds, cost });
  return { ...rest, id, name, outcome, text, seconds, cost };
}
