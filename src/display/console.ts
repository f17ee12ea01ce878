import type { EventOf, ParleyEvent } from '../conversation/event.ts';
import type { Environment } from '../environment.ts';
import { answerLine, requestLines } from './approval-lines.ts';
import { ChatDisplay, type DisplaySettings } from './chat-display.ts';
import { duration } from './figures.ts';
import { Nesting } from './nesting.ts';
import { Folds, Paper } from './paper.ts';
import { PatternTalk } from './pattern-talk.ts';
import { inLine, onOneLine, printable } from './printable.ts';
import { type Desk, Speech } from './speech.ts';
import { type OutputStream, openStage, type Stage } from './stage.ts';
import { ToolWork } from './tool-work.ts';
import { Transcript, type Voice } from './transcript.ts';
import { humanLines, messageLines, turnSummary } from './turn-lines.ts';
import { UnderWay } from './under-way.ts';

export interface ConsoleOptions extends Partial<DisplaySettings> {
  /** Standard output when left out. */
  stream?: OutputStream;
  /** `NO_COLOR`, `FORCE_COLOR`, `TERM` and `COLUMNS` are read from here; `process.env` when left out. */
  env?: Environment;
  /** Where and how to write, for who has a screen already. */
  stage?: Stage;
  /** The key that calls {@link ConsoleDisplay.unfold}, to be named where lines are folded. */
  unfoldKey?: string;
  /** Milliseconds since 1970, for the times that pass on the screen. */
  now?: () => number;
}

/** Prints a conversation for people: on a terminal with what is under way in a live region, else line by line. */
export class ConsoleDisplay extends ChatDisplay {
  readonly #folds: Folds;
  #stage: Stage | undefined;
  #opening: Promise<void> | undefined;
  /** What came before the stage was open. */
  #early: (() => void)[] = [];
  #desk!: Desk;
  /** Which patterns stand inside which; kept also where patterns are not shown. */
  readonly #nesting = new Nesting();
  readonly #now: () => number;
  #talk!: PatternTalk;
  #underWay!: UnderWay;
  #exchanges = 0;
  /** What waits for an answer of the human. */
  readonly #asking = new Map<string, { voice: Voice; title: string }>();

  constructor(options: ConsoleOptions = {}) {
    super(options);
    this.#folds = new Folds(options.unfoldKey);
    this.#now = options.now ?? Date.now;
    const { stream = process.stdout, env = process.env } = options;
    const stage = options.stage ?? openStage(stream, env, { colourSpeakers: this.settings.colorCodeModels });
    if (stage instanceof Promise) this.#opening = stage.then((opened) => this.#open(opened));
    else this.#open(stage);
  }

  override handle(event: ParleyEvent): void {
    this.#whenOpen(() => {
      this.#nesting.hear(event);
      super.handle(event);
      this.#underWay.refresh();
    });
  }

  /** Prints a text of one's own between what is said. */
  showText(text: string): void {
    this.#whenOpen(() => this.showLines(this.#paper.wrapped(text)));
  }

  /** The same for lines that stay as they are. */
  showLines(lines: string[]): void {
    this.#whenOpen(() =>
      this.#transcript.note(
        'summary',
        lines.flatMap((line) => this.#paper.hung(line)),
      ),
    );
  }

  /** Shows a line that still changes, where there is a terminal for it; undefined takes it away. */
  showProgress(line: (() => string) | undefined): void {
    this.#whenOpen(() => {
      this.#underWay.progress = line;
      this.#underWay.refresh();
    });
  }

  /** Says one sentence to the human. */
  tell(level: EventOf<'notice'>['level'], sentence: string): void {
    this.#whenOpen(() => {
      const { failure, quiet, warning } = this.#paper.theme;
      const [sign, style] = ({ error: ['✗', failure], warning: ['!', warning], info: ['·', quiet] } as const)[
        level
      ];
      this.#transcript.note('notice', this.#paper.marked(sign, sentence, style));
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
    this.#underWay.close();
    this.#stage?.close();
  }

  override showSessionCleared(): void {
    this.showText(this.#quiet('A fresh conversation: nothing said before is sent any more.'));
  }

  override showModelSwitch({ from, to, why }: EventOf<'model.switched'>): void {
    const before = from ? ` instead of ${inLine(from)}` : '';
    const reason = why ? `: ${onOneLine(printable(why))}` : '';
    this.showText(`${this.#paper.name(to)} ${this.#quiet(`leads${before}${reason}`)}`);
  }

  override showDelegation(event: EventOf<'delegation.started'>): void {
    this.#talk.delegation(event);
  }

  override showDelegationResult(event: EventOf<'delegation.ended'>): void {
    this.#talk.delegationResult(event);
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
    this.#talk.consultation(event);
  }

  override showConsultationResult(event: EventOf<'consultation.ended'>): void {
    this.#talk.consultationResult(event);
  }

  override showBallot(event: EventOf<'ballot.cast'>): void {
    this.#talk.ballot(event);
  }

  override showVote(event: EventOf<'vote.counted'>): void {
    this.#talk.vote(event);
  }

  override showPattern(event: EventOf<'pattern.started'>): void {
    this.#talk.pattern(event);
  }

  override showPatternStep(event: EventOf<'pattern.step'>): void {
    this.#talk.step(event);
  }

  override showReview(event: EventOf<'review.given'>): void {
    this.#talk.review(event);
  }

  override showFloor(event: EventOf<'floor.given'>): void {
    this.#talk.floor(event);
  }

  override showDraft(event: EventOf<'draft.revised'>): void {
    this.#talk.draft(event);
  }

  override showRoute(event: EventOf<'route.chosen'>): void {
    this.#talk.route(event);
  }

  override showPatternResult(event: EventOf<'pattern.ended'>): void {
    this.#talk.patternResult(event);
  }

  override showHumanSaid({ text, to }: EventOf<'room.said'>): void {
    this.#transcript.note('human', humanLines(`${to ? `@${to} ` : ''}${text}`, this.#paper));
  }

  override showHumanMessage(event: EventOf<'turn.started'>): void {
    this.#exchanges = 0;
    this.#transcript.note('human', messageLines(event, this.#paper, this.#folds));
  }

  override showRequest(event: EventOf<'exchange.started'>): void {
    this.#underWay.retry = undefined;
    this.#exchanges += 1;
    const { speeches } = this.#underWay;
    const voice = this.#talk.voice(event, event.model);
    const isDraft = this.#nesting.nameOf(event.within) === 'refinement';
    // The same model asked several times at once speaks with several voices.
    if ([...speeches.values()].some((other) => other.voice.id === voice.id)) voice.id += event.exchange;
    speeches.set(event.exchange, new Speech(voice, this.#desk, { ...event, isDraft }));
  }

  override showDelta(event: EventOf<'exchange.delta'>): void {
    this.#underWay.speeches.get(event.exchange)?.add(event);
  }

  override showResponse(event: EventOf<'exchange.ended'>): void {
    const { speeches } = this.#underWay;
    const speech = speeches.get(event.exchange);
    if (!speech) return;
    speech.end(event);
    speeches.delete(event.exchange);
    // A turn tells its own failure at its end; that of an exchange inside a pattern is told here.
    if (event.failure && event.failure.kind !== 'stopped' && event.within) {
      const lines = this.#paper.marked('✗', event.failure.message, this.#paper.theme.failure);
      this.#transcript.say(speech.voice, 'detail', lines);
    }
    this.#transcript.finish(speech.voice);
    for (const other of speeches.values()) other.goOn();
  }

  override showRetry({ at, attempt, of, waitSeconds, why }: EventOf<'exchange.retrying'>): void {
    const which = `attempt ${attempt} of ${of}`;
    this.#underWay.retry = { until: at + waitSeconds * 1000, which };
    const plan = `Trying again in ${duration(waitSeconds)}, ${which}.`;
    const warning = this.#paper.marked('!', why, this.#paper.theme.warning);
    this.#transcript.note('notice', [...warning, this.#paper.line(this.#quiet(plan), 2)]);
  }

  override showToolCall(event: EventOf<'tool.started'>): void {
    const work = new ToolWork(this.#talk.voice(event, event.speaker), event);
    this.#underWay.works.set(event.call, work);
  }

  override showToolOutput(event: EventOf<'tool.output'>): void {
    this.#underWay.works.get(event.call)?.add(event.text);
  }

  override showToolResult(event: EventOf<'tool.ended'>): void {
    const { works } = this.#underWay;
    const work = works.get(event.call);
    if (!work) return;
    works.delete(event.call);
    const paper = this.#paper.inside(work.voice.depth);
    this.#transcript.say(work.voice, 'tool', work.resultLines(event, paper, this.#folds));
    for (const diff of event.diffs ?? []) {
      this.#talk.diff(diff, (lines) => this.#transcript.say(work.voice, 'detail', lines));
    }
  }

  override showApprovalRequest(event: EventOf<'approval.asked'>): void {
    this.#underWay.askedAt = event.at;
    for (const diff of event.request.diffs ?? []) this.#talk.seenPatches.add(diff.patch);
    const voice = this.#talk.voice(event, event.request.speaker);
    this.#asking.set(event.request.id, { voice, title: event.request.title });
    const paper = this.#paper.inside(voice.depth);
    const lines = requestLines(event.request, paper).flatMap((line) => paper.hung(line));
    this.#transcript.interject(voice, 'tool', lines);
  }

  override showApproval(event: EventOf<'approval.answered'>): void {
    this.#underWay.answered(event);
    const asked = this.#asking.get(event.request);
    this.#asking.delete(event.request);
    if (!asked) return;
    // Others may have asked or spoken since: then it is said again what the answer was to.
    const title = this.#transcript.isSpeaking(asked.voice) ? undefined : asked.title;
    this.#transcript.interject(asked.voice, 'detail', [answerLine(event, this.#paper, title)]);
  }

  override showRestoredFiles({ paths, removed }: EventOf<'files.restored'>): void {
    const told = { 'brought back': paths.filter((path) => !removed.includes(path)), removed };
    for (const [what, files] of Object.entries(told)) {
      const sentence = `${what}: ${inLine(files.join(', '))}`;
      const lines = this.#paper.marked('✓', sentence, this.#paper.theme.success);
      if (files.length > 0) this.#transcript.note('notice', lines);
    }
  }

  override showNotice({ level, text }: EventOf<'notice'>): void {
    this.tell(level, text);
  }

  override showConversationSummary(event: EventOf<'turn.ended'>): void {
    this.#underWay.retry = undefined;
    this.#underWay.askedAt = undefined;
    this.#talk.seenPatches.clear();
    const { failure, outcome } = event;
    if (failure && outcome !== 'stopped') this.tell('error', failure.message);
    const lines = turnSummary(event, this.#exchanges, this.#paper);
    if (lines.length > 0) this.#transcript.note('summary', lines);
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
    this.#talk = new PatternTalk(this.#desk, this.#nesting);
    const header = (voice: Voice) => this.#header(voice);
    this.#underWay = new UnderWay(paper, stage.surface.live, { now: this.#now, header });
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

  #header({ speaker, depth }: Voice): string {
    const { theme } = this.#paper;
    return `${theme.speaker(speaker)(depth > 0 ? '↳' : '●')} ${theme.strong(this.#paper.name(speaker))}`;
  }
}
