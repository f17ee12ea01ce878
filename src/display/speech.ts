import type { EventOf } from '../conversation/event.ts';
import { count, duration, localCost, money, tokens } from './figures.ts';
import { type Folds, INDENT, type Paper } from './paper.ts';
import { onOneLine, printable } from './printable.ts';
import type { BlockKind, Transcript, Voice } from './transcript.ts';
import type { Lines, StreamedText } from './typesetting.ts';

/** Rows of the live region that a speaker may take. */
const LIVE_ROWS = 6;

/** What a speech is written on and to. */
export interface Desk {
  paper: Paper;
  transcript: Transcript;
  folds: Folds;
  showThinking: boolean;
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

  constructor(voice: Voice, desk: Desk, at: number) {
    this.voice = voice;
    this.#desk = desk;
    this.#startedAt = at;
    this.#activeSince = at;
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
        this.#text ??= this.#desk.paper.openText();
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
    const { paper } = this.#desk;
    if (figures) this.#say('figures', paper.paragraph(figures).map(paper.theme.quiet));
  }

  /** The rows of the live region, below the name of the speaker where it is not said yet. */
  rows(now: number, header: string): string[] {
    const { paper, transcript } = this.#desk;
    const name = transcript.isSpeaking(this.voice) ? [] : [header];
    const tail = (this.#activity === 'writing' && this.#text?.tail(LIVE_ROWS - 1 - name.length)) || [];
    const activity = paper.theme.quiet(`${pulse(now)} ${this.#describeActivity(now)}`);
    return [...name, ...tail.map((row) => INDENT + row), paper.line(activity)];
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
    const { paper, folds, showThinking } = this.#desk;
    const whisper = (text: string) => paper.theme.quiet(paper.theme.italic(text));
    const thinking = printable(this.#thinking.trim());
    this.#thinking = '';
    const title = `thought for ${duration(seconds)}`;
    const lines = () => paper.paragraph(thinking, 2).map((line) => (line === '' ? '' : whisper(line)));
    this.#say('thought', [INDENT + whisper(title)]);
    if (thinking === '') return;
    if (showThinking) this.#say('detail', lines());
    else folds.add(title, lines);
  }

  #sayText(blocks: Lines[]): void {
    for (const block of blocks) {
      const lines = Array.isArray(block) ? indented(block) : block.then(indented);
      this.#say(this.#textBegun ? 'more-text' : 'text', lines);
      this.#textBegun = true;
    }
  }

  #say(kind: BlockKind, lines: Lines): void {
    this.#desk.transcript.takeFloor(this.voice);
    this.#desk.transcript.say(this.voice, kind, lines);
  }
}

/** One sign that changes slowly while something is under way. */
export function pulse(now: number): string {
  return Math.floor(now / 500) % 2 === 0 ? '○' : '●';
}

function indented(lines: string[]): string[] {
  return lines.map((line) => (line === '' ? '' : INDENT + line));
}

/** Time, tokens and money of an exchange; the profile, where there is one. */
function figuresOf(event: EventOf<'exchange.ended'>): string {
  if (event.failure && !event.usage && !event.message) return '';
  const figures = event.profile?.local
    ? [localCost(event.profile, event.forecast)]
    : [duration(event.seconds), tokens(event.usage), money(event.cost)];
  if (event.failure?.kind === 'stopped') figures.unshift('stopped');
  return figures.join(' · ');
}
