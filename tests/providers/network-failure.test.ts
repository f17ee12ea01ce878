import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { networkFailure } from '../../src/providers/network-failure.ts';
import { retryAfterMs } from '../../src/providers/retry-after.ts';
import { SseDecoder } from '../../src/providers/sse.ts';

const URL_TRIED = 'http://example.test';

function coded(code: string, message = code): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
}

describe('an error of the network', () => {
  test.each([
    ['ECONNREFUSED', 'unreachable', true],
    ['ENOTFOUND', 'unreachable', true],
    ['UND_ERR_CONNECT_TIMEOUT', 'unreachable', true],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'unreachable', false],
    ['ECONNRESET', 'connection-lost', true],
    ['UND_ERR_SOCKET', 'connection-lost', true],
    ['UND_ERR_BODY_TIMEOUT', 'stalled', false],
  ])('%s is told as %s', (code, kind, retryable) => {
    const failure = networkFailure(coded(code), 'claude', URL_TRIED);
    expect(failure).toMatchObject({ kind, retryable });
    expect(failure!.message).toMatch(/claude|example\.test/);
  });

  test('is found among the addresses of a host', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const error = new TypeError('fetch failed', { cause: new AggregateError([refused, refused]) });
    expect(networkFailure(error, 'claude', URL_TRIED)?.kind).toBe('unreachable');
  });

  test('is what fetch throws when a server hangs up', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const error = await fetch(`http://127.0.0.1:${port}`).catch((error: unknown) => error);
    expect(networkFailure(error, 'claude', URL_TRIED)?.kind).toBe('connection-lost');
  });

  test.each([
    ['http://127.0.0.1:6667', 'bad port'],
    ['ftp://127.0.0.1', 'unknown scheme'],
  ])('of no known kind is told in its own words: %s', async (url, words) => {
    const error = await fetch(url).catch((error: unknown) => error);
    const failure = networkFailure(error, 'claude', url);
    expect(failure).toMatchObject({ kind: 'unreachable', retryable: false });
    expect(failure!.message).toContain(`(${words})`);
  });

  test('names a proxy that is set and not in use', () => {
    vi.stubEnv('HTTPS_PROXY', 'http://proxy:8080');
    onTestFinished(() => void vi.unstubAllEnvs());
    const told = (url: string) => networkFailure(coded('ENOTFOUND'), 'claude', url)!.message;
    expect(told(URL_TRIED)).toContain('NODE_USE_ENV_PROXY=1');
    expect(told('http://192.168.1.5:8080')).not.toContain('PROXY');
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    expect(told(URL_TRIED)).not.toContain('NODE_USE_ENV_PROXY');
  });

  test('is not every error', () => {
    expect(networkFailure(new TypeError('x is not a function'), 'claude', URL_TRIED)).toBeUndefined();
    expect(networkFailure('text', 'claude', URL_TRIED)).toBeUndefined();
  });
});

describe('the wait that a server asks for', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  test.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '250', 'retry-after': '7' }, 250],
    [{ 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('%j is %s ms', (headers, ms) => expect(retryAfterMs(new Headers(headers as never), now)).toBe(ms));
});

describe('server-sent events', () => {
  const decode = (text: string) => new SseDecoder().push(new TextEncoder().encode(text));

  test('end at an empty line, with either kind of line end', () => {
    expect(decode('event: a\ndata: 1\n\ndata:2\r\n\r\n')).toEqual(['1', '2']);
  });

  test('may have several lines, comments and fields that do not matter', () => {
    expect(decode(': hello\n\nid: 3\ndata: one\ndata: two\nretry: 9\n\n')).toEqual(['one\ntwo']);
  });

  test('that have not ended wait for the end of the bytes', () => {
    const decoder = new SseDecoder();
    expect(decoder.push(new TextEncoder().encode('data: 1\n\ndata: 2\r\ndata: 3'))).toEqual(['1']);
    expect(decoder.end()).toEqual(['2\n3']);
    expect(new SseDecoder().end()).toEqual([]);
  });
});
