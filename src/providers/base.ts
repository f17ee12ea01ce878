import { Failure } from '../conversation/failure.ts';
import type { AssistantMessage, Message, ModelReference } from '../conversation/message.ts';
import type { Reply, ReplyDelta } from '../conversation/reply.ts';

/** A JSON Schema object. */
export type JsonSchema = Record<string, unknown>;

/** A tool as a model is told of it. */
export interface ToolDeclaration {
  name: string;
  description: string;
  /** JSON Schema of an object. */
  parameters: JsonSchema;
}

export type ThinkingEffort = 'off' | 'low' | 'medium' | 'high';

/** One request to one model. Sent as it is: nothing is cut, nothing is added but what the protocol needs. */
export interface ChatRequest {
  /** The model's name without its provider. */
  model: string;
  system?: string;
  messages: readonly Message[];
  tools?: readonly ToolDeclaration[];
  /** Left out, the provider's own default. */
  maxOutputTokens?: number;
  /** Left out, what the model does by itself. Ignored where the model cannot think. */
  thinking?: ThinkingEffort;
  /** The reply has to be JSON of this schema. */
  format?: JsonSchema;
  /** Tokens of the window, for servers that let the caller choose. */
  contextSize?: number;
}

export interface ModelInfo {
  reference: ModelReference;
  /** The name without the provider. */
  name: string;
  /** Runs on the user's own machine or network. */
  local: boolean;
  contextTokens?: number;
  maxOutputTokens?: number;
  tools?: boolean;
  vision?: boolean;
  thinking?: boolean;
  /** For local models: `7.6B`, `Q4_K_M`, bytes on disk, whether it is in memory now. */
  parameterSize?: string;
  quantization?: string;
  sizeBytes?: number;
  loaded?: boolean;
  digest?: string;
}

/** What one provider has to offer. */
export interface ProviderListing {
  provider: string;
  /** Its models run on the user's own machine or network. */
  local?: boolean;
  /** Nobody named an address for it: it may never have been there. */
  assumed?: boolean;
  models: ModelInfo[];
  /** Why the provider could not list its models. */
  failure?: Failure;
}

/** A request to a local model, before it is sent. */
export interface Prospect {
  /** The base URL of the server. */
  host: string;
  digest?: string;
  /** The window that the request will carry, tokens. */
  contextSize: number;
  /** In memory with this window; undefined where the server did not say. */
  loaded?: boolean;
  /** Share of the model on the GPU, 0 to 1, where it is loaded. */
  gpuShare?: number;
  /** What one token of a window takes in memory, bytes. */
  cacheBytesPerToken?: number;
  /** Number of weights. */
  parameters?: number;
  /** Share of the weights that work on each token, where not all do; estimated. */
  activeShare?: number;
  /** Of the model's file, or in memory where that is known. */
  bytes?: number;
  /** The most that it may write, tokens. */
  outputLimit: number;
  /**
   * The prompt as the server will lay it out, roughly: two that begin alike here begin alike there. An image is U+FFFC and
   * 16 hexadecimal digits that stand for it.
   */
  promptText: string;
  /** How the prompt of the next request will begin if this is the reply. */
  textWith(reply: AssistantMessage): string;
  /** Requests to this host under way. */
  underWay: number;
}

/** How long to wait before a silent stream counts as stalled. */
export interface Patience {
  /** Until the first delta: a local model may have to be loaded and read a long prompt first. */
  firstMs: number;
  /** Between two deltas after that. */
  nextMs: number;
}

/**
 * A service that models are reached through. It translates and does nothing else: no retries, no history,
 * no display. A provider of your own extends this class, implements the abstract methods, and is held to
 * the conformance suite (`parley/conformance`).
 */
export abstract class LLMProvider {
  /** The name of this instance as it stands in model references. */
  abstract getProviderName(): string;

  /** The model taken when none was named; undefined where there is none to take. */
  abstract getDefaultModel(signal?: AbortSignal): Promise<string | undefined>;

  /** @throws {Failure} when the service cannot be asked. */
  abstract listModels(signal?: AbortSignal): Promise<ModelInfo[]>;

  /**
   * Checks what can be checked without asking the service: that there is a key, and an address. Called before every
   * request.
   * @throws {Failure} `no-key`, `bad-config`: then there is no request.
   */
  prepare(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Sends one request and yields the reply as it arrives, the whole `reply` last.
   * Throws nothing but a {@link Failure}: `stopped` soon after the signal aborts, at whatever stage;
   * `cut-off` when the stream ends without a proper end. Exactly one request for a reply goes on the wire.
   * No listener is left on the signal when the reply is whole, since one signal serves many requests: `fetch` leaves its
   * own there, so give it `AbortSignal.any([signal])`.
   */
  abstract stream(request: ChatRequest, signal?: AbortSignal): AsyncIterable<ReplyDelta>;

  /** Sends one request and waits for the whole reply. Throws as {@link stream} does. */
  async chat(request: ChatRequest, signal?: AbortSignal): Promise<Reply> {
    for await (const delta of this.stream(request, signal)) {
      if (delta.type === 'reply') return delta.reply;
    }
    throw new Failure(
      'cut-off',
      `${this.getProviderName()}:${request.model} ended its reply before it was complete.`,
    );
  }

  /** What is known of a model without asking for a list; undefined where nothing is. */
  describeModel(_model: string, _signal?: AbortSignal): Promise<ModelInfo | undefined> {
    return Promise.resolve(undefined);
  }

  /**
   * What a server of local models can say of a request before it is sent. Asks for no reply, throws nothing.
   * Undefined where the work is not local, or nothing can be said.
   */
  prospect(_request: ChatRequest, _signal?: AbortSignal): Promise<Prospect | undefined> {
    return Promise.resolve(undefined);
  }

  /**
   * Loads a model without asking it anything, with the window that its next request will have.
   * @returns the seconds that it took; undefined where models are not loaded.
   * @throws {Failure}
   */
  preload(_model: string, _contextSize?: number, _signal?: AbortSignal): Promise<number | undefined> {
    return Promise.resolve(undefined);
  }

  /** A model that is not loaded had this window before: it has it again, unless a request needs a larger one. */
  resumeWindow(_model: string, _contextSize: number): void {}

  /** Takes a model out of memory, where models are loaded. @throws {Failure} */
  unload(_model: string, _signal?: AbortSignal): Promise<void> {
    return Promise.resolve();
  }

  /** Whether the models run on the user's own machines: their exchanges cost nothing and may be slow. */
  get local(): boolean {
    return false;
  }

  /** Whether what is sent stays on the very machine that Parley runs on. */
  get onThisMachine(): boolean {
    return false;
  }

  get patience(): Patience {
    return { firstMs: 300_000, nextMs: 120_000 };
  }

  /** The id under which price lists know this service; undefined where it has no price. */
  get priceList(): string | undefined {
    return undefined;
  }
}

/** What a provider is made from: one entry of `providers` in the configuration, its key resolved. */
export interface ProviderSettings {
  /** The instance's name in model references: `anthropic`, `gpu-box`. */
  name: string;
  baseUrl?: string;
  apiKey?: string;
  /** The variable that holds the key, or would: what the human is told when it is missing or wrong. */
  keyVariable?: string;
  /** The model taken when none is named. */
  defaultModel?: string;
  /** Tokens of the window for every model of an Ollama server; left out, see docs/providers.md. */
  contextSize?: number;
  /** How long Ollama keeps a model in memory: `30m`, `-1` for ever. */
  keepAlive?: string;
  /** Sent with every request. */
  headers?: Record<string, string>;
}
