import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server that takes every request and never answers. */
export async function silentServer() {
  const asked: string[] = [];
  let heard = Promise.withResolvers<void>();
  const server = createServer((request) => {
    asked.push(request.url ?? '');
    heard.resolve();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    /** Resolves with the next request. */
    next() {
      heard = Promise.withResolvers<void>();
      return heard.promise;
    },
  };
}
