import {
  isKeyRelease,
  matchesKey,
  ProcessTerminal,
  type Terminal,
  truncateToWidth,
} from '@earendil-works/pi-tui';
import type { Environment } from '../../config/environment.ts';
import type { ParleyEvent } from '../../conversation/event.ts';
import { Failure } from '../../conversation/failure.ts';
import type { DisplaySettings } from '../../display/chat-display.ts';
import { ConsoleDisplay } from '../../display/console.ts';
import { onOneLine } from '../../display/printable.ts';
import { richTypesetting } from '../../display/rich-typesetting.ts';
import { InlineScreen, reflows } from '../../display/screen/inline-screen.ts';
import { stopOnExit } from '../../display/screen/stop-on-exit.ts';
import { colourDepthOf, createTheme, type Theme } from '../../display/theme.ts';
import { createRedactor } from '../../safety/secrets.ts';
import { Workspace } from '../../safety/workspace.ts';
import type { ReplAgent } from './agent.ts';
import { ApprovalQuestion } from './approval-question.ts';
import { attachFiles } from './attachments.ts';
import { Choice } from './choice.ts';
import type { Command, CommandContext } from './command.ts';
import { commands, parseCommand, withPatterns } from './commands.ts';
import { Completion } from './completion.ts';
import { FileList } from './file-list.ts';
import { InputHistory } from './input-history.ts';
import { Panels } from './panels.ts';
import { PromptEditor } from './prompt-editor.ts';
import { StatusLine } from './status-line.ts';
import { SteeringQuestion } from './steering.ts';

export interface ReplOptions {
  display?: Partial<DisplaySettings>;
  env?: Environment;
  /** Said below the header. */
  greeting?: string;
  /** The first message, sent as if the human had typed it. */
  task?: string;
  /** The process's own when left out. */
  terminal?: Terminal;
}

/** Within this time a second press leaves. */
const LEAVE_MS = 2_000;
const WAITING_ROWS = 3;

/** A conversation at a terminal: what the human types becomes turns and commands, one after the other. */
export class ReplSession {
  readonly theme: Theme;
  readonly #agent: ReplAgent;
  readonly #context: CommandContext;
  readonly #terminal: Terminal;
  readonly #screen: InlineScreen;
  readonly #display: ConsoleDisplay;
  readonly #editor: PromptEditor;
  readonly #panels: Panels;
  readonly #steering: SteeringQuestion;
  readonly #status: StatusLine;
  readonly #history: InputHistory;
  readonly #task: string;
  /** Messages and commands that wait until the work under way is done. */
  #waiting: string[] = [];
  /** The message that was handed over and has not begun its turn. */
  #sent: string | undefined;
  #work: AbortController | undefined;
  #leaveAskedAt = Number.NEGATIVE_INFINITY;
  readonly #left = Promise.withResolvers<void>();

  constructor(agent: ReplAgent, options: ReplOptions & { historyFile: string }) {
    this.#task = options.task ?? '';
    const { env = process.env, display = {}, terminal = new ProcessTerminal() } = options;
    const theme = createTheme(colourDepthOf(process.stdout, env), {
      colourSpeakers: display.colorCodeModels,
    });
    const screen = new InlineScreen(terminal, { reflows: reflows(env) });
    const stage = { theme, typesetting: richTypesetting(theme), surface: screen, close() {} };
    this.theme = theme;
    this.#agent = agent;
    this.#terminal = terminal;
    this.#screen = screen;
    this.#display = new ConsoleDisplay({ ...display, stage, unfoldKey: 'ctrl-o' });
    this.#history = new InputHistory(options.historyFile);
    this.#editor = new PromptEditor(screen, theme);
    this.#panels = new Panels({
      theme,
      isWriting: () => !this.#editor.isEmpty,
      changed: () => this.#arrange(),
    });
    this.#steering = new SteeringQuestion(this.#panels, () => screen.requestRender());
    this.#context = {
      agent,
      theme,
      commands,
      print: (lines) => this.#display.showLines(lines),
      columns: () => terminal.columns,
      tell: (level, sentence) => this.#display.tell(level, sentence),
      choose: (title, items) => this.#panels.choose(title, items),
      leave: () => this.#leave(),
      signal: new AbortController().signal,
    };
    this.#editor.onSubmit = (text) => this.#submit(text);
    this.#editor.setAutocompleteProvider(new Completion(this.#context, new FileList(agent.workspace)));
    this.#status = new StatusLine(agent, theme, () => this.#hint());
  }

  /** Resolves when the human leaves. */
  async run(opening: string[]): Promise<void> {
    const agent = this.#agent;
    this.#screen.addInputListener((data) => (this.#takeKey(data) ? { consume: true } : undefined));
    this.#arrange();
    this.#screen.start();
    const restore = stopOnExit(this.#screen);
    for (const text of opening) if (text !== '') this.#display.showText(text);
    // The prompt stands before anything else is loaded.
    this.#screen.renderNow();
    agent.display = this.#display;
    agent.askHuman = (request, signal) => this.#panels.ask(request, signal);
    agent.steer = (question, stop) => this.#steering.ask(question, stop);
    const off = agent.on((event) => this.#listen(event));
    for (const entry of await this.#history.load()) this.#editor.addToHistory(entry);
    this.#chooseModel();
    this.#findPatterns();
    this.#submit(this.#task);
    await this.#left.promise;
    off();
    agent.askHuman = undefined;
    agent.steer = undefined;
    await this.#display.close();
    agent.display = undefined;
    if (this.#terminal.kittyProtocolActive) await this.#terminal.drainInput();
    restore();
    await this.#history.saved();
  }

  async #findPatterns(): Promise<void> {
    // What is wrong with the configuration was told already, or will be with the first message.
    this.#context.commands = withPatterns(await this.#agent.patternNames().catch(() => []));
  }

  /** The human can write already while the providers are asked. */
  async #chooseModel(): Promise<void> {
    try {
      await this.#agent.chooseModel();
    } catch (thrown) {
      this.#tellError(thrown);
    }
    this.#refreshStatus();
  }

  #submit(text: string): void {
    if (text === '') return;
    this.#editor.addToHistory(text);
    this.#history.add(text);
    const asked = parseCommand(text, this.#context.commands);
    if (asked) this.#context.print([this.theme.quiet(`› ${onOneLine(text)}`)]);
    if (asked && 'unknown' in asked) this.#context.tell('error', asked.unknown);
    else if (!asked && this.#steering.take(text)) this.#screen.requestRender();
    // Models that talk among themselves hear it at once; a leader at work is told when it is done.
    else if (!asked && this.#work && this.#agent.say(text)) this.#screen.requestRender();
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
      const asked = parseCommand(next, this.#context.commands);
      if (asked && 'command' in asked) await this.#runCommand(asked.command, asked.argument, signal);
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
      const { workspace, config } = this.#agent;
      const redact = createRedactor(config?.keys ?? {});
      const message = await attachFiles(text, await Workspace.open(workspace), redact);
      for (const refusal of message.refusals) this.#context.tell('warning', refusal);
      await this.#agent.chat(message.text, { signal, images: message.images });
    } catch (thrown) {
      this.#tellError(thrown);
    } finally {
      this.#sent = undefined;
    }
  }

  async #runCommand(command: Command, argument: string, signal = this.#context.signal): Promise<void> {
    try {
      await command.run(argument, { ...this.#context, signal });
    } catch (thrown) {
      this.#tellError(thrown);
    }
    this.#refreshStatus();
  }

  #tellError(thrown: unknown): void {
    this.#context.tell('error', Failure.from(thrown).message);
  }

  /** After a stop nothing goes on by itself: what waited is in the editor again. */
  #takeBackWaiting(): void {
    const texts = [...this.#waiting.splice(0), this.#editor.getExpandedText()].filter((text) => text !== '');
    if (texts.length > 0) this.#editor.setText(texts.join('\n\n'));
  }

  /** Keys that mean the same wherever the cursor is. True where the key is used up. */
  #takeKey(data: string): boolean {
    if (isKeyRelease(data)) return false;
    this.#panels.typed();
    if (matchesKey(data, 'ctrl+c')) return this.#interrupt('ctrl-c');
    if (matchesKey(data, 'escape')) return this.#interrupt('escape');
    if (matchesKey(data, 'ctrl+z')) return this.#suspend();
    if (matchesKey(data, 'ctrl+o')) return this.#unfold();
    const idle = this.#editor.isEmpty && !this.#work && !this.#panels.open;
    return matchesKey(data, 'ctrl+d') && idle && this.#leave();
  }

  /** One step back, out of the innermost thing that is under way. */
  #interrupt(key: 'escape' | 'ctrl-c'): boolean {
    const panel = this.#panels.open;
    if (panel instanceof Choice) return false;
    if (key === 'escape' && this.#editor.isShowingAutocomplete()) return false;
    this.#screen.requestRender();
    if (key === 'escape' && panel instanceof ApprovalQuestion && panel.back()) return true;
    if (this.#work) this.#work.abort(Failure.stopped());
    else if (this.#editor.isEmpty) return this.#askToLeave();
    else if (key === 'ctrl-c') this.#editor.setText('');
    return true;
  }

  #askToLeave(): true {
    if (performance.now() - this.#leaveAskedAt < LEAVE_MS) return this.#leave();
    this.#leaveAskedAt = performance.now();
    setTimeout(() => this.#screen.requestRender(), LEAVE_MS + 50).unref();
    return true;
  }

  #leave(): true {
    this.#work?.abort(Failure.stopped());
    this.#left.resolve();
    return true;
  }

  #unfold(): true {
    this.#display.unfold();
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

  #arrange(): void {
    const writing = this.#panels.open ?? this.#editor;
    this.#screen.clear();
    this.#screen.addChild({ render: (width) => this.#waitingLines(width), invalidate() {} });
    this.#screen.addChild(writing);
    this.#screen.addChild(this.#status);
    this.#screen.setFocus(writing);
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

  /** What a key would do now. */
  #hint(): string {
    if (this.#panels.held) return 'a question waits until you pause';
    if (this.#panels.open) return this.#panels.open instanceof Choice ? 'esc closes' : 'esc stops';
    if (this.#steering.waits) return 'enter says it to all';
    if (this.#work) return this.#work.signal.aborted ? 'stopping…' : 'esc stops';
    if (performance.now() - this.#leaveAskedAt < LEAVE_MS) return 'again to leave';
    return this.#editor.isEmpty ? '/help' : 'enter sends';
  }
}
