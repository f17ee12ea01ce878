/**
 * Models in one room who read each other and answer each other by name. It ends when each says agree, object or
 * abstain and nobody objects, when the moderator ends it, or at the limit; the minutes keep who was of another mind.
 */
import type { PatternOutcome } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import { type Message, type ModelReference, textOf, userMessage } from '../conversation/message.ts';
import { jsonIn } from './delegation/answer.ts';
import { gather, layOut } from './delegation/material.ts';
import { Purse, tellEstimate } from './limits.ts';
import { membersOf } from './panel.ts';
import { ask, type Room, roomWithin } from './room.ts';
import type { Limits } from './settings.ts';

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
  /** What was said before it was stopped. */
  said?: readonly Contribution[];
  /** Rounds in which each may speak. One to say, one to answer, unless more are asked for. */
  limits?: Limits;
}

export type Position = 'agree' | 'object' | 'abstain';

export interface Contribution {
  model: ModelReference;
  role?: string;
  text: string;
  position?: Position;
  failure?: string;
}

export interface DiscussionResult {
  id: string;
  outcome: PatternOutcome;
  contributions: Contribution[];
  /** Each participant's last position. */
  positions: { model: ModelReference; position: Position }[];
  minutes?: string;
  rounds: number;
  text: string;
  seconds: number;
  cost?: number;
}

const SPEAKER = `You are in a discussion among models, with a human reading along. Speak to the others by name, answer what they said, bring what is missing. At most 150 words. Hold to your view until you are shown to be wrong: to agree for the sake of peace is worth nothing.
End with one line: "Position: agree", "Position: object" or "Position: abstain", towards what is proposed last; object where you would do something else.`;
const MODERATOR = `You lead a discussion and have no view of your own. Read what was said and give the floor to whoever has most to add or to answer, or end it when nothing new comes. Answer with JSON only.`;
const SECRETARY = `You write the minutes of a discussion. Use only what was said. Write: Decision (or: none), Reasons, Open points, and Minority report with the view of everybody who objects, by name.`;
const JUDGE = `You judge a debate by its arguments alone. Say which side has the better case, name the argument that decided it and the best one of the other side.`;
const POSITION = /^\W*position\W+(agree|object|abstain)/im;

interface Seat {
  model: ModelReference;
  role?: string;
  /** Its own side of the conversation; it only ever grows, so that caches hold. */
  messages: Message[];
  /** How many contributions it has read. */
  read: number;
}

interface Debate {
  room: Room;
  outer: Room;
  id: string;
  order: DiscussionOrder;
  seats: Seat[];
  said: Contribution[];
  opening: string;
  signal: AbortSignal;
}

/** @throws {Failure} where it cannot begin: no such model, fewer than two participants. */
export async function discuss(
  outer: Room,
  order: DiscussionOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<DiscussionResult> {
  const seats = await seatsOf(outer, order, signal);
  const id = outer.nextId('s');
  const purse = new Purse(outer, { rounds: 2, ...outer.limits, ...order.limits }, signal);
  const room = purse.watch(roomWithin(outer, id));
  const material = layOut(await gather(room, order.files ?? [], signal), true);
  const opening = [material, order.brief, `Topic: ${order.topic}`, whoIsHere(seats)]
    .filter(Boolean)
    .join('\n\n');
  const rounds = purse.limits.rounds ?? 2;
  await tellEstimate(outer, purse.limits, { models: seats.map(({ model }) => model), text: opening, rounds });
  const { clock } = room.door;
  const started = clock.now();
  const roles = seats.map(({ model, role }) => ({ role: role ?? 'speaker', model }));
  outer.door.emit({ type: 'pattern.started', pattern: id, name: 'discussion', by, task: order.topic, roles });

  const debate: Debate = {
    room,
    outer,
    id,
    order,
    seats,
    said: (order.said ?? []).filter(({ text }) => text !== ''),
    opening,
    signal: purse.signal,
  };
  const done = await talk(debate, rounds);
  const minutes = purse.signal.aborted ? undefined : await takeMinutes(debate);
  purse.close();
  const positions = positionsOf(debate);
  const result: DiscussionResult = {
    id,
    outcome: outcomeOf(signal, purse, debate, positions),
    contributions: debate.said,
    positions,
    minutes,
    rounds: done,
    text: '',
    seconds: (clock.now() - started) / 1000,
    cost: purse.cost,
  };
  result.text = told(result, purse.exhausted);
  const { outcome, text, seconds, cost } = result;
  outer.door.emit({
    type: 'pattern.ended',
    pattern: id,
    name: 'discussion',
    outcome,
    text,
    rounds: done,
    seconds,
    cost,
  });
  return result;
}

async function seatsOf(room: Room, { participants }: DiscussionOrder, signal: AbortSignal): Promise<Seat[]> {
  const seats: Seat[] = [];
  for (const { model, role } of participants) {
    for (const member of await membersOf(room, [model], room.panels, 1, signal))
      seats.push({ model: member, role, messages: [], read: 0 });
  }
  // One model may argue both sides of a debate; without sides, nobody discusses with itself.
  const voices = new Set(seats.map(nameOf));
  if (voices.size < 2) throw new Failure('usage', 'A discussion needs at least two models, or two sides.');
  return seats;
}

/** @returns the rounds that were held. */
async function talk(debate: Debate, rounds: number): Promise<number> {
  const { seats, room, outer, id, signal } = debate;
  for (let round = 1; round <= rounds; round++) {
    outer.door.emit({ type: 'pattern.step', pattern: id, title: `round ${round}`, round });
    for (let turn = 0; turn < seats.length; turn++) {
      const seat = await nextSpeaker(debate, turn);
      if (!seat || signal.aborted) return round;
      await speak(debate, seat);
    }
    if (signal.aborted || nobodyLeft(debate)) return round;
    if (round > 1 && agreed(debate)) return round;
    if (round < rounds && room.steer) {
      const wanted = await room.steer(`Round ${round} of the discussion is over.`, signal);
      if (wanted.answer === 'end') return round;
      if (wanted.answer === 'say') room.human.say(wanted.text);
    }
  }
  return rounds;
}

/** In turn, or as the moderator says; undefined where the moderator ends it. */
async function nextSpeaker(debate: Debate, turn: number): Promise<Seat | undefined> {
  const { order, seats, said, room, signal, opening } = debate;
  const inTurn = seats[turn]!;
  if (!order.moderator || said.length === 0) return inTurn;
  const [model] = await membersOf(room, [order.moderator], {}, 1, signal);
  const names = seats.map(nameOf);
  const format = {
    type: 'object',
    properties: { next: { type: 'string', enum: [...names, 'end'] }, why: { type: 'string' } },
    required: ['next', 'why'],
    additionalProperties: false,
  };
  const text = `${opening}\n\n${transcript(said)}\n\nWho speaks next: ${names.join(', ')}, or "end"? {"next": "…", "why": "…"}`;
  const asked = await ask(
    room,
    { model: model!, system: MODERATOR, messages: [userMessage(text)], format },
    signal,
  );
  const next = asked.message && nextIn(textOf(asked.message));
  // A moderator who says nothing that can be read does not silence the others.
  return next === 'end' ? undefined : (seats.find((seat) => nameOf(seat) === next) ?? inTurn);
}

function nextIn(text: string): string | undefined {
  try {
    const { next } = jsonIn(text) as { next?: unknown };
    return typeof next === 'string' ? next : undefined;
  } catch {
    return undefined;
  }
}

async function speak({ room, said, opening, signal }: Debate, seat: Seat): Promise<void> {
  const { model, role } = seat;
  // After a stop its own words come back to it with those of the others.
  const isNews = (one: Contribution) =>
    seat.messages.length === 0 || one.model !== model || one.role !== role;
  const heard = transcript(said.slice(seat.read).filter(isNews));
  const parts = [
    seat.messages.length === 0 ? opening : '',
    heard,
    room.human.heardBy(model),
    'You have the floor.',
  ];
  seat.messages.push(userMessage(parts.filter(Boolean).join('\n\n')));
  seat.read = said.length;
  const system = role ? `${SPEAKER}\nYou speak as: ${role}.` : SPEAKER;
  const asked = await ask(room, { model, system, messages: seat.messages }, signal);
  const text = asked.message ? textOf(asked.message) : '';
  if (asked.message) seat.messages.push(asked.message);
  else seat.messages.pop();
  const position = POSITION.exec(text)?.[1]?.toLowerCase() as Position | undefined;
  said.push({ model, role, text, position, failure: asked.failure?.message });
  seat.read = said.length;
}

/** Everybody who can still speak has agreed or abstained, and somebody agreed. */
function agreed(debate: Debate): boolean {
  const positions = positionsOf(debate);
  return (
    positions.length > 0 &&
    positions.every(({ position }) => position !== 'object') &&
    positions.some(({ position }) => position === 'agree')
  );
}

function nobodyLeft({ said, seats }: Debate): boolean {
  return said.slice(-seats.length).every(({ failure }) => failure !== undefined);
}

function positionsOf({ seats, said }: Debate): DiscussionResult['positions'] {
  return seats.flatMap(({ model, role }) => {
    const last = said.findLast((one) => one.model === model && one.role === role && one.position);
    return last?.position ? [{ model, position: last.position }] : [];
  });
}

/** By the judge of a debate, else by the moderator, else by the first who spoke. */
async function takeMinutes({
  room,
  order,
  seats,
  said,
  opening,
  signal,
}: Debate): Promise<string | undefined> {
  const spoke = said.find(({ failure }) => !failure);
  if (!spoke) return undefined;
  const [model] = await membersOf(room, [order.judge ?? order.moderator ?? spoke.model], {}, 1, signal);
  const positions = positionsOf({ seats, said } as Debate)
    .map(({ model: who, position }) => `${who}: ${position}`)
    .join('\n');
  const messages = [userMessage([opening, transcript(said), `Positions:\n${positions}`].join('\n\n'))];
  const asked = await ask(room, { model: model!, system: order.judge ? JUDGE : SECRETARY, messages }, signal);
  return asked.message && !asked.failure ? textOf(asked.message) : undefined;
}

function outcomeOf(
  signal: AbortSignal,
  purse: Purse,
  debate: Debate,
  positions: DiscussionResult['positions'],
): PatternOutcome {
  if (signal.aborted) return 'stopped';
  if (purse.exhausted) return 'limit';
  if (debate.said.every(({ failure }) => failure)) return 'failed';
  if (debate.order.judge) return 'done';
  if (agreed(debate)) return 'agreed';
  return positions.some(({ position }) => position === 'object') ? 'dissent' : 'done';
}

function whoIsHere(seats: readonly Seat[]): string {
  return `In the room: ${seats.map(nameOf).join(', ')}, and the human.`;
}

function nameOf({ model, role }: { model: ModelReference; role?: string }): string {
  return role ? `${model} (${role})` : model;
}

function transcript(said: readonly Contribution[]): string {
  return said
    .filter(({ text }) => text !== '')
    .map((one) => `${nameOf(one)} says:\n${one.text}`)
    .join('\n\n');
}

function told(
  { contributions, minutes, positions }: DiscussionResult,
  exhausted: string | undefined,
): string {
  const stands = positions.map(({ model, position }) => `${model}: ${position}`).join('; ');
  const body = minutes ?? transcript(contributions);
  return [body, stands && `Positions: ${stands}`, exhausted && `[stopped: ${exhausted}]`]
    .filter(Boolean)
    .join('\n\n');
}
