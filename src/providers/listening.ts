import { connect } from 'node:net';

/** A server of one's own network answers sooner than this. */
const TIMEOUT_MS = 1_000;

/** Whether anything takes connections at the address of a URL; where nothing even refuses, it is silent. Throws nothing. */
export function knockAt(url: string): Promise<'open' | 'closed' | 'silent'> {
  if (!URL.canParse(url)) return Promise.resolve('closed');
  const { hostname, port, protocol } = new URL(url);
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({
      host,
      port: Number(port || (protocol === 'https:' ? 443 : 80)),
      timeout: TIMEOUT_MS,
    });
    const end = (answer: 'open' | 'closed' | 'silent') => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end('open'));
    socket.once('timeout', () => end('silent'));
    socket.once('error', () => end('closed'));
  });
}
