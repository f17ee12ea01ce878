/**
 * The experiment with simulated models. The leader reads what it is told: where it finds figures, it asks for what
 * fits; where it finds none, it asks for much and then for less. Nothing else tells its two ways apart.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CodingAgentOptions } from '../agent/options.ts';
import { CodingAgent } from '../agent.ts';
import { type Clock, realClock } from '../conversation/clock.ts';
import type { Environment } from '../environment.ts';
import type { Laboratory } from '../experiment/run.ts';
import { OllamaProvider } from '../providers/ollama.ts';
import { simulateAnthropic } from '../simulation/anthropic.ts';
import { clockOf } from '../simulation/ollama/machine-clock.ts';
import { simulateOllama } from '../simulation/ollama/server.ts';
import type { ScriptedReply, SeenRequest } from '../simulation/script.ts';
import { CHORES, type Chore } from './chores.ts';

/** Simulated seconds in one of ours. */
const SPEED = 15;
const BUDGET_SECONDS = 8;
/** What a leader without figures tries, tokens, until it does the work itself. */
const GUESSES = [4000, 2000, 1000];
/** With less than this it asks in short. */
const ROOM_FOR_LENGTH = 900;
const MODEL = 'qwen2.5-coder:7b';
const PACE = { firstDelayMs: 40, pieceDelayMs: 1, pieceLength: 40 };

export interface SimulatedLaboratory extends Pick<Laboratory, 'env' | 'clock' | 'createAgent'> {
  close(): Promise<void>;
}

/** The example that comes along: beside the sources, and beside the bundle. */
export function examplePlan(): string {
  const places = ['../../examples', '../examples'].map((up) =>
    join(import.meta.dirname, up, 'experiment.yaml'),
  );
  return places.find((place) => existsSync(place)) ?? places[0]!;
}

/** A leader, and a local machine whose time passes {@link SPEED} times as fast as ours. @param home for settings. */
export async function simulateLaboratory(home: string): Promise<SimulatedLaboratory> {
  const [frontier, machine] = await Promise.all([
    simulateAnthropic(leaderReply),
    simulateOllama({
      models: [MODEL],
      script: workerReply,
      machine: 'desktop',
      loaded: [MODEL],
      speed: SPEED,
    }),
  ]);
  const clock: Clock = clockOf(machine.clock, realClock.wallTime);
  const env: Environment = {
    HOME: home,
    PATH: process.env.PATH,
    ANTHROPIC_API_KEY: 'simulated',
    ANTHROPIC_BASE_URL: frontier.url,
    OLLAMA_BASE_URL: machine.url,
  };
  const createAgent = (options: CodingAgentOptions) => {
    const agent = new CodingAgent(options);
    agent.addProvider(new OllamaProvider({ name: 'ollama', baseUrl: machine.url }, clock));
    return agent;
  };
  const close = async () => void (await Promise.all([frontier.close(), machine.close()]));
  return { env, clock, createAgent, close };
}

/** What the leader does next, from what stands in its request. */
function leaderReply(request: SeenRequest): ScriptedReply {
  const chore = choreIn(request);
  const results = request.messages.slice(1).filter(({ role, text }) => role === 'user' && text !== '');
  const last = results.at(-1)?.text ?? '';
  if (!request.tools.includes('delegate')) return results.length === 0 ? byItself(chore) : done('Done.');
  if (/by ollama:\S+: done/.test(last)) return judging(request, last);
  if (/counted as accepted/.test(last)) return done('Done.');
  if (results.length > GUESSES.length) return done('Done.');
  if (results.length === GUESSES.length) return byItself(chore);
  const room = roomToldIn(last) ?? (results.length === 0 ? roomToldIn(request.system) : undefined);
  return delegating(chore, room ?? GUESSES[results.length]!);
}

/** Tokens that fit, where figures say so: after a delegation, or in the field guide. */
function roomToldIn(text: string): number | undefined {
  const told =
    /max_output: (\d+)/.exec(text) ??
    /hold ([\d,]+) tokens of output/.exec(text) ??
    /then about ([\d,]+) tokens/.exec(text) ??
    /10 s [\d,.]+ in \+ \d+ out, or ([\d,]+) out/.exec(text);
  return told ? Number(told[1]!.replaceAll(',', '')) : undefined;
}

function delegating({ atLength, inShort, kind, reads, writes }: Chore, tokens: number): ScriptedReply {
  const args = {
    task: tokens < ROOM_FOR_LENGTH ? inShort : atLength,
    files: reads,
    kind,
    write_to: writes,
    max_output: Math.max(64, Math.min(4000, tokens)),
    seconds: BUDGET_SECONDS,
  };
  return { ...PACE, text: 'I hand that over.', toolCalls: [{ name: 'delegate', args }] };
}

function judging({ tools }: SeenRequest, said: string): ScriptedReply {
  const [, delegation] = /\[(d\d+) /.exec(said) ?? [];
  if (!tools.includes('judge') || !delegation) return done('Done.');
  return { ...PACE, toolCalls: [{ name: 'judge', args: { delegation, outcome: 'accepted' } }] };
}

function byItself({ writes, good, reads }: Chore): ScriptedReply {
  const read = reads.map((path) => ({ name: 'read', args: { path } }));
  const write = { name: 'write', args: { path: writes, content: good } };
  return { ...PACE, text: 'I write it.', toolCalls: reads.includes(writes) ? [...read, write] : [write] };
}

function done(text: string): ScriptedReply {
  return { ...PACE, text };
}

/** As a worker it does what it is asked, at the length it is asked for; as the leader it finds its own way. */
function workerReply(request: SeenRequest): ScriptedReply {
  const asked = request.messages.map(({ text }) => text).join('\n');
  const chore = CHORES.find(({ atLength, inShort }) => asked.includes(atLength) || asked.includes(inShort));
  if (chore) return { text: fenced(asked.includes(chore.inShort) ? chore.good : chore.wordy) };
  const own = choreIn(request);
  const spoken = request.messages.some(({ role }) => role === 'tool');
  return spoken ? { text: 'Done.' } : byItself({ ...own, good: own.alone });
}

function fenced(code: string): string {
  return `\`\`\`\n${code}\`\`\``;
}

function choreIn({ messages }: SeenRequest): Chore {
  return CHORES.find(({ about }) => messages.some(({ text }) => text.includes(about))) ?? CHORES[0]!;
}
