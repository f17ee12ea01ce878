import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A proxy before a server that answers in lines of JSON; `spoil` changes each line on its way to the client. */
export async function spoilingProxy(
  target: string,
  spoil: (line: Record<string, unknown>, path: string) => Record<string, unknown>,
): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming;
    const onwards = forward(new URL(url, target), { method, headers }, (answer) => {
      const { 'content-length': _, ...kept } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 500, kept);
      let rest = '';
      const pass = (line: string) =>
        outgoing.write(`${JSON.stringify(spoil(JSON.parse(line) as Record<string, unknown>, url))}\n`);
      answer.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') pass(line);
      });
      answer.on('end', () => {
        if (rest !== '') pass(rest);
        outgoing.end();
      });
      answer.on('error', () => outgoing.destroy());
    });
    onwards.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onwards.destroy());
    incoming.pipe(onwards);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
