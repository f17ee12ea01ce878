import type Anthropic from '@anthropic-ai/sdk';
import type { ClientOptions } from '@anthropic-ai/sdk';
import { type Clock, realClock } from '../conversation/clock.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { ReplyDelta } from '../conversation/reply.ts';
import { KEY_PAGE, serviceFailure } from './anthropic/failure.ts';
import { ReplyReader } from './anthropic/reply.ts';
import { requestBody } from './anthropic/request.ts';
import { type ChatRequest, LLMProvider, type ModelInfo, type ProviderSettings } from './base.ts';
import { withoutVariables } from './client-environment.ts';
import { assertSendable, withoutSecrets } from './credentials.ts';
import { streamReply } from './event-stream.ts';
import { networkFailure } from './network-failure.ts';
import { patientFetch } from './patient-fetch.ts';
import { assertUrl } from './service-failure.ts';

const BASE_URL = 'https://api.anthropic.com';
const DEFAULT_MODEL = 'claude-sonnet-5-5';
const DESCRIBE_TIMEOUT_MS = 10_000;

/** Claude through Anthropic's Messages API. */
export class AnthropicProvider extends LLMProvider {
  readonly #settings: ProviderSettings;
  readonly #clock: Clock;
  readonly #baseUrl: string;
  #client: Promise<Anthropic> | undefined;
  readonly #models = new Map<string, Anthropic.ModelInfo>();

  constructor(settings: ProviderSettings, clock: Clock = realClock) {
    super();
    this.#settings = settings;
    this.#clock = clock;
    // The SDK adds /v1 itself, and many write it.
    this.#baseUrl = (settings.baseUrl ?? BASE_URL).replace(/\/+$/, '').replace(/\/v1$/, '');
  }

  getProviderName(): string {
    return this.#settings.name;
  }

  override get priceList(): string {
    return 'anthropic';
  }

  async getDefaultModel(): Promise<string> {
    return this.#settings.defaultModel ?? DEFAULT_MODEL;
  }

  async listModels(signal?: AbortSignal): Promise<ModelInfo[]> {
    const infos: ModelInfo[] = [];
    try {
      const client = await this.#connect();
      for await (const model of client.models.list({ limit: 1000 }, { signal })) {
        this.#models.set(model.id, model);
        infos.push(this.#infoOf(model));
      }
    } catch (error) {
      throw this.#failure(error, signal);
    }
    return infos;
  }

  override async describeModel(model: string, signal?: AbortSignal): Promise<ModelInfo | undefined> {
    const found = await this.#lookUp(model, signal);
    return found && this.#infoOf(found);
  }

  override async prepare(): Promise<void> {
    await this.#connect();
  }

  override stream(request: ChatRequest, signal?: AbortSignal): AsyncIterable<ReplyDelta> {
    const reference = this.#reference(request.model);
    return streamReply(
      {
        model: reference,
        reader: new ReplyReader(reference, this.#settings.apiKey),
        send: (connection) => this.#send(request, connection),
        explain: (error) => this.#failure(error, undefined, request.model),
      },
      signal,
    );
  }

  /**
   * Below the SDK's `messages.create`, which prints warnings on the terminal, and without its decoder, which
   * ends silently when it is aborted or cut short, and hides the service's signs of life.
   */
  async #send(request: ChatRequest, signal: AbortSignal): Promise<Response> {
    const client = await this.#connect();
    const model = request.thinking && (await this.#lookUp(request.model, signal));
    const body = await requestBody(request, this.#reference(request.model), model);
    return client.post('/v1/messages', { body, stream: true, signal }).asResponse();
  }

  #reference(model: string): ModelReference {
    return `${this.#settings.name}:${model}`;
  }

  #connect(): Promise<Anthropic> {
    this.#client ??= this.#createClient();
    return this.#client;
  }

  async #createClient(): Promise<Anthropic> {
    const { name, apiKey = '', keyVariable = 'ANTHROPIC_API_KEY', headers = {} } = this.#settings;
    const ownCredential = Object.keys(headers).some((name) => /^(x-api-key|authorization)$/i.test(name));
    if (!apiKey && !ownCredential) {
      throw new Failure(
        'no-key',
        `${name} needs an API key: set ${keyVariable} in the environment or in .env. A key is made at ${KEY_PAGE}.`,
      );
    }
    assertUrl(this.#baseUrl, name);
    assertSendable({ ...this.#settings, keyVariable });
    const { default: Client } = await import('@anthropic-ai/sdk');
    const options: ClientOptions = {
      apiKey,
      baseURL: this.#baseUrl,
      fetch: patientFetch,
      maxRetries: 0,
      logLevel: 'off',
      openTelemetry: false,
      defaultHeaders: { ...(apiKey ? {} : { authorization: null }), ...headers },
    };
    return withoutVariables(['ANTHROPIC_'], () => new Client(options));
  }

  /** What the service says of a model, asked once; undefined where it cannot say. */
  async #lookUp(model: string, signal?: AbortSignal): Promise<Anthropic.ModelInfo | undefined> {
    const known = this.#models.get(model);
    if (known) return known;
    try {
      const client = await this.#connect();
      const found = await client.models.retrieve(model, {}, { signal, timeout: DESCRIBE_TIMEOUT_MS });
      this.#models.set(model, found);
      return found;
    } catch {
      if (signal?.aborted) throw Failure.stopped();
      return undefined;
    }
  }

  #infoOf(model: Anthropic.ModelInfo): ModelInfo {
    return {
      reference: this.#reference(model.id),
      name: model.id,
      local: false,
      contextTokens: model.max_input_tokens ?? undefined,
      maxOutputTokens: model.max_tokens ?? undefined,
      tools: true,
      vision: model.capabilities?.image_input?.supported,
      thinking: model.capabilities?.thinking?.supported,
    };
  }

  #failure(error: unknown, signal?: AbortSignal, model?: string): Failure {
    if (signal?.aborted) return Failure.stopped();
    return withoutSecrets(this.#explain(error, model), this.#settings);
  }

  #explain(error: unknown, model: string | undefined): Failure {
    if (error instanceof Failure) return error;
    const { name, apiKey, keyVariable } = this.#settings;
    const who = model === undefined ? name : this.#reference(model);
    const url = this.#baseUrl;
    const wallTime = this.#clock.wallTime();
    return (
      serviceFailure(error, { name, model, url, apiKey, keyVariable, wallTime }) ??
      networkFailure(error, who, url) ??
      Failure.from(error)
    );
  }
}
