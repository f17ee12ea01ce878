import type { GoogleGenAI, Model } from '@google/genai';
import { type Clock, realClock } from '../conversation/clock.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { ReplyDelta } from '../conversation/reply.ts';
import { type ChatRequest, LLMProvider, type ModelInfo, type ProviderSettings } from './base.ts';
import { withoutVariables } from './client-environment.ts';
import { assertSendable, withoutSecrets } from './credentials.ts';
import { streamReply } from './event-stream.ts';
import { KEY_PAGE, serviceFailure } from './gemini/failure.ts';
import { canThink, familyOf } from './gemini/family.ts';
import { ReplyReader } from './gemini/reply.ts';
import { configOf, contentsOf } from './gemini/request.ts';
import { networkFailure } from './network-failure.ts';
import { patientFetch } from './patient-fetch.ts';
import { assertUrl, notJson } from './service-failure.ts';

const BASE_URL = 'https://generativelanguage.googleapis.com';
/** The SDK's own default, `v1`, does not have the preview models. */
const API_VERSION = 'v1beta';
const DESCRIBE_TIMEOUT_MS = 10_000;
const DEFAULT_MODEL = 'gemini-3.8-flash';

/** Gemini through Google's Gemini API. */
export class GeminiProvider extends LLMProvider {
  readonly #settings: ProviderSettings;
  readonly #clock: Clock;
  readonly #baseUrl: string;
  #client: Promise<GoogleGenAI> | undefined;
  readonly #models = new Map<string, ModelInfo>();

  constructor(settings: ProviderSettings, clock: Clock = realClock) {
    super();
    this.#settings = settings;
    this.#clock = clock;
    // The SDK adds the version itself, and many write it.
    this.#baseUrl = (settings.baseUrl ?? BASE_URL).replace(/\/+$/, '').replace(/\/v1(beta|alpha)?$/, '');
  }

  getProviderName(): string {
    return this.#settings.name;
  }

  override get priceList(): string {
    return 'google';
  }

  async getDefaultModel(): Promise<string> {
    return this.#settings.defaultModel ?? DEFAULT_MODEL;
  }

  async listModels(signal?: AbortSignal): Promise<ModelInfo[]> {
    const infos: ModelInfo[] = [];
    try {
      const client = await this.#connect();
      const config = { pageSize: 1000, abortSignal: derived(signal) };
      for await (const model of await client.models.list({ config })) {
        if (model.supportedActions?.includes('generateContent')) infos.push(this.#remember(model));
      }
    } catch (error) {
      throw signal?.aborted ? Failure.stopped() : this.#failure(error);
    }
    return infos;
  }

  override async describeModel(model: string, signal?: AbortSignal): Promise<ModelInfo | undefined> {
    const known = this.#models.get(model);
    if (known) return known;
    try {
      const client = await this.#connect();
      const abortSignal = derived(signal, AbortSignal.timeout(DESCRIBE_TIMEOUT_MS));
      return this.#remember(await client.models.get({ model, config: { abortSignal } }));
    } catch {
      if (signal?.aborted) throw Failure.stopped();
      return undefined;
    }
  }

  override async prepare(): Promise<void> {
    await this.#connect();
  }

  override stream(request: ChatRequest, signal?: AbortSignal): AsyncIterable<ReplyDelta> {
    const reference = this.#reference(request.model);
    let answer: Response | undefined;
    return streamReply(
      {
        model: reference,
        send: async (abortSignal) => {
          const client = await this.#connect();
          // The SDK sends the request, and its answer is read here: the SDK would parse every event twice
          // and make a response of each, at five times the cost, would hide headers and content type, and
          // would send further requests by itself for a reply that has not come to its end.
          const fetch = capturing((response) => {
            answer = response;
          });
          await client.models.generateContentStream({
            model: request.model,
            contents: contentsOf(request.messages, request.model, reference),
            config: {
              ...configOf(request, this.#models.get(request.model)?.thinking),
              abortSignal,
              httpOptions: { fetch },
            },
          });
          return answer!;
        },
        reader: new ReplyReader(reference, this.#settings.apiKey),
        explain: (error) => this.#failure(error, request.model, answer?.headers),
      },
      signal,
    );
  }

  #reference(model: string): ModelReference {
    return `${this.#settings.name}:${model}`;
  }

  #connect(): Promise<GoogleGenAI> {
    this.#client ??= this.#createClient();
    return this.#client;
  }

  async #createClient(): Promise<GoogleGenAI> {
    const { name, keyVariable = 'GEMINI_API_KEY', headers = {} } = this.#settings;
    const apiKey = this.#settings.apiKey ?? headers['x-goog-api-key'];
    if (!apiKey) {
      throw new Failure(
        'no-key',
        `${name} needs an API key: set ${keyVariable} in the environment or in .env. A key is made at ${KEY_PAGE}.`,
      );
    }
    assertUrl(this.#baseUrl, name);
    assertSendable({ ...this.#settings, keyVariable });
    const { GoogleGenAI } = await import('@google/genai');
    return withoutVariables(['GOOGLE_', 'GEMINI_'], () => {
      const httpOptions = { baseUrl: this.#baseUrl, headers, fetch: patientFetch };
      return new GoogleGenAI({ vertexai: false, apiKey, apiVersion: API_VERSION, httpOptions });
    });
  }

  #remember(model: Model): ModelInfo {
    const name = (model.name ?? '').replace(/^models\//, '');
    const isGemini = familyOf(name).version !== undefined;
    const info: ModelInfo = {
      reference: this.#reference(name),
      name,
      local: false,
      contextTokens: model.inputTokenLimit,
      maxOutputTokens: model.outputTokenLimit,
      // The service does not tell these two; all Gemini models can, of the others nothing is known.
      tools: isGemini || undefined,
      vision: isGemini || undefined,
      thinking: model.thinking ?? canThink(name),
    };
    this.#models.set(name, info);
    return info;
  }

  #failure(error: unknown, model?: string, headers?: Headers): Failure {
    return withoutSecrets(this.#explain(error, model, headers), this.#settings);
  }

  #explain(error: unknown, model: string | undefined, headers: Headers | undefined): Failure {
    if (error instanceof Failure) return error;
    const { name, apiKey, keyVariable } = this.#settings;
    const who = model === undefined ? name : this.#reference(model);
    const url = this.#baseUrl;
    const wallTime = this.#clock.wallTime();
    const known = [...this.#models.keys()];
    return (
      serviceFailure(error, { name, model, url, apiKey, keyVariable, wallTime, headers, known }) ??
      networkFailure(error, who, url) ??
      notJson(error, who, url) ??
      Failure.from(error)
    );
  }
}

/** The SDK never takes its listeners off a signal, so it gets one of its own. */
function derived(...signals: (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

function capturing(tell: (response: Response) => void): typeof fetch {
  return async (input, init) => {
    const response = await patientFetch(input, init);
    tell(response);
    return response;
  };
}
