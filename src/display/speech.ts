import type { EventOf } from '../conversation/event.ts';
import { count, duration, localCost, money, tokens } from './figures.ts';
import { linesOf, onOneLine, printable } from './printable.ts';
import type { Theme } from './theme.ts';
import type { BlockKind, Voice } from './transcript.ts';
import type { Lines, StreamedText, Typesetting } from './typesetting.ts';

/** Rows of the live region that a speaker may take. */
const LIVE_ROWS = 6;
export const INDENT = '  ';

export interface Desk {
  theme: Theme;
  typesetting: Typesetting;
  /** Columns between the indent and the right edge. */
  width(): number;
  showThinking(): boolean;
  /** Where a text is folded, and may be asked for. */
  fold(title: string, lines: () => string[]): void;
  say(voice: Voice, kind: BlockKind, lines: Lines): void;
}

type Activity = 'waiting' | 'thinking' | 'writing' | 'calling';

/** One exchange while it lasts: what has arrived of it, and the rows that still change. */
export class Speech {
  readonly voice: Voice;
  readonly #desk: Desk;
  readonly #startedAt: number;
  #activity: Activity = 'waiting';
  #activeSince: number;
  #note = 'waiting for the first word';
  #thinking = '';
  #text: StreamedText | undefined;
  #textBegun = false;
  #calling = { name: '', characters: 0 };
  #spoke = false;

  constructor(voice: Voice, desk: Desk, at: number) {
    this.voice = voice;
    this.#desk = desk;
    this.#startedAt = at;
    this.#activeSince = at;
  }

  /** Whether any of its words are finished. */
  get spoke(): boolean {
    return this.#spoke;
  }

  add({ delta, at }: EventOf<'exchange.delta'>): void {
    switch (delta.type) {
      case 'progress':
        this.#note = onOneLine(printable(delta.note));
        break;
      case 'thinking':
        this.#turnTo('thinking', at);
        this.#thinking += delta.text;
        break;
      case 'text':
        this.#turnTo('writing', at);
        this.#text ??= this.#desk.typesetting.openText(this.#desk.width);
        this.#sayText(this.#text.push(delta.text));
        break;
      case 'tool-call':
        this.#turnTo('calling', at);
        this.#calling = { name: delta.name, characters: 0 };
        break;
      case 'tool-arguments':
        this.#calling.characters += delta.json.length;
        break;
    }
  }

  /** Says what is left, and what the exchange cost. */
  end(event: EventOf<'exchange.ended'>): void {
    this.#turnTo('waiting', event.at);
    const figures = figuresOf(event);
    if (figures) this.#say('figures', [this.#desk.theme.quiet(INDENT + figures)]);
  }

  /** The rows of the live region; `name` is the speaker's, for as long as it was not announced. */
  rows(now: number, name: string | undefined): string[] {
    const { theme, typesetting } = this.#desk;
    const tail = (this.#activity === 'writing' && this.#text?.tail(LIVE_ROWS - (name ? 2 : 1))) || [];
    const activity = theme.quiet(`${pulse(now)} ${this.#describeActivity(now)}`);
    const rows = [...tail, typesetting.cut(activity, this.#desk.width())].map((row) => INDENT + row);
    return name ? [name, ...rows] : rows;
  }

  #describeActivity(now: number): string {
    const total = duration((now - this.#startedAt) / 1000);
    switch (this.#activity) {
      case 'waiting':
        return `${this.#note} · ${total}`;
      case 'thinking':
        return `thinking · ${total} · ${onOneLine(printable(this.#thinking.slice(-400))).slice(-200)}`;
      case 'writing':
        return `writing · ${total}`;
      case 'calling': {
        const { name, characters } = this.#calling;
        return `calling ${onOneLine(printable(name))} · ${count(characters)} characters · ${total}`;
      }
    }
  }

  #turnTo(activity: Activity, at: number): void {
    if (activity === this.#activity) return;
    if (this.#activity === 'thinking') this.#sayThought((at - this.#activeSince) / 1000);
    if (this.#text) {
      this.#sayText(this.#text.end());
      this.#text = undefined;
      this.#textBegun = false;
    }
    this.#activity = activity;
    this.#activeSince = at;
  }

  #sayThought(seconds: number): void {
    const { theme } = this.#desk;
    const thinking = this.#thinking.trim();
    this.#thinking = '';
    const lines = () => this.#thoughtLines(thinking);
    const title = `thought for ${duration(seconds)}`;
    this.#say('thought', [INDENT + theme.quiet(theme.italic(title))]);
    if (thinking === '') return;
    if (this.#desk.showThinking()) this.#say('detail', lines());
    else this.#desk.fold(title, lines);
  }

  #thoughtLines(thinking: string): string[] {
    const { theme, typesetting } = this.#desk;
    return linesOf(printable(thinking))
      .flatMap((line) => typesetting.wrap(line, this.#desk.width() - INDENT.length))
      .map((line) => (line === '' ? '' : INDENT + INDENT + theme.quiet(theme.italic(line))));
  }

  #sayText(blocks: Lines[]): void {
    for (const block of blocks) {
      const indented = Array.isArray(block) ? indent(block) : block.then(indent);
      this.#say(this.#textBegun ? 'more-text' : 'text', indented);
      this.#textBegun = true;
    }
  }

  #say(kind: BlockKind, lines: Lines): void {
    this.#spoke = true;
    this.#desk.say(this.voice, kind, lines);
  }
}

/** One sign that changes slowly while something is under way. */
export function pulse(now: number): string {
  return Math.floor(now / 500) % 2 === 0 ? '○' : '●';
}

function indent(lines: string[]): string[] {
  return lines.map((line) => (line === '' ? '' : INDENT + line));
}

/** Time, tokens and money of an exchange; the profile, where there is one. */
function figuresOf(event: EventOf<'exchange.ended'>): string {
  if (event.failure && !event.usage && !event.message) return '';
  const figures = event.profile?.local
    ? [localCost(event.profile)]
    : [duration(event.seconds), tokens(event.usage), money(event.cost)];
  if (event.failure?.kind === 'stopped') figures.unshift('stopped');
  return figures.join(' · ');
}
