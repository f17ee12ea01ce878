import type { EventOf } from '../conversation/event.ts';
import { PaneBoard } from './panes.ts';
import type { Paper } from './paper.ts';
import { pulse, type Speech } from './speech.ts';
import type { LiveRegion } from './surface.ts';
import type { ToolWork } from './tool-work.ts';
import type { Voice } from './transcript.ts';

const TICK_MS = 250;

/** What is going on at this moment, as rows of the live region: who speaks, which tools work, who is waited for. */
export class UnderWay {
  readonly #paper: Paper;
  readonly #live: LiveRegion | undefined;
  readonly #now: () => number;
  readonly #header: (voice: Voice) => string;
  readonly #board: PaneBoard;
  readonly speeches = new Map<string, Speech>();
  readonly works = new Map<string, ToolWork>();
  /** Since when the human is being asked, in milliseconds since 1970. */
  askedAt: number | undefined;
  retry: { until: number; which: string } | undefined;
  /** Other work of which a line is shown. */
  progress: (() => string) | undefined;
  #ticking: NodeJS.Timeout | undefined;

  constructor(
    paper: Paper,
    live: LiveRegion | undefined,
    { now, header }: { now: () => number; header: (voice: Voice) => string },
  ) {
    this.#paper = paper;
    this.#live = live;
    this.#now = now;
    this.#header = header;
    this.#board = new PaneBoard(paper);
    live?.show((width, room) => this.#rows(width, room));
  }

  /** The time for which the human thought about an answer is not a tool's. */
  answered({ at }: EventOf<'approval.answered'>): void {
    for (const work of this.works.values()) work.waitedSeconds += (at - (this.askedAt ?? at)) / 1000;
    this.askedAt = undefined;
  }

  /** Asks for a frame now, and for others while time is shown that passes. */
  refresh(): void {
    const live = this.#live;
    if (!live) return;
    live.changed();
    const busy = this.speeches.size + this.works.size > 0 || (this.retry ?? this.progress) !== undefined;
    if (busy) this.#ticking ??= setInterval(() => live.changed(), TICK_MS).unref();
    else this.#stopTicking();
  }

  close(): void {
    this.#stopTicking();
    this.#live?.show(undefined);
  }

  #stopTicking(): void {
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  #rows(width: number, room: number): string[] {
    const now = this.#now();
    const below = [...this.#workRows(now), ...this.#retryRows(now), ...this.#progressRows(now)];
    return [...this.#speechRows(now, width, room - below.length), ...below];
  }

  #speechRows(now: number, width: number, room: number): string[] {
    const speeches = [...this.speeches.values()];
    const [only] = speeches;
    if (!only) return [];
    if (speeches.length === 1) return ['', ...only.rows(now, this.#header(only.voice), room - 1)];
    const panes = speeches.map((speech) => speech.pane(now, this.#header(speech.voice)));
    return this.#board.rows(panes, width, room);
  }

  #workRows(now: number): string[] {
    // What the human is asked about should stand still.
    if (this.works.size === 0 || this.askedAt !== undefined) return [];
    return ['', ...[...this.works.values()].flatMap((work) => work.rows(now, this.#paper))];
  }

  #progressRows(now: number): string[] {
    if (!this.progress) return [];
    return ['', this.#paper.line(this.#paper.theme.quiet(`${pulse(now)} ${this.progress()}`))];
  }

  #retryRows(now: number): string[] {
    if (!this.retry) return [];
    const left = Math.max(0, Math.ceil((this.retry.until - now) / 1000));
    const countdown = `○ trying again in ${left} s, ${this.retry.which}`;
    return ['', this.#paper.line(this.#paper.theme.warning(countdown))];
  }
}
