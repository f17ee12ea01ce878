import { Failure } from '../../conversation/failure.ts';
import type { ModelReference } from '../../conversation/message.ts';
import { nearestNames } from '../../conversation/nearest.ts';
import { retryAfterMs } from '../retry-after.ts';
import { contextFailure, type Refusal, statusFailure, wordsOf } from '../service-failure.ts';

export const KEY_PAGE = 'https://aistudio.google.com/apikey';
const QUOTA_PAGE = 'https://aistudio.google.com/usage';

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
  /** Of the answer with the error, where there was one. */
  headers?: Headers;
  /** Names of the models that are known to exist. */
  known: readonly string[];
}

/** An error in the service's own form. */
interface ServiceError {
  code?: number;
  message?: string;
  status?: string;
  details?: {
    reason?: string;
    retryDelay?: string;
    violations?: { quotaId?: string; quotaValue?: string }[];
  }[];
}

export interface ErrorBody {
  error?: ServiceError;
}

/** The failure that an error status means; undefined for any error but the SDK's own `ApiError`. */
export function serviceFailure(thrown: unknown, asked: Asked): Failure | undefined {
  if (!(thrown instanceof Error && 'status' in thrown && typeof thrown.status === 'number')) return undefined;
  const error = errorIn(thrown.message);
  const refusal: Refusal = {
    status: thrown.status,
    said: wordsOf(error.message ?? '', asked.apiKey),
    details: { cause: thrown, retryAfterMs: waitOf(error) ?? retryAfterMs(asked.headers, asked.wallTime) },
  };
  return meaning(refusal, error, asked);
}

/** An error that the service sends inside a stream, after status 200. */
export function errorEventFailure(
  error: ServiceError,
  model: ModelReference,
  apiKey: string | undefined,
): Failure {
  const refusal: Refusal = {
    status: error.code ?? 500,
    said: wordsOf(error.message ?? error.status ?? 'no reason given', apiKey),
    details: { retryAfterMs: waitOf(error) },
  };
  return statusFailure(refusal, model);
}

function meaning(refusal: Refusal, error: ServiceError, asked: Asked): Failure {
  const { status, said, details } = refusal;
  const { name, model, keyVariable = 'GEMINI_API_KEY' } = asked;
  const who = model === undefined ? name : `${name}:${model}`;
  const because = `(${[status, said].filter(Boolean).join(': ')})`;
  const own = { ...details, status };
  const reasons = (error.details ?? []).map(({ reason }) => reason);

  if (status === 401 || reasons.includes('API_KEY_INVALID') || /API key (not valid|expired)/i.test(said)) {
    return new Failure(
      'not-authorised',
      `${name} refused the API key ${because}. Check ${keyVariable}; a new key is made at ${KEY_PAGE}.`,
      own,
    );
  }
  if (status === 403) {
    return new Failure(
      'not-authorised',
      `The API key of ${name} is not allowed to ask ${model ?? 'this'} ${because}. Choose another model, or make another key at ${KEY_PAGE}.`,
      own,
    );
  }
  if (status === 404) return notFound(error, because, asked, own);
  if (status === 429) return quotaFailure(refusal, error, asked);
  if (status === 400) {
    const [, tokens, limit] = /token count \(?(\d+)\)? exceeds .*?\(?(\d+)\)?$/i.exec(said) ?? [];
    if (tokens || /exceeds the maximum number of (input )?tokens/i.test(said)) {
      return contextFailure(refusal, who, number(tokens), number(limit));
    }
    if (/billing|free tier is not available/i.test(said)) {
      return new Failure(
        'no-credit',
        `${name} wants billing to be set up first ${because}. See ${KEY_PAGE}.`,
        own,
      );
    }
    if (/function calling is not (enabled|supported)|tool use is not supported/i.test(said)) {
      return new Failure(
        'no-tool-support',
        `${who} cannot use tools ${because}. Choose another model: \`parley models\` lists them.`,
        own,
      );
    }
  }
  return statusFailure(refusal, who);
}

function notFound(error: ServiceError, because: string, asked: Asked, own: object): Failure {
  const { name, model = '', url, known } = asked;
  if (error.status !== 'NOT_FOUND') {
    return new Failure(
      'bad-config',
      `Nothing answers to ${name} at ${url} ${because}. Check base_url of ${name}.`,
      own,
    );
  }
  const near = nearestNames(model, known);
  const guess = near.length > 0 ? `Did you mean ${near.join(' or ')}? ` : '';
  return new Failure(
    'model-not-found',
    `${name} has no model ${model} ${because}. ${guess}\`parley models\` lists what it has.`,
    own,
  );
}

/** A quota of the day does not come back in the seconds that the service names beside it. */
function quotaFailure(refusal: Refusal, error: ServiceError, { name, model }: Asked): Failure {
  const violations = (error.details ?? []).flatMap((detail) => detail.violations ?? []);
  const own = { ...refusal.details, status: refusal.status };
  const because = `(${refusal.said})`;
  if (violations.some(({ quotaValue }) => quotaValue === '0') || /limit: 0\b/.test(refusal.said)) {
    return new Failure(
      'no-credit',
      `The plan of this key of ${name} does not include ${model ?? 'this'} ${because}. Choose another model, or set up billing at ${KEY_PAGE}.`,
      { ...own, retryable: false },
    );
  }
  if (/credits? (are|is) depleted|out of credits?/i.test(refusal.said)) {
    return new Failure(
      'no-credit',
      `The account of ${name} has no credit ${because}. Add some at ${KEY_PAGE}.`,
      {
        ...own,
        retryable: false,
      },
    );
  }
  if (violations.some(({ quotaId }) => quotaId?.includes('PerDay'))) {
    return new Failure(
      'rate-limited',
      `Today's quota of ${name} for ${model ?? 'this'} is used up ${because}. Choose another model, or see ${QUOTA_PAGE}.`,
      { ...own, retryable: false },
    );
  }
  return statusFailure(refusal, name);
}

/** The error in an `ApiError`'s message, which is JSON; the real one may be JSON inside its message again. */
function errorIn(text: string): ServiceError {
  let error: ServiceError = { message: text };
  for (let depth = 0; depth < 3; depth++) {
    const inner = bodyIn(error.message ?? '')?.error;
    if (!inner) return error;
    error = inner;
  }
  return error;
}

function bodyIn(text: string): ErrorBody | undefined {
  try {
    const body = JSON.parse(text) as ErrorBody | ErrorBody[] | null;
    return (Array.isArray(body) ? body[0] : body) ?? undefined;
  } catch {
    return undefined;
  }
}

function waitOf({ details = [] }: ServiceError): number | undefined {
  const delay = details.find(({ retryDelay }) => retryDelay)?.retryDelay;
  const seconds = Number.parseFloat(delay ?? '');
  return Number.isNaN(seconds) ? undefined : Math.ceil(seconds * 1000);
}

function number(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}
