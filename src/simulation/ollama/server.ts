/**
 * A simulated Ollama machine: the native API down to the clock. Models are loaded, evicted and unloaded, prompts
 * read behind a KV cache, tokens written one by one, all in the time that a hidden ground truth gives them.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleepReal } from 'node:timers/promises';
import {
  applyFault,
  failedAtStart,
  type HttpRequest,
  listen,
  readRequest,
  sendJson,
  type WireChunk,
} from '../http.ts';
import type { Script, ScriptedReply, SeenRequest, SimulatedService } from '../script.ts';
import { answerTo, findModel } from './answers.ts';
import { figuresOf, Generation, SERVERS, type Served, type ServerTraits } from './generation.ts';
import { GroundTruth, MACHINES, type Machine } from './ground-truth.ts';
import { frame } from './lines.ts';
import { acceleratedClock, type MachineClock } from './machine-clock.ts';
import { CATALOGUE, catalogued, type SimulatedModel } from './models.ts';
import {
  type GenerationRequest,
  readGeneration,
  type ServerDefaults,
  seenRequest,
  wantsReply,
} from './request.ts';
import { Scheduler } from './scheduler.ts';
import { ServiceError } from './service-error.ts';
import type { Piece } from './writing.ts';

export interface OllamaSimulationOptions {
  /** Names from the catalogue or models of your own; the whole catalogue when left out. */
  models?: (string | SimulatedModel)[];
  /** A GPU of 12 GB when left out. */
  machine?: keyof typeof MACHINES | Machine;
  /** Chance, the same for the same seed. */
  seed?: number;
  /** The machine's time passes so much faster; Infinity waits for nothing. Figures stay the machine's own. */
  speed?: number;
  /** In place of `speed`. */
  clock?: MachineClock;
  /** What the models say; filler when left out. */
  script?: Script;
  server?: keyof typeof SERVERS | ServerTraits;
  /** OLLAMA_NUM_PARALLEL, 1. */
  slots?: number;
  /** OLLAMA_MAX_QUEUE, 512. */
  maxQueue?: number;
  /** OLLAMA_MAX_LOADED_MODELS, 3. */
  maxLoaded?: number;
  /** OLLAMA_CONTEXT_LENGTH, 4096. */
  contextSize?: number;
  /** OLLAMA_KEEP_ALIVE in seconds, 300. */
  keepAliveSeconds?: number;
  /** In memory from the beginning, with the server's own context size. */
  loaded?: string[];
}

export interface SimulatedOllama extends SimulatedService {
  /** What every finished or stopped request really took, in order of its end. */
  served: Served[];
  /** Names of the models in memory. */
  loaded(): string[];
  /** For an oracle that knows the truth; a forecast must not look in here. */
  truth: GroundTruth;
  clock: MachineClock;
}

const PROTOCOL = {
  error: (_status: number, message: string) => ({ error: message }),
  errorChunk: (message: string) => `${JSON.stringify({ error: message })}\n`,
  malformedChunk: '{"model":"simulated","message":{"role":"assist\n',
  misshapenChunk: '{"model":"simulated","message":{"tool_calls":[{}]},"done":false}\n',
};
const BATCH_CHARACTERS = 32_768;

export async function simulateOllama(options: OllamaSimulationOptions = {}): Promise<SimulatedOllama> {
  const { machine = 'desktop', server = 'current', seed = 1, speed = 1 } = options;
  const clock = options.clock ?? acceleratedClock(speed);
  const truth = new GroundTruth(typeof machine === 'string' ? MACHINES[machine] : machine, seed);
  const { slots = 1, maxQueue = 512, maxLoaded = 3 } = options;
  const traits = typeof server === 'string' ? SERVERS[server] : server;
  const simulation: Simulation = {
    models: (options.models ?? CATALOGUE).map((one) => (typeof one === 'string' ? catalogued(one) : one)),
    traits,
    scheduler: new Scheduler(truth, clock, { slots, maxQueue, maxLoaded }),
    defaults: {
      contextSize: options.contextSize ?? 4096,
      keepAliveSeconds: options.keepAliveSeconds ?? 300,
      honoursTruncate: traits.honoursTruncate,
    },
    script: options.script,
    truth,
    clock,
    requests: [],
    served: [],
  };
  for (const name of options.loaded ?? []) await preload(simulation, name);
  const { url, close } = await listen((incoming, response) => {
    readRequest(incoming)
      .then((request) => {
        if (!request) throw new ServiceError(400, 'invalid JSON');
        return handle(simulation, request, response);
      })
      .catch((error: Error) => {
        const status = error instanceof ServiceError ? error.status : 500;
        if (response.headersSent || response.destroyed) response.destroy();
        else sendJson(response, status, PROTOCOL.error(status, error.message));
      });
  });
  const { requests, served, scheduler } = simulation;
  const loaded = () => scheduler.runners.map(({ model }) => model.name);
  return { url, close, requests, served, loaded, truth, clock };
}

interface Simulation {
  models: SimulatedModel[];
  traits: ServerTraits;
  scheduler: Scheduler;
  defaults: ServerDefaults;
  script?: Script;
  truth: GroundTruth;
  clock: MachineClock;
  requests: SeenRequest[];
  served: Served[];
}

async function handle(simulation: Simulation, request: HttpRequest, response: ServerResponse): Promise<void> {
  const { method, path } = request;
  if (method !== 'POST' || (path !== '/api/chat' && path !== '/api/generate')) {
    const answer = answerTo(simulation, request);
    if (!answer) throw new ServiceError(404, '404 page not found');
    sendJson(response, 200, answer);
    return;
  }
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  let scripted: ScriptedReply | undefined;
  if (wantsReply(request)) {
    const seen = seenRequest(request);
    simulation.requests.push(seen);
    scripted = simulation.script?.(seen, simulation.requests.length - 1);
  }
  try {
    if (scripted?.firstDelayMs) await sleepReal(scripted.firstDelayMs, undefined, { signal: gone.signal });
    if (failedAtStart(response, scripted?.fault, PROTOCOL)) return;
    const asked = readGeneration(request, (name) => findModel(simulation.models, name), simulation.defaults);
    if (asked.empty) sendJson(response, 200, await loadOrUnload(simulation, asked, gone.signal));
    else await reply(simulation, asked, scripted, response, gone.signal);
  } catch (error) {
    // A client that went away ends its request; that is no failure of the simulation.
    if (!gone.signal.aborted) throw error;
  }
}

async function reply(
  simulation: Simulation,
  asked: GenerationRequest,
  scripted: ScriptedReply | undefined,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { clock, scheduler, traits } = simulation;
  const generation = await Generation.begin(simulation, asked, scripted, signal);
  const { pieces, served, doneReason } = generation;
  let written = 0;
  try {
    const began = clock.now();
    const final = { done: true, done_reason: doneReason, ...figuresOf(served, traits) };
    const due = (place: number) => (pieces[place]?.at ?? served.writeSeconds) * 1000 + began;
    if (!asked.stream) {
      await clock.sleep(due(pieces.length) - clock.now(), signal);
      written = pieces.length;
      sendJson(response, 200, frame(asked, pieces, traits, final));
    } else {
      const line = (some: Piece[], end?: object) => `${JSON.stringify(frame(asked, some, traits, end))}\n`;
      const lines: WireChunk[] = pieces.map((piece) => ({ kind: piece.kind, data: line([piece]) }));
      lines.push({ kind: 'end', data: line([], final) });
      const { chunks, ending } = applyFault(lines, scripted?.fault, PROTOCOL);
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      const pace = { due, pieceDelayMs: scripted?.pieceDelayMs ?? 0, clock };
      await send(response, chunks, pace, signal, (count) => {
        written = Math.min(count, pieces.length);
      });
      if (ending === 'proper') response.end();
      // Only what has left the process survives a destroyed socket.
      if (ending === 'cut') response.write('', () => response.destroy());
      if (ending === 'stall') await once(response, 'close', { signal });
    }
    served.outcome = 'done';
  } finally {
    generation.end(scheduler, asked, written);
    simulation.served.push(served);
  }
}

/** An empty request only loads the model, or with `keep_alive: 0` unloads it; neither brings figures. */
async function loadOrUnload(simulation: Simulation, asked: GenerationRequest, signal: AbortSignal) {
  const { scheduler, traits } = simulation;
  const { model, launch, keepAliveSeconds } = asked;
  if (keepAliveSeconds === 0) {
    scheduler.unload(model);
    return frame(asked, [], traits, { done: true, done_reason: 'unload' });
  }
  const { runner } = await scheduler.acquire(model, launch, signal);
  scheduler.release(runner, keepAliveSeconds);
  return frame(asked, [], traits, { done: true, done_reason: 'load' });
}

async function preload({ models, scheduler, defaults }: Simulation, name: string): Promise<void> {
  const model = findModel(models, name);
  if (!model) throw new Error(`the simulation has no model ${name}`);
  const launch = { contextSize: defaults.contextSize, shift: true };
  const { runner } = await scheduler.acquire(model, launch, new AbortController().signal);
  scheduler.release(runner, defaults.keepAliveSeconds);
}

interface Pace {
  /** The machine's time at which a piece is written. */
  due(place: number): number;
  /** Of ours, between two pieces. */
  pieceDelayMs: number;
  clock: MachineClock;
}

/** A write for each piece where there is time between them, large batches where there is none. */
async function send(
  response: ServerResponse,
  chunks: readonly WireChunk[],
  { due, pieceDelayMs, clock }: Pace,
  signal: AbortSignal,
  sent: (count: number) => void,
): Promise<void> {
  let batch = '';
  async function flush(): Promise<void> {
    const data = batch;
    batch = '';
    if (data && !response.write(data)) await once(response, 'drain', { signal });
  }
  for (const [place, { kind, data }] of chunks.entries()) {
    const ahead = due(place) - clock.now();
    const isLast = place === chunks.length - 1;
    if (ahead > clock.resolution || (isLast && ahead > 0)) {
      await flush();
      await clock.sleep(ahead, signal);
    }
    if (pieceDelayMs && place > 0 && kind !== 'end' && kind !== 'frame') {
      await flush();
      await sleepReal(pieceDelayMs, undefined, { signal });
    }
    batch += data;
    sent(place + 1);
    // The first word is out when it is written, so that whoever waits for it sees when that was.
    if (place === 0 || batch.length >= BATCH_CHARACTERS) await flush();
  }
  await flush();
}
