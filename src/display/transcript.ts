import type { ModelReference } from '../conversation/message.ts';
import type { Surface } from './surface.ts';
import type { Lines } from './typesetting.ts';

/** What a group of lines is; decides where an empty line goes. */
export type BlockKind =
  | 'human'
  | 'thought'
  | 'text'
  /** The text before it goes on. */
  | 'more-text'
  | 'figures'
  | 'tool'
  /** Belongs to the line before it. */
  | 'detail'
  | 'notice'
  | 'summary';

/** Somebody who speaks: one strand of the conversation, in which everything has its order. */
export interface Voice {
  id: string;
  speaker: ModelReference;
  /** Works for another model, inside a tool call or a pattern. */
  inside: boolean;
}

interface Block {
  kind: BlockKind;
  lines: Lines;
}

/**
 * Brings what several speakers say at once into an order that can be read: whoever has begun to speak has the
 * floor until they are done, and the others' finished lines wait. A change of speaker is announced.
 */
export class Transcript {
  readonly #surface: Surface;
  readonly #announce: (voice: Voice) => string;
  #floor: Voice | undefined;
  readonly #waiting = new Map<string, { voice: Voice; blocks: Block[]; done: boolean }>();
  #lastVoice: string | undefined;
  #lastKind: BlockKind | 'header' | undefined;
  /** Set while lines wait for a language to be loaded; what comes later waits behind them. */
  #loading: Promise<void> | undefined;

  constructor(surface: Surface, announce: (voice: Voice) => string) {
    this.#surface = surface;
    this.#announce = announce;
  }

  say(voice: Voice, kind: BlockKind, lines: Lines): void {
    if (this.#floor && this.#floor.id !== voice.id) {
      const waiting = this.#waiting.get(voice.id) ?? { voice, blocks: [], done: false };
      waiting.blocks.push({ kind, lines });
      this.#waiting.set(voice.id, waiting);
      return;
    }
    this.#print(voice, { kind, lines });
  }

  /** Says what cannot wait, whoever has the floor. */
  interject(voice: Voice, kind: BlockKind, lines: Lines): void {
    this.#print(voice, { kind, lines });
  }

  /** Keeps others from speaking in between until {@link yieldFloor}. Nothing, where another has it. */
  takeFloor(voice: Voice): void {
    this.#floor ??= voice;
    const waiting = this.#waiting.get(voice.id);
    if (waiting) waiting.done = false;
  }

  /** The voice is done for now: those who waited are heard, the ones that are done themselves first. */
  yieldFloor(voice: Voice): void {
    const own = this.#waiting.get(voice.id);
    if (own) own.done = true;
    if (this.#floor?.id !== voice.id) return;
    this.#floor = undefined;
    const byReadiness = [...this.#waiting.values()].sort((a, b) => Number(b.done) - Number(a.done));
    for (const { voice: next, blocks, done } of byReadiness) {
      this.#waiting.delete(next.id);
      for (const block of blocks) this.#print(next, block);
      if (done) continue;
      this.#floor = next;
      return;
    }
  }

  /** Says something that is nobody's, at once. */
  note(kind: BlockKind, lines: Lines): void {
    this.#print(undefined, { kind, lines });
  }

  /** Whether the next words of the voice come under its own name without it being said again. */
  isSpeaking(voice: Voice): boolean {
    return this.#lastVoice === nameOf(voice);
  }

  /** Resolves when everything said so far is written. */
  async settled(): Promise<void> {
    while (this.#loading) await this.#loading;
  }

  #print(voice: Voice | undefined, { kind, lines }: Block): void {
    const head: string[] = [];
    if (voice && this.#lastVoice !== nameOf(voice)) {
      if (this.#lastKind) head.push('');
      head.push(this.#announce(voice));
      this.#lastKind = 'header';
      this.#lastVoice = nameOf(voice);
    }
    if (this.#lastKind && needsGap(this.#lastKind, kind)) head.push('');
    this.#lastKind = kind;
    if (kind === 'human' || kind === 'summary') this.#lastVoice = undefined;
    this.#commit(head, lines);
  }

  #commit(head: string[], lines: Lines): void {
    if (!this.#loading && Array.isArray(lines)) {
      this.#surface.commit([...head, ...lines]);
      return;
    }
    const turn: Promise<void> = Promise.all([lines, this.#loading]).then(([ready]) => {
      this.#surface.commit([...head, ...ready]);
      if (this.#loading === turn) this.#loading = undefined;
    });
    this.#loading = turn;
  }
}

function nameOf(voice: Voice): string {
  return `${voice.inside ? voice.id : ''} ${voice.speaker}`;
}

function needsGap(before: BlockKind | 'header', kind: BlockKind): boolean {
  switch (kind) {
    case 'human':
    case 'summary':
      return true;
    case 'thought':
      return before !== 'header';
    case 'text':
      return before !== 'header' && before !== 'thought';
    case 'figures':
      return before === 'tool' || before === 'detail';
    case 'tool':
      return before !== 'header' && before !== 'tool' && before !== 'detail';
    case 'notice':
      return before !== 'header' && before !== 'notice' && before !== 'detail';
    default:
      return false;
  }
}
