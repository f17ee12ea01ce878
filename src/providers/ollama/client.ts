/**
 * The wire to an Ollama server. It uses `node:http`, not `fetch`: until the model is loaded and has begun to
 * write, the server sends no headers, and Node's fetch gives up after 300 s without headers or between two
 * chunks, whatever the caller wants. `node:http` waits as long as it is asked to, by documented behaviour,
 * where a fetch without these limits needs undici itself or its private global dispatcher. It is also the
 * cheapest: a first answer and 20,000 lines took 87 and 138 ms of wall time, Node's start included, against
 * 99 and 204 with fetch and 168 and 275 with undici, in 74, 90 and 103 MB.
 */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { LineDecoder } from './ndjson.ts';

const READ_ON_MS = 1_000;

/** The server answered, with an error status. */
export class Refused extends Error {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came: JSON, or a proxy's page. */
  readonly body: string;

  constructor(status: number, headers: IncomingHttpHeaders, body: string) {
    super(`status ${status}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** A whole answer that is not JSON. */
export class NotJson extends Error {
  readonly body: string;

  constructor(body: string, cause?: unknown) {
    super('not JSON', { cause });
    this.body = body;
  }
}

/** The lines of an answer as they arrive, all of a network chunk at once; undefined at the end. */
export interface LineReader {
  read(): Promise<string[] | undefined>;
  /** Frees the connection after the last line that matters, for the next request if the server lets it. */
  readOn(): void;
}

export class OllamaClient {
  readonly url: string;
  readonly #headers: () => Record<string, string>;
  #connect: Promise<(url: string, options: RequestOptions) => ClientRequest> | undefined;

  /** @param url without a slash at its end. @param headers of every request; what they throw comes through. */
  constructor(url: string, headers: () => Record<string, string>) {
    this.url = url;
    this.#headers = headers;
  }

  /**
   * A whole answer of JSON.
   * @throws {Refused} @throws {NotJson} and whatever the network throws; a `TimeoutError` after `timeoutMs`.
   */
  async ask<T>(path: string, body: object | undefined, timeoutMs: number, signal?: AbortSignal): Promise<T> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
    const text = await wholeText(await this.#send(path, body, either));
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new NotJson(text, error);
    }
  }

  /**
   * A stream of lines; resolves when the headers arrive. Aborting closes the socket at any stage.
   * @throws {Refused} and whatever the network throws; the signal's reason when aborted.
   */
  async open(path: string, body: object, signal: AbortSignal): Promise<LineReader> {
    const response = await this.#send(path, body, signal);
    const lines = linesOf(response);
    return {
      read: async () => (await lines.next()).value ?? undefined,
      readOn() {
        const giveUp = setTimeout(() => response.destroy(), READ_ON_MS);
        drain(lines).finally(() => clearTimeout(giveUp));
      },
    };
  }

  async #send(path: string, body: object | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    this.#connect ??= this.#load();
    const connect = await this.#connect;
    signal.throwIfAborted();
    const json = body && JSON.stringify(body);
    const headers = {
      ...(json !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(json),
      }),
      ...this.#headers(),
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = connect(this.url + path, { method: json === undefined ? 'GET' : 'POST', headers });
      // Not the option `signal`: it stays with the socket, which later requests use too.
      const abort = () => request.destroy();
      signal.addEventListener('abort', abort);
      request
        .on('response', resolve)
        .on('error', (error) => reject(signal.aborted ? signal.reason : error))
        .on('close', () => signal.removeEventListener('abort', abort))
        .end(json);
    });
    // Whoever has heard enough destroys the connection, and no one listens for the error of that.
    response.on('error', () => {});
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw new Refused(status, response.headers, await wholeText(response));
  }

  /** Loaded when first needed: not every session talks to Ollama. */
  async #load(): Promise<(url: string, options: RequestOptions) => ClientRequest> {
    const { Agent, request } = await (this.url.startsWith('https:')
      ? import('node:https')
      : import('node:http'));
    // An agent of our own: the global one marks sockets as idle after five seconds.
    const agent = new Agent({ keepAlive: true });
    return (url, options) => request(url, { ...options, agent });
  }
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string[], undefined> {
  const decoder = new LineDecoder();
  for await (const bytes of response) {
    const lines = decoder.push(bytes as Buffer);
    if (lines.length > 0) yield lines;
  }
  const rest = decoder.end();
  if (rest.length > 0) yield rest;
}

async function drain(lines: AsyncGenerator<string[], undefined>): Promise<void> {
  try {
    for await (const _ of lines);
  } catch {
    // What comes after the last line that matters may break off.
  }
}

async function wholeText(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
