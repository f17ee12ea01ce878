import type OpenAI from 'openai';
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources';
import { type Clock, realClock } from '../conversation/clock.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { ReplyDelta } from '../conversation/reply.ts';
import {
  type ChatRequest,
  LLMProvider,
  type ModelInfo,
  type Patience,
  type ProviderSettings,
} from './base.ts';
import { withoutVariables } from './client-environment.ts';
import { assertSendable, withoutSecrets } from './credentials.ts';
import { streamReply } from './event-stream.ts';
import { isLocalAddress, isLoopback } from './local-address.ts';
import { networkFailure } from './network-failure.ts';
import { serviceFailure } from './openai-compatible/failure.ts';
import { infoOf, modelsIn } from './openai-compatible/models.ts';
import { ReplyReader } from './openai-compatible/reply.ts';
import { type Dialect, requestBody } from './openai-compatible/request.ts';
import { patientFetch } from './patient-fetch.ts';
import { assertUrl, notJson } from './service-failure.ts';
import { blindWarning, imagesIn, newImagesIn } from './transcript.ts';

const BASE_URL = 'https://api.openai.com/v1';
const OPENAI_KEY_PAGE = 'https://platform.openai.com/api-keys';
/** How long to wait is the watchdog's to decide; this is the longest that a timer can. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
/** For what is only asked because a request shows images. */
const GLANCE_MS = 2_000;
/** Under these ids price lists know the services behind these hosts. */
const PRICE_LISTS: Record<string, string> = {
  'api.openai.com': 'openai',
  'openrouter.ai': 'openrouter',
  'api.deepseek.com': 'deepseek',
  'api.groq.com': 'groq',
  'api.mistral.ai': 'mistral',
  'api.x.ai': 'x-ai',
  'api.together.xyz': 'together',
  'api.fireworks.ai': 'fireworks',
  'api.cerebras.ai': 'cerebras',
  'api.moonshot.ai': 'moonshotai',
};

/** Any server that speaks OpenAI's chat completions: llama.cpp, vLLM, LM Studio, OpenRouter, OpenAI itself. */
export class OpenAICompatibleProvider extends LLMProvider {
  readonly #settings: ProviderSettings;
  readonly #clock: Clock;
  readonly #baseUrl: string;
  readonly #host: string;
  readonly #local: boolean;
  #client: Promise<OpenAI> | undefined;
  readonly #models = new Map<string, ModelInfo>();

  constructor(settings: ProviderSettings, clock: Clock = realClock) {
    super();
    this.#settings = settings;
    this.#clock = clock;
    const url = (settings.baseUrl ?? BASE_URL).replace(/\/+$/, '');
    this.#local = isLocalAddress(url);
    this.#host = URL.canParse(url) ? new URL(url).hostname : '';
    // All servers that people run themselves have it there, and many forget to write it.
    this.#baseUrl = this.#local && URL.canParse(url) && new URL(url).pathname === '/' ? `${url}/v1` : url;
  }

  getProviderName(): string {
    return this.#settings.name;
  }

  override get local(): boolean {
    return this.#local;
  }

  override get onThisMachine(): boolean {
    return isLoopback(this.#baseUrl);
  }

  override get patience(): Patience {
    return this.#local ? { firstMs: 1_800_000, nextMs: 300_000 } : super.patience;
  }

  override get priceList(): string | undefined {
    return PRICE_LISTS[this.#host];
  }

  async getDefaultModel(signal?: AbortSignal): Promise<string | undefined> {
    if (this.#settings.defaultModel) return this.#settings.defaultModel;
    if (!this.#local) return undefined;
    try {
      const models = await this.listModels(signal);
      return (models.find(({ loaded }) => loaded) ?? models[0])?.name;
    } catch (error) {
      if (signal?.aborted) throw error;
      return undefined;
    }
  }

  async listModels(signal?: AbortSignal): Promise<ModelInfo[]> {
    try {
      const client = await this.#connect();
      const models = modelsIn(await client.get('/models', { signal }));
      if (!models) {
        throw new Failure(
          'malformed',
          `${this.#settings.name} lists no models at ${this.#baseUrl}/models. Check base_url, and name the model yourself.`,
        );
      }
      return models.map((model) => {
        const info = infoOf(model, this.#settings.name, this.#local);
        this.#models.set(info.name, info);
        return info;
      });
    } catch (error) {
      throw signal?.aborted ? Failure.stopped() : this.#failure(error);
    }
  }

  override async describeModel(model: string, signal?: AbortSignal): Promise<ModelInfo | undefined> {
    try {
      if (!this.#models.has(model)) await this.listModels(signal);
    } catch (error) {
      if (signal?.aborted) throw error;
    }
    return this.#models.get(model);
  }

  override async prepare(): Promise<void> {
    await this.#connect();
  }

  override async *stream(request: ChatRequest, signal?: AbortSignal): AsyncGenerator<ReplyDelta> {
    const model = this.#reference(request.model);
    const blind = await this.#isBlind(request, signal);
    const unseen = blind && blindWarning(model, newImagesIn(request.messages));
    if (unseen) yield { type: 'warning', text: unseen };
    yield* streamReply(
      {
        model,
        send: async (signal) => {
          const client = await this.#connect();
          const body = requestBody(request, model, this.#dialect(), blind);
          // As a bare response, since the SDK's decoder costs twice as much and ends silently when it is cut.
          const options = { signal, timeout: NO_TIMEOUT_MS };
          const answer = client.chat.completions.create(body as ChatCompletionCreateParamsStreaming, options);
          return asEvents(await answer.asResponse());
        },
        reader: new ReplyReader(model, this.#settings.apiKey),
        explain: (error) => this.#failure(error, request.model),
      },
      signal,
    );
  }

  /** Whether a model is shown images that it cannot see, as far as its server says. Throws nothing. */
  async #isBlind({ model, messages }: ChatRequest, signal?: AbortSignal): Promise<boolean> {
    if (imagesIn(messages) === 0) return false;
    const glance = AbortSignal.timeout(GLANCE_MS);
    const either = signal ? AbortSignal.any([signal, glance]) : glance;
    const info = await this.describeModel(model, either).catch(() => undefined);
    return info?.vision === false;
  }

  #reference(model: string): ModelReference {
    return `${this.#settings.name}:${model}`;
  }

  #dialect(): Dialect {
    if (this.#host === 'api.openai.com') return 'openai';
    if (this.#host === 'openrouter.ai') return 'openrouter';
    return this.#local ? 'self-hosted' : 'plain';
  }

  #connect(): Promise<OpenAI> {
    this.#client ??= this.#createClient();
    return this.#client;
  }

  async #createClient(): Promise<OpenAI> {
    const { name, apiKey, headers = {} } = this.#settings;
    const ownCredential = Object.keys(headers).some((header) => /^(authorization|api-key)$/i.test(header));
    if (!apiKey && !ownCredential && this.#host === 'api.openai.com') {
      throw new Failure('no-key', `${name} needs an API key: ${this.#keyRemedy()}.`);
    }
    assertUrl(this.#baseUrl, name);
    assertSendable(this.#settings);
    const { default: Client } = await import('openai');
    return withoutVariables(['OPENAI_'], () => {
      return new Client({
        // The SDK insists on a key; a server that needs none gets none.
        apiKey: apiKey || 'none',
        baseURL: this.#baseUrl,
        defaultHeaders: { ...(apiKey ? {} : { authorization: null }), ...headers },
        fetch: patientFetch,
        maxRetries: 0,
        logLevel: 'off',
      });
    });
  }

  #keyRemedy(): string {
    const { name, keyVariable } = this.#settings;
    if (this.#host === 'api.openai.com')
      return `set ${keyVariable ?? 'OPENAI_API_KEY'} in the environment or in .env; a key is made at ${OPENAI_KEY_PAGE}`;
    return keyVariable
      ? `set ${keyVariable} in the environment or in .env`
      : `name the variable that holds it as api_key_env of ${name} in config.yaml`;
  }

  #failure(error: unknown, model?: string): Failure {
    return withoutSecrets(this.#explain(error, model), this.#settings);
  }

  #explain(error: unknown, model: string | undefined): Failure {
    if (error instanceof Failure) return error;
    const { name, apiKey } = this.#settings;
    const who = model === undefined ? name : this.#reference(model);
    const url = this.#baseUrl;
    const wallTime = this.#clock.wallTime();
    const keyRemedy = this.#keyRemedy();
    const known = [...this.#models.keys()];
    return (
      serviceFailure(error, { name, model, url, apiKey, keyRemedy, wallTime, known }) ??
      this.#unreachable(networkFailure(error, who, url)) ??
      notJson(error, who, url) ??
      Failure.from(error)
    );
  }

  /** For a server of one's own, the remedy is nearer than the network. */
  #unreachable(failure: Failure | undefined): Failure | undefined {
    if (failure?.kind !== 'unreachable' || !this.#local || !failure.retryable) return failure;
    return new Failure(
      'unreachable',
      `${this.#settings.name} does not answer at ${this.#baseUrl}. Start its server, or correct base_url.`,
      { cause: failure.cause },
    );
  }
}

/** A server that knows no streams answers with the whole reply, which is then the one event of a stream. */
async function asEvents(response: Response): Promise<Response> {
  if (!response.headers.get('content-type')?.includes('application/json')) return response;
  const reply = JSON.stringify(await response.json());
  return new Response(`data: ${reply}\n\n`, { headers: { 'content-type': 'text/event-stream' } });
}
