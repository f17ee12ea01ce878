import type { AssistantMessage } from './message.ts';

/** Why a model stopped speaking. */
export type StopReason =
  | 'end'
  | 'tool-calls'
  /** The limit on output tokens. */
  | 'length'
  /** The window ran full. */
  | 'context-full'
  /** The model declined. */
  | 'refusal'
  /** The provider's filter withheld the reply. */
  | 'blocked'
  /** The provider wants the conversation sent back as it is, to go on. */
  | 'pause'
  /** The model wrote a tool call that the provider could not parse. */
  | 'malformed-call';

/** Tokens as the provider counts them; what it does not tell is absent. */
export interface Usage {
  /** All tokens of the prompt, those read from and written to a cache included. */
  inputTokens: number;
  /** Of `inputTokens`: read from the provider's prompt cache. */
  cacheReadTokens?: number;
  /** Of `inputTokens`: written to the provider's prompt cache. */
  cacheWriteTokens?: number;
  /** All tokens written, thinking included. */
  outputTokens: number;
  /** Of `outputTokens`: thinking. */
  thinkingTokens?: number;
  /** It was cut off, so that nobody counted to the end; what was heard of it is counted by an estimate. */
  atLeast?: true;
}

/**
 * What one exchange with an Ollama server cost. Times are seconds. What the server did not say is absent,
 * never zero by default. How each field comes about: docs/providers.md#ollama.
 */
export interface Profile {
  /** False where the exchange was stopped or cut off: the times are then lower bounds. */
  complete: boolean;
  /** The base URL of the server. */
  host: string;
  digest?: string;
  /** False for a cloud model that Ollama merely passes on. */
  local: boolean;
  /** The `num_ctx` that was sent, tokens. */
  contextSize?: number;
  /** Share of the model that sits in GPU memory, 0 to 1, from `/api/ps`. */
  gpuShare?: number;
  /** What it takes in memory with its window, bytes, from `/api/ps`. */
  memoryBytes?: number;
  /** Whether the model was in memory before the call, from `/api/ps`. */
  loadedBefore?: boolean;
  /** Characters of the prompt's messages, system prompt and tools, as sent. */
  promptCharacters: number;
  /** All tokens of the prompt, cached ones included. */
  promptTokens?: number;
  /** Prompt tokens served from the KV cache, where the server tells. */
  cachedTokens?: number;
  writtenTokens?: number;
  loadSeconds?: number;
  readSeconds?: number;
  writeSeconds?: number;
  totalSeconds?: number;
  /** `total − load − read − write`: the wait for a slot, and overhead. */
  overheadSeconds?: number;
  /** By our own clock, from sending to the end. */
  wallSeconds: number;
  /** By our own clock, from sending to the first token. */
  firstTokenSeconds?: number;
  /** Of one that did not come to its end: the lines of the reply that came, a token each. */
  heardTokens?: number;
  /** By our own clock, from the first to the last of them. */
  heardSeconds?: number;
  /** The most requests to this host that were under way at once while this one was, itself included. */
  parallelRequests: number;
  /** To the same model: those under way when this one was sent; absent where there were none. */
  requestsAhead?: number;
  /** By our own clock, from sending until the first of these had ended, or this one. */
  aheadSeconds?: number;
}

/** The seconds that a request was expected to take, before it was sent. */
export interface ForecastFigures {
  /** As likely to take longer as less. */
  seconds: number;
  /** Nine of ten such requests take no longer. */
  boundSeconds: number;
}

/** What one exchange brought back. */
export interface Reply {
  message: AssistantMessage;
  stop: StopReason;
  /** The provider's own words on a refusal or a block, where it gave any. */
  stopDetail?: string;
  usage?: Usage;
  /** Only for models served by Ollama. */
  profile?: Profile;
}

/** A reply as it arrives. The whole reply comes last, exactly once, and only after a proper end. */
export type ReplyDelta =
  | { type: 'text'; text: string }
  | { type: 'thinking'; text: string }
  /** A tool call begins. */
  | { type: 'tool-call'; id: string; name: string }
  /** A further piece of the JSON of its arguments. */
  | { type: 'tool-arguments'; id: string; json: string }
  /** Something to say while there is nothing to read yet, for instance that the model is being loaded. */
  | { type: 'progress'; note: string }
  /** Something that the human should know, however the reply ends: a sentence. */
  | { type: 'warning'; text: string }
  /** Something came that says nothing: the other side is there and at work. */
  | { type: 'alive' }
  | { type: 'reply'; reply: Reply };
