import { onTestFinished } from 'vitest';
import type { CodingAgentOptions } from '../../src/agent/options.ts';
import { CodingAgent } from '../../src/agent.ts';
import type { EventOf, EventType } from '../../src/conversation/event.ts';
import { simulateAnthropic } from '../../src/simulation/anthropic.ts';
import { simulateGemini } from '../../src/simulation/gemini.ts';
import { simulateOllama } from '../../src/simulation/ollama/server.ts';
import { simulateOpenAI } from '../../src/simulation/openai.ts';
import type { Script, ScriptedReply, SeenRequest } from '../../src/simulation/script.ts';
import { folderWith } from './scene.ts';

export const CLAUDE = 'anthropic:claude-sonnet-5-5';
export const GEMINI = 'gemini:gemini-3.5-flash';
export const QWEN = 'ollama:qwen2.5-coder:7b';
export const GPT = 'router:gpt-5';
/** A key that must never be seen. */
export const ROUTER_KEY = 'sk-router-0123456789abcdef';

/** What each model says, by its name without the provider; text alone, or as a script. */
export type Lines = Record<string, string | ScriptedReply | Script>;

export interface PatternSceneOptions {
  files?: Record<string, string>;
  /** Lines of the human's own config.yaml beside the providers. */
  config?: string;
  agent?: Partial<CodingAgentOptions>;
}

/** Four models of four services in one room, each following its own lines; requests are counted on the wire. */
export async function patternScene(lines: Lines, { files, config = '', agent }: PatternSceneOptions = {}) {
  const counts = new Map<string, number>();
  const script = (request: SeenRequest): ScriptedReply => {
    const name = Object.keys(lines).find((key) => request.model.includes(key));
    const line = name === undefined ? `${request.model} has nothing to say.` : lines[name]!;
    const n = counts.get(request.model) ?? 0;
    counts.set(request.model, n + 1);
    if (typeof line === 'string') return { text: line };
    return typeof line === 'function' ? line(request, n) : line;
  };
  const services = await Promise.all([
    simulateAnthropic(script),
    simulateGemini(script),
    simulateOllama({ models: ['qwen2.5-coder:7b'], script, speed: Number.POSITIVE_INFINITY }),
    simulateOpenAI(script),
  ]);
  onTestFinished(async () => void (await Promise.all(services.map((service) => service.close()))));
  const [anthropic, gemini, ollama, openai] = services.map(({ url }) => url);
  const home = await folderWith({
    '.config/parley/config.yaml': [
      'providers:',
      `  anthropic: { base_url: "${anthropic}" }`,
      `  gemini: { base_url: "${gemini}" }`,
      `  ollama: { base_url: "${ollama}" }`,
      `  router: { type: openai, base_url: "${openai}/v1", api_key_env: ROUTER_KEY }`,
      config,
    ].join('\n'),
  });
  const workspace = await folderWith(files);
  const keys = { ANTHROPIC_API_KEY: 'key-a', GEMINI_API_KEY: 'key-g', ROUTER_KEY: ROUTER_KEY };
  const env = { HOME: home, PATH: process.env.PATH, ...keys };
  const coding = new CodingAgent({ workspace, env, approve: ['all'], retry: { attempts: 1 }, ...agent });
  await coding.loadConfig();
  await coding.useModel(CLAUDE);
  const requests = () => services.flatMap((service) => service.requests);
  return {
    agent: coding,
    workspace,
    env,
    /** All that arrived on the wire, by service. */
    requests,
    /** What one model was sent, in order. */
    sentTo: (name: string) => requests().filter(({ model }) => model.includes(name)),
    seen: <T extends EventType>(type: T) => coding.history.of(type) as EventOf<T>[],
    /** Each request on the wire is an exchange in the log. */
    logged: () => coding.history.of('exchange.ended').length,
  };
}

/** A ballot as a model writes it. */
export function ballot(reason: string, vote: object): string {
  return JSON.stringify({ reason, ...vote });
}

/** The label under which an answer stands on a judge's sheet. */
export function labelOf(request: SeenRequest, answer: string): string {
  const text = request.messages.at(-1)!.text;
  const before = text.slice(0, text.indexOf(answer));
  return /Answer ([A-Z]+):\n$/.exec(before)?.[1] ?? 'A';
}
