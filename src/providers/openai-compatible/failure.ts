import { Failure } from '../../conversation/failure.ts';
import type { ModelReference } from '../../conversation/message.ts';
import { nearestNames } from '../../conversation/nearest.ts';
import { retryAfterMs } from '../retry-after.ts';
import { blindFailure, contextFailure, type Refusal, statusFailure, wordsOf } from '../service-failure.ts';

/** What was asked, and of whom. */
export interface Asked {
  /** The provider. */
  name: string;
  /** Its model, without the provider; absent for questions about models. */
  model?: string;
  url: string;
  /** Only to be taken out of the service's own words. */
  apiKey?: string;
  /** Where a key comes from and goes to. */
  keyRemedy: string;
  /** Milliseconds since 1970. */
  wallTime: number;
  /** Names of the models that are known to exist. */
  known: readonly string[];
}

/** The part of the SDK's APIError that is read here. */
interface ServiceError extends Error {
  status: number;
  headers?: Headers;
  error?: unknown;
}

interface Explanation {
  message?: string;
  type?: string | null;
  code?: string | number | null;
  /** llama.cpp. */
  n_prompt_tokens?: number;
  n_ctx?: number;
}

/** An error in a stream; some servers have it in a field of its own, some in the event itself. */
export interface ErrorBody extends Explanation {
  object?: string;
  error?: Explanation | string;
}

/** The failure that an error status means; undefined for any other error. */
export function serviceFailure(thrown: unknown, asked: Asked): Failure | undefined {
  if (!(thrown instanceof Error && 'status' in thrown && typeof thrown.status === 'number')) return undefined;
  const { status, headers, error, message } = thrown as ServiceError;
  const explanation = explanationIn(error);
  // The SDK begins its sentence with the status.
  const words = explanation.message ?? message.replace(/^\d+ /, '').replace(/^status code \(no body\)$/, '');
  const shouldRetry = headers?.get('x-should-retry');
  const refusal: Refusal = {
    status,
    said: wordsOf(words, asked.apiKey),
    details: {
      cause: thrown,
      retryAfterMs: retryAfterMs(headers, asked.wallTime),
      ...(shouldRetry && { retryable: shouldRetry === 'true' }),
    },
  };
  return meaning(refusal, explanation, asked);
}

/** An error that the service sends inside a stream, after status 200. */
export function errorEventFailure(
  body: ErrorBody,
  model: ModelReference,
  apiKey: string | undefined,
): Failure {
  const explanation = explanationIn(body.error ?? body);
  const status = Number(explanation.code);
  const refusal: Refusal = {
    status: status >= 400 && status < 600 ? status : 500,
    said: wordsOf(explanation.message ?? 'no reason given', apiKey),
    details: {},
  };
  return (
    tooLong(refusal, explanation, model) ?? blindFailure(refusal, model) ?? statusFailure(refusal, model)
  );
}

/** A service's explanation, or that of a service behind it. */
function explanationIn(error: unknown): Explanation {
  if (typeof error === 'string') return { message: error };
  if (typeof error !== 'object' || error === null) return {};
  const { detail, error: inner } = error as { detail?: unknown; error?: unknown };
  if (typeof inner === 'object' && inner !== null) return inner;
  return typeof detail === 'string' ? { message: detail } : error;
}

/** The sentences of vLLM and llama.cpp, of OpenRouter, of Groq, and what others write. */
const NO_TOOLS =
  /tools? (choice|param) requires|support(s|ing)? (tool|function)|(tool|function)[ _-]?(use|call\w*)`? (is|are) not supported/i;

function meaning(refusal: Refusal, explanation: Explanation, asked: Asked): Failure {
  const { status, said, details } = refusal;
  const { name, model, url, apiKey, keyRemedy } = asked;
  const who = model === undefined ? name : `${name}:${model}`;
  const because = `(${[status, said].filter(Boolean).join(': ')})`;
  const own = { ...details, status };
  const { code, type } = explanation;

  const known = tooLong(refusal, explanation, who) ?? blindFailure(refusal, who);
  if (known) return known;
  if (NO_TOOLS.test(said)) {
    return new Failure(
      'no-tool-support',
      `${who} cannot use tools ${because}. Choose another model, or start the server with tools enabled.`,
      own,
    );
  }
  if (status === 402 || code === 'insufficient_quota' || type === 'insufficient_quota') {
    return new Failure(
      'no-credit',
      `The account of ${name} has no credit ${because}. Add some, or choose another model.`,
      {
        ...own,
        retryable: false,
      },
    );
  }
  switch (status) {
    case 401:
      return apiKey
        ? new Failure(
            'not-authorised',
            `${name} refused the API key ${because}. Check it: ${keyRemedy}.`,
            own,
          )
        : new Failure('no-key', `${name} wants an API key ${because}: ${keyRemedy}.`, own);
    case 403:
      return new Failure(
        'not-authorised',
        `The API key of ${name} is not allowed to ask ${model ?? 'this'} ${because}. Choose another model, or another key.`,
        own,
      );
    case 404:
      return /model/i.test(`${said} ${code}`)
        ? noModel(because, asked, own)
        : new Failure(
            'bad-config',
            `Nothing answers to ${name} at ${url} ${because}. Check base_url of ${name}; it usually ends in /v1.`,
            own,
          );
    case 503:
      if (/loading/i.test(said)) {
        return new Failure('overloaded', `${name} is still loading its model ${because}.`, own);
      }
  }
  return statusFailure(refusal, who);
}

function noModel(because: string, { name, model = '', known }: Asked, own: object): Failure {
  const near = nearestNames(model, known);
  const guess = near.length > 0 ? `Did you mean ${near.join(' or ')}? ` : '';
  return new Failure(
    'model-not-found',
    `${name} has no model ${model} ${because}. ${guess}\`parley models\` lists what it has.`,
    own,
  );
}

/** The sentences of OpenAI, OpenRouter, vLLM, llama.cpp and LM Studio; undefined for any other. */
function tooLong(refusal: Refusal, explanation: Explanation, who: string): Failure | undefined {
  const { said } = refusal;
  const { code, type, n_prompt_tokens, n_ctx } = explanation;
  const isTold =
    code === 'context_length_exceeded' ||
    type === 'exceed_context_size_error' ||
    /context (length|size|window)|maximum context/i.test(said);
  if (!isTold || refusal.status === 429) return undefined;
  const limit =
    n_ctx ?? numberIn(said, /(?:context length is|context length of(?: only)?|context size \()\s*(\d+)/i);
  const tokens =
    n_prompt_tokens ??
    numberIn(said, /(?:resulted in|requested(?: about)?|request has|request \(|keep the first)\s*(\d+)/i);
  return contextFailure(refusal, who, tokens, limit);
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const digits = pattern.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
