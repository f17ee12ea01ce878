import { Failure } from '../conversation/failure.ts';

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
  const codes = codesOf(error);
  const code = codes.find((code) => NO_WAY_THERE.has(code));
  if (code) {
    return new Failure(
      'unreachable',
      `${who} cannot be reached at ${url} (${code}). Check the network, and base_url if you set it.`,
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
  return undefined;
}

/** The codes of an error and of its causes; `AggregateError` is what a host with several addresses gives. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let depth = 0; error instanceof Error && depth < 8; depth++) {
    if ('code' in error && typeof error.code === 'string') codes.push(error.code);
    if (error instanceof AggregateError) codes.push(...error.errors.flatMap(codesOf));
    error = error.cause;
  }
  return codes;
}

/** What `fetch` throws, without a code, when a body ends before its time. */
function isTerminated(error: unknown): boolean {
  return error instanceof TypeError && error.message === 'terminated';
}
