/**
 * What all simulated services share: a server on loopback, and the mechanics of replies that stream and of
 * faults. A {@link Protocol} says how one service reads a request and writes a reply.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Script, ScriptedReply, SeenRequest, SimulatedService } from './script.ts';

export interface HttpRequest {
  method: string;
  /** Without the query: `/v1/messages`. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  /** The body as parsed JSON; `{}` where there is none. */
  body: Record<string, unknown>;
}

/**
 * One event or line on the wire. `kind` is where faults and delays act: `text`, `thinking` and `tool-call`
 * (only the pieces that carry a call's arguments) are deltas, `end` is all that closes a reply properly,
 * `frame` is everything else.
 */
export interface WireChunk {
  kind: 'frame' | 'thinking' | 'text' | 'tool-call' | 'end';
  data: string;
}

export interface WireReply {
  contentType: string;
  chunks: WireChunk[];
}

export interface Protocol {
  /** The request taken apart where it asks for a reply of the model; undefined for every other route. */
  read(request: HttpRequest): SeenRequest | undefined;
  /** The reply as it goes over the wire; one chunk of JSON where the request wants no stream. */
  write(reply: ScriptedReply, seen: SeenRequest): WireReply;
  /** Why the service itself refuses the request, with status 400; undefined where it is in order. */
  refuse?(seen: SeenRequest): string | undefined;
  /** Questions about models and the like; undefined is answered 404. */
  answer?(request: HttpRequest): { status?: number; body: unknown } | undefined;
  /** The body of an error in the service's own form. */
  error(status: number, message: string): unknown;
  /** The service's own error inside a stream. */
  errorChunk(message: string): string;
  /** A chunk that its clients cannot parse. */
  malformedChunk: string;
  /** A chunk that they can parse, and not understand. */
  misshapenChunk: string;
  /** What the service sends while there is nothing to say; left out where it is silent. */
  signOfLife?: string;
}

const BATCH_CHARACTERS = 32_768;
const HTML = '<!doctype html><html><body><h1>Sign in to the network</h1></body></html>';

/** Serves a protocol from a script on a free port of the loopback interface. */
export async function serve(protocol: Protocol, script: Script): Promise<SimulatedService> {
  const requests: SeenRequest[] = [];

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(incoming);
    if (!request) return sendJson(response, 400, protocol.error(400, 'The body is not valid JSON.'));
    const seen = protocol.read(request);
    if (!seen) {
      const answer = protocol.answer?.(request);
      if (answer) return sendJson(response, answer.status ?? 200, answer.body);
      return sendJson(response, 404, protocol.error(404, `Nothing is at ${request.method} ${request.path}.`));
    }
    requests.push(seen);
    const refusal = protocol.refuse?.(seen);
    if (refusal) return sendJson(response, 400, protocol.error(400, refusal));
    await sendReply(response, protocol, script(seen, requests.length - 1), seen);
  }

  const server = await listen((incoming, response) => {
    handle(incoming, response).catch((error: Error) => {
      if (response.headersSent || response.destroyed) response.destroy();
      else sendJson(response, 500, protocol.error(500, `The simulation failed: ${error.message}`));
    });
  });
  return { url: server.url, requests, close: server.close };
}

/** A bare server on loopback; `close` destroys what is still connected. */
export async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Undefined where the body is no JSON. */
export async function readRequest(incoming: IncomingMessage): Promise<HttpRequest | undefined> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  const url = new URL(incoming.url ?? '/', 'http://loopback');
  const text = Buffer.concat(pieces).toString('utf8');
  try {
    return {
      method: incoming.method ?? 'GET',
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      headers: incoming.headers,
      body: text ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  } catch {
    return undefined;
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers?: Record<string, string>,
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function sendReply(
  response: ServerResponse,
  protocol: Protocol,
  reply: ScriptedReply,
  seen: SeenRequest,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    if (reply.firstDelayMs) await sleep(reply.firstDelayMs, undefined, { signal: gone.signal });
    if (failedAtStart(response, reply.fault, protocol)) return;
    const wire = protocol.write(reply, seen);
    const { chunks, ending } = applyFault(wire.chunks, reply.fault, protocol);
    response.writeHead(200, { 'content-type': wire.contentType });
    await sendChunks(response, chunks, reply.pieceDelayMs ?? 0, gone.signal);
    if (ending === 'proper') response.end();
    // Only what has left the process survives a destroyed socket.
    if (ending === 'cut') response.write('', () => response.destroy());
  } catch (error) {
    // A client that went away ends its reply; that is no failure of the simulation.
    if (!gone.signal.aborted) throw error;
  }
}

/** Does what a fault does in place of a reply. @returns false where the fault, if any, comes later. */
export function failedAtStart(
  response: ServerResponse,
  fault: Fault | undefined,
  protocol: Pick<Protocol, 'error'>,
): boolean {
  switch (fault?.type) {
    case 'status': {
      const { status, body, message = 'Scripted failure.', headers } = fault;
      if (body === undefined) sendJson(response, status, protocol.error(status, message), headers);
      else response.writeHead(status, headers).end(body);
      return true;
    }
    case 'wrong-content-type':
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(HTML);
      return true;
    case 'stall':
      return fault.at === 'start';
    case 'cut':
      if (fault.at === 'start') response.destroy();
      return fault.at === 'start';
    default:
      return false;
  }
}

/** What is really sent of a reply, and how the connection is left. */
export function applyFault(
  chunks: WireChunk[],
  fault: Fault | undefined,
  protocol: Pick<Protocol, 'errorChunk' | 'malformedChunk' | 'misshapenChunk' | 'signOfLife'>,
): { chunks: WireChunk[]; ending: 'proper' | 'cut' | 'stall' } {
  switch (fault?.type) {
    case 'cut':
      if (fault.at === 'tool-call') return { chunks: untilInsideCall(chunks), ending: 'cut' };
      return { chunks: untilMiddleOf(chunks, 'text'), ending: 'cut' };
    case 'stall':
      if (fault.at === 'first-token') {
        return { chunks: [{ kind: 'frame', data: protocol.signOfLife ?? '' }], ending: 'stall' };
      }
      return { chunks: untilMiddleOf(chunks, 'text'), ending: 'stall' };
    case 'error-event':
      return {
        chunks: [...untilMiddle(chunks), { kind: 'frame', data: protocol.errorChunk(fault.message) }],
        ending: 'proper',
      };
    case 'malformed':
    case 'misshapen': {
      const data = fault.type === 'malformed' ? protocol.malformedChunk : protocol.misshapenChunk;
      return { chunks: [...untilMiddle(chunks), { kind: 'frame', data }], ending: 'proper' };
    }
    case 'no-end':
      return { chunks: chunks.filter((chunk) => chunk.kind !== 'end'), ending: 'proper' };
    default:
      return { chunks, ending: 'proper' };
  }
}

function untilMiddleOf(chunks: WireChunk[], kind: WireChunk['kind']): WireChunk[] {
  const places = chunks.flatMap((chunk, place) => (chunk.kind === kind ? [place] : []));
  const middle = places[Math.ceil(places.length / 2) - 1];
  if (middle === undefined) throw new Error(`a fault is scripted inside ${kind}, but the reply has none`);
  return chunks.slice(0, middle + 1);
}

function untilMiddle(chunks: WireChunk[]): WireChunk[] {
  const kind = (['text', 'tool-call', 'thinking'] as const).find((kind) =>
    chunks.some((chunk) => chunk.kind === kind),
  );
  return kind ? untilMiddleOf(chunks, kind) : chunks.filter((chunk) => chunk.kind !== 'end');
}

function untilInsideCall(chunks: WireChunk[]): WireChunk[] {
  const place = chunks.findLastIndex((chunk) => chunk.kind === 'tool-call');
  const last = chunks[place];
  if (!last) throw new Error('a fault is scripted inside a tool call, but the reply has none');
  return [
    ...chunks.slice(0, place),
    { kind: 'tool-call', data: last.data.slice(0, Math.ceil(last.data.length / 2)) },
  ];
}

/** One write for each delta where they are to be paced, large batches where they are not. */
async function sendChunks(
  response: ServerResponse,
  chunks: WireChunk[],
  pieceDelayMs: number,
  signal: AbortSignal,
): Promise<void> {
  let batch = '';
  let deltas = 0;
  async function flush(): Promise<void> {
    const data = batch;
    batch = '';
    if (data && !response.write(data)) await once(response, 'drain', { signal });
  }
  for (const chunk of chunks) {
    const isDelta = chunk.kind !== 'frame' && chunk.kind !== 'end';
    if (isDelta && pieceDelayMs && deltas++ > 0) {
      await flush();
      await sleep(pieceDelayMs, undefined, { signal });
    }
    batch += chunk.data;
    if (batch.length >= BATCH_CHARACTERS) await flush();
  }
  await flush();
}

/** A server-sent event. */
export function sse(data: unknown, event?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return event ? `event: ${event}\ndata: ${text}\n\n` : `data: ${text}\n\n`;
}

/** A text in pieces of about so many characters, never between the two halves of one character. */
export function* inPieces(text: string, length = 12): Generator<string> {
  for (let start = 0; start < text.length; ) {
    let end = start + length;
    if (text.codePointAt(end - 1)! > 0xffff) end++;
    yield text.slice(start, end);
    start = end;
  }
}

/** Tokens by rule of thumb, four characters each, for replies whose script gives no figures. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
