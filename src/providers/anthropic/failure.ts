import { Failure, type FailureDetails, type FailureKind } from '../../conversation/failure.ts';
import type { ModelReference } from '../../conversation/message.ts';
import { retryAfterMs } from '../retry-after.ts';
import { contextFailure, type Refusal, statusFailure, wordsOf } from '../service-failure.ts';

export const KEY_PAGE = 'https://console.anthropic.com/settings/keys';
const BILLING_PAGE = 'https://console.anthropic.com/settings/billing';

/** What was asked, and of whom. */
export interface Asked {
  /** The provider. */
  name: string;
  /** Its model, without the provider; absent for questions about models. */
  model?: string;
  url: string;
  /** Where the human keeps the key. */
  keyVariable?: string;
  /** Only to be taken out of the service's own words. */
  apiKey?: string;
  /** Milliseconds since 1970. */
  wallTime: number;
}

/** The part of the SDK's APIError that is read here. */
interface ServiceError extends Error {
  status: number;
  headers?: Headers;
  type?: string | null;
  apiMessage?: string | null;
}

/** The failure that an answer of the service with an error status means; undefined for any other error. */
export function serviceFailure(error: unknown, asked: Asked): Failure | undefined {
  if (!(error instanceof Error && 'status' in error && typeof error.status === 'number')) return undefined;
  const { status, headers, type, apiMessage } = error as ServiceError;
  const shouldRetry = headers?.get('x-should-retry');
  const details: FailureDetails = {
    cause: error,
    retryAfterMs: retryAfterMs(headers, asked.wallTime),
    ...(shouldRetry && { retryable: shouldRetry === 'true' }),
  };
  return meaning({ status, said: wordsOf(apiMessage ?? '', asked.apiKey), details }, type, asked);
}

function meaning(refusal: Refusal, type: string | null | undefined, asked: Asked): Failure {
  const { name, model, url, keyVariable = 'ANTHROPIC_API_KEY' } = asked;
  const { status, said, details } = refusal;
  const who = model === undefined ? name : `${name}:${model}`;
  const because = `(${[status, said].filter(Boolean).join(': ')})`;
  const failure = (kind: FailureKind, sentence: string) =>
    new Failure(kind, sentence, { ...details, status });

  if (status === 402 || /credit balance is too low/i.test(said)) {
    return failure(
      'no-credit',
      `The account of ${name} has no credit ${because}. Add some at ${BILLING_PAGE}.`,
    );
  }
  if (/prompt is too long|exceed context limit/i.test(said)) {
    return contextFailure(refusal, who, ...excessIn(said));
  }
  switch (status) {
    case 401:
      return failure(
        'not-authorised',
        `${name} refused the API key ${because}. Check ${keyVariable}; a new key is made at ${KEY_PAGE}.`,
      );
    case 403:
      return failure(
        'not-authorised',
        `The API key of ${name} is not allowed to ask ${model ?? 'this'} ${because}. Choose another model, or change what the key may do at ${KEY_PAGE}.`,
      );
    case 404:
      // Without a type it is not Anthropic's own answer.
      if (!type)
        return failure(
          'bad-config',
          `Nothing answers for ${who} at ${url} (404). Check base_url of ${name}.`,
        );
      return failure(
        'model-not-found',
        `${name} has no model ${model} ${because}. \`parley models\` lists what it has.`,
      );
  }
  return statusFailure(refusal, who);
}

/** The tokens asked for and the limit, which the service names in its sentence and nowhere else. */
function excessIn(said: string): [tokens?: number, limit?: number] {
  const [, prompt, reply = 0, limit] = /(\d+)(?: tokens| \+ (\d+)) > (\d+)/.exec(said) ?? [];
  return limit === undefined ? [] : [Number(prompt) + Number(reply), Number(limit)];
}

/** An error that the service sends inside a stream, after status 200. */
export function errorEventFailure(
  error: { type?: string; message?: string } | undefined,
  model: ModelReference,
  apiKey: string | undefined,
): Failure {
  const said = `(${wordsOf(error?.message ?? 'no reason given', apiKey)})`;
  switch (error?.type) {
    case 'overloaded_error':
      return new Failure('overloaded', `${model} became overloaded in the middle of its reply ${said}.`);
    case 'rate_limit_error':
      return new Failure('rate-limited', `${model} reached a rate limit in the middle of its reply ${said}.`);
    case 'invalid_request_error':
      return new Failure('bad-request', `${model} refused the request in the middle of its reply ${said}.`);
    default:
      return new Failure('server-error', `${model} failed in the middle of its reply ${said}.`);
  }
}
