import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { AgentKnowledge } from './agent/knowledge.ts';
import { AgentLeader } from './agent/leader.ts';
import type { CodingAgentOptions } from './agent/options.ts';
import { PatternAgent } from './agent/patterns.ts';
import { AgentRooms } from './agent/rooms.ts';
import type { Workroom } from './agent/workroom.ts';
import { AgentWorkroom } from './agent/workroom.ts';
import type { Config } from './config/config.ts';
import { EventBus } from './conversation/bus.ts';
import { type Clock, realClock } from './conversation/clock.ts';
import type { ContextUse } from './conversation/context.ts';
import { EVENT_SCHEMA_VERSION, type Listener } from './conversation/event.ts';
import { openDoor } from './conversation/exchange.ts';
import { Failure } from './conversation/failure.ts';
import type { ImagePart, ModelReference } from './conversation/message.ts';
import { News } from './conversation/news.ts';
import type { TurnResult } from './conversation/turn.ts';
import { assertInput } from './conversation/turn-input.ts';
import type { ChatDisplay } from './display/chat-display.ts';
import type { Environment } from './environment.ts';
import { type FlowNode, flowOf } from './history/flow.ts';
import { Ledger } from './history/ledger.ts';
import { SessionLog } from './history/log.ts';
import type { LocalKnowledge } from './local/knowledge.ts';
import type { Measurement, MeasureOrder } from './local/measure.ts';
import type { Shelf } from './patterns/custom/shelf.ts';
import type { Steer } from './patterns/human.ts';
import type { Judgement } from './patterns/judgement.ts';
import type { Room } from './patterns/room.ts';
import type { Panels } from './patterns/settings.ts';
import type { LLMProvider, ProviderListing } from './providers/base.ts';
import { Roster } from './providers/roster.ts';
import { Approver, type AskHuman } from './safety/approval.ts';
import type { ChangedSince, LastChanges } from './safety/undo.ts';
import type { AnyTool } from './tools/base.ts';
import { VERSION } from './version.ts';

/** Of what others said, as much as the leader is told unasked. */
const NEWS_CHARACTERS = 4000;

const MEASURING = 'calibration';

/** What Parley asks to measure a model is no work, and nothing to read: the log alone keeps it. */
function unlessMeasuring(listener: Listener): Listener {
  return (event) => {
    if (event.within !== MEASURING) listener(event);
  };
}

/** Several models at work on one project. Wires the parts together and holds no logic of theirs. */
export class CodingAgent extends PatternAgent {
  /** Names this session in events and on disk. */
  readonly session = randomUUID();
  readonly workspace: string;
  /** What happened so far. */
  readonly history = new SessionLog();
  /** What it cost, by model. */
  readonly ledger = new Ledger();
  readonly #options: CodingAgentOptions;
  readonly #clock: Clock;
  readonly #env: Environment;
  readonly #bus: EventBus;
  readonly #approver: Approver;
  readonly #roster = new Roster();
  readonly #knowledge: AgentKnowledge;
  readonly #rooms: AgentRooms;
  readonly #leader: AgentLeader;
  readonly #workroom: AgentWorkroom;
  #config: Config | undefined;
  #display: ChatDisplay | undefined;
  /** What the model should be told with the next message. */
  readonly #news = new News();
  #busy = false;
  #started = false;

  constructor(options: CodingAgentOptions = {}) {
    super();
    this.#options = options;
    this.workspace = resolve(options.workspace ?? '.');
    this.#clock = options.clock ?? realClock;
    this.#env = options.env ?? process.env;
    this.#bus = new EventBus(this.session, this.#clock);
    this.#knowledge = new AgentKnowledge({
      env: this.#env,
      clock: this.#clock,
      session: this.session,
      roster: this.#roster,
      workspace: this.workspace,
      emit: this.#bus.emit,
    });
    const { foresight } = this.#knowledge;
    const door = openDoor(this.#bus.emit, this.#clock, { ...options, foresight });
    this.#leader = new AgentLeader(this.#roster, (event) => {
      this.#start();
      this.#bus.emit(event);
    });
    this.#rooms = new AgentRooms({
      session: this.session,
      bus: this.#bus,
      door,
      roster: this.#roster,
      knowledge: this.#knowledge,
    });
    this.#approver = new Approver({ emit: this.#bus.emit, rules: options.approve, ask: options.askHuman });
    this.#workroom = new AgentWorkroom({
      folder: this.workspace,
      session: this.session,
      env: this.#env,
      clock: this.#clock,
      approver: this.#approver,
      emit: this.#bus.emit,
      leader: this.#leader,
      knowledge: this.#knowledge,
      rooms: this.#rooms,
      company: options.company,
    });
    this.#display = options.display;
    this.#bus.on(this.history.listen);
    this.#bus.on(unlessMeasuring(this.ledger.listen));
    this.#bus.on(unlessMeasuring(this.#knowledge.listen));
    this.#bus.on(unlessMeasuring((event) => this.#display?.handle(event)));
    if (options.config) this.#take(options.config);
  }

  /** The model that holds the turns; undefined before one was chosen. */
  get model(): ModelReference | undefined {
    return this.#leader.model;
  }

  /** The configuration, once it is loaded. */
  get config(): Config | undefined {
    return this.#config;
  }

  /** What prints; may be replaced at any time. */
  get display(): ChatDisplay | undefined {
    return this.#display;
  }

  set display(display: ChatDisplay | undefined) {
    this.#display = display;
  }

  /** Who is asked before something changes; undefined refuses what would need a yes. */
  set askHuman(ask: AskHuman | undefined) {
    this.#approver.ask = ask;
  }

  /** Asked between the rounds of a long pattern, where the configuration says so; undefined goes on unasked. */
  set steer(steer: Steer | undefined) {
    this.#rooms.steer = steer;
  }

  /**
   * Says something while models talk: heard at the next turn by all, or with `@name` by one.
   * What nobody could hear any more is told to the leader with the next message.
   * @returns false where no pattern is under way that could hear it.
   */
  say(text: string): boolean {
    if (!this.#rooms.talking) return false;
    this.#rooms.human.say(text);
    return true;
  }

  /** Calls back with every event from now on; the returned function ends that. */
  on(listener: Listener): () => void {
    return this.#bus.on(listener);
  }

  /**
   * Reads the configuration: files, `.env` and environment; `path` names another file instead of the user's own.
   * @throws {Failure} `bad-config` with file, line and what to do.
   */
  async loadConfig(path?: string): Promise<Config> {
    const { loadConfig } = await import('./config/load.ts');
    return this.#take(await loadConfig({ workspace: this.workspace, env: this.#env, path }));
  }

  /**
   * Chooses the model that holds the turns from now on: a full reference, or a short name that only one
   * model bears (`sonnet`, `qwen`).
   * @param options.by who chose it, as the events will have it.
   * @throws {Failure} `model-not-found` with the nearest names; `usage` for what is no name; `stopped`.
   */
  async useModel(name: string, options: { by?: string; signal?: AbortSignal } = {}): Promise<ModelReference> {
    await this.#ready();
    return this.#leader.use(name, { by: 'human', ...options });
  }

  /**
   * The model that holds the turns; where none was chosen, the configured one or the first that works is
   * chosen now instead of with the first message.
   * @throws {Failure} `no-key` that says how to get started.
   */
  async chooseModel(signal?: AbortSignal): Promise<ModelReference> {
    await this.#ready();
    return this.#leader.choose(this.#config?.defaultModel, signal);
  }

  /** The models of all providers; a provider that does not answer is listed with its failure. */
  async listAllModels(signal?: AbortSignal): Promise<ProviderListing[]> {
    await this.#ready();
    const { listAllModels } = await import('./providers/catalog.ts');
    return listAllModels(this.#roster, signal);
  }

  /** Adds a provider, or replaces the one of its name. */
  addProvider(provider: LLMProvider): void {
    this.#roster.add(provider);
  }

  /**
   * Adds a tool, or replaces the one of its name.
   * @throws {Failure} `usage` once the first message was sent: the tools are part of the prefix that stays.
   */
  addTool(tool: AnyTool): void {
    this.#workroom.addTool(tool);
  }

  /**
   * Says something to the model and lets it work until it answers. What goes wrong in the turn is not thrown:
   * see `outcome` and `failure` of the result.
   * @throws {Failure} `usage` while another turn is under way, or for an empty text, or what is no text or no image; `bad-config`;
   *   `stopped` before it began; what choosing a model throws.
   */
  async chat(
    text: string,
    options: { signal?: AbortSignal; images?: ImagePart[] } = {},
  ): Promise<TurnResult> {
    assertInput(text, options.images);
    return this.#alone(async () => {
      const config = await this.#ready();
      await this.chooseModel(options.signal);
      const { provider, model } = (await this.#leader.behind())!;
      const [workroom, { runTurn }] = await Promise.all([
        this.#enter(options.signal),
        import('./conversation/turn.ts'),
      ]);
      const { door, bench } = this.#rooms.beginTurn(workroom);
      const stepLimit = this.#options.stepLimit ?? config.limits.steps;
      const { context } = workroom;
      return runTurn(
        { door, bench, context, news: this.#news, provider, model, thinking: config.thinking, stepLimit },
        { text, images: options.images },
        options.signal ?? new AbortController().signal,
      );
    });
  }

  /** Tells the human something that belongs to this session: a notice among its events. */
  notify(level: 'info' | 'warning', text: string): void {
    this.#start();
    this.#bus.emit({ type: 'notice', level, text });
  }

  /** Says what became of delegated work, or keeps a lesson. @throws {Failure} where there is no such delegation. */
  async judge(judgement: Judgement): Promise<string> {
    const [room, { judge }] = await Promise.all([this.#openRoom(), import('./patterns/judgement.ts')]);
    return judge(room, judgement, 'human').summary;
  }

  /** What is known of the local models on this machine. */
  async local(): Promise<LocalKnowledge> {
    await this.#ready();
    return this.#knowledge.open();
  }

  /**
   * Measures a local model by a short series of requests, and tries what it learnt on some more.
   * @param options.seconds for all of it. Stopped, it keeps what was measured and says that it was cut short.
   * @throws {Failure} where there is no such model, or it is not local; `usage` while a turn is under way.
   */
  calibrate(
    model: string,
    options: { seconds: number; progress?: MeasureOrder['progress']; signal?: AbortSignal },
  ): Promise<Measurement> {
    return this.#alone(async () => {
      const [{ measure }] = await Promise.all([import('./local/measure.ts'), this.local()]);
      const surroundings = { door: this.#rooms.door(MEASURING), roster: this.#roster };
      return measure(surroundings, { ...options, model }, options.signal ?? new AbortController().signal);
    });
  }

  /**
   * What the work of the local models would have cost at the leader's price, in dollars: an estimate, for another
   * model would have used other tokens. Undefined where there was none, or no price is known.
   */
  async localWorth(): Promise<number | undefined> {
    const work = this.ledger.localUsage();
    const leader = await this.#leader.behind();
    if (!work || !leader || leader.provider.local || this.#options.prices === false) return undefined;
    const { priceOf } = await import('./providers/price.ts');
    return priceOf(leader.provider.priceList, leader.model, work);
  }

  /** Who asked whom for what so far, in order and nested, with times, tokens, money and outcomes. */
  summary(): FlowNode[] {
    return flowOf(this.history.events);
  }

  /** The last turn that changed files in this workspace, in this session or an earlier one; what `undo` brings back. */
  async lastChanges(): Promise<LastChanges | undefined> {
    return (await this.#enter()).changes.last();
  }

  /**
   * Brings back the files that the last turn with changes had changed, and tells the model with the next message.
   * @returns their paths, relative to the workspace; none where nothing is left to undo.
   * @throws {Failure} where a file has been changed by somebody else since, unless `changedSince` says what then;
   *   `usage` while a turn is under way.
   */
  undo(options: { changedSince?: ChangedSince } = {}): Promise<string[]> {
    return this.#alone(async () => {
      const { changes } = await this.#enter();
      const paths = await changes.undo(options);
      if (paths.length > 0) this.#news.add(`The human undid the last changes to: ${paths.join(', ')}.`);
      return paths;
    });
  }

  /** Leaves the files of the last turn as they are: an undo then goes to the turn before. */
  keepChanges(): Promise<void> {
    return this.#alone(async () => (await this.#enter()).changes.keepLast());
  }

  /**
   * Starts the conversation afresh. Files, costs and the history of events stay.
   * @throws {Failure} `usage` while a turn is under way.
   */
  clear(): Promise<void> {
    return this.#alone(async () => {
      const { context } = await this.#enter();
      context.clear();
      this.#news.clear();
      this.#bus.emit({ type: 'session.cleared' });
    });
  }

  /** Sets of models by the names that the human gave them. */
  get panels(): Panels {
    return this.#rooms.settings.panels;
  }

  /**
   * Names a set of models, from now on and in the human's own config.yaml; without models the name is forgotten.
   * @returns who it is. @throws {Failure} `model-not-found`; `usage`, `bad-config` where it cannot be kept.
   */
  async namePanel(name: string, models?: readonly string[]): Promise<ModelReference[]> {
    const config = await this.#ready();
    const { namePanel } = await import('./patterns/panel.ts');
    const named = await namePanel(name, models, { panels: this.panels, roster: this.#roster });
    this.#rooms.settings = { ...this.#rooms.settings, panels: named.panels };
    const { keepPanel } = await import('./config/own-panels.ts');
    await keepPanel(config.own, name, models && named.members);
    return named.members;
  }

  /** How much of the model's window is in use, in tokens as they were counted last; unknown is undefined. */
  async contextUse(): Promise<{ used?: ContextUse; windowTokens?: number }> {
    const { model } = this.#leader;
    if (!model) return {};
    const room = await this.#workroom.opened;
    const info = await this.#leader.info();
    return { used: room?.context.used(model), windowTokens: info?.contextTokens };
  }

  #take(config: Config): Config {
    this.#config = config;
    this.#approver.allow(config.approve);
    this.#roster.configure(config.providers);
    this.#rooms.settings = config.patterns;
    return config;
  }

  /**
   * One thing at a time: a conversation has one thread.
   * @param resumes what was stopped goes on: those in it hear what was kept for them, and the leader need not.
   */
  async #alone<T>(work: () => Promise<T>, resumes = false): Promise<T> {
    if (this.#busy) throw new Failure('usage', 'A turn is under way: wait for it, or stop it first.');
    this.#busy = true;
    if (!resumes) this.#tellKept();
    try {
      return await work();
    } finally {
      this.#busy = false;
      this.#keepUnheard();
    }
  }

  protected inRoom<T>(
    signal: AbortSignal = new AbortController().signal,
    pattern: (room: Room, signal: AbortSignal) => Promise<T>,
    resumes = false,
  ): Promise<T> {
    return this.#alone(async () => {
      await this.#ready();
      return pattern(await this.#openRoom(signal), signal);
    }, resumes);
  }

  protected async shelf(): Promise<Shelf> {
    const { trustedProjects, own } = await this.#ready();
    const { PROJECT_FILE, userPatternsFolder } = await import('./config/load.ts');
    const project = { path: join(this.workspace, PROJECT_FILE), shown: PROJECT_FILE };
    return {
      workspace: this.workspace,
      own: userPatternsFolder(this.#env),
      settings: { own, project },
      trusted: trustedProjects,
    };
  }

  async #openRoom(signal?: AbortSignal): Promise<Room> {
    const [workroom] = await Promise.all([this.#enter(signal), this.local()]);
    this.#rooms.beginTurn(workroom);
    return this.#rooms.room();
  }

  protected async leaderIsLocal(): Promise<boolean> {
    return (await this.#leader.behind())?.provider.onThisMachine ?? false;
  }

  protected tellLeader(what: string, text: string): () => void {
    const cut = text.length > NEWS_CHARACTERS ? `${text.slice(0, NEWS_CHARACTERS)} […]` : text;
    return this.#news.add([what, cut].filter(Boolean).join('\n'));
  }

  /** Those who were stopped hear it when they go on; the leader, who may be asked first, is told now. */
  #tellKept(): void {
    for (const text of this.#rooms.human.takeKept())
      this.#news.add(`The human said while other models talked, before they were stopped: ${text}`);
  }

  #keepUnheard(): void {
    for (const { text, isPrivate } of this.#rooms.human.takeUnheard()) {
      if (!isPrivate)
        this.#news.add(`The human said while other models talked, and none of them heard it: ${text}`);
      const then = isPrivate ? 'and nobody else is told' : 'the leader is told with your next message';
      const notice = `No model was left to hear ${JSON.stringify(beginningOf(text))}; ${then}.`;
      this.#bus.emit({ type: 'notice', level: 'info', text: notice });
    }
  }

  async #ready(): Promise<Config> {
    return this.#config ?? (await this.loadConfig());
  }

  async #enter(signal?: AbortSignal): Promise<Workroom> {
    // Once it is open it keeps the keys that it hides.
    const { keys } = await this.#ready();
    this.#start();
    return this.#workroom.enter(keys, signal);
  }

  /** Says, before anything else, which session the events belong to. */
  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const schema = EVENT_SCHEMA_VERSION;
    this.#bus.emit({ type: 'session.started', workspace: this.workspace, version: VERSION, schema });
  }
}

function beginningOf(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
