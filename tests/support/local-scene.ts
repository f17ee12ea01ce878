import { onTestFinished } from 'vitest';
import { CodingAgent } from '../../src/agent.ts';
import type { EventOf, EventType } from '../../src/conversation/event.ts';
import { openDoor } from '../../src/conversation/exchange.ts';
import { calibrate } from '../../src/local/calibration.ts';
import { OllamaProvider } from '../../src/providers/ollama.ts';
import { simulateAnthropic } from '../../src/simulation/anthropic.ts';
import { clockOf } from '../../src/simulation/ollama/machine-clock.ts';
import type { OllamaSimulationOptions } from '../../src/simulation/ollama/server.ts';
import type { Script } from '../../src/simulation/script.ts';
import { machineThat } from './ollama-scene.ts';
import { folderWith, never } from './scene.ts';

export const CODER = 'qwen2.5-coder:7b';
export const WORKER = `ollama:${CODER}`;
export const LEADER = 'anthropic:claude-sonnet-5-5';

export interface LocalSceneOptions {
  files?: Record<string, string>;
  /** What the leader says. */
  leader?: Script;
  ollama?: OllamaSimulationOptions;
  approve?: boolean;
  home?: string;
}

/** A leader, a simulated local machine whose time is also ours, and an agent between them. */
export async function localScene({ files, leader, ollama, approve = true, home }: LocalSceneOptions = {}) {
  const { machine } = await machineThat({ models: [CODER], ...ollama });
  const frontier = await simulateAnthropic(leader ?? (() => ({ text: 'Good.' })));
  onTestFinished(() => frontier.close());
  const clock = clockOf(machine.clock);
  const workspace = await folderWith(files);
  const env = {
    HOME: home ?? (await folderWith()),
    PATH: process.env.PATH,
    ANTHROPIC_API_KEY: 'test',
    ANTHROPIC_BASE_URL: frontier.url,
    OLLAMA_BASE_URL: machine.url,
  };
  const provider = new OllamaProvider({ name: 'ollama', baseUrl: machine.url }, clock);
  const agent = new CodingAgent({ workspace, env, clock, approve: approve ? ['all'] : [] });
  await agent.loadConfig();
  agent.addProvider(provider);
  await agent.useModel(LEADER);
  return {
    agent,
    machine,
    frontier,
    provider,
    clock,
    workspace,
    env,
    /** Another process that knows the same machine. */
    elsewhere: () => new OllamaProvider({ name: 'ollama', baseUrl: machine.url }, clock),
    /** Lets Parley measure a model, as `parley calibrate` does. */
    async calibrate(model = CODER): Promise<void> {
      const { machine: foresight } = await agent.local();
      const door = openDoor(() => {}, clock, { foresight, prices: false });
      await calibrate(door, provider, { model, secondsAtMost: 600, seed: 7 }, never);
    },
    seen: <T extends EventType>(type: T) => agent.history.of(type) as EventOf<T>[],
  };
}

/** Lines of code that say something about their number. */
export function linesOfCode(count: number): string {
  return Array.from({ length: count }, (_, n) => `export const value${n} = compute(${n}, 'case ${n}');`).join(
    '\n',
  );
}
