import type { EventOf } from '../conversation/event.ts';
import { DraftMarks } from './draft-marks.ts';
import { count, duration, localCost, money, plural, tokens } from './figures.ts';
import { PaneText } from './pane-text.ts';
import type { Pane } from './panes.ts';
import { type Folds, INDENT, marginOf, type Paper } from './paper.ts';
import { onOneLine, printable } from './printable.ts';
import type { BlockKind, Transcript, Voice } from './transcript.ts';
import type { Lines, StreamedText } from './typesetting.ts';
import { WordCount } from './word-count.ts';

/** Columns that are left to the words of a thought beside what is said of it. */
const THOUGHT_MARGIN = 28;

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
  readonly #paper: Paper;
  readonly #startedAt: number;
  /** It fills in a form: what that says is told in words once it is read. */
  readonly #isFormal: boolean;
  readonly #marks: DraftMarks | undefined;
  #activity: Activity = 'waiting';
  #activeSince: number;
  #note = 'waiting for the first word';
  #thinking = '';
  /** The last words of it. */
  #thought = '';
  /** Text that is not given to the transcript yet: it is another one's turn. */
  #unsaid = '';
  #text: StreamedText | undefined;
  #textBegun = false;
  #calling = { name: '', characters: 0 };
  readonly #words = new WordCount();
  #pane: PaneText;

  constructor(
    voice: Voice,
    desk: Desk,
    { at, formal = false, isDraft = false }: { at: number; formal?: boolean; isDraft?: boolean },
  ) {
    this.voice = voice;
    this.#isFormal = formal;
    if (isDraft) this.#marks = new DraftMarks();
    this.#desk = desk;
    this.#paper = desk.paper.inside(voice.depth);
    this.#pane = new PaneText(this.#paper);
    this.#startedAt = at;
    this.#activeSince = at;
    desk.transcript.begin(voice);
  }

  add({ delta, at }: EventOf<'exchange.delta'>): void {
    switch (delta.type) {
      case 'progress':
        this.#note = onOneLine(printable(delta.note));
        break;
      case 'thinking':
        this.#turnTo('thinking', at);
        this.#thinking += delta.text;
        this.#thought = wentOn(this.#thought, printable(delta.text), this.#paper.width - THOUGHT_MARGIN);
        this.#pane.add(delta.text);
        break;
      case 'text':
        this.#turnTo('writing', at);
        this.#words.add(delta.text);
        if (!this.#isFormal) this.#hear(this.#marks?.push(delta.text) ?? delta.text);
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

  #hear(text: string): void {
    this.#unsaid += text;
    this.#pane.add(text);
    this.goOn();
  }

  /** Says what has arrived, where nobody else speaks. */
  goOn(): void {
    if (this.#unsaid !== '' && this.#desk.transcript.isAlone(this.voice)) this.#sayUnsaid();
  }

  /** Says what is left, and what the exchange cost. */
  end(event: EventOf<'exchange.ended'>): void {
    this.#turnTo('waiting', event.at);
    const figures = figuresOf(event);
    if (figures) this.#say('figures', this.#paper.paragraph(figures).map(this.#paper.theme.quiet));
  }

  /** The rows of the live region where nobody else speaks, below the name where it is not said yet. */
  rows(now: number, header: string, room: number): string[] {
    const name = this.#desk.transcript.isSpeaking(this.voice) ? [] : [header];
    const left = Math.max(1, room - 1 - name.length);
    const tail = (this.#activity === 'writing' && this.#text?.tail(left)) || [];
    const thought = this.#activity === 'thinking' ? ` · ${this.#thought}` : '';
    const activity = this.#paper.theme.quiet(this.#status(now) + thought);
    const margin = marginOf(this.voice.depth);
    const rows = [...name, ...tail.map((row) => INDENT + row), this.#paper.line(activity)];
    return rows.map((row) => margin + row);
  }

  /** The same beside others. */
  pane(now: number, name: string): Pane {
    const { quiet } = this.#paper.theme;
    const body = (rows: number, width: number) => {
      const last = this.#pane.last(rows, width);
      return this.#activity === 'thinking' ? last.map(quiet) : last;
    };
    return { name, status: this.#status(now), body };
  }

  #status(now: number): string {
    const total = duration(Math.max(0, now - this.#startedAt) / 1000);
    return `${pulse(now)} ${this.#describeActivity()} · ${total}`;
  }

  #describeActivity(): string {
    switch (this.#activity) {
      case 'waiting':
        return this.#note;
      case 'thinking':
        return 'thinking';
      case 'writing':
        return `writing · ${plural(this.#words.count, 'word')}`;
      case 'calling': {
        const { name, characters } = this.#calling;
        return `calling ${onOneLine(printable(name))} · ${count(characters)} characters`;
      }
    }
  }

  #turnTo(activity: Activity, at: number): void {
    if (activity === this.#activity) return;
    if (this.#activity === 'thinking') this.#sayThought((at - this.#activeSince) / 1000);
    if (this.#activity === 'writing') this.#endText();
    // Beside a call stays what was said before it.
    if (activity === 'thinking' || activity === 'writing') this.#pane = new PaneText(this.#paper);
    this.#activity = activity;
    this.#activeSince = at;
  }

  #sayThought(seconds: number): void {
    const { folds, showThinking } = this.#desk;
    const paper = this.#paper;
    const whisper = (text: string) => paper.theme.quiet(paper.theme.italic(text));
    const thinking = printable(this.#thinking.trim());
    this.#thinking = '';
    this.#thought = '';
    const title = `thought for ${duration(seconds)}`;
    const lines = () => paper.paragraph(thinking, 2).map((line) => (line === '' ? '' : whisper(line)));
    this.#say('thought', [INDENT + whisper(title)]);
    if (thinking === '') return;
    if (showThinking) this.#say('detail', lines());
    else folds.add(title, lines);
  }

  #sayUnsaid(): void {
    this.#text ??= this.#paper.openText();
    const finished = this.#text.push(this.#unsaid);
    this.#unsaid = '';
    this.#sayText(finished);
  }

  #endText(): void {
    if (this.#isFormal) return;
    this.#unsaid += this.#marks?.end() ?? '';
    this.#sayUnsaid();
    if (this.#text) this.#sayText(this.#text.end());
    this.#text = undefined;
    this.#textBegun = false;
  }

  #sayText(blocks: Lines[]): void {
    for (const block of blocks) {
      const lines = Array.isArray(block) ? indented(block) : block.then(indented);
      this.#say(this.#textBegun ? 'more-text' : 'text', lines);
      this.#textBegun = true;
    }
  }

  #say(kind: BlockKind, lines: Lines): void {
    this.#desk.transcript.say(this.voice, kind, lines);
  }
}

/** One sign that changes slowly while something is under way. */
export function pulse(now: number): string {
  return Math.floor(now / 500) % 2 === 0 ? '○' : '●';
}

/** The line that is being written of a text without lines: full, it begins anew with the word that does not fit. */
function wentOn(line: string, piece: string, width: number): string {
  const [first = '', ...words] = `${line}${piece}`.trimStart().split(/\s+/);
  const last = words.reduce(
    (now, word) => (word !== '' && now.length + 1 + word.length > width ? word : `${now} ${word}`),
    first,
  );
  // Not all scripts have words.
  return last.trimEnd().length > width ? last.slice(-width / 2) : last;
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
