import { onTestFinished } from 'vitest';
import { listen, sse } from '../../src/simulation/http.ts';

export interface Answering {
  url: string;
  requests: { path: string; headers: Record<string, unknown>; body: Record<string, unknown> }[];
}

/**
 * A server for the length of a test that answers every POST with these events as they are, and every GET with
 * `json`: for what services other than the simulated ones send.
 */
export async function answerWith(
  events: (object | string)[],
  {
    contentType = 'text/event-stream',
    json,
  }: { contentType?: string; json?: (request: { path: string; query: URLSearchParams }) => unknown } = {},
): Promise<Answering> {
  const requests: Answering['requests'] = [];
  const server = await listen(async (incoming, response) => {
    let text = '';
    for await (const piece of incoming) text += piece;
    const url = new URL(incoming.url ?? '/', 'http://loopback');
    const body = text ? (JSON.parse(text) as Record<string, unknown>) : {};
    requests.push({ path: url.pathname, headers: incoming.headers, body });
    if (incoming.method === 'GET' && json) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(json({ path: url.pathname, query: url.searchParams })));
      return;
    }
    response.writeHead(200, { 'content-type': contentType });
    const isStream = contentType === 'text/event-stream';
    response.end(isStream ? events.map((event) => sse(event)).join('') : bodyOf(events[0]));
  });
  onTestFinished(server.close);
  return { url: server.url, requests };
}

function bodyOf(event: object | string | undefined): string {
  return typeof event === 'object' ? JSON.stringify(event) : (event ?? '<html><h1>Sign in</h1></html>');
}
