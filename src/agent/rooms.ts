import type { EventBus } from '../conversation/bus.ts';
import type { Door } from '../conversation/exchange.ts';
import type { Workbench } from '../conversation/tool-run.ts';
import { HumanVoice, type Steer } from '../patterns/human.ts';
import type { Room } from '../patterns/room.ts';
import type { PatternSettings } from '../patterns/settings.ts';
import type { Roster } from '../providers/roster.ts';
import type { FileChanges } from '../safety/changes.ts';
import type { AgentKnowledge } from './knowledge.ts';

/** What a turn works with: its events say that they belong to it. */
export interface Scene {
  turn: string;
  door: Door;
  bench: Workbench;
  begun: Room['begun'];
}

interface RoomsOptions {
  session: string;
  bus: EventBus;
  door: Door;
  roster: Roster;
  knowledge: AgentKnowledge;
}

/** Counts turns and patterns, and gives each the room that it takes place in. */
export class AgentRooms {
  readonly #options: RoomsOptions;
  #turns = 0;
  #patterns = 0;
  readonly #talks: Room['talks'] = new Map();
  #scene: Scene | undefined;
  /** Heard by the models of the pattern under way. */
  readonly human: HumanVoice;
  steer: Steer | undefined;
  settings: PatternSettings = { panels: {}, limits: {}, askBetweenRounds: false, routing: {} };

  constructor(options: RoomsOptions) {
    this.#options = options;
    this.human = new HumanVoice((event) => (this.#scene?.door.emit ?? options.bus.emit)(event));
  }

  /** Whether models talk who could hear the human. */
  get talking(): boolean {
    return this.human.hasAudience;
  }

  /** What happens from now on belongs to a turn of its own, and is undone together. */
  beginTurn({ bench, changes }: { bench: Workbench; changes: FileChanges }): Scene {
    const turn = `turn-${++this.#turns}`;
    const emit = this.#options.bus.within(turn);
    changes.beginTurn(turn);
    this.#scene = {
      turn,
      door: { ...this.#options.door, emit },
      bench: { ...bench, emit },
      begun: { conversations: 0 },
    };
    return this.#scene;
  }

  /** For what is asked outside of any turn. */
  door(within: string): Door {
    return { ...this.#options.door, emit: this.#options.bus.within(within, within) };
  }

  /** Where a pattern of the turn under way takes place. */
  room(): Room {
    if (!this.#scene) throw new Error('a pattern needs a turn to take place in');
    const { turn, door, bench, begun } = this.#scene;
    const { session, bus, roster, knowledge } = this.#options;
    return {
      session,
      door,
      bench,
      begun,
      roster,
      local: knowledge.known,
      nextId: (prefix) => `${prefix}${++this.#patterns}`,
      within: (id) => bus.within(turn, id),
      depth: 0,
      talks: this.#talks,
      human: this.human,
      steer: this.settings.askBetweenRounds ? this.steer : undefined,
      panels: this.settings.panels,
      limits: this.settings.limits,
      routing: this.settings.routing,
    };
  }
}
