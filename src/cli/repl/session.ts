import {
  type Component,
  isKeyRelease,
  matchesKey,
  ProcessTerminal,
  type Terminal,
  truncateToWidth,
} from '@earendil-works/pi-tui';
import type { Approval, ApprovalRequest, ParleyEvent } from '../../conversation/event.ts';
import { Failure } from '../../conversation/failure.ts';
import { ConsoleDisplay } from '../../display/console.ts';
import { onOneLine } from '../../display/printable.ts';
import { richTypesetting } from '../../display/rich-typesetting.ts';
import { InlineScreen, reflows } from '../../display/screen/inline-screen.ts';
import { stopOnExit } from '../../display/screen/stop-on-exit.ts';
import { colourDepthOf, createTheme, type Theme } from '../../display/theme.ts';
import type { ReplOptions } from '../repl.ts';
import type { ReplAgent } from './agent.ts';
import { ApprovalQuestion } from './approval-question.ts';
import { attachFiles } from './attachments.ts';
import { Choice, type ChoiceItem } from './choice.ts';
import type { Command, CommandContext } from './command.ts';
import { commands, parseCommand } from './commands.ts';
import { Completion } from './completion.ts';
import { FileList } from './file-list.ts';
import { InputHistory } from './input-history.ts';
import { PromptEditor } from './prompt-editor.ts';
import { StatusLine } from './status-line.ts';

/** A question opens when the human has not typed for so long, so that no key meant for the editor answers it. */
const CALM_MS = 600;
/** Within this time a second press leaves. */
const LEAVE_MS = 2_000;
const WAITING_ROWS = 3;

/** A conversation at a terminal: what the human types becomes turns and commands, one after the other. */
export class ReplSession implements CommandContext {
  readonly agent: ReplAgent;
  readonly theme: Theme;
  readonly commands = commands;
  readonly #screen: InlineScreen;
  readonly #terminal: Terminal;
  readonly #display: ConsoleDisplay;
  readonly #editor: PromptEditor;
  readonly #status: StatusLine;
  readonly #history: InputHistory;
  /** Messages and commands that wait until the work under way is done. */
  #waiting: string[] = [];
  /** The message that was handed over and has not begun its turn. */
  #sent: string | undefined;
  #work: AbortController | undefined;
  #panel: Component | undefined;
  /** A panel waits until the human stops typing. */
  #held = false;
  #questions: Promise<unknown> = Promise.resolve();
  #lastKeyAt = Number.NEGATIVE_INFINITY;
  #lastLeaveAt = Number.NEGATIVE_INFINITY;
  readonly #left = Promise.withResolvers<void>();

  constructor(agent: ReplAgent, options: ReplOptions & { historyFile: string }) {
    const { env = process.env, display = {} } = options;
    this.agent = agent;
    this.theme = createTheme(colourDepthOf(process.stdout, env), { colourSpeakers: display.colorCodeModels });
    this.#terminal = options.terminal ?? new ProcessTerminal();
    this.#screen = new InlineScreen(this.#terminal, { reflows: reflows(env) });
    const stage = {
      theme: this.theme,
      typesetting: richTypesetting(this.theme),
      surface: this.#screen,
      close() {},
    };
    this.#display = new ConsoleDisplay({ ...display, stage, unfoldKey: 'ctrl-o' });
    this.#history = new InputHistory(options.historyFile);
    this.#editor = new PromptEditor(this.#screen, this.theme);
    this.#editor.onSubmit = (text) => this.#submit(text);
    this.#editor.setAutocompleteProvider(new Completion(commands, this, new FileList(agent.workspace)));
    this.#status = new StatusLine(agent, this.theme, () => this.#hint());
  }

  /** Resolves when the human leaves. */
  async run(header: string[]): Promise<void> {
    const { agent } = this;
    this.#screen.addInputListener((data) => (this.#takeKey(data) ? { consume: true } : undefined));
    this.#arrange();
    this.#screen.start();
    const restore = stopOnExit(this.#screen);
    this.#display.showLines(header);
    agent.display = this.#display;
    agent.askHuman = (request, signal) => this.#ask(request, signal);
    const off = agent.on((event) => this.#listen(event));
    for (const entry of await this.#history.load()) this.#editor.addToHistory(entry);
    this.#refreshStatus();
    await this.#left.promise;
    off();
    agent.askHuman = undefined;
    await this.#display.close();
    agent.display = undefined;
    if (this.#terminal.kittyProtocolActive) await this.#terminal.drainInput();
    restore();
    await this.#history.saved();
  }

  print(lines: string[]): void {
    this.#display.showLines(lines);
  }

  tell(level: 'info' | 'warning' | 'error', sentence: string): void {
    this.#display.tell(level, sentence);
  }

  choose(title: string, items: readonly ChoiceItem[]): Promise<string | undefined> {
    return this.#inPanel((answer) => new Choice(title, items, this.theme, answer));
  }

  leave(): void {
    this.#work?.abort(Failure.stopped());
    this.#left.resolve();
  }

  #submit(text: string): void {
    if (text === '') return;
    this.#editor.addToHistory(text);
    this.#history.add(text);
    const asked = parseCommand(text);
    if (asked) this.print([this.theme.quiet(`› ${onOneLine(text)}`)]);
    if (asked && 'unknown' in asked) this.tell('error', asked.unknown);
    else if (asked?.command.anytime) this.#runCommand(asked.command, asked.argument);
    else {
      this.#waiting.push(text);
      if (!this.#work) this.#workOff();
    }
  }

  /** Does what waits, one after the other. */
  async #workOff(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#work = new AbortController();
      const { signal } = this.#work;
      const asked = parseCommand(next);
      if (asked && 'command' in asked) await this.#runCommand(asked.command, asked.argument);
      else await this.#converse(next, signal);
      if (signal.aborted) this.#takeBackWaiting();
    }
    this.#work = undefined;
    this.#refreshStatus();
  }

  async #converse(text: string, signal: AbortSignal): Promise<void> {
    this.#sent = text;
    this.#screen.requestRender();
    try {
      const message = await attachFiles(text, this.agent.workspace);
      for (const refusal of message.refusals) this.tell('warning', refusal);
      await this.agent.chat(message.text, { signal, images: message.images });
    } catch (thrown) {
      this.tell('error', Failure.from(thrown).message);
    } finally {
      this.#sent = undefined;
    }
  }

  async #runCommand(command: Command, argument: string): Promise<void> {
    try {
      await command.run(argument, this);
    } catch (thrown) {
      this.tell('error', Failure.from(thrown).message);
    }
    this.#refreshStatus();
  }

  #stop(): void {
    this.#work?.abort(Failure.stopped());
    this.#screen.requestRender();
  }

  /** After a stop nothing goes on by itself: what waited is in the editor again. */
  #takeBackWaiting(): void {
    const texts = [...this.#waiting.splice(0), this.#editor.getExpandedText()].filter((text) => text !== '');
    if (texts.length > 0) this.#editor.setText(texts.join('\n\n'));
  }

  /** Keys that mean the same wherever the cursor is. True where the key is used up. */
  #takeKey(data: string): boolean {
    if (isKeyRelease(data)) return false;
    this.#lastKeyAt = performance.now();
    if (matchesKey(data, 'ctrl+c')) return this.#interrupt();
    if (matchesKey(data, 'escape')) return this.#escape();
    if (matchesKey(data, 'ctrl+d') && this.#editor.isEmpty && !this.#work && !this.#panel)
      return this.#leaveNow();
    if (matchesKey(data, 'ctrl+z')) return this.#suspend();
    if (matchesKey(data, 'ctrl+o')) {
      this.#display.unfold();
      return true;
    }
    return false;
  }

  #escape(): boolean {
    if (this.#panel instanceof ApprovalQuestion && this.#panel.back()) {
      this.#screen.requestRender();
      return true;
    }
    if (this.#editor.isShowingAutocomplete()) return false;
    return this.#interrupt('escape');
  }

  #interrupt(key: 'escape' | 'ctrl-c' = 'ctrl-c'): boolean {
    if (this.#panel instanceof Choice) return false;
    if (this.#work) this.#stop();
    else if (!this.#editor.isEmpty) {
      if (key === 'escape') return false;
      this.#editor.setText('');
    } else if (performance.now() - this.#lastLeaveAt < LEAVE_MS) return this.#leaveNow();
    else {
      this.#lastLeaveAt = performance.now();
      setTimeout(() => this.#screen.requestRender(), LEAVE_MS + 50).unref();
    }
    this.#screen.requestRender();
    return true;
  }

  #leaveNow(): true {
    this.leave();
    return true;
  }

  /** Gives the terminal back to the shell until the human brings Parley to the front again. */
  #suspend(): true {
    if (process.platform === 'win32') return true;
    this.#screen.stop();
    process.once('SIGCONT', () => this.#screen.start());
    process.kill(0, 'SIGTSTP');
    return true;
  }

  /** Questions are put one at a time; each is closed when its answer comes or the work is stopped. */
  #ask(request: ApprovalRequest, signal: AbortSignal): Promise<Approval> {
    const question = this.#questions.then(() =>
      this.#inPanel<Approval>((answer) => {
        const stopped = () => answer({ answer: 'no' });
        signal.addEventListener('abort', stopped, { once: true });
        if (signal.aborted) queueMicrotask(stopped);
        return new ApprovalQuestion(request, this.theme, answer);
      }),
    );
    this.#questions = question;
    return question;
  }

  /** Shows a component instead of the editor until it has an answer, once the human has stopped typing. */
  async #inPanel<Answer>(open: (answer: (given: Answer) => void) => Component): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    let answered = false;
    const panel = open((given) => {
      answered = true;
      resolve(given);
    });
    for (let wait = this.#calmIn(); wait > 0 && !answered; wait = this.#calmIn()) {
      this.#held = true;
      await new Promise((done) => setTimeout(done, wait));
    }
    this.#held = false;
    if (!answered) {
      this.#panel = panel;
      this.#arrange();
    }
    const given = await promise;
    this.#panel = undefined;
    this.#arrange();
    return given;
  }

  #calmIn(): number {
    return this.#editor.isEmpty ? 0 : this.#lastKeyAt + CALM_MS - performance.now();
  }

  #arrange(): void {
    this.#screen.clear();
    this.#screen.addChild({ render: (width) => this.#waitingLines(width), invalidate() {} });
    this.#screen.addChild(this.#panel ?? this.#editor);
    this.#screen.addChild(this.#status);
    this.#screen.setFocus(this.#panel ?? this.#editor);
    this.#screen.requestRender();
  }

  #waitingLines(width: number): string[] {
    const texts = [...(this.#sent === undefined ? [] : [this.#sent]), ...this.#waiting];
    const rows = texts
      .slice(0, WAITING_ROWS)
      .map((text) => this.theme.quiet(truncateToWidth(`› ${onOneLine(text)}`, width, '…')));
    if (texts.length > WAITING_ROWS) rows.push(this.theme.quiet(`  and ${texts.length - WAITING_ROWS} more`));
    return rows.length > 0 ? ['', ...rows] : [];
  }

  #listen(event: ParleyEvent): void {
    if (event.type === 'turn.started') this.#sent = undefined;
    if (event.type === 'exchange.ended' || event.type === 'model.switched') this.#refreshStatus();
  }

  #refreshStatus(): void {
    this.#status
      .update()
      .catch(() => {})
      .finally(() => this.#screen.requestRender());
  }

  #hint(): string {
    if (performance.now() - this.#lastLeaveAt < LEAVE_MS && !this.#work) return 'again to leave';
    if (this.#panel) return this.#panel instanceof Choice ? 'esc closes' : 'esc stops';
    if (this.#held) return 'a question waits until you pause';
    if (this.#work?.signal.aborted) return 'stopping…';
    if (this.#work) return 'esc stops';
    return this.#editor.isEmpty ? '/help' : 'enter sends';
  }
}
