import { Failure, type FailureDetails, type FailureKind } from '../conversation/failure.ts';

/** An answer of a service with an error status. */
export interface Refusal {
  status: number;
  /** The service's own words, without the key. */
  said: string;
  details: FailureDetails;
}

/** What an error status means where nothing more particular is known. @param who the model or the provider. */
export function statusFailure({ status, said, details }: Refusal, who: string): Failure {
  const because = `(${[status, said].filter(Boolean).join(': ')})`;
  const failure = (kind: FailureKind, sentence: string, retryable?: boolean) =>
    new Failure(kind, sentence, { retryable, ...details, status });
  if (status === 408 || status === 409) {
    return failure('server-error', `${who} could not take the request just now ${because}.`, true);
  }
  if (status === 413) {
    return failure(
      'context-exceeded',
      `The request is larger than ${who} takes ${because}. Start a new conversation (/clear at the prompt), or send fewer or smaller images.`,
    );
  }
  if (status === 429) {
    return failure('rate-limited', `${who} limits how much it is asked ${because}.${comeBack(details)}`);
  }
  if (status === 503 || status === 529) return failure('overloaded', `${who} is overloaded ${because}.`);
  if (status >= 500) return failure('server-error', `${who} failed on its side ${because}.`);
  return failure('bad-request', `${who} refused the request ${because}.`);
}

/** A wait that is worth a word: shorter ones are over before it is read. */
function comeBack({ retryAfterMs = 0 }: FailureDetails): string {
  const minutes = Math.ceil(retryAfterMs / 60_000);
  if (retryAfterMs < 60_000) return '';
  return ` Come back in ${minutes < 60 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`}, or ask another model.`;
}

/** By how much a conversation is too long, as far as the service tells. */
export function contextFailure(
  refusal: Refusal,
  who: string,
  tokens: number | undefined,
  limit: number | undefined,
): Failure {
  const remedy = 'Start a new conversation (/clear at the prompt), or choose a model with a larger window.';
  const { status, details, said } = refusal;
  const sentence =
    tokens !== undefined && limit !== undefined && tokens > limit
      ? `The conversation has ${count(tokens)} tokens, ${count(tokens - limit)} more than the ${count(limit)} that ${who} can read. ${remedy}`
      : `The conversation is longer than ${who} can read (${said}). ${remedy}`;
  return new Failure('context-exceeded', sentence, { ...details, status });
}

/** The sentences of llama.cpp, of Ollama and its runners, of OpenRouter, of vLLM, and what others write. */
const CANNOT_SEE =
  /image input is not supported|data required for image input|not support (images?|vision)|support image input|not a multimodal model/i;

/** The model got images and cannot see: asking again would not help. Undefined for anything else. */
export function blindFailure({ said, status, details }: Refusal, who: string): Failure | undefined {
  if (!CANNOT_SEE.test(said)) return undefined;
  return new Failure(
    'bad-request',
    `${who} cannot see images (${[status, said].filter(Boolean).join(': ')}). Choose a model with vision, or ask without them.`,
    { ...details, status, retryable: false },
  );
}

/** Where an SDK found something else than JSON in an answer; undefined for any other error. */
export function notJson(error: unknown, who: string, url: string): Failure | undefined {
  if (!(error instanceof SyntaxError)) return undefined;
  return new Failure(
    'malformed',
    `What answers for ${who} at ${url} does not speak its language. Check base_url, or the proxy in between.`,
    { cause: error },
  );
}

/** @throws {Failure} where an address is none, or holds a password. */
export function assertUrl(url: string, name: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
    const { username, password, host } = new URL(url);
    if (!username && !password) return;
    throw new Failure(
      'bad-config',
      `base_url of ${name} holds a user name or a password. Write it without them (${host}): a key goes into its variable, anything else into headers.`,
    );
  }
  throw new Failure(
    'bad-config',
    `base_url of ${name} is no address: "${url}". Write it in full, for instance http://localhost:8080/v1.`,
  );
}

/** A service's words, fit for a sentence: without the key, without a page's markup, and not too long. */
export function wordsOf(text: string, apiKey: string | undefined): string {
  const plain = /<html|<!doctype/i.test(text) ? 'a web page instead of an answer' : text;
  const clean = (apiKey ? plain.replaceAll(apiKey, '…') : plain).replace(/\s+/g, ' ').trim();
  const short = clean.length > 400 ? `${clean.slice(0, 400)}…` : clean;
  return short.replace(/\.$/, '');
}

function count(tokens: number): string {
  return tokens.toLocaleString('en');
}
