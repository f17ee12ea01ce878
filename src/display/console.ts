import type { EventOf, ParleyEvent } from '../conversation/event.ts';
import type { ModelReference } from '../conversation/message.ts';
import { ChatDisplay, type DisplaySettings } from './chat-display.ts';
import { changeTitle, diffLines } from './diff-lines.ts';
import { duration, money, plural, tokens } from './figures.ts';
import { linesOf, onOneLine, printable, visible } from './printable.ts';
import { type Desk, INDENT, Speech } from './speech.ts';
import { type OutputStream, openStage, type Stage } from './stage.ts';
import { ToolWork, toolLines } from './tool-work.ts';
import { Transcript, type Voice } from './transcript.ts';

export interface ConsoleOptions extends Partial<DisplaySettings> {
  /** Standard output when left out. */
  stream?: OutputStream;
  /** `NO_COLOR`, `FORCE_COLOR`, `TERM` and `COLUMNS` are read from here; `process.env` when left out. */
  env?: NodeJS.ProcessEnv;
  /** Where and how to write, for who has a screen already. */
  stage?: Stage;
  /** The key that prints what was folded, where there is one to press. */
  unfoldKey?: string;
}

/** Lines of a diff, and of a human's message, that are shown without being asked for. */
const DIFF_LINES = 24;
const MESSAGE_LINES = 12;
const KEPT_FOLDS = 20;

/** Prints a conversation for people: on a terminal with what is under way in a live region, else line by line. */
export class ConsoleDisplay extends ChatDisplay {
  readonly #unfoldKey: string | undefined;
  #stage: Stage | undefined;
  #opening: Promise<void> | undefined;
  /** What happened before the stage was open. */
  #early: (() => void)[] = [];
  #transcript!: Transcript;
  #desk!: Desk;
  readonly #speeches = new Map<string, Speech>();
  readonly #works = new Map<string, ToolWork>();
  #retry: { until: number; of: string } | undefined;
  #folded: { title: string; lines: () => string[] }[] = [];
  /** Patches that the human has seen when asked; not shown again. */
  readonly #seenPatches = new Set<string>();
  #exchanges = 0;
  #ticking: NodeJS.Timeout | undefined;

  constructor(options: ConsoleOptions = {}) {
    super(options);
    this.#unfoldKey = options.unfoldKey;
    const { stream = process.stdout, env = process.env } = options;
    const stage = options.stage ?? openStage(stream, env, { colourSpeakers: this.settings.colorCodeModels });
    if (stage instanceof Promise) this.#opening = stage.then((opened) => this.#open(opened));
    else this.#open(stage);
  }

  override handle(event: ParleyEvent): void {
    if (!this.#stage) {
      this.#early.push(() => this.handle(event));
      return;
    }
    super.handle(event);
    this.#refresh();
  }

  /** Prints lines of one's own between what is said. */
  showText(text: string): void {
    this.#whenOpen(() => this.#transcript.note('summary', text.split('\n')));
  }

  /** Prints in full what was folded last; once more, what was folded before that. */
  unfold(): void {
    const folded = this.#folded.pop();
    if (folded) this.#transcript.note('summary', [this.#quiet(folded.title), ...folded.lines()]);
  }

  /** Resolves when all is written and the terminal given back. */
  async close(): Promise<void> {
    await this.#opening;
    await this.#transcript.settled();
    clearInterval(this.#ticking);
    this.#stage?.surface.live?.show(undefined);
    this.#stage?.close();
  }

  override showSessionCleared(): void {
    this.#transcript.note('summary', [
      this.#quiet('A fresh conversation: nothing said before is sent any more.'),
    ]);
  }

  override showModelSwitch({ from, to, why }: EventOf<'model.switched'>): void {
    const before = from ? this.#quiet(` instead of ${from}`) : '';
    const reason = why ? this.#quiet(`: ${onOneLine(printable(why))}`) : '';
    this.#transcript.note('summary', [`${this.#name(to)} ${this.#quiet('leads')}${before}${reason}`]);
  }

  override showDelegation(event: EventOf<'delegation.started'>): void {
    const { from, to, task } = event;
    this.#say(
      event,
      from,
      'tool',
      this.#paragraph(`${this.#quiet('asks')} ${this.#name(to)}${this.#quiet(':')} ${task}`),
    );
  }

  override showConsultation(event: EventOf<'consultation.started'>): void {
    const { by, models, question } = event;
    const names = models.map((model) => this.#name(model)).join(this.#quiet(', '));
    const lines = this.#paragraph(`${this.#quiet('asks')} ${names}${this.#quiet(':')} ${question}`);
    if (by === 'human') this.#transcript.note('human', lines);
    else this.#say(event, by, 'tool', lines);
  }

  override showHumanMessage({ text, images }: EventOf<'turn.started'>): void {
    const { human } = this.#theme;
    this.#exchanges = 0;
    const wrap = (line: string) => this.#typesetting.wrap(line, this.#width);
    const all = () =>
      linesOf(printable(text))
        .flatMap(wrap)
        .map((line) => human(line));
    const lines = this.#foldedAfter(MESSAGE_LINES, 'your message', all).map(
      (line, row) => (row === 0 ? `${human('›')} ` : INDENT) + line,
    );
    if (images > 0) lines.push(INDENT + this.#quiet(`with ${plural(images, 'image')}`));
    this.#transcript.note('human', lines);
  }

  override showRequest(event: EventOf<'exchange.started'>): void {
    this.#retry = undefined;
    this.#exchanges += 1;
    const voice = this.#voice(event, event.model);
    // The same model asked several times at once speaks with several voices.
    if ([...this.#speeches.values()].some((other) => other.voice.id === voice.id)) voice.id += event.exchange;
    this.#speeches.set(event.exchange, new Speech(voice, this.#desk, event.at));
  }

  override showDelta(event: EventOf<'exchange.delta'>): void {
    this.#speeches.get(event.exchange)?.add(event);
  }

  override showResponse(event: EventOf<'exchange.ended'>): void {
    const speech = this.#speeches.get(event.exchange);
    if (!speech) return;
    speech.end(event);
    this.#speeches.delete(event.exchange);
    // A turn tells its own failure at its end; that of an exchange inside a pattern is told here.
    if (event.failure && event.within) {
      const failure = this.#marked('✗', event.failure.message, this.#theme.failure);
      this.#transcript.say(speech.voice, 'detail', failure);
    }
    this.#transcript.yieldFloor(speech.voice);
  }

  override showRetry({ at, attempt, of, waitSeconds, why }: EventOf<'exchange.retrying'>): void {
    const which = `attempt ${attempt} of ${of}`;
    this.#retry = { until: at + waitSeconds * 1000, of: which };
    this.#transcript.note('notice', [
      ...this.#marked('!', why, this.#theme.warning),
      INDENT + INDENT + this.#quiet(`Trying again in ${duration(waitSeconds)}, ${which}.`),
    ]);
  }

  override showToolCall(event: EventOf<'tool.started'>): void {
    this.#works.set(event.call, new ToolWork(this.#voice(event, event.speaker), event));
  }

  override showToolOutput(event: EventOf<'tool.output'>): void {
    this.#works.get(event.call)?.add(event.text);
  }

  override showToolResult(event: EventOf<'tool.ended'>): void {
    const work = this.#works.get(event.call);
    if (!work) return;
    this.#works.delete(event.call);
    this.#transcript.say(work.voice, 'tool', toolLines(work.title, event, this.#theme, this.#cut));
    for (const diff of event.diffs ?? []) {
      if (this.#seenPatches.delete(diff.patch)) continue;
      const all = () => diffLines(diff, this.#theme).map((line) => INDENT + INDENT + line);
      this.#transcript.say(work.voice, 'detail', this.#foldedAfter(DIFF_LINES, changeTitle(diff), all));
    }
  }

  override showApprovalRequest({ request, within }: EventOf<'approval.asked'>): void {
    const { theme } = this.#stage!;
    const lines = [
      `${INDENT}${theme.warning('?')} ${theme.strong(this.#cut(onOneLine(visible(request.title))))}`,
    ];
    if (request.detail && request.detail.trim() !== request.title.trim()) {
      lines.push(...linesOf(visible(request.detail)).map((line) => INDENT + INDENT + line));
    }
    for (const diff of request.diffs ?? []) {
      this.#seenPatches.add(diff.patch);
      lines.push(INDENT + INDENT + theme.quiet(changeTitle(diff)));
      lines.push(...diffLines(diff, theme).map((line) => INDENT + INDENT + line));
    }
    this.#say({ within }, request.speaker, 'tool', lines);
  }

  override showApproval({ approval, by }: EventOf<'approval.answered'>): void {
    const reason =
      approval.answer === 'no' && approval.reason ? `: ${onOneLine(printable(approval.reason))}` : '';
    const answers = { yes: 'yes', 'yes-session': 'yes, for this session', no: `no${reason}` };
    const who = by === 'human' ? 'you said' : 'by rule:';
    this.#transcript.note('detail', [
      `${INDENT}${INDENT}${this.#quiet(`${who} ${answers[approval.answer]}`)}`,
    ]);
  }

  override showRestoredFiles({ paths }: EventOf<'files.restored'>): void {
    const files = paths.map((path) => onOneLine(visible(path))).join(', ');
    this.#transcript.note('notice', this.#marked('↶', `Brought back: ${files}`, this.#theme.success));
  }

  override showNotice({ level, text }: EventOf<'notice'>): void {
    const { quiet, warning, failure } = this.#theme;
    const [sign, style] = { info: ['·', quiet], warning: ['!', warning], error: ['✗', failure] }[level] as [
      string,
      typeof quiet,
    ];
    this.#transcript.note('notice', this.#marked(sign, text, style));
  }

  override showConversationSummary(event: EventOf<'turn.ended'>): void {
    this.#retry = undefined;
    this.#seenPatches.clear();
    const { failure, outcome, seconds } = event;
    if (failure && outcome !== 'stopped') {
      this.#transcript.note('notice', this.#marked('✗', failure.message, this.#theme.failure));
    }
    if (this.#exchanges <= 1 && outcome !== 'stopped') return;
    const verb = {
      answered: 'answered in',
      stopped: 'stopped after',
      failed: 'failed after',
      'step-limit': 'paused after',
    };
    const figures = [
      `${verb[outcome]} ${duration(seconds)}`,
      plural(this.#exchanges, 'exchange'),
      tokens(event.usage),
      money(event.cost),
    ];
    this.#transcript.note('summary', [this.#quiet(`── ${figures.join(' · ')}`)]);
  }

  #open(stage: Stage): void {
    this.#stage = stage;
    this.#transcript = new Transcript(stage.surface, (voice) => this.#header(voice));
    this.#desk = {
      theme: stage.theme,
      typesetting: stage.typesetting,
      width: () => this.#width,
      showThinking: () => this.settings.showThinking,
      fold: (title, lines) => this.#fold(title, lines),
      say: (voice, kind, lines) => {
        this.#transcript.takeFloor(voice);
        this.#transcript.say(voice, kind, lines);
      },
    };
    stage.surface.live?.show(() => this.#liveRows());
    for (const happen of this.#early.splice(0)) happen();
  }

  #whenOpen(happen: () => void): void {
    if (this.#stage) happen();
    else this.#early.push(happen);
  }

  get #theme() {
    return this.#stage!.theme;
  }

  get #typesetting() {
    return this.#stage!.typesetting;
  }

  /** Columns right of the indent, with a free one at the edge. */
  get #width(): number {
    return Math.max(20, this.#stage!.surface.width - INDENT.length - 1);
  }

  #cut = (line: string): string => this.#typesetting.cut(line, this.#width - INDENT.length);

  #quiet(text: string): string {
    return this.#theme.quiet(text);
  }

  #name(reference: ModelReference): string {
    return this.#theme.speaker(reference)(printable(reference));
  }

  #header({ speaker, inside }: Voice): string {
    const { speaker: colour, strong } = this.#theme;
    return `${colour(speaker)(inside ? '↳' : '●')} ${strong(this.#name(speaker))}`;
  }

  #voice({ within }: { within?: string }, speaker: ModelReference): Voice {
    return { id: `${within ?? ''} ${speaker}`, speaker, inside: within !== undefined };
  }

  #say(event: { within?: string }, speaker: ModelReference, kind: 'tool', lines: string[]): void {
    this.#transcript.say(this.#voice(event, speaker), kind, lines);
  }

  #paragraph(text: string): string[] {
    return linesOf(text)
      .flatMap((line) => this.#typesetting.wrap(line, this.#width))
      .map((line) => INDENT + line);
  }

  /** A sentence for the human behind a sign, both in one colour. */
  #marked(sign: string, text: string, style: (text: string) => string): string[] {
    return linesOf(printable(text))
      .flatMap((line) => this.#typesetting.wrap(line, this.#width - INDENT.length))
      .map((line, row) => `${INDENT}${style(row === 0 ? sign : ' ')} ${style(line)}`);
  }

  #fold(title: string, lines: () => string[]): void {
    this.#folded = [...this.#folded, { title, lines }].slice(-KEPT_FOLDS);
  }

  #foldedAfter(most: number, title: string, all: () => string[]): string[] {
    const lines = all();
    if (lines.length <= most + 2) return lines;
    this.#fold(title, all);
    const key = this.#unfoldKey ? ` (${this.#unfoldKey} shows them)` : '';
    const more = `${INDENT}${INDENT}${this.#quiet(`… ${plural(lines.length - most, 'more line')}${key}`)}`;
    return [...lines.slice(0, most), more];
  }

  #liveRows(): string[] {
    const now = Date.now();
    const rows: string[] = [];
    for (const speech of this.#speeches.values()) {
      const named = speech.spoke && this.#transcript.isSpeaking(speech.voice);
      rows.push('', ...speech.rows(now, named ? undefined : this.#header(speech.voice)));
    }
    const works = [...this.#works.values()].map((work) => work.rows(now, this.#theme, this.#cut));
    if (works.length > 0) rows.push('', ...works.flat());
    if (this.#retry) {
      const left = Math.max(0, Math.ceil((this.#retry.until - now) / 1000));
      rows.push('', INDENT + this.#theme.warning(`○ trying again in ${left} s, ${this.#retry.of}`));
    }
    return rows;
  }

  /** Asks for a frame now, and for others while time is shown that passes. */
  #refresh(): void {
    const live = this.#stage?.surface.live;
    if (!live) return;
    live.changed();
    const busy = this.#speeches.size + this.#works.size > 0 || this.#retry !== undefined;
    if (busy) this.#ticking ??= setInterval(() => live.changed(), 250).unref();
    else {
      clearInterval(this.#ticking);
      this.#ticking = undefined;
    }
  }
}
