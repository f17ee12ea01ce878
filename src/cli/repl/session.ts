import { isKeyRelease, matchesKey, ProcessTerminal, type Terminal } from '@earendil-works/pi-tui';
import type { ParleyEvent } from '../../conversation/event.ts';
import { Failure } from '../../conversation/failure.ts';
import type { DisplaySettings } from '../../display/chat-display.ts';
import { ConsoleDisplay } from '../../display/console.ts';
import { duration } from '../../display/figures.ts';
import { inLine } from '../../display/printable.ts';
import { richTypesetting } from '../../display/rich-typesetting.ts';
import { InlineScreen, reflows } from '../../display/screen/inline-screen.ts';
import { stopOnExit } from '../../display/screen/stop-on-exit.ts';
import { suspend } from '../../display/screen/suspend.ts';
import { colourDepthOf, createTheme, type Theme } from '../../display/theme.ts';
import type { Environment } from '../../environment.ts';
import { createRedactor } from '../../safety/secrets.ts';
import { Workspace } from '../../safety/workspace.ts';
import { attachFiles } from '../attachments.ts';
import type { ReplAgent } from './agent.ts';
import { ApprovalQuestion } from './approval-question.ts';
import { Choice } from './choice.ts';
import type { CommandContext } from './command.ts';
import { commands, withPatterns } from './commands.ts';
import { Completion } from './completion.ts';
import { FileList } from './file-list.ts';
import { InputHistory } from './input-history.ts';
import { Leaving } from './leaving.ts';
import { Panels } from './panels.ts';
import { type Asked, parseCommand } from './parse-command.ts';
import { PromptEditor } from './prompt-editor.ts';
import { StatusLine } from './status-line.ts';
import { SteeringQuestion } from './steering.ts';
import { Waiting } from './waiting.ts';

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

/** What comes before a turn is worth a line when it takes so long. */
const PREPARATION_MS = 500;

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
  readonly #waiting: Waiting;
  #work: AbortController | undefined;
  /** Commands that run beside the work. */
  readonly #beside = new Set<AbortController>();
  #preparation: NodeJS.Timeout | undefined;
  readonly #leaving: Leaving;
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
    this.#waiting = new Waiting(theme);
    this.#leaving = new Leaving(() => screen.requestRender());
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
      showProgress: (line) => this.#display.showProgress(line),
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
    if (asked && 'wrong' in asked) this.#tellWrong(text, asked.wrong);
    else if (!asked && this.#steering.take(text)) this.#screen.requestRender();
    // Models that talk among themselves hear it at once; a leader at work is told when it is done.
    else if (!asked && this.#work && this.#agent.say(text)) this.#screen.requestRender();
    else if (asked?.command.anytime && this.#work) this.#runBeside(text, asked);
    else {
      this.#waiting.add(text);
      if (!this.#work) this.#workOff();
    }
  }

  /** Does what waits, one after the other. */
  async #workOff(): Promise<void> {
    for (let next = this.#waiting.next(); next !== undefined; next = this.#waiting.next()) {
      this.#work = new AbortController();
      const { signal } = this.#work;
      const asked = parseCommand(next, this.#context.commands);
      if (asked && 'wrong' in asked) this.#tellWrong(next, asked.wrong);
      else if (asked) await this.#runCommand(next, asked, signal);
      else await this.#converse(next, signal);
      if (signal.aborted) {
        this.#leaving.stopped();
        this.#takeBackWaiting();
      }
    }
    this.#work = undefined;
    this.#refreshStatus();
  }

  async #converse(text: string, signal: AbortSignal): Promise<void> {
    this.#waiting.sent = text;
    this.#screen.requestRender();
    this.#prepare();
    try {
      const { workspace, config } = this.#agent;
      const redact = createRedactor(config?.keys ?? {});
      const message = await attachFiles(text, await Workspace.open(workspace), redact);
      for (const refusal of message.refusals) this.#context.tell('warning', refusal);
      await this.#agent.chat(message.text, { signal, images: message.images });
    } catch (thrown) {
      // What was not said yet is not lost.
      if (this.#waiting.sent !== undefined) this.#putBack([text]);
      this.#tellError(thrown);
    } finally {
      this.#begun();
    }
  }

  /** Who leads and which local models there are may have to be asked for before a turn begins. */
  #prepare(): void {
    const since = performance.now();
    const line = () => `asking which models there are · ${duration((performance.now() - since) / 1000)}`;
    this.#preparation = setTimeout(() => this.#display.showProgress(line), PREPARATION_MS);
  }

  #begun(): void {
    this.#waiting.sent = undefined;
    clearTimeout(this.#preparation);
    if (this.#preparation) this.#display.showProgress(undefined);
    this.#preparation = undefined;
  }

  async #runBeside(text: string, asked: Asked): Promise<void> {
    const own = new AbortController();
    this.#beside.add(own);
    await this.#runCommand(text, asked, own.signal);
    this.#beside.delete(own);
  }

  async #runCommand(text: string, { command, argument }: Asked, signal: AbortSignal): Promise<void> {
    this.#echo(text);
    try {
      await command.run(argument, { ...this.#context, signal });
    } catch (thrown) {
      this.#tellError(thrown);
    }
    this.#refreshStatus();
  }

  #tellWrong(text: string, sentence: string): void {
    this.#echo(text);
    this.#context.tell('error', sentence);
  }

  #echo(text: string): void {
    this.#context.print([this.theme.quiet(`› ${inLine(text)}`)]);
  }

  #tellError(thrown: unknown): void {
    const { kind, message } = Failure.from(thrown);
    this.#context.tell(kind === 'stopped' ? 'info' : 'error', message);
  }

  /** After a stop nothing goes on by itself: messages that waited are in the editor again, commands are named. */
  #takeBackWaiting(): void {
    const waited = this.#waiting.takeAll();
    const isCommand = (text: string) => parseCommand(text, this.#context.commands) !== undefined;
    const dropped = waited.filter(isCommand);
    if (dropped.length > 0) this.#context.tell('info', `Not run: ${dropped.map(inLine).join(', ')}`);
    this.#putBack(waited.filter((text) => !isCommand(text)));
  }

  /** Into the editor, before what is written there. */
  #putBack(messages: readonly string[]): void {
    const texts = [...messages, this.#editor.getExpandedText()].filter((text) => text !== '');
    if (texts.length > 0) this.#editor.setText(texts.join('\n\n'));
  }

  /** Keys that mean the same wherever the cursor is. True where the key is used up. */
  #takeKey(data: string): boolean {
    if (isKeyRelease(data)) return false;
    this.#panels.typed();
    if (matchesKey(data, 'ctrl+c')) return this.#interrupt('ctrl-c');
    if (matchesKey(data, 'escape')) return this.#interrupt('escape');
    this.#leaving.disarm();
    if (matchesKey(data, 'ctrl+z')) return this.#suspend();
    if (matchesKey(data, 'ctrl+o')) return this.#unfold();
    const idle = this.#editor.isEmpty && !this.#work && !this.#panels.open;
    return matchesKey(data, 'ctrl+d') && idle && this.#leave();
  }

  /** One step back, out of the innermost thing that is under way. */
  #interrupt(key: 'escape' | 'ctrl-c'): boolean {
    const panel = this.#panels.open;
    if (panel instanceof Choice && !panel.holdsWork) return false;
    if (key === 'escape' && this.#editor.isShowingAutocomplete()) return false;
    this.#screen.requestRender();
    if (key === 'escape' && panel instanceof ApprovalQuestion && panel.back()) return true;
    if (this.#work || this.#beside.size > 0) this.#stop();
    else if (this.#editor.isEmpty) return !this.#leaving.press() || this.#leave();
    else if (key === 'ctrl-c') this.#editor.setText('');
    return true;
  }

  #stop(): void {
    this.#leaving.stopped();
    for (const work of [...this.#beside, this.#work]) work?.abort(Failure.stopped());
  }

  #leave(): true {
    this.#stop();
    this.#left.resolve();
    return true;
  }

  #unfold(): true {
    this.#display.unfold();
    return true;
  }

  #suspend(): true {
    suspend(this.#screen);
    return true;
  }

  #arrange(): void {
    const writing = this.#panels.open ?? this.#editor;
    this.#screen.clear();
    this.#screen.addChild(this.#waiting);
    this.#screen.addChild(writing);
    this.#screen.addChild(this.#status);
    this.#screen.setFocus(writing);
    this.#screen.requestRender();
  }

  #listen(event: ParleyEvent): void {
    if (event.type === 'turn.started') this.#begun();
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
    const { open } = this.#panels;
    if (open) return open instanceof Choice && !open.holdsWork ? 'esc closes' : 'esc stops';
    if (this.#steering.waits) return 'enter says it to all';
    if (this.#work?.signal.aborted) return 'stopping…';
    if (this.#work || this.#beside.size > 0) return 'esc stops';
    if (this.#leaving.armed) return 'again to leave';
    return this.#editor.isEmpty ? '/help' : 'enter sends';
  }
}
