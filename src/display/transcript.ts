import type { ModelReference } from '../conversation/message.ts';
import { marginOf } from './paper.ts';
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
  /** How many tool calls and patterns it works inside of: 0 for who leads. */
  depth: number;
}

interface Block {
  kind: BlockKind;
  lines: Lines;
}

/**
 * Brings what several speakers say at once into an order that can be read. One that speaks alone is printed as
 * it speaks. Of several nothing is printed before it is whole: whoever is done first comes first, and the last
 * one left goes on alone. A change of speaker is announced.
 */
export class Transcript {
  readonly #surface: Surface;
  readonly #announce: (voice: Voice) => string;
  readonly #speaking = new Set<string>();
  /** Who speaks alone and has begun. */
  #floor: string | undefined;
  #held: { voice: Voice; block: Block }[] = [];
  #lastVoice: string | undefined;
  #lastKind: BlockKind | 'header' | undefined;
  /** Set while lines wait for a language to be loaded; what comes later waits behind them. */
  #loading: Promise<void> | undefined;

  constructor(surface: Surface, announce: (voice: Voice) => string) {
    this.#surface = surface;
    this.#announce = announce;
  }

  /** From now on until {@link finish} the voice may say something at any moment. */
  begin(voice: Voice): void {
    this.#speaking.add(voice.id);
  }

  /** What the voice said is whole. Then those are heard who waited for it. */
  finish(voice: Voice): void {
    this.#speaking.delete(voice.id);
    if (this.#floor === voice.id) this.#floor = undefined;
    this.#release(({ id }) => id === voice.id);
    this.#release(({ id }) => !this.#speaking.has(id));
    if (this.#speaking.size === 1) this.#release(() => true);
  }

  /** Whether what the voice says is printed before it is whole. */
  isAlone(voice: Voice): boolean {
    return this.#speaking.size === 1 && this.#speaking.has(voice.id);
  }

  say(voice: Voice, kind: BlockKind, lines: Lines): void {
    const block = { kind, lines };
    const waits = this.#speaking.has(voice.id) ? this.#speaking.size > 1 : this.#floor !== undefined;
    if (waits) this.#held.push({ voice, block });
    else this.#hear(voice, block);
  }

  /** Says what cannot wait, whoever speaks. */
  interject(voice: Voice, kind: BlockKind, lines: Lines): void {
    this.#print(voice, { kind, lines });
  }

  /** Says something that is nobody's, at once. */
  note(kind: BlockKind, lines: Lines, depth = 0): void {
    this.#print(undefined, { kind, lines }, depth);
  }

  /** Whether the next words of the voice come under its own name without it being said again. */
  isSpeaking(voice: Voice): boolean {
    return this.#lastVoice === nameOf(voice);
  }

  /** Resolves when everything said so far is written. */
  async settled(): Promise<void> {
    while (this.#loading) await this.#loading;
  }

  #release(may: (voice: Voice) => boolean): void {
    const released = this.#held.filter(({ voice }) => may(voice));
    this.#held = this.#held.filter(({ voice }) => !may(voice));
    for (const { voice, block } of released) this.#hear(voice, block);
  }

  #hear(voice: Voice, block: Block): void {
    if (this.isAlone(voice)) this.#floor = voice.id;
    this.#print(voice, block);
  }

  #print(voice: Voice | undefined, { kind, lines }: Block, depth = voice?.depth ?? 0): void {
    const margin = marginOf(depth);
    const head: string[] = [];
    if (voice && this.#lastVoice !== nameOf(voice)) {
      if (this.#lastKind) head.push('');
      head.push(margin + this.#announce(voice));
      this.#lastKind = 'header';
      this.#lastVoice = nameOf(voice);
    }
    if (this.#lastKind && needsGap(this.#lastKind, kind)) head.push('');
    const afterHeader = this.#lastKind === 'header';
    this.#lastKind = kind;
    if (kind === 'human' || kind === 'summary') this.#lastVoice = undefined;
    const set = (ready: string[]) => {
      const body = afterHeader && ready[0] === '' ? ready.slice(1) : ready;
      return [...head, ...body.map((line) => (line === '' ? '' : margin + line))];
    };
    this.#commit(lines, set);
  }

  #commit(lines: Lines, set: (ready: string[]) => string[]): void {
    if (!this.#loading && Array.isArray(lines)) {
      this.#surface.commit(set(lines));
      return;
    }
    const turn: Promise<void> = Promise.all([lines, this.#loading]).then(([ready]) => {
      this.#surface.commit(set(ready));
      if (this.#loading === turn) this.#loading = undefined;
    });
    this.#loading = turn;
  }
}

function nameOf({ id, speaker, depth }: Voice): string {
  return `${depth > 0 ? id : ''} ${speaker}`;
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
