/** One request at work: a runner, a slot, a prompt read, tokens written, and what all of it took. */
import type { ScriptedReply } from '../script.ts';
import type { GroundTruth } from './ground-truth.ts';
import type { MachineClock } from './machine-clock.ts';
import { isCloud, type SimulatedModel } from './models.ts';
import { cutToHalf, cutToWindow, Prompt } from './prompt.ts';
import type { GenerationRequest } from './request.ts';
import { cachedTokens, type Runner, type Slot } from './runner.ts';
import type { Scheduler } from './scheduler.ts';
import { ServiceError } from './service-error.ts';
import { tokensOf } from './tokens.ts';
import { filler, type Piece, type Writing, type WritingLimits, writingOf } from './writing.ts';

/** Servers of different age. */
export interface ServerTraits {
  version: string;
  /** Says `prompt_eval_cached_count`. */
  tellsCached: boolean;
  /** Says capabilities and context length in `/api/tags`. */
  tellsCapabilities: boolean;
  /** Gives ids to tool calls. */
  givesCallIds: boolean;
  /** Takes notice of `truncate: false`. */
  honoursTruncate: boolean;
  /** Cuts too long a prompt to half of the window, else to the whole of it. */
  cutsToHalf: boolean;
  /** Counts cached tokens in `prompt_eval_count`. */
  countsCached: boolean;
}

export const SERVERS = {
  current: {
    version: '0.34.2',
    tellsCached: true,
    tellsCapabilities: true,
    givesCallIds: true,
    honoursTruncate: true,
    cutsToHalf: true,
    countsCached: true,
  },
  '0.30.0': {
    version: '0.30.0',
    tellsCached: false,
    tellsCapabilities: true,
    givesCallIds: true,
    honoursTruncate: true,
    cutsToHalf: true,
    countsCached: false,
  },
  old: {
    version: '0.11.4',
    tellsCached: false,
    tellsCapabilities: false,
    givesCallIds: false,
    honoursTruncate: false,
    cutsToHalf: false,
    countsCached: true,
  },
} satisfies Record<string, ServerTraits>;

/** What one request really took, as only the machine knows it. Times are seconds. */
export interface Served {
  model: string;
  contextSize: number;
  outcome: 'done' | 'stopped';
  /** Whether the model had to be loaded for it. */
  loaded: boolean;
  promptTokens: number;
  cachedTokens: number;
  writtenTokens: number;
  loadSeconds: number;
  waitSeconds: number;
  readSeconds: number;
  writeSeconds: number;
}

export interface Surroundings {
  truth: GroundTruth;
  clock: MachineClock;
  scheduler: Scheduler;
  traits: ServerTraits;
}

const CLOUD_READS_PER_SECOND = 4000;
const CLOUD_WRITES_PER_SECOND = 120;

/** A piece and when it is written, in seconds after the prompt was read. */
export interface TimedPiece extends Piece {
  at: number;
}

interface Place {
  runner: Runner;
  slot: Slot;
}

export class Generation {
  readonly pieces: TimedPiece[];
  readonly served: Served;
  readonly doneReason: string;
  readonly #place: Place | undefined;
  readonly #prompt: readonly string[];

  private constructor(
    place: Place | undefined,
    prompt: readonly string[],
    writing: Writing,
    seconds: readonly number[],
    served: Served,
  ) {
    this.#place = place;
    this.#prompt = prompt;
    this.pieces = timed(writing.pieces, seconds);
    this.served = served;
    this.doneReason = writing.doneReason;
  }

  /**
   * Loads, waits for a slot and reads the prompt, in the machine's time.
   * @param script undefined for filler.
   * @throws {ServiceError}; the signal's reason when it aborts: what was read until then stays in the cache.
   */
  static async begin(
    { truth, clock, scheduler, traits }: Surroundings,
    request: GenerationRequest,
    script: ScriptedReply | undefined,
    signal: AbortSignal,
  ): Promise<Generation> {
    const { model, launch, keepAliveSeconds } = request;
    if (isCloud(model)) return Generation.#inTheCloud(request, script);
    truth.nextCall();
    const { runner, seconds: loadSeconds, loaded } = await scheduler.acquire(model, launch, signal);
    try {
      const prompt = promptFor(request, traits);
      const arrived = clock.now();
      const waits = !runner.hasFreeSlot;
      const slot = await runner.enter(prompt, signal);
      const waitSeconds = waits ? (clock.now() - arrived) / 1000 : 0;
      const others = runner.active - 1;
      const cached = Math.min(script?.usage?.cacheRead ?? prompt.length, cachedTokens(slot, prompt));
      const uncached = prompt.length - cached;
      const readSeconds =
        truth.readSeconds(model, runner.placement, cached, uncached, others) * truth.disturbance();
      const started = clock.now();
      try {
        await clock.sleep(readSeconds * 1000, signal);
      } catch (gone) {
        const share = Math.min(1, (clock.now() - started) / 1000 / readSeconds);
        runner.leave(slot, prompt.slice(0, cached + Math.floor(uncached * share)));
        throw gone;
      }
      const limits = limitsOf(request, prompt.length);
      const reply = script ?? filler(seedOf(prompt), limits);
      const writing = writingOf(reply, model, limits);
      const slowness = truth.disturbance();
      const seconds = [0];
      for (let n = 1; n < writing.count; n++) {
        const token = truth.tokenSeconds(model, runner.placement, prompt.length + n, others);
        seconds.push(seconds[n - 1]! + token * slowness);
      }
      const served: Served = {
        model: model.name,
        contextSize: launch.contextSize,
        outcome: 'stopped',
        loaded,
        promptTokens: script?.usage?.input ?? prompt.length,
        cachedTokens: script?.usage?.cacheRead ?? cached,
        writtenTokens: writing.count,
        loadSeconds,
        waitSeconds,
        readSeconds,
        writeSeconds: seconds.at(-1) ?? 0,
      };
      return new Generation({ runner, slot }, prompt, writing, seconds, served);
    } catch (error) {
      scheduler.release(runner, keepAliveSeconds);
      throw error;
    }
  }

  /** The cloud's machines are not this one: nothing is loaded here, and nothing waits. */
  static #inTheCloud(request: GenerationRequest, script: ScriptedReply | undefined): Generation {
    const { model, messages, tools, launch } = request;
    const prompt = new Prompt(model, messages, tools).tokens;
    const limits = limitsOf(request, prompt.length);
    const writing = writingOf(script ?? filler(seedOf(prompt), limits), model, limits);
    const seconds = Array.from({ length: writing.count }, (_, n) => n / CLOUD_WRITES_PER_SECOND);
    const served: Served = {
      model: model.name,
      contextSize: launch.contextSize,
      outcome: 'stopped',
      loaded: false,
      promptTokens: script?.usage?.input ?? prompt.length,
      cachedTokens: script?.usage?.cacheRead ?? 0,
      writtenTokens: writing.count,
      loadSeconds: 0,
      waitSeconds: 0,
      readSeconds: prompt.length / CLOUD_READS_PER_SECOND,
      writeSeconds: seconds.at(-1) ?? 0,
    };
    return new Generation(undefined, prompt, writing, seconds, served);
  }

  /** Gives slot and runner back; what was written so far stays in the cache. */
  end(scheduler: Scheduler, request: GenerationRequest, piecesWritten: number): void {
    if (!this.#place) return;
    const { runner, slot } = this.#place;
    const all = [...this.#prompt, ...tokensWritten(this.pieces.slice(0, piecesWritten), request.model)];
    const size = request.launch.contextSize;
    // Past its end the window slides: the beginning stays, and half of the rest goes.
    runner.leave(slot, all.length > size ? cutToHalf(all, size) : all);
    scheduler.release(runner, request.keepAliveSeconds);
  }
}

/** The figures of the last line: nanoseconds, zeros left out as Go does it. */
export function figuresOf(served: Served, traits: ServerTraits): Record<string, number> {
  const { loadSeconds, waitSeconds, readSeconds, writeSeconds } = served;
  const overhead = 0.003 + served.promptTokens * 2e-6;
  const prompt = served.promptTokens - (traits.countsCached ? 0 : served.cachedTokens);
  const nanoseconds = (seconds: number) => Math.round(seconds * 1e9);
  const figures = {
    total_duration: nanoseconds(loadSeconds + waitSeconds + readSeconds + writeSeconds + overhead),
    load_duration: nanoseconds(loadSeconds),
    prompt_eval_count: prompt,
    prompt_eval_duration: nanoseconds(readSeconds),
    eval_count: served.writtenTokens,
    eval_duration: nanoseconds(writeSeconds),
  };
  const told = Object.entries(figures).filter(([, value]) => value !== 0);
  return {
    ...Object.fromEntries(told),
    ...(traits.tellsCached && { prompt_eval_cached_count: served.cachedTokens }),
  };
}

function promptFor(request: GenerationRequest, traits: ServerTraits): readonly string[] {
  const { model, messages, tools, launch, truncate, endpoint } = request;
  const { contextSize, shift } = launch;
  const prompt = new Prompt(model, messages, tools);
  if (truncate && endpoint === 'chat') prompt.dropUntilFits(contextSize);
  const { tokens } = prompt;
  if (tokens.length < contextSize) return tokens;
  if (!truncate || model.jinjaOnly) {
    throw new ServiceError(400, JSON.stringify({ error: tooLong(tokens.length, contextSize) }));
  }
  if (!shift) {
    throw new ServiceError(
      400,
      'the prompt is longer than the context length currently available to the model; shorten the prompt, adjust the context length in settings, or use a model with a longer context length',
    );
  }
  return traits.cutsToHalf ? cutToHalf(tokens, contextSize) : cutToWindow(tokens, contextSize);
}

/** The words of llama-server, which Ollama passes on as the JSON text that they are. */
function tooLong(tokens: number, contextSize: number) {
  return {
    code: 400,
    message: `request (${tokens} tokens) exceeds the available context size (${contextSize} tokens), try increasing it`,
    type: 'exceed_context_size_error',
    n_prompt_tokens: tokens,
    n_ctx: contextSize,
  };
}

/** Where the window may not slide, its end is the end; where it may, ten windows are. */
function limitsOf({ numPredict, launch, thinks }: GenerationRequest, promptTokens: number): WritingLimits {
  const { contextSize, shift } = launch;
  const longest = shift ? 10 * contextSize : contextSize - promptTokens;
  const open = numPredict === undefined || numPredict > longest;
  return { thinks, tokens: open ? (shift && numPredict === undefined ? undefined : longest) : numPredict };
}

/** However the pieces were cut for the wire, the tokens are those of the whole. */
function tokensWritten(pieces: readonly Piece[], model: SimulatedModel): string[] {
  const texts: { kind: string; text: string }[] = [];
  for (const { kind, text } of pieces) {
    const last = texts.at(-1);
    if (last?.kind === kind && kind !== 'tool-call') last.text += text;
    else texts.push({ kind, text });
  }
  return texts.flatMap(({ text }) => tokensOf(text, model.vocabulary));
}

/** Each piece is out when its last token is; a script's own count stretches or squeezes the rest. */
function timed(pieces: readonly Piece[], seconds: readonly number[]): TimedPiece[] {
  let total = 0;
  for (const { tokens } of pieces) total += tokens.length;
  let before = 0;
  return pieces.map((piece) => {
    before += piece.tokens.length;
    const place = Math.round(((before - 1) / Math.max(1, total - 1)) * (seconds.length - 1));
    return { ...piece, at: seconds[place] ?? 0 };
  });
}

function seedOf(prompt: readonly string[]): number {
  let seed = prompt.length;
  for (const token of prompt.slice(-64)) {
    for (let n = 0; n < token.length; n++) seed = (Math.imul(seed, 31) + token.charCodeAt(n)) | 0;
  }
  return seed;
}
