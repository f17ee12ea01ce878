import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { listen } from '../simulation/http.ts';

/** A proxy in front of a service: counts the replies that a client left, and replays one in pieces. */
export interface WireTap {
  url: string;
  /** Replies whose connection the client closed before their end. */
  abandoned(): number;
  /** Every request so far: `GET /v1/models`. */
  routes: string[];
  /** From now on each route answers with the bytes of its first answer, split at these offsets. */
  replaySplitAt(offsets: readonly number[]): void;
  /** The bytes of the largest answer so far. */
  longestAnswer(): Buffer;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  contentType: string;
  body: Buffer;
}

export async function tapWire(target: string): Promise<WireTap> {
  const answers = new Map<string, Answer>();
  let cuts: readonly number[] | undefined;
  let abandoned = 0;
  const routes: string[] = [];

  async function passOn(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url, headers } = incoming;
    const upstream = httpRequest(new URL(url ?? '/', target), { method, headers });
    response.on('close', () => {
      if (!response.writableEnded) abandoned++;
      upstream.destroy();
    });
    // What the service does to its connection, the client's connection suffers too.
    upstream.on('error', () => response.destroy());
    incoming.pipe(upstream);
    const [answer] = (await once(upstream, 'response')) as [IncomingMessage];
    answer.on('error', () => response.destroy());
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    const pieces: Buffer[] = [];
    for await (const piece of answer) {
      pieces.push(piece as Buffer);
      response.write(piece);
    }
    response.end();
    const key = `${method} ${url}`;
    const contentType = answer.headers['content-type'] ?? '';
    const body = Buffer.concat(pieces);
    if (!answers.has(key)) answers.set(key, { status: answer.statusCode ?? 502, contentType, body });
  }

  async function replay(incoming: IncomingMessage, response: ServerResponse, cuts: readonly number[]) {
    incoming.resume();
    await once(incoming, 'end');
    const { status, contentType, body } = answers.get(`${incoming.method} ${incoming.url}`)!;
    response.writeHead(status, { 'content-type': contentType });
    const ends = [...new Set(cuts.map((cut) => cut % body.length)), body.length].sort((a, b) => a - b);
    let start = 0;
    for (const end of ends) {
      if (end > start) response.write(body.subarray(start, end));
      start = end;
      await nextTurn();
    }
    response.end();
  }

  const server = await listen((incoming, response) => {
    routes.push(`${incoming.method} ${incoming.url}`);
    const known = answers.has(`${incoming.method} ${incoming.url}`);
    const work = cuts && known ? replay(incoming, response, cuts) : passOn(incoming, response);
    work.catch(() => response.destroy());
  });
  return {
    url: server.url,
    close: server.close,
    abandoned: () => abandoned,
    routes,
    replaySplitAt(offsets) {
      cuts = offsets;
    },
    longestAnswer: () =>
      [...answers.values()]
        .map(({ body }) => body)
        .reduce((longest, body) => (body.length > longest.length ? body : longest)),
  };
}
