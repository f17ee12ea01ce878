/**
 * A server without latency: each reply is bytes made beforehand, so that what is measured is the client.
 * Started by bench/run.ts; prints its URL and answers until it is killed. `GET /bodies` gives the requests
 * seen so far, `DELETE /bodies` forgets them.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { simulateAnthropic } from '../src/simulation/anthropic.ts';
import { inOrder, type ScriptedReply } from '../src/simulation/script.ts';

const CALLS = 10;
const DELTAS = 20_000;
/** 20,000 deltas are 129 KB of text. */
const STREAM = { text: 'seven and '.repeat(12_900).slice(0, 129_000), pieceLength: 129_000 / DELTAS };

const SCRIPTS: Record<string, ScriptedReply[]> = {
  answer: [{ text: 'Paris is the capital of France.' }],
  calls: [
    ...Array.from({ length: CALLS }, (_, n) => ({
      text: `Step ${n + 1}.`,
      toolCalls: [{ name: 'read', args: { path: `file-${n}.txt` } }],
    })),
    { text: 'All ten are read.' },
  ],
  stream: [STREAM],
};

const replies = new Map<string, Buffer[]>();
for (const [name, script] of Object.entries(SCRIPTS)) replies.set(name, await record(script));

let bodies: unknown[] = [];
const server = createServer(async (request, response) => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  if (request.url === '/bodies') {
    response.end(JSON.stringify(bodies));
    if (request.method === 'DELETE') bodies = [];
    return;
  }
  if (request.method !== 'POST') return response.writeHead(404).end();
  const body = JSON.parse(Buffer.concat(pieces).toString());
  bodies.push(body);
  const spoken = body.messages.filter(({ role }: { role: string }) => role === 'assistant').length;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(replies.get(body.model)?.[spoken]);
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

/** The bytes of each reply as the simulated service sends them. */
async function record(script: ScriptedReply[]): Promise<Buffer[]> {
  const service = await simulateAnthropic(inOrder(...script));
  const recorded: Buffer[] = [];
  for (const _ of script) {
    const body = JSON.stringify({
      model: 'm',
      max_tokens: 1,
      stream: true,
      messages: [{ role: 'user', content: 'x' }],
    });
    const response = await fetch(`${service.url}/v1/messages`, { method: 'POST', body });
    recorded.push(Buffer.from(await response.arrayBuffer()));
  }
  await service.close();
  return recorded;
}
