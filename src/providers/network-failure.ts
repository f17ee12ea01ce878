import { Failure } from '../conversation/failure.ts';
import { isLocalAddress } from './local-address.ts';
import { Redirected } from './patient-fetch.ts';
import { wordsOf } from './service-failure.ts';

const NO_WAY_THERE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const LOST_ON_THE_WAY = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ERR_STREAM_PREMATURE_CLOSE']);
const SILENT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/**
 * What went wrong between us and a server, from an error of `fetch`, undici or an SDK around them; undefined
 * where the error is of another kind.
 * @param who the provider, or the model that was asked, as the human knows it.
 * @param url the server as configured; shown, so it must hold no key.
 */
export function networkFailure(error: unknown, who: string, url: string): Failure | undefined {
  const causes = causesOf(error);
  const redirect = causes.find((cause) => cause instanceof Redirected);
  if (redirect) return redirectFailure(redirect.statusCode, redirect.location, who, url);
  const codes = causes.flatMap((cause) =>
    'code' in cause && typeof cause.code === 'string' ? cause.code : [],
  );
  const code = codes.find((code) => NO_WAY_THERE.has(code));
  if (code) {
    return new Failure(
      'unreachable',
      `${who} cannot be reached at ${url} (${code}). Check the network, and base_url if you set it.${proxyHint(url)}`,
      { cause: error },
    );
  }
  const certificate = codes.find((code) => /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code));
  if (certificate) {
    return new Failure(
      'unreachable',
      `The certificate of ${url} cannot be trusted (${certificate}). Behind a company proxy, point NODE_EXTRA_CA_CERTS to its certificate.`,
      { cause: error, retryable: false },
    );
  }
  if (codes.some((code) => SILENT.has(code))) {
    return new Failure('stalled', `${who} stalled: nothing came for minutes, so the connection was closed.`, {
      cause: error,
    });
  }
  // The SDKs of Anthropic and OpenAI name no cause when a connection is not made in time.
  if (error instanceof Error && error.name === 'APIConnectionTimeoutError') {
    return new Failure('unreachable', `${who} did not answer in time at ${url}.`, { cause: error });
  }
  if (codes.some((code) => LOST_ON_THE_WAY.has(code)) || isTerminated(error)) {
    return new Failure('connection-lost', `The connection to ${who} broke off (${url}).`, { cause: error });
  }
  if (!causes.some(isConnectionError)) return undefined;
  const words = codes[0] ?? causes.findLast(({ message }) => message !== '')?.message ?? '';
  return new Failure(
    'unreachable',
    `${who} cannot be reached at ${url} (${wordsOf(words, undefined)}). Check base_url, and what stands in between: a proxy, a firewall.${proxyHint(url)}`,
    { cause: error, retryable: false },
  );
}

/** The way is not followed: the key would go along to whoever is at its end. */
export function redirectFailure(
  status: number,
  location: string | undefined,
  who: string,
  url: string,
): Failure {
  return new Failure(
    'bad-config',
    `${who} is not at ${url}, which sends the request on to ${location ?? 'another address'}. Set base_url to the address where it is, or check the proxy in between.`,
    { status },
  );
}

/** Node takes no notice of these variables unless it is told to. */
function proxyHint(url: string): string {
  const { NODE_USE_ENV_PROXY, NODE_OPTIONS = '', ...env } = process.env;
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => env[name]);
  const isUsed = NODE_USE_ENV_PROXY || NODE_OPTIONS.includes('--use-env-proxy');
  if (!proxy || isUsed || isLocalAddress(url)) return '';
  return ` ${proxy} is set, but not in use: NODE_USE_ENV_PROXY=1 in the environment makes Parley go through it.`;
}

/** An error and its causes; `AggregateError` is what a host with several addresses gives. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let depth = 0; error instanceof Error && depth < 8; depth++) {
    causes.push(error);
    if (error instanceof AggregateError) causes.push(...error.errors.flatMap(causesOf));
    error = error.cause;
  }
  return causes;
}

/** What `fetch` throws, without a code, when a body ends before its time. */
function isTerminated(error: unknown): boolean {
  return error instanceof TypeError && error.message === 'terminated';
}

/** What `fetch` throws, and the SDKs around it, where there was no answer at all. */
function isConnectionError({ name, message }: Error): boolean {
  return name === 'APIConnectionError' || (name === 'TypeError' && message === 'fetch failed');
}
