/** The course of a discussion: who has the floor, what each has read, where they stand, and the minutes. */
import type { PatternOutcome } from '../../conversation/event.ts';
import type { Message, ModelReference } from '../../conversation/message.ts';
import { ENDED_BY_HUMAN, type Stage } from '../frame.ts';
import type { Listener } from '../human.ts';
import { objectWith, promptForJson } from '../json.ts';
import type { Material } from '../material.ts';
import { goesOn, paragraphs, prompt, wordsOf } from '../room.ts';
import { type Position, positionIn } from './position.ts';

const SPEAKER = `You are in a discussion among models, with a human reading along. Speak to the others by name, answer what they said, bring what is missing. At most 150 words. Hold to your view until you are shown to be wrong: to agree for the sake of peace is worth nothing.
End with one line: "Position: agree", "Position: object" or "Position: abstain", towards what is proposed last; object where you would do something else.`;
const MODERATOR = `You lead a discussion and have no view of your own. Read what was said and give the floor to whoever has most to add or to answer, or end it when nothing new comes. Answer with JSON only.`;
const SECRETARY = `You write the minutes of a discussion. Use only what was said. Write: Decision (or: none), Reasons, Open points, and Minority report with the view of everybody who objects, by name.`;
const JUDGE = `You judge a debate by its arguments alone. Say which side has the better case, name the argument that decided it and the best one of the other side.`;

export interface Contribution extends Listener {
  text: string;
  position?: Position;
  failure?: string;
}

/** Where a participant stands. */
export type Stand = Listener & { position: Position };

export interface Seat extends Listener {
  /** Its own side of the conversation; it only ever grows, so that caches hold. */
  messages: Message[];
  /** How many contributions it has read. */
  read: number;
}

export interface Assembly {
  seats: Seat[];
  moderator?: ModelReference;
  judge?: ModelReference;
  opening: Material;
  rounds: number;
}

export class Discussion {
  readonly #stage: Stage;
  readonly #assembly: Assembly;
  readonly #said: Contribution[] = [];
  #rounds = 0;
  #minutes: string | undefined;
  #why: string | undefined;
  #end: string | undefined;

  constructor(stage: Stage, assembly: Assembly) {
    this.#stage = stage;
    this.#assembly = assembly;
  }

  async run(): Promise<void> {
    await this.#talk();
    if (!this.#stage.over()) await this.#conclude();
  }

  ending() {
    const positions = this.#positions();
    const stands = positions.map((one) => `${nameOf(one)}: ${one.position}`).join('; ');
    return {
      contributions: this.#said,
      positions,
      minutes: this.#minutes,
      rounds: this.#rounds,
      outcome: this.#outcome(positions),
      text: paragraphs(this.#minutes ?? transcript(this.#said), stands && `Positions: ${stands}`),
      why: this.#why ?? this.#end,
    };
  }

  async #talk(): Promise<void> {
    const { room, step, over, signal } = this.#stage;
    const { seats, rounds } = this.#assembly;
    for (let round = 1; round <= rounds; round++) {
      this.#rounds = round;
      step(`round ${round}`, { round });
      for (const inTurn of seats) {
        if (over()) return;
        const seat = await this.#nextSpeaker(inTurn);
        if (!seat || signal.aborted) return;
        await this.#speak(seat);
      }
      if (signal.aborted || this.#nobodyIsLeft() || (round > 1 && this.#allAgree())) return;
      const report = `Round ${round} of the discussion is over.`;
      if (round < rounds && over()) return;
      if (round < rounds && !(await goesOn(room, report, signal))) {
        this.#end = ENDED_BY_HUMAN;
        return;
      }
    }
  }

  /** In turn, or as the moderator says; undefined where the moderator ends it. */
  async #nextSpeaker(inTurn: Seat): Promise<Seat | undefined> {
    const { room, id, signal } = this.#stage;
    const { seats, moderator, opening } = this.#assembly;
    if (!moderator || this.#said.length === 0) return inTurn;
    const names = seats.map(nameOf);
    const format = {
      type: 'object',
      properties: { next: { type: 'string', enum: [...names, 'end'] }, why: { type: 'string' } },
      required: ['next', 'why'],
      additionalProperties: false,
    };
    const form = `Who speaks next: ${names.join(', ')}, or "end"? Answer with one JSON object: "next", the name or "end", and "why".`;
    const asked = await promptForJson(
      room,
      {
        model: moderator,
        role: 'moderator',
        system: MODERATOR,
        parts: [opening, transcript(this.#said), form],
        format,
        formal: true,
      },
      (text) => floorIn(text, names),
      signal,
    );
    // A moderator who says nothing that can be read does not silence the others.
    if (asked.fault !== undefined) return inTurn;
    const { next, why } = asked.value;
    room.door.emit({ type: 'floor.given', pattern: id, by: moderator, to: next, why });
    return next === 'end' ? undefined : seats[names.indexOf(next)];
  }

  async #speak(seat: Seat): Promise<void> {
    const { room, signal } = this.#stage;
    const { model, role } = seat;
    const heard = transcript(
      this.#said.slice(seat.read).filter((one) => one.model !== model || one.role !== role),
    );
    const asked = await prompt(
      room,
      {
        model,
        role,
        system: role ? `${SPEAKER}\nYou speak as: ${role}.` : SPEAKER,
        earlier: seat.messages,
        parts: [seat.messages.length === 0 && this.#assembly.opening, heard, 'You have the floor.'],
      },
      signal,
    );
    const text = wordsOf(asked);
    const { failure } = asked;
    this.#said.push({ model, role, text, position: positionIn(text), failure: failure?.message });
    // What a seat that failed did not hear, it hears the next time.
    if (failure || !asked.message) return;
    seat.messages = [...seat.messages, asked.asked, asked.message];
    seat.read = this.#said.length;
  }

  /** The judge of a debate decides; else the minutes are written by the moderator, or by one who spoke. */
  async #conclude(): Promise<void> {
    const { judge, moderator } = this.#assembly;
    const spoke = this.#said.filter(({ failure }) => !failure).map(({ model }) => model);
    if (spoke.length === 0) {
      this.#why = `nobody could speak: ${this.#said.at(-1)?.failure ?? 'nobody was asked'}`;
      return;
    }
    const writers = judge ? [judge] : [...new Set([...(moderator ? [moderator] : []), ...spoke])];
    for (const model of writers) {
      if (await this.#minutesBy(model)) return;
      if (this.#stage.signal.aborted) return;
    }
  }

  async #minutesBy(model: ModelReference): Promise<boolean> {
    const { room, step, warn, signal } = this.#stage;
    const { judge, opening } = this.#assembly;
    const positions = this.#positions().map((one) => `${nameOf(one)}: ${one.position}`);
    step(judge ? 'the verdict' : 'the minutes', { model });
    const asked = await prompt(
      room,
      {
        model,
        role: judge ? 'judge' : 'secretary',
        system: judge ? JUDGE : SECRETARY,
        parts: [opening, transcript(this.#said), `Positions:\n${positions.join('\n')}`],
      },
      signal,
    );
    const text = wordsOf(asked);
    if (!asked.failure && text !== '') this.#minutes = text;
    else {
      const what = judge ? 'give its verdict' : 'write the minutes';
      this.#why = `${model} could not ${what}: ${asked.failure?.message ?? 'it said nothing.'}`;
      if (!signal.aborted) warn(this.#why);
      return false;
    }
    this.#why = undefined;
    return true;
  }

  #outcome(positions: Stand[]): PatternOutcome {
    if (this.#said.every(({ failure }) => failure)) return 'failed';
    if (this.#assembly.judge) return this.#minutes === undefined ? 'failed' : 'done';
    if (this.#allAgree()) return 'agreed';
    return positions.some(({ position }) => position === 'object') ? 'dissent' : 'done';
  }

  /**
   * Everybody agrees or abstains by their last words, and somebody agrees. Who states no position does neither, nor does
   * who never had the floor; who had it and could not speak has no voice.
   */
  #allAgree(): boolean {
    const stated = this.#assembly.seats.flatMap((seat) => {
      const own = this.#said.filter((one) => isBy(seat, one));
      const spoken = own.filter(({ failure }) => failure === undefined);
      return own.length > 0 && spoken.length === 0 ? [] : [spoken.at(-1)?.position];
    });
    return stated.includes('agree') && stated.every((one) => one === 'agree' || one === 'abstain');
  }

  #nobodyIsLeft(): boolean {
    return this.#said.slice(-this.#assembly.seats.length).every(({ failure }) => failure !== undefined);
  }

  #positions(): Stand[] {
    return this.#assembly.seats.flatMap((seat) => {
      const last = this.#said.findLast((one) => isBy(seat, one) && one.position);
      return last?.position ? [{ model: seat.model, role: seat.role, position: last.position }] : [];
    });
  }
}

function floorIn(text: string, names: readonly string[]) {
  const { next, why } = objectWith('next', text) ?? {};
  if (typeof next === 'string' && [...names, 'end'].includes(next))
    return { value: { next, why: typeof why === 'string' ? why : '' } };
  return { fault: '"next" is none of the names, and not "end".' };
}

function isBy(seat: Listener, one: Listener): boolean {
  return seat.model === one.model && seat.role === one.role;
}

export function nameOf({ model, role }: Listener): string {
  return role ? `${model} (${role})` : model;
}

function transcript(said: readonly Contribution[]): string {
  const spoken = said.filter(({ text }) => text !== '');
  return paragraphs(...spoken.map((one) => `${nameOf(one)} says:\n${one.text}`));
}
