import { onTestFinished } from 'vitest';
import { userMessage } from '../../src/conversation/message.ts';
import type { Reply, ReplyDelta } from '../../src/conversation/reply.ts';
import type { ChatRequest, ProviderSettings } from '../../src/providers/base.ts';
import { OllamaProvider } from '../../src/providers/ollama.ts';
import { type OllamaSimulationOptions, simulateOllama } from '../../src/simulation/ollama/server.ts';

/** A simulated machine that waits for nothing unless told to, closed after the test. */
export async function machineThat(options: OllamaSimulationOptions = {}) {
  const machine = await simulateOllama({ speed: Number.POSITIVE_INFINITY, ...options });
  onTestFinished(() => machine.close());
  const post = (path: string, body: object, signal?: AbortSignal) =>
    fetch(machine.url + path, { method: 'POST', body: JSON.stringify(body), signal });
  const ask = async (path: string, body?: object) => {
    const response = body ? await post(path, body) : await fetch(machine.url + path);
    return { status: response.status, body: (await response.json()) as Json };
  };
  /** The lines of a streamed reply. */
  const lines = async (body: object, path = '/api/chat'): Promise<Json[]> => {
    const text = await (await post(path, body)).text();
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Json);
  };
  return { machine, post, ask, lines };
}

/** Loose on purpose: what came over the wire. */
// biome-ignore lint/suspicious/noExplicitAny: the tests look at JSON of many shapes
export type Json = any;

export const CODER = 'qwen2.5-coder:7b';

/** The provider against a simulated machine. */
export async function ollamaScene(
  options: OllamaSimulationOptions = {},
  settings: Partial<ProviderSettings> = {},
) {
  const { machine } = await machineThat(options);
  const provider = new OllamaProvider({ name: 'ollama', baseUrl: machine.url, ...settings });
  const request = (text: string, more: Partial<ChatRequest> = {}): ChatRequest => {
    return { model: CODER, messages: [userMessage(text)], ...more };
  };
  return {
    machine,
    provider,
    request,
    say: (text: string, more?: Partial<ChatRequest>) => provider.chat(request(text, more)),
    hear: (text: string, more?: Partial<ChatRequest>) => collect(provider.stream(request(text, more))),
    /** The options of the n-th request for a reply. */
    sent: (n: number) => machine.requests.at(n)?.body as Json,
  };
}

export async function collect(
  stream: AsyncIterable<ReplyDelta>,
): Promise<{ deltas: ReplyDelta[]; reply: Reply }> {
  const deltas: ReplyDelta[] = [];
  for await (const delta of stream) deltas.push(delta);
  const last = deltas.at(-1);
  if (last?.type !== 'reply') throw new Error('the stream brought no reply');
  return { deltas, reply: last.reply };
}
