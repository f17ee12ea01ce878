import type { Environment } from '../config/environment.ts';
import { splitFiles } from '../conversation/attached-files.ts';
import type { EventOf, FileDiff, ParleyEvent } from '../conversation/event.ts';
import type { ModelReference } from '../conversation/message.ts';
import { answerLine, requestLines } from './approval-lines.ts';
import { ChatDisplay, type DisplaySettings } from './chat-display.ts';
import { changeTitle, diffLines } from './diff-lines.ts';
import { duration, money, plural, tokens } from './figures.ts';
import { Folds, INDENT, Paper } from './paper.ts';
import { linesOf, onOneLine, printable, visible } from './printable.ts';
import { type Desk, Speech } from './speech.ts';
import { type OutputStream, openStage, type Stage } from './stage.ts';
import { ToolWork } from './tool-work.ts';
import { Transcript, type Voice } from './transcript.ts';

export interface ConsoleOptions extends Partial<DisplaySettings> {
  /** Standard output when left out. */
  stream?: OutputStream;
  /** `NO_COLOR`, `FORCE_COLOR`, `TERM` and `COLUMNS` are read from here; `process.env` when left out. */
  env?: Environment;
  /** Where and how to write, for who has a screen already. */
  stage?: Stage;
  /** The key that calls {@link ConsoleDisplay.unfold}, to be named where lines are folded. */
  unfoldKey?: string;
}

/** Lines of a diff, and of a human's message, that are shown without being asked for. */
const DIFF_LINES = 24;
const MESSAGE_LINES = 12;

/** Prints a conversation for people: on a terminal with what is under way in a live region, else line by line. */
export class ConsoleDisplay extends ChatDisplay {
  readonly #folds: Folds;
  #stage: Stage | undefined;
  #opening: Promise<void> | undefined;
  /** What came before the stage was open. */
  #early: (() => void)[] = [];
  #desk!: Desk;
  readonly #speeches = new Map<string, Speech>();
  readonly #works = new Map<string, ToolWork>();
  readonly #delegatedBy = new Map<string, ModelReference | 'human'>();
  /** Since when the human is being asked, in milliseconds since 1970. */
  #askedAt: number | undefined;
  #retry: { until: number; which: string } | undefined;
  /** Patches that the human saw when asked; not shown again. */
  readonly #seenPatches = new Set<string>();
  #exchanges = 0;
  #ticking: NodeJS.Timeout | undefined;

  constructor(options: ConsoleOptions = {}) {
    super(options);
    this.#folds = new Folds(options.unfoldKey);
    const { stream = process.stdout, env = process.env } = options;
    const stage = options.stage ?? openStage(stream, env, { colourSpeakers: this.settings.colorCodeModels });
    if (stage instanceof Promise) this.#opening = stage.then((opened) => this.#open(opened));
    else this.#open(stage);
  }

  override handle(event: ParleyEvent): void {
    this.#whenOpen(() => {
      super.handle(event);
      this.#refresh();
    });
  }

  /** Prints a text of one's own between what is said. */
  showText(text: string): void {
    this.#whenOpen(() => this.showLines(this.#paper.wrapped(text)));
  }

  /** The same for lines that stay as they are. */
  showLines(lines: string[]): void {
    this.#whenOpen(() => this.#transcript.note('summary', lines));
  }

  /** Says one sentence to the human. */
  tell(level: EventOf<'notice'>['level'], sentence: string): void {
    this.#whenOpen(() => {
      const { failure, quiet, warning } = this.#paper.theme;
      if (level === 'error') this.#transcript.note('notice', this.#paper.marked('✗', sentence, failure));
      else if (level === 'warning')
        this.#transcript.note('notice', this.#paper.marked('!', sentence, warning));
      else this.#transcript.note('notice', this.#paper.marked('·', sentence, quiet));
    });
  }

  /** Prints in full what was folded last; asked again, what was folded before that. */
  unfold(): void {
    const folded = this.#folds.take();
    if (folded) this.showLines([this.#quiet(folded.title), ...folded.lines()]);
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
    this.showText(this.#quiet('A fresh conversation: nothing said before is sent any more.'));
  }

  override showModelSwitch({ from, to, why }: EventOf<'model.switched'>): void {
    const before = from ? ` instead of ${from}` : '';
    const reason = why ? `: ${onOneLine(printable(why))}` : '';
    this.showText(`${this.#paper.name(to)} ${this.#quiet(`leads${before}${reason}`)}`);
  }

  override showDelegation(event: EventOf<'delegation.started'>): void {
    const { delegation, from, to, task, files, budgetSeconds, forecast } = event;
    this.#delegatedBy.set(delegation, from);
    const lines = this.#asks([to], task);
    const terms = [...files];
    if (budgetSeconds !== undefined) {
      const expected = forecast
        ? `forecast ${duration(forecast.seconds)}, up to ${duration(forecast.boundSeconds)}`
        : 'no forecast yet';
      terms.push(`${expected}, budget ${duration(budgetSeconds)}`);
    }
    if (terms.length > 0)
      lines.push(...this.#paper.paragraph(visible(terms.join(' · ')), 2).map(this.#paper.theme.quiet));
    if (from === 'human') this.#transcript.note('human', lines);
    else this.#transcript.say(this.#voice(event, from), 'tool', lines);
  }

  override showDelegationResult(event: EventOf<'delegation.ended'>): void {
    const { status, text, failure, checks, diffs = [] } = event;
    const { theme } = this.#paper;
    const say = (lines: string[]) => this.#transcript.note('detail', lines);
    // What a model asked for by a tool, the tool's result tells.
    const asked = this.#delegatedBy.get(event.delegation);
    this.#delegatedBy.delete(event.delegation);
    if (status === 'refused' && asked === 'human')
      say(this.#paper.marked('○', printable(text), theme.warning));
    else if (failure && asked === 'human')
      say(this.#paper.marked('✗', printable(failure.message), theme.failure));
    for (const { what, passed, detail } of checks) {
      const sentence = passed
        ? `${what}: passed`
        : `${what}: failed${detail ? `: ${detail.split('\n', 1)[0]}` : ''}`;
      say(
        this.#paper.marked(passed ? '✓' : '✗', printable(sentence), passed ? theme.success : theme.failure),
      );
    }
    for (const diff of diffs) this.#showDiff(diff, (lines) => say(lines));
  }

  override showOutcome({ delegation, model, outcome, why, by }: EventOf<'outcome.reported'>): void {
    if (by !== 'human') return;
    const reason = why ? `: ${onOneLine(printable(why))}` : '';
    this.tell('info', `${delegation} by ${model} was ${outcome}${reason}`);
  }

  override showLesson({ text, model, by }: EventOf<'lesson.kept'>): void {
    if (by !== 'human') return;
    this.tell('info', `kept for later sessions: ${model ? `${model}: ` : ''}${onOneLine(printable(text))}`);
  }

  override showConsultation(event: EventOf<'consultation.started'>): void {
    const lines = this.#asks(event.models, event.question);
    if (event.by === 'human') this.#transcript.note('human', lines);
    else this.#transcript.say(this.#voice(event, event.by), 'tool', lines);
  }

  override showHumanMessage(event: EventOf<'turn.started'>): void {
    this.#exchanges = 0;
    const { human } = this.#paper.theme;
    const { text, files } = splitFiles(event.text);
    const all = () =>
      this.#paper
        .wrapped(printable(text))
        .map((line, row) => (row === 0 ? `${human('›')} ${human(line)}` : INDENT + human(line)));
    const lines = this.#folds.after(MESSAGE_LINES, 'your message', all, this.#paper);
    const extras = files.map(({ path, content }) => `${path} (${plural(linesOf(content).length, 'line')})`);
    if (event.images > 0) extras.push(plural(event.images, 'image'));
    if (extras.length > 0) lines.push(this.#paper.line(this.#quiet(`with ${visible(extras.join(', '))}`)));
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
      const lines = this.#paper.marked('✗', event.failure.message, this.#paper.theme.failure);
      this.#transcript.say(speech.voice, 'detail', lines);
    }
    this.#transcript.yieldFloor(speech.voice);
  }

  override showRetry({ at, attempt, of, waitSeconds, why }: EventOf<'exchange.retrying'>): void {
    const which = `attempt ${attempt} of ${of}`;
    this.#retry = { until: at + waitSeconds * 1000, which };
    const plan = `Trying again in ${duration(waitSeconds)}, ${which}.`;
    const warning = this.#paper.marked('!', why, this.#paper.theme.warning);
    this.#transcript.note('notice', [...warning, this.#paper.line(this.#quiet(plan), 2)]);
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
    this.#transcript.say(work.voice, 'tool', work.resultLines(event, this.#paper, this.#folds));
    for (const diff of event.diffs ?? []) {
      this.#showDiff(diff, (lines) => this.#transcript.say(work.voice, 'detail', lines));
    }
  }

  /** Once only: what the human was asked about they have seen. */
  #showDiff(diff: FileDiff, say: (lines: string[]) => void): void {
    if (this.#seenPatches.delete(diff.patch)) return;
    const all = () => diffLines(diff, this.#paper.theme).map((line) => INDENT + INDENT + line);
    say(this.#folds.after(DIFF_LINES, changeTitle(diff), all, this.#paper));
  }

  override showApprovalRequest(event: EventOf<'approval.asked'>): void {
    this.#askedAt = event.at;
    for (const diff of event.request.diffs ?? []) this.#seenPatches.add(diff.patch);
    const lines = requestLines(event.request, this.#paper);
    this.#transcript.interject(this.#voice(event, event.request.speaker), 'tool', lines);
  }

  override showApproval(event: EventOf<'approval.answered'>): void {
    for (const work of this.#works.values())
      work.waitedSeconds += (event.at - (this.#askedAt ?? event.at)) / 1000;
    this.#askedAt = undefined;
    this.#transcript.note('detail', [answerLine(event, this.#paper)]);
  }

  override showRestoredFiles({ paths }: EventOf<'files.restored'>): void {
    const files = onOneLine(visible(paths.join(', ')));
    const lines = this.#paper.marked('✓', `brought back: ${files}`, this.#paper.theme.success);
    this.#transcript.note('notice', lines);
  }

  override showNotice({ level, text }: EventOf<'notice'>): void {
    this.tell(level, text);
  }

  override showConversationSummary({ failure, outcome, seconds, usage, cost }: EventOf<'turn.ended'>): void {
    this.#retry = undefined;
    this.#askedAt = undefined;
    this.#seenPatches.clear();
    if (failure && outcome !== 'stopped') this.tell('error', failure.message);
    // One exchange has said its figures itself.
    if (this.#exchanges <= 1 && outcome === 'answered') return;
    const how = {
      answered: '',
      stopped: 'stopped after ',
      failed: 'failed after ',
      'step-limit': 'paused after ',
    };
    const exchanges = plural(this.#exchanges, 'exchange');
    const figures = [`${how[outcome]}${duration(seconds)}`, exchanges, tokens(usage), money(cost)];
    const line = `── ${figures.join(' · ')}`;
    this.#transcript.note('summary', this.#paper.wrapped(line).map(this.#paper.theme.quiet));
  }

  #open(stage: Stage): void {
    const paper = new Paper(stage.theme, stage.typesetting, stage.surface);
    this.#stage = stage;
    this.#desk = {
      paper,
      transcript: new Transcript(stage.surface, (voice) => this.#header(voice)),
      folds: this.#folds,
      showThinking: this.settings.showThinking,
    };
    stage.surface.live?.show(() => this.#liveRows());
    for (const happen of this.#early.splice(0)) happen();
  }

  #whenOpen(happen: () => void): void {
    if (this.#stage) happen();
    else this.#early.push(happen);
  }

  get #paper(): Paper {
    return this.#desk.paper;
  }

  get #transcript(): Transcript {
    return this.#desk.transcript;
  }

  #quiet(text: string): string {
    return this.#paper.theme.quiet(text);
  }

  #header({ speaker, inside }: Voice): string {
    const { theme } = this.#paper;
    return `${theme.speaker(speaker)(inside ? '↳' : '●')} ${theme.strong(this.#paper.name(speaker))}`;
  }

  #voice({ within }: { within?: string }, speaker: ModelReference): Voice {
    return { id: `${within ?? ''} ${speaker}`, speaker, inside: within !== undefined };
  }

  #asks(models: readonly ModelReference[], what: string): string[] {
    const names = models.map((model) => this.#paper.name(model)).join(this.#quiet(', '));
    return this.#paper.paragraph(`${this.#quiet('asks')} ${names}${this.#quiet(':')} ${printable(what)}`);
  }

  #liveRows(): string[] {
    const now = Date.now();
    const rows: string[] = [];
    for (const speech of this.#speeches.values()) {
      rows.push('', ...speech.rows(now, this.#header(speech.voice)));
    }
    const works = [...this.#works.values()].map((work) => work.rows(now, this.#paper));
    if (works.length > 0 && this.#askedAt === undefined) rows.push('', ...works.flat());
    if (this.#retry) {
      const left = Math.max(0, Math.ceil((this.#retry.until - now) / 1000));
      const countdown = `○ trying again in ${left} s, ${this.#retry.which}`;
      rows.push('', this.#paper.line(this.#paper.theme.warning(countdown)));
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
