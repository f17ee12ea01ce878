import { type Clock, realClock } from '../conversation/clock.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import { nearestNames } from '../conversation/nearest.ts';
import type { Profile, ReplyDelta } from '../conversation/reply.ts';
import {
  type ChatRequest,
  LLMProvider,
  type ModelInfo,
  type Patience,
  type Prospect,
  type ProviderSettings,
} from './base.ts';
import { assertSendable, withoutSecrets } from './credentials.ts';
import { isLoopback } from './local-address.ts';
import { type LineReader, OllamaClient } from './ollama/client.ts';
import { ContextSizes, contextExceeded, type ReplyLimit, type Wishes } from './ollama/context-size.ts';
import { endedEarly, notPulled, ollamaFailure } from './ollama/failure.ts';
import { loginIn, ollamaUrl } from './ollama/host.ts';
import { Inventory, type Sight } from './ollama/inventory.ts';
import {
  activeShare,
  bestModel,
  cacheBytesPerToken,
  infoOf,
  isCloud,
  trainedContext,
} from './ollama/models.ts';
import { loadingNote } from './ollama/notes.ts';
import { type Circumstances, gpuShareOf, isLoadedWith, profileOf } from './ollama/profile.ts';
import { ReplyReader } from './ollama/reply.ts';
import { chatBody, layout, type Prompt, promptOf } from './ollama/request.ts';
import { type Company, countUnderWay, enter } from './ollama/under-way.ts';
import type { ChatBody, InstalledModel, RunningModel, ShownModel } from './ollama/wire.ts';
import { blindWarning } from './transcript.ts';

const BASE_URL = 'http://127.0.0.1:11434';
const UNLOAD_TIMEOUT_MS = 30_000;
const PRELOAD_TIMEOUT_MS = 30 * 60_000;
const NEAR_NAMES_TIMEOUT_MS = 2_000;
const INSPECTED_AT_ONCE = 4;

/** All that is decided before a request is sent. */
interface Plan extends Sight {
  model: string;
  reference: ModelReference;
  prompt: Prompt;
  wishes: Wishes;
  cloud: boolean;
  /** Absent for a cloud model, whose window is not ours to choose. */
  contextSize?: number;
  limit?: ReplyLimit;
  body: ChatBody;
}

/** Models on the user's own machine or network, through Ollama's native API. */
export class OllamaProvider extends LLMProvider {
  readonly #settings: ProviderSettings;
  readonly #clock: Clock;
  readonly #client: OllamaClient;
  readonly #inventory: Inventory;
  readonly #sizes = new ContextSizes();

  constructor(settings: ProviderSettings, clock: Clock = realClock) {
    super();
    this.#settings = settings;
    this.#clock = clock;
    this.#client = new OllamaClient(ollamaUrl(settings.baseUrl ?? BASE_URL), () => headersOf(settings));
    this.#inventory = new Inventory(this.#client);
  }

  getProviderName(): string {
    return this.#settings.name;
  }

  override async prepare(): Promise<void> {
    headersOf(this.#settings);
  }

  override get local(): boolean {
    return !/^https?:\/\/([^/]*\.)?ollama\.com(?=[:/]|$)/.test(this.#client.url);
  }

  override get onThisMachine(): boolean {
    return isLoopback(this.#client.url);
  }

  /** Loading a large model from a slow disk, and reading a long prompt without a GPU, take this long. */
  override get patience(): Patience {
    return { firstMs: 30 * 60_000, nextMs: 5 * 60_000 };
  }

  /** The configured one, else by the rule of {@link bestModel}. @throws {Failure} when the server cannot be asked. */
  async getDefaultModel(signal?: AbortSignal): Promise<string | undefined> {
    return this.#settings.defaultModel ?? bestModel(await this.listModels(signal))?.name;
  }

  async listModels(signal?: AbortSignal): Promise<ModelInfo[]> {
    try {
      const [installed, running = []] = await Promise.all([
        this.#inventory.installed(signal),
        this.#inventory.running(signal),
      ]);
      const infos: ModelInfo[] = [];
      for (let start = 0; start < installed.length; start += INSPECTED_AT_ONCE) {
        const some = installed.slice(start, start + INSPECTED_AT_ONCE);
        infos.push(...(await Promise.all(some.map((model) => this.#inspect(model, running)))));
      }
      return infos;
    } catch (error) {
      throw this.#failure(error, signal);
    }
  }

  override async describeModel(name: string, signal?: AbortSignal): Promise<ModelInfo | undefined> {
    const { running, shown } = await this.#inventory.lookAt(name, signal);
    if (signal?.aborted) throw Failure.stopped();
    return shown && this.#info(name, shown, running ?? undefined);
  }

  /** By our own clock: the server tells no times of it. */
  override async preload(model: string, contextSize?: number, signal?: AbortSignal): Promise<number> {
    const started = this.#clock.now();
    const plan = await this.#plan({ model, messages: [], contextSize, maxOutputTokens: 1 }, signal);
    if (plan.contextSize) this.#sizes.settle(model, plan.contextSize);
    try {
      const { options, keep_alive } = plan.body;
      const body = { model, messages: [], options, keep_alive, stream: false };
      await this.#client.ask('/api/chat', body, PRELOAD_TIMEOUT_MS, signal);
    } catch (error) {
      throw await this.#explain(error, plan, signal);
    }
    return (this.#clock.now() - started) / 1000;
  }

  override resumeWindow(model: string, contextSize: number): void {
    this.#sizes.resume(model, contextSize);
  }

  override async unload(model: string, signal?: AbortSignal): Promise<void> {
    try {
      const body = { model, messages: [], keep_alive: 0, stream: false };
      await this.#client.ask('/api/chat', body, UNLOAD_TIMEOUT_MS, signal);
    } catch (error) {
      throw this.#failure(error, signal, { model });
    }
  }

  override async prospect(request: ChatRequest, signal?: AbortSignal): Promise<Prospect | undefined> {
    const plan = await this.#plan(request, signal);
    const { model, reference, running, shown, contextSize, limit, cloud, prompt } = plan;
    if (cloud || !contextSize || !limit) return undefined;
    const parameters = shown?.model_info?.['general.parameter_count'];
    const messages = request.messages;
    const hasWindow = running ? isLoadedWith(running, contextSize) : false;
    return {
      host: this.#client.url,
      digest: running?.digest ?? this.#inventory.digest(model),
      contextSize,
      loaded: running === undefined ? undefined : hasWindow,
      gpuShare: hasWindow ? gpuShareOf(running ?? undefined) : undefined,
      cacheBytesPerToken: cacheBytesPerToken(shown),
      parameters: typeof parameters === 'number' ? parameters : undefined,
      activeShare: activeShare(shown),
      bytes: (await this.#inventory.bytes(model, signal)) ?? running?.size,
      outputLimit: limit.tokens,
      promptText: layout(prompt),
      textWith: (reply) => layout(promptOf({ ...request, messages: [...messages, reply] }, reference, shown)),
      underWay: countUnderWay(this.#client.url),
    };
  }

  override async *stream(request: ChatRequest, signal?: AbortSignal): AsyncGenerator<ReplyDelta> {
    if (signal?.aborted) throw Failure.stopped();
    const plan = await this.#plan(request, signal);
    if (signal?.aborted) throw Failure.stopped();
    if (plan.contextSize) this.#sizes.settle(plan.model, plan.contextSize);
    const { company, leave } = enter(this.#client.url, plan.model, this.#clock.now());
    const circumstances = this.#circumstances(plan, company);
    const connection = new AbortController();
    const disconnect = () => connection.abort();
    signal?.addEventListener('abort', disconnect);
    let lines: LineReader | undefined;
    let finished = false;
    try {
      const opening = this.#client.open('/api/chat', plan.body, connection.signal);
      // Whoever reads this stream may be busy with the note when the opening fails.
      opening.catch(() => {});
      const unseen = blindWarning(plan.reference, plan.prompt.unseen);
      if (unseen) yield { type: 'warning', text: unseen };
      const note = loadingNote(plan);
      if (note) yield { type: 'progress', note };
      lines = await opening;
      const reader = new ReplyReader(plan.reference, offeredTools(request));
      let looking: Promise<void> | undefined;
      while (!reader.last) {
        const arrived = (await lines.read()) ?? endedEarly(plan.reference);
        const deltas = reader.read(arrived);
        circumstances.lastTokenAt = this.#clock.now();
        circumstances.linesHeard += arrived.length;
        if (circumstances.firstTokenAt === undefined) {
          circumstances.firstTokenAt = circumstances.lastTokenAt;
          looking = this.#lookAgain(plan, circumstances);
        }
        if (deltas.every(({ type }) => type === 'progress')) yield { type: 'alive' };
        for (const delta of deltas) {
          if (signal?.aborted) throw Failure.stopped();
          yield delta;
        }
        if (reader.broken) throw reader.broken;
      }
      finished = true;
      const endedAt = this.#clock.now();
      await looking;
      const profile = profileOf(circumstances, reader.figures, endedAt);
      const doubt = this.#checkUncut(plan, profile, circumstances.after);
      if (doubt) yield { type: 'warning', text: doubt };
      const stop = reader.stop(plan.contextSize, plan.limit?.byWindow ?? false);
      yield { type: 'reply', reply: { message: reader.message, ...stop, usage: reader.usage, profile } };
    } catch (error) {
      const failure = await this.#explain(error, plan, signal);
      const profile = failure.profile ?? profileOf(circumstances, undefined, this.#clock.now());
      throw failure.with({ profile });
    } finally {
      leave(this.#clock.now());
      signal?.removeEventListener('abort', disconnect);
      if (finished) lines?.readOn();
      else connection.abort();
    }
  }

  /** Looks at the model and decides on the window. Throws nothing: what is wrong, the request itself will tell. */
  async #plan(request: ChatRequest, signal?: AbortSignal): Promise<Plan> {
    const { model } = request;
    const reference = this.#reference(model);
    const sight = await this.#inventory.lookAt(model, signal);
    const { running, shown } = sight;
    const prompt = promptOf(request, reference, shown);
    const cloud = !this.local || isCloud(model, shown);
    const wishes = {
      configured: this.#settings.contextSize,
      requested: request.contextSize,
      trained: trainedContext(shown),
      loaded: running?.context_length,
      maxOutputTokens: request.maxOutputTokens,
    };
    const contextSize = cloud ? undefined : this.#sizes.choose(model, prompt, wishes);
    const limit = contextSize
      ? this.#sizes.replyLimit(model, prompt, contextSize, request.maxOutputTokens)
      : undefined;
    const options = { num_ctx: contextSize, num_predict: limit?.tokens ?? request.maxOutputTokens };
    const body = chatBody(request, prompt, options, { shown, keepAlive: this.#settings.keepAlive });
    return { ...sight, model, reference, prompt, wishes, cloud, contextSize, limit, body };
  }

  #circumstances(plan: Plan, company: Company): Circumstances {
    const { model, prompt, cloud, contextSize, running } = plan;
    return {
      host: this.#client.url,
      local: !cloud,
      promptCharacters: prompt.characters,
      contextSize,
      before: cloud ? undefined : running,
      digest: this.#inventory.digest(model),
      company,
      sentAt: this.#clock.now(),
      linesHeard: 0,
    };
  }

  /** What only shows once the model is loaded: how much of it is on the GPU, and with which window. */
  async #lookAgain(
    { model, running, contextSize, cloud }: Plan,
    circumstances: Circumstances,
  ): Promise<void> {
    if (cloud || (running && running.context_length === contextSize)) return;
    const models = (await this.#inventory.running()) ?? [];
    circumstances.after = this.#inventory.find(models, model);
  }

  /**
   * Learns from the tokens that the server counted.
   * @returns what to say where the server may have cut the prompt.
   * @throws {Failure} `context-exceeded` where it did: the reply rests on what was left.
   */
  #checkUncut(plan: Plan, profile: Profile, after: RunningModel | undefined): string | undefined {
    const { model, reference, prompt, wishes, contextSize } = plan;
    const { promptTokens } = profile;
    if (contextSize === undefined || promptTokens === undefined) return undefined;
    const window = Math.min(contextSize, after?.context_length ?? contextSize);
    switch (this.#sizes.wasCut(model, prompt, window, promptTokens)) {
      case 'surely': {
        const tokens = Math.max(this.#sizes.estimate(model, prompt), window + 1);
        const problem = { tokens, contextSize: window, trained: wishes.trained, cut: true };
        throw contextExceeded(reference, problem).with({ profile });
      }
      case 'perhaps':
        return `${reference} may have read only a part of this conversation: it is long for its window of ${window.toLocaleString('en')} tokens, and older servers cut without saying so.`;
      case 'no':
        this.#sizes.learn(model, prompt, promptTokens);
        return undefined;
    }
  }

  async #explain(error: unknown, plan: Plan, signal: AbortSignal | undefined): Promise<Failure> {
    const { model, reference, contextSize, wishes, cloud } = plan;
    const failure = this.#failure(error, signal, { model, contextSize, trained: wishes.trained, cloud });
    if (failure.kind === 'model-not-found') {
      const installed = await this.#inventory.installed(signal, NEAR_NAMES_TIMEOUT_MS).catch(() => []);
      const near = nearestNames(
        model,
        installed.map(({ name }) => name),
      );
      return notPulled(this.#settings.name, model, near, error);
    }
    if (failure.kind !== 'context-exceeded' || failure.status === undefined || !contextSize) return failure;
    // A proxy before the server counts bytes: a larger window would not help.
    if (failure.status === 413) return failure;
    const next = this.#sizes.outgrow(model, contextSize, wishes);
    if (next === undefined) return failure;
    const { status } = failure;
    return new Failure(
      'context-exceeded',
      `${reference} needs a window of more than ${contextSize.toLocaleString('en')} tokens: the next try loads it with ${next.toLocaleString('en')}.`,
      { status, retryable: true, cause: error },
    );
  }

  async #inspect(model: InstalledModel, running: RunningModel[]): Promise<ModelInfo> {
    // Newer servers tell everything in the list itself.
    const told = model.capabilities !== undefined && model.details?.context_length !== undefined;
    const shown = told ? { details: model.details } : await this.#inventory.show(model.name);
    return this.#info(model.name, shown, this.#inventory.find(running, model.name), model);
  }

  #info(name: string, shown?: ShownModel, running?: RunningModel, installed?: InstalledModel): ModelInfo {
    const wishes = {
      configured: this.#settings.contextSize,
      trained: trainedContext(shown),
      loaded: running?.context_length,
    };
    const known = { provider: this.#settings.name, name, shown, running, installed };
    const info = infoOf({ ...known, digest: this.#inventory.digest(name) });
    const local = this.local && info.local;
    const contextTokens = local ? this.#sizes.largest(name, wishes) : wishes.trained;
    return { ...info, local, contextTokens };
  }

  #reference(model: string): ModelReference {
    return `${this.#settings.name}:${model}`;
  }

  #failure(error: unknown, signal: AbortSignal | undefined, about: object = {}): Failure {
    if (signal?.aborted) return Failure.stopped();
    const { name, apiKey } = this.#settings;
    const wallTime = this.#clock.wallTime();
    const failure = ollamaFailure(error, { ...about, name, apiKey, url: this.#client.url, wallTime });
    return withoutSecrets(failure, this.#settings);
  }
}

/** @throws {Failure} `bad-config` where they cannot be sent. */
function headersOf(settings: ProviderSettings): Record<string, string> {
  assertSendable(settings);
  const { name, apiKey, baseUrl = '', headers } = settings;
  const login = loginIn(baseUrl);
  if (login && apiKey) {
    throw new Failure(
      'bad-config',
      `${name} has a key and, in base_url, a user name: only one of them can be sent. Take one out.`,
    );
  }
  return {
    ...(apiKey && { authorization: `Bearer ${apiKey}` }),
    ...(login && { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
    ...headers,
  };
}

/** A reply in a form that was asked for is that reply, even where it looks like a call. */
function offeredTools({ format, tools }: ChatRequest): ReadonlySet<string> {
  return new Set(format ? [] : (tools ?? []).map((tool) => tool.name));
}
