import type { Clock } from '../conversation/clock.ts';
import type { Exchanged, Foreseen, Foresight } from '../conversation/exchange.ts';
import type { Profile } from '../conversation/reply.ts';
import type { ChatRequest, LLMProvider, Prospect } from '../providers/base.ts';
import { type Forecast, forecast, type Load, readingAlone } from './forecast.ts';
import { expectedLength } from './lengths.ts';
import type { Observation, WorkKind } from './observation.ts';
import { largestOnGpu, type Placed, shareWith } from './placement.ts';
import { PrefixMemory } from './prefix.ts';
import { type Rig, type RigKey, rigFrom } from './rig.ts';
import { Queue, slotsSeen, slowdownSeen, triedAtOnce } from './slots.ts';
import type { LocalStore } from './store.ts';
import { readingOf, writingOf } from './timings.ts';
import { partsOf, type TextParts, type TokenScale, tokenScale } from './tokens.ts';

/** Of a model on a host; more would say little more. */
const MOST_OBSERVATIONS = 300;
/** Servers rarely have more slots than this. */
const MOST_AT_ONCE = 8;
/** Before a first reading is known: within this share of each other, two counts of a prompt are the same. */
const SAME_COUNT = 0.3;

/** A request to a local model, looked at before it is sent. */
export interface Outlook {
  prospect: Prospect;
  model: string;
  kind: WorkKind;
  /** The prompt by what its tokens are forecast from. */
  promptParts: TextParts;
  load: Load;
  /** The most that it may write, tokens. */
  outputLimit: number;
  /** Undefined where too little is known of this model on this machine. */
  forecast?: Forecast;
  /** What is known where there is no forecast: reading alone takes so long, seconds. */
  atLeastSeconds?: number;
}

/** What is known of the machines that Ollama runs on: looks ahead before each exchange, and learns after it. */
export class LocalMachine implements Foresight {
  readonly #store: LocalStore;
  readonly #clock: Clock;
  readonly #session: string;
  readonly #seen = new Map<string, Observation[]>();
  readonly #prefixes = new Map<string, PrefixMemory>();
  readonly #rigs = new Map<string, Rig>();
  readonly #scales = new Map<string, TokenScale>();
  readonly #queue = new Queue();
  /** Models whose last window was looked up. */
  readonly #resumed = new Set<string>();

  constructor(store: LocalStore, clock: Clock, session: string) {
    this.#store = store;
    this.#clock = clock;
    this.#session = session;
  }

  /** Part of {@link Foresight}: what the one door asks before it sends anything. */
  async foresee(
    provider: LLMProvider,
    request: ChatRequest,
    kind: WorkKind,
    signal?: AbortSignal,
  ): Promise<Foreseen | undefined> {
    const outlook = await this.lookAt(provider, request, kind, signal);
    if (!outlook) return undefined;
    const leave = this.#expectEnd(outlook);
    return {
      forecast: outlook.forecast,
      forget: leave,
      learn: (ended) => {
        leave();
        return this.#learn(outlook, ended);
      },
    };
  }

  /** What a request would take, without sending it. Undefined where the model is not local. */
  async lookAt(
    provider: LLMProvider,
    request: ChatRequest,
    kind: WorkKind,
    signal?: AbortSignal,
  ): Promise<Outlook | undefined> {
    const model = `${provider.getProviderName()}:${request.model}`;
    const prospect = await this.prospectOf(provider, request, signal);
    if (!prospect) return undefined;
    const promptParts = partsOf(prospect.promptText);
    const limit = Math.min(prospect.outputLimit, request.maxOutputTokens ?? prospect.outputLimit);
    const load: Load = {
      ...this.#promptOf(model, prospect, promptParts),
      written: expectedLength(this.observations(prospect.host), {
        model,
        kind,
        limit,
        chosen: request.maxOutputTokens !== undefined,
      }),
      loaded: prospect.loaded,
      ...this.#crowdAt(prospect),
    };
    const rig = this.rig({ ...prospect, model });
    const outlook: Outlook = { prospect, model, kind, promptParts, load, outputLimit: limit };
    outlook.forecast = forecast(rig, load);
    if (!outlook.forecast) outlook.atLeastSeconds = readingAlone(rig, load);
    return outlook;
  }

  /**
   * The window that a model had last, perhaps in another session. One that pushed a part of it off the GPU is given up
   * for the largest that did not: it grows again where it has to.
   */
  lastWindow(host: string, model: string): number | undefined {
    const seen = this.observations(host);
    const last = seen.findLast((one) => one.model === model)?.contextSize;
    return last && (largestOnGpu(last, { host, model }, seen) ?? last);
  }

  /** Share of a model on the GPU if it had this window; undefined where nothing says it. */
  shareWith(contextSize: number, placed: Placed): number | undefined {
    return shareWith(contextSize, placed, this.observations(placed.host), this.slots(placed.host));
  }

  /**
   * What its provider says of a request before it is sent, and where the model will lie. One that is not loaded is to have
   * the window that it had: to grow it again would load it again.
   */
  async prospectOf(
    provider: LLMProvider,
    request: ChatRequest,
    signal?: AbortSignal,
  ): Promise<Prospect | undefined> {
    const model = `${provider.getProviderName()}:${request.model}`;
    const first = await provider.prospect(request, signal);
    if (!first) return undefined;
    const place = (prospect: Prospect): Prospect => ({
      ...prospect,
      gpuShare: prospect.gpuShare ?? this.shareWith(prospect.contextSize, { ...prospect, model }),
    });
    const resumed = this.#resumed.has(model);
    this.#resumed.add(model);
    const known = first.loaded === false ? this.lastWindow(first.host, model) : undefined;
    const chosen = place(first);
    if (!known || known === first.contextSize) return chosen;
    const share = this.shareWith(known, { ...first, model }) ?? 0;
    const isBetter = known < first.contextSize ? share > (chosen.gpuShare ?? 1) : !resumed;
    if (!isBetter) return chosen;
    provider.resumeWindow(request.model, known);
    const next = await provider.prospect(request, signal);
    return next && place(next);
  }

  /** What a rig can do, by all that was seen of it. */
  rig(key: RigKey): Rig {
    const name = JSON.stringify([key.host, key.model, key.digest, key.contextSize, key.gpuShare]);
    let rig = this.#rigs.get(name);
    if (!rig) {
      rig = rigFrom(key, this.observations(key.host));
      this.#rigs.set(name, rig);
    }
    return rig;
  }

  /** How a model counts tokens. */
  tokenScale(host: string, model: string): TokenScale {
    const name = `${host} ${model}`;
    let scale = this.#scales.get(name);
    if (!scale) {
      const counted = this.observations(host).flatMap((one) =>
        one.model === model && one.promptTokens && one.promptParts
          ? [{ parts: one.promptParts, tokens: one.promptTokens }]
          : [],
      );
      scale = tokenScale(counted);
      this.#scales.set(name, scale);
    }
    return scale;
  }

  /** How many requests a host works on at once; undefined where that was not seen yet. */
  slots(host: string): number | undefined {
    return slotsSeen(this.observations(host));
  }

  /** As many as may be sent at once: one more than is known to be of use, until that was tried. */
  worthSending(host: string): number {
    const seen = this.observations(host);
    const slots = slotsSeen(seen);
    if (slots === undefined) return 2;
    return triedAtOnce(seen) > slots || slots >= MOST_AT_ONCE ? slots : slots + 1;
  }

  /** How many times as long each of so many requests at once takes. */
  slowdown(host: string, atOnce: number): number {
    return slowdownSeen(this.observations(host), atOnce, (one) => this.#alone(one));
  }

  /** All that was seen of a host, oldest first. */
  observations(host: string): readonly Observation[] {
    const known = this.#seen.get(host);
    if (known) return known;
    const seen = this.#store.observations({ host, most: MOST_OBSERVATIONS });
    this.#seen.set(host, seen);
    return seen;
  }

  /** The model was loaded without being asked anything: its cache is empty. */
  notePreload(host: string, model: string): void {
    this.#prefix(host, model).forget();
  }

  #learn(outlook: Outlook, ended: Exchanged): Profile | undefined {
    const { profile, message, exchange } = ended;
    if (!profile?.local || neverBegan(ended)) return profile;
    const { prospect, model, kind, promptParts } = outlook;
    const prefix = this.#prefix(prospect.host, model);
    const loadedBefore = prospect.loaded ?? profile.loadedBefore;
    if (loadedBefore === false) prefix.forget();
    const counted = this.#countCached(outlook, profile);
    const completed: Profile = { ...profile, loadedBefore, ...counted };
    const { promptTokens, writtenTokens = 0, cachedTokens } = completed;
    const expectedPrompt = profile.complete ? undefined : this.#expectedPrompt(outlook);
    if (promptTokens !== undefined) {
      if (cachedTokens !== undefined && counted.cachedFrom === 'server')
        prefix.noteCached(prospect.promptText, cachedTokens);
      const reply = message && { text: prospect.textWith(message), tokens: writtenTokens };
      prefix.remember(prospect.promptText, promptTokens, reply);
    } else if (profile.firstTokenSeconds === undefined) prefix.doubt(prospect.promptText);
    else prefix.remember(prospect.promptText, outlook.load.promptTokens);
    this.#keep({
      ...completed,
      expectedPrompt,
      cachedFrom: counted.cachedFrom,
      at: this.#clock.wallTime(),
      session: this.#session,
      exchange,
      model,
      kind,
      promptParts,
      digest: completed.digest ?? prospect.digest,
      parameters: prospect.parameters,
      bytes: prospect.bytes,
      activeShare: prospect.activeShare,
      outputLimit: outlook.outputLimit,
      ...(outlook.forecast && {
        forecast: { seconds: outlook.forecast.seconds, boundSeconds: outlook.forecast.boundSeconds },
      }),
    });
    return completed;
  }

  #keep(observation: Observation): void {
    const seen = this.observations(observation.host) as Observation[];
    seen.push(observation);
    this.#store.addObservation(observation);
    this.#rigs.clear();
    this.#scales.clear();
  }

  #expectedPrompt({ prospect, model, load }: Outlook): Observation['expectedPrompt'] {
    const sure = this.#prefix(prospect.host, model).isSureOf(prospect.promptText);
    return { tokens: load.promptTokens, ...(sure && { cachedTokens: load.cachedTokens }) };
  }

  /** How many tokens the prompt has, and how many of them the server still knows. */
  #promptOf(model: string, { host, promptText, loaded }: Prospect, parts: TextParts) {
    const scale = this.tokenScale(host, model);
    const shared = loaded === false ? undefined : this.#prefix(host, model).shared(promptText);
    if (!shared) {
      const { tokens, spread } = scale.estimate(parts);
      const promptTokens = Math.max(1, Math.round(scale.fixedTokens + tokens));
      return { promptTokens, cachedTokens: 0, promptSpread: spread };
    }
    // What the server has counted once it counts the same again; only what is new is estimated.
    const { tokens, spread } = scale.estimate(partsOf(promptText.slice(shared.characters)));
    const promptTokens = Math.max(2, Math.round(shared.tokens + tokens));
    const cachedTokens = Math.min(shared.tokens, promptTokens - 1);
    return { promptTokens, cachedTokens, promptSpread: spread };
  }

  /**
   * How many tokens were cached: as the server says; where it does not, as many as the prompt shares with the one
   * before, unless the time that it took to read speaks for none. Servers that leave the cached ones out of their
   * count (0.30.0) are known by counting far too few.
   */
  #countCached({ load, prospect, model }: Outlook, profile: Profile) {
    const { promptTokens, cachedTokens, readSeconds } = profile;
    if (promptTokens === undefined) return {};
    if (cachedTokens !== undefined) return { cachedTokens, cachedFrom: 'server' as const };
    const expected = load.cachedTokens;
    const leftOut = promptTokens < load.promptTokens * (1 - SAME_COUNT) && expected > 0;
    if (leftOut)
      return { promptTokens: promptTokens + expected, cachedTokens: expected, cachedFrom: 'prefix' as const };
    const cached = Math.min(expected, promptTokens - 1);
    const { reading } = this.rig({ ...prospect, model });
    if (cached <= 0 || !reading || !readSeconds)
      return { cachedTokens: cached, cachedFrom: 'prefix' as const };
    const misfit = (tokens: number) =>
      Math.abs(Math.log(readSeconds / reading.expect(readingOf(promptTokens - tokens, tokens)).seconds));
    return { cachedTokens: misfit(0) < misfit(cached) ? 0 : cached, cachedFrom: 'prefix' as const };
  }

  /** Until a slot is free, as far as Parley's own requests are in the way; else what those beside it cost. */
  #crowdAt({ host }: Prospect): Pick<Load, 'waitSeconds' | 'slowdown'> {
    const slots = this.slots(host) ?? 1;
    const freeAt = this.#queue.freeAt(host, slots);
    const waitSeconds = freeAt === undefined ? 0 : Math.max(0, freeAt - this.#clock.now()) / 1000;
    return { waitSeconds, slowdown: this.slowdown(host, Math.min(slots, this.#queue.length(host) + 1)) };
  }

  #expectEnd({ prospect, forecast: expected }: Outlook): () => void {
    if (!expected) return () => {};
    return this.#queue.enter(prospect.host, this.#clock.now() + expected.seconds * 1000);
  }

  /** What an exchange would have taken for reading and writing with nobody beside it. */
  #alone(one: Observation): number | undefined {
    const { reading, writing } = this.rig(one);
    const { promptTokens, cachedTokens = 0, writtenTokens } = one;
    if (!reading || !writing || promptTokens === undefined || writtenTokens === undefined) return undefined;
    const read = reading.expect(readingOf(promptTokens - cachedTokens, cachedTokens)).seconds;
    return read + writing.expect(writingOf(writtenTokens, promptTokens)).seconds;
  }

  #prefix(host: string, model: string): PrefixMemory {
    const key = `${host} ${model}`;
    let prefix = this.#prefixes.get(key);
    if (!prefix) {
      prefix = new PrefixMemory((text) => this.tokenScale(host, model).tokensOf(text));
      this.#prefixes.set(key, prefix);
    }
    return prefix;
  }
}

/** The server was not there, or would not take it: that says nothing about how fast it is. */
function neverBegan({ profile, failure }: Exchanged): boolean {
  return failure !== undefined && failure.kind !== 'stopped' && profile?.firstTokenSeconds === undefined;
}
