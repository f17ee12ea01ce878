/** A simulated machine whose truth is hidden, and Parley looking at it from outside, over the wire. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, realClock } from '../../src/conversation/clock.ts';
import { type Door, openDoor } from '../../src/conversation/exchange.ts';
import { LocalMachine } from '../../src/local/machine.ts';
import { openLocalStore } from '../../src/local/store.ts';
import { ollamaUrl } from '../../src/providers/ollama/host.ts';
import { OllamaProvider } from '../../src/providers/ollama.ts';
import type { SERVERS } from '../../src/simulation/ollama/generation.ts';
import type { Machine } from '../../src/simulation/ollama/ground-truth.ts';
import { clockOf } from '../../src/simulation/ollama/machine-clock.ts';
import { type SimulatedOllama, simulateOllama } from '../../src/simulation/ollama/server.ts';

export interface UnderTest {
  host: string;
  door: Door;
  provider: OllamaProvider;
  local: LocalMachine;
  clock: Clock;
  /** Absent where the machine is real. */
  simulation?: SimulatedOllama;
  close(): Promise<void>;
}

interface Simulated {
  machine: Machine;
  models: string[];
  seed: number;
  server?: keyof typeof SERVERS;
}

/** @param machine undefined for the real one at `baseUrl`. */
export async function openMachine(machine: Simulated | { baseUrl: string }): Promise<UnderTest> {
  const simulation =
    'machine' in machine
      ? await simulateOllama({ ...machine, speed: Number.POSITIVE_INFINITY, maxLoaded: 2 })
      : undefined;
  const clock: Clock = simulation ? clockOf(simulation.clock) : realClock;
  const baseUrl = simulation?.url ?? (machine as { baseUrl: string }).baseUrl;
  const provider = new OllamaProvider({ name: 'ollama', baseUrl }, clock);
  await provider.listModels();
  const host = ollamaUrl(baseUrl);
  const store = openLocalStore(await mkdtemp(join(tmpdir(), 'parley-bench-')));
  const local = new LocalMachine(store, clock, 'bench');
  const door = openDoor(() => {}, clock, { foresight: local, prices: false });
  return {
    host,
    door,
    provider,
    local,
    clock,
    simulation,
    async close() {
      store.close();
      await simulation?.close();
    },
  };
}
