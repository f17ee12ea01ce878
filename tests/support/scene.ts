import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { EventBody, EventType } from '../../src/conversation/event.ts';
import type { Door } from '../../src/conversation/exchange.ts';
import { defaultRetryPolicy } from '../../src/conversation/retry.ts';
import { AnthropicProvider } from '../../src/providers/anthropic.ts';
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

/** A door whose events are collected and whose waits are over at once. */
export function openDoor(clock = new ManualClock({ skipSleeps: true })) {
  const events: EventBody[] = [];
  let exchanges = 0;
  const door: Door = {
    emit: (event) => events.push(event),
    clock,
    retry: { ...defaultRetryPolicy, random: () => 0 },
    nextExchange: () => `exchange-${++exchanges}`,
    price: () => Promise.resolve(0.5),
  };
  return { door, events, clock, seen: <T extends EventType>(type: T) => eventsOf(events, type) };
}

function eventsOf<T extends EventType>(events: EventBody[], type: T): Extract<EventBody, { type: T }>[] {
  return events.filter((event) => event.type === type) as Extract<EventBody, { type: T }>[];
}

export const never: AbortSignal = new AbortController().signal;
