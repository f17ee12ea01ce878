import { Failure, type FailureDetails } from '../../conversation/failure.ts';
import type { ModelReference } from '../../conversation/message.ts';
import { networkFailure, redirectFailure } from '../network-failure.ts';
import { retryAfterMs } from '../retry-after.ts';
import { blindFailure, statusFailure, wordsOf } from '../service-failure.ts';
import { NotJson, Refused } from './client.ts';
import { contextExceeded } from './context-size.ts';
import { StreamError } from './reply.ts';

/** What was asked, and of whom. */
export interface Asked {
  /** The provider. */
  name: string;
  /** Its model without the provider; absent for questions about models. */
  model?: string;
  url: string;
  apiKey?: string;
  contextSize?: number;
  trained?: number;
  cloud?: boolean;
  wallTime: number;
}

/** What went wrong between us and an Ollama server, and what to do about it. */
export function ollamaFailure(error: unknown, asked: Asked): Failure {
  if (error instanceof Failure) return error;
  const who = referenceOf(asked);
  if (error instanceof Refused) return refusal(error, asked);
  if (error instanceof StreamError) return inStream(error, asked);
  if (error instanceof NotJson) {
    return new Failure(
      'malformed',
      `${asked.url} did not answer ${asked.name} as Ollama does (${wordsOf(error.body, asked.apiKey) || 'an empty answer'}). Check base_url.`,
      { cause: error },
    );
  }
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new Failure('unreachable', `${who} did not answer in time at ${asked.url}.`, { cause: error });
  }
  const failure = networkFailure(error, who, asked.url);
  if (failure?.kind === 'unreachable' && failure.retryable) return notRunning(asked, error);
  return failure ?? Failure.from(error);
}

function notRunning({ name, url }: Asked, cause: unknown): Failure {
  const local = /^https?:\/\/(127\.|localhost|\[::1\])/i.test(url);
  // The variable is for the one that everybody has; one of a name of its own has its address in the settings.
  const address = name === 'ollama' ? 'OLLAMA_BASE_URL' : `base_url of ${name}`;
  const start = local
    ? `Start it with \`ollama serve\`, or set ${address} where it runs elsewhere.`
    : `Check that it runs there and listens beyond its own machine (OLLAMA_HOST=0.0.0.0), or set ${address} to where it is.`;
  return new Failure('unreachable', `No Ollama answers for ${name} at ${url}. ${start}`, { cause });
}

/** The model is not there. @param near names among the installed ones that it may have been meant for. */
export function notPulled(name: string, model: string, near: readonly string[], cause: unknown): Failure {
  const meant = near.length > 0 ? ` Installed are ${near.join(', ')}.` : '';
  return new Failure(
    'model-not-found',
    `${name} has no model ${model}. Get it with \`ollama pull ${model}\`.${meant}`,
    { status: 404, cause },
  );
}

/** @throws {Failure} the stream ended, and its last line never came. */
export function endedEarly(reference: ModelReference): never {
  throw new Failure(
    'cut-off',
    `${reference} ended its reply before it was complete. Ollama does so when a model only repeats itself, or its runner fails: ask again, or choose another model.`,
  );
}

function refusal(error: Refused, asked: Asked): Failure {
  const who = referenceOf(asked);
  const { words, tokens, contextSize } = readError(error.body);
  const said = wordsOf(words, asked.apiKey);
  const retryAfter = error.headers['retry-after'];
  const details: FailureDetails = {
    status: error.status,
    cause: error,
    retryAfterMs: retryAfterMs(
      retryAfter === undefined ? undefined : new Headers({ 'retry-after': retryAfter }),
      asked.wallTime,
    ),
  };
  if (isTooLong(words)) {
    const { trained } = asked;
    return contextExceeded(
      who,
      { tokens, contextSize: contextSize ?? asked.contextSize, trained, said },
      details,
    );
  }
  const blind = blindFailure({ status: error.status, said, details }, who);
  if (blind) return blind;
  switch (error.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return redirectFailure(error.status, error.headers.location, who, asked.url);
    case 400:
      if (/does not support tools/i.test(words)) {
        return new Failure(
          'no-tool-support',
          `${who} cannot call tools. Choose a model with the capability "tools"; \`parley models\` shows which have it.`,
          details,
        );
      }
      if (/does not support/i.test(words)) {
        return new Failure(
          'unsupported',
          `${who} cannot do what was asked (${said}). Choose another model.`,
          details,
        );
      }
      return statusFailure({ status: 400, said, details }, who);
    case 401:
    case 403:
      return new Failure(
        'not-authorised',
        asked.cloud || /cloud|sign ?in/i.test(error.body)
          ? `${who} runs in Ollama's cloud, which let nobody in (${said}). Sign in with \`ollama signin\`, or choose a local model.`
          : `${who} may not be asked (${error.status}: ${said}). Check the key or the headers of this provider.`,
        details,
      );
    case 404:
      // Without a model, or from something that is no Ollama, it is the address that is wrong.
      if (asked.model === undefined || !isJson(error.body)) {
        return new Failure(
          'bad-config',
          `Nothing answers as Ollama to ${asked.name} at ${asked.url} (404). Check base_url.`,
          details,
        );
      }
      return notPulled(asked.name, asked.model, [], error);
    case 500:
      if (/system memory|out of memory|requires more/i.test(words)) {
        return new Failure(
          'server-error',
          `${who} does not fit into the memory of its machine (${said}). Choose a smaller model, or lower context_size.`,
          { ...details, retryable: false },
        );
      }
      return statusFailure({ status: 500, said, details }, who);
    case 502:
      if (!asked.cloud) return statusFailure({ status: 502, said, details }, who);
      return new Failure(
        'server-error',
        `Ollama could not reach its cloud for ${who} (502: ${said}). Check the network, or choose a local model.`,
        details,
      );
    case 503:
      return new Failure(
        'overloaded',
        `The queue of ${asked.name} is full, so it took no request for ${asked.model ?? 'models'} (${[503, said].filter(Boolean).join(': ')}). Ask fewer things at once, or raise OLLAMA_MAX_QUEUE.`,
        details,
      );
    default:
      return statusFailure({ status: error.status, said, details }, who);
  }
}

function inStream(error: StreamError, asked: Asked): Failure {
  const who = referenceOf(asked);
  const { words, tokens, contextSize } = readError(error.message);
  const said = wordsOf(words, asked.apiKey);
  if (isTooLong(words)) {
    return contextExceeded(who, { ...asked, tokens, contextSize: contextSize ?? asked.contextSize, said });
  }
  const blind = blindFailure({ status: 500, said, details: { cause: error } }, who);
  if (blind) return blind;
  return new Failure('server-error', `${who} broke off with an error (${said}). Ask again.`, {
    cause: error,
  });
}

/**
 * The words of an error: `{"error": "…"}`, where the text may again be the JSON of the runner beneath, whose
 * figures are exact. An error of llama-server and one of the MLX runner name the tokens in the same order.
 */
export function readError(body: string): { words: string; tokens?: number; contextSize?: number } {
  let words = body;
  let tokens: unknown;
  let contextSize: unknown;
  for (let depth = 0; depth < 6 && isJson(words); depth++) {
    let inner: unknown = JSON.parse(words);
    for (let key = 0; key < 3 && typeof inner === 'object' && inner !== null; key++) {
      const object = inner as Record<string, unknown>;
      tokens = object.n_prompt_tokens ?? tokens;
      contextSize = object.n_ctx ?? contextSize;
      inner = object.error ?? object.message;
    }
    if (typeof inner !== 'string') break;
    words = inner;
  }
  const figures = /\((\d+) tokens\).*?\((\d+) tokens\)/s.exec(words);
  tokens ??= figures && Number(figures[1]);
  contextSize ??= figures && Number(figures[2]);
  return {
    words,
    ...(typeof tokens === 'number' && { tokens }),
    ...(typeof contextSize === 'number' && { contextSize }),
  };
}

function isTooLong(words: string): boolean {
  return /longer than the context length|exceeds? the (available )?context|exceeds the model's maximum context|exceed_context_size/i.test(
    words,
  );
}

function isJson(text: string): boolean {
  return text.trimStart().startsWith('{') && canParse(text);
}

function canParse(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function referenceOf({ name, model }: Asked): ModelReference {
  return model === undefined ? name : `${name}:${model}`;
}
