/**
 * Models in one room who read each other and answer each other by name. It ends when each says agree, object or
 * abstain and nobody objects, when the moderator ends it, or at the limit; the minutes keep who was of another mind.
 */
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import {
  type Assembly,
  type Contribution,
  Discussion,
  nameOf,
  type Seat,
  type Stand,
} from './discussion/course.ts';
import type { Call } from './estimate.ts';
import { type Closing, patternEnded, patternStarted, runFramed } from './frame.ts';
import type { Listener } from './human.ts';
import { limitsOf } from './limits.ts';
import { materialOf } from './material.ts';
import { memberOf, membersOf } from './panel.ts';
import { paragraphs, type Room } from './room.ts';
import type { Limits } from './settings.ts';

export type { Contribution } from './discussion/course.ts';

export interface Participant {
  model: string;
  /** What it stands for: `for`, `against`, `security`; left out, its own view. */
  role?: string;
}

export interface DiscussionOrder {
  topic: string;
  participants: readonly Participant[];
  /** Gives the floor and ends the discussion; without one, everybody speaks in turn. */
  moderator?: string;
  /** Decides at the end, as in a debate; without one, the participants' positions do. */
  judge?: string;
  files?: readonly string[];
  brief?: string;
  /** Rounds in which each may speak. One to say, one to answer, unless more are asked for. */
  limits?: Limits;
}

export interface DiscussionResult extends Closing {
  contributions: Contribution[];
  /** Each participant's last position. */
  positions: Stand[];
  minutes?: string;
  rounds: number;
}

const ROUNDS = 2;
/** @throws {Failure} where it cannot begin: no such model, fewer than two participants. */
export async function discuss(
  outer: Room,
  order: DiscussionOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<DiscussionResult> {
  const limits = limitsOf(outer, order.limits, { rounds: ROUNDS });
  const assembly = await assemble(outer, order, limits.rounds ?? ROUNDS, by, signal);
  const { seats, moderator, judge } = assembly;
  const cast: Listener[] = seats.map(({ model, role }) => ({ role, model }));
  if (moderator) cast.push({ role: 'moderator', model: moderator });
  if (judge) cast.push({ role: 'judge', model: judge });
  const roles = cast.map(({ role = 'speaker', model }) => ({ role, model }));
  return runFramed(
    outer,
    {
      letter: 's',
      cast,
      limits,
      calls: callsOf(assembly),
      begins: patternStarted('discussion', by, order.topic, roles),
    },
    signal,
    (stage) => {
      const discussion = new Discussion(stage, assembly);
      return { run: () => discussion.run(), ending: () => discussion.ending() };
    },
    patternEnded('discussion'),
  );
}

async function assemble(
  room: Room,
  order: DiscussionOrder,
  rounds: number,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<Assembly> {
  const named = (name: string | undefined) => (name === undefined ? undefined : memberOf(room, name, signal));
  const [seats, moderator, judge, files] = await Promise.all([
    seatsOf(room, order, by, signal),
    named(order.moderator),
    named(order.judge),
    materialOf(room, order.files, signal),
  ]);
  const here = `In the room: ${seats.map(nameOf).join(', ')}, and the human.`;
  const text = paragraphs(files.text, order.brief, `Topic: ${order.topic}`, here);
  return { seats, moderator, judge, opening: { ...files, text }, rounds };
}

async function seatsOf(
  room: Room,
  { participants }: DiscussionOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<Seat[]> {
  const seated = await Promise.all(
    participants.map(async ({ model, role }) =>
      (await membersOf(room, [model], signal)).map(
        (member): Seat => ({ model: member, role, messages: [], read: 0 }),
      ),
    ),
  );
  const seats = seated.flat().filter(({ model }) => model !== by);
  // One model may argue both sides of a debate; without sides, nobody discusses with itself.
  if (new Set(seats.map(nameOf)).size < 2)
    throw new Failure(
      'usage',
      `A discussion needs at least two models, or two sides${by === 'human' ? '' : `, beside ${by}, who calls it`}.`,
    );
  return seats;
}

function callsOf({ seats, moderator, judge, opening: { text }, rounds }: Assembly): Call[] {
  const speaking = Array.from({ length: rounds }, (_, round) =>
    seats.map(({ model }, place) => ({ model, text, replies: round * seats.length + place })),
  ).flat();
  const all = speaking.length;
  const leading = moderator ? [{ model: moderator, text, replies: all / 2, times: all }] : [];
  return [...speaking, ...leading, { model: judge ?? moderator ?? seats[0]!.model, text, replies: all }];
}
