import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { EventBody, EventType } from '../../src/conversation/event.ts';
import type { Door } from '../../src/conversation/exchange.ts';
import type { ReplyDelta } from '../../src/conversation/reply.ts';
import { defaultRetryPolicy } from '../../src/conversation/retry.ts';
import { AnthropicProvider } from '../../src/providers/anthropic.ts';
import { type ChatRequest, LLMProvider } from '../../src/providers/base.ts';
import { simulateAnthropic } from '../../src/simulation/anthropic.ts';
import type { Script } from '../../src/simulation/script.ts';
import { ManualClock } from './manual-clock.ts';

/** A temporary folder with these files, removed after the test. */
export async function folderWith(files: Record<string, string> = {}): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'parley-test-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** The real Anthropic client against a simulated service that follows the script. */
export async function claudeThat(script: Script) {
  const service = await simulateAnthropic(script);
  onTestFinished(() => service.close());
  const provider = new AnthropicProvider({ name: 'anthropic', baseUrl: service.url, apiKey: 'test-key' });
  return { service, provider };
}

/** A provider that says what it is told to, for what no service of ours would do. */
export class ScriptedProvider extends LLMProvider {
  readonly #stream: (signal: AbortSignal | undefined) => AsyncIterable<ReplyDelta>;

  constructor(stream: (signal: AbortSignal | undefined) => AsyncIterable<ReplyDelta>) {
    super();
    this.#stream = stream;
  }

  getProviderName = () => 'scripted';
  getDefaultModel = () => Promise.resolve('model');
  listModels = () => Promise.resolve([]);

  stream(_request: ChatRequest, signal?: AbortSignal): AsyncIterable<ReplyDelta> {
    return this.#stream(signal);
  }
}

/** A door whose events are collected and whose waits are over at once. */
export function openDoor(clock = new ManualClock({ skipSleeps: true })) {
  const events: EventBody[] = [];
  const listeners: ((event: EventBody) => void)[] = [];
  let exchanges = 0;
  const door: Door = {
    emit(event) {
      events.push(event);
      for (const listen of listeners) listen(event);
    },
    clock,
    retry: { ...defaultRetryPolicy, random: () => 0 },
    nextExchange: () => `exchange-${++exchanges}`,
    price: () => Promise.resolve(0.5),
  };
  const on = (listen: (event: EventBody) => void) => void listeners.push(listen);
  return { door, events, clock, on, seen: <T extends EventType>(type: T) => eventsOf(events, type) };
}

function eventsOf<T extends EventType>(events: EventBody[], type: T): Extract<EventBody, { type: T }>[] {
  return events.filter((event) => event.type === type) as Extract<EventBody, { type: T }>[];
}

export const never: AbortSignal = new AbortController().signal;
