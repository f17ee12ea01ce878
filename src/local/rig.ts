/**
 * A rig: one model, on one server, with one window and one share on the GPU. A measurement belongs to a rig, for
 * each of these changes how fast it reads and writes. What a rig has not shown itself is taken from the same model
 * with another window, else from other models of the same server by their size; where those show nothing either,
 * it is unknown.
 */
import type { Observation } from './observation.ts';
import type { Prior } from './regression.ts';
import { fitSpeed, median, type Span, type Speed, type Timing } from './speed.ts';

export interface RigKey {
  host: string;
  model: string;
  digest?: string;
  contextSize?: number;
  gpuShare?: number;
  /** Weights, and bytes in memory or on disk, where the server tells. */
  parameters?: number;
  bytes?: number;
}

export interface Rig {
  /** x: see {@link readingOf}. Undefined where nothing is known. */
  reading?: Speed;
  /** x: see {@link writingOf}. */
  writing?: Speed;
  /** A model that is not in memory. */
  coldLoad?: Span;
  /** One that is: never zero, for the server looks first. */
  warmLoad: Span;
  /** Everything else: the network, the server's own work. */
  overhead: Span;
  /** Exchanges of this very rig that it rests on. */
  own: number;
}

/**
 * A transformer reads a token in 2N operations and 4·L·d for each token before it, N weights, L layers of width d
 * (Kaplan et al. 2020, section 2.1, with both products of attention counted): depth costs 2Ld/N of a token more for
 * each token, about 1/40,000 for models of 1 to 30 billion weights. Fixed costs come on top, about 40 tokens' worth.
 */
const READING_SHAPE = [40, 1, 2.5e-5];
/**
 * Writing moves the weights and the KV cache through memory once for each token (Pope et al. 2022, section 2.1):
 * 2·L·kvHeads·headSize numbers for each token of depth, 1/60,000 to 1/15,000 of the weights.
 */
const WRITING_SHAPE = [1, 3e-5];
const OWN_SCALE = { reading: [2, 0.6, 1.5], writing: [0.6, 1.5] };
/** The same model with another window, and another model of this host. */
const SIBLING_SPREAD = 0.35;
const STRANGER_SPREAD = 0.5;
/** Ollama's scheduler looks for about 0.1 s even where the model is loaded (OLLAMA.md). */
const WARM_LOAD: Span = { seconds: 0.1, spread: 0.06 };
const OVERHEAD: Span = { seconds: 0.02, spread: 0.05 };
/** A load that took longer than this was one, whatever was seen before. */
const LOADING_SECONDS = 0.5;

/** `uncached` tokens read behind `depth` others: a fixed part, one by token, one that grows with depth. */
export function readingOf(uncached: number, depth: number): number[] {
  return [1, uncached, uncached * (depth + uncached / 2)];
}

/** From the first to the last of `written` tokens, behind a prompt of `depth`. */
export function writingOf(written: number, depth: number): number[] {
  const steps = Math.max(0, written - 1);
  return [steps, steps * (depth + written / 2)];
}

/** @param seen all that is known of the host, oldest first. */
export function rigFrom(key: RigKey, seen: readonly Observation[]): Rig {
  const ofModel = seen.filter((one) => sameModel(one, key));
  const own = ofModel.filter((one) => sameRig(one, key));
  const strangers = seen.filter((one) => !sameModel(one, key));
  const siblings = ofModel.filter((one) => !sameRig(one, key));
  return {
    reading: speedOf('reading', { key, own, siblings, strangers }),
    writing: speedOf('writing', { key, own, siblings, strangers }),
    coldLoad: coldLoadOf(ofModel) ?? coldLoadBySize(key, strangers),
    warmLoad: spanOf(warmLoads(ofModel.length > 0 ? ofModel : seen), WARM_LOAD),
    overhead: spanOf(overheads(seen), OVERHEAD),
    own: own.length,
  };
}

interface Evidence {
  key: RigKey;
  own: readonly Observation[];
  siblings: readonly Observation[];
  strangers: readonly Observation[];
}

function speedOf(what: 'reading' | 'writing', evidence: Evidence): Speed | undefined {
  const timings = timingsOf(what, evidence.own);
  const prior = priorOf(what, timings, evidence);
  return prior && fitSpeed(timings, prior);
}

function priorOf(what: 'reading' | 'writing', own: Timing[], evidence: Evidence): Prior | undefined {
  const siblings = timingsOf(what, evidence.siblings);
  if (siblings.length >= 3) {
    const usual = scaledPrior(what, siblings);
    const { fit, level } = fitSpeed(siblings, usual);
    // A coefficient that came out as zero there may be a little here.
    const mean = fit.coefficients.map((value, place) => level * Math.max(value, 0.05 * usual.mean[place]!));
    return { mean, spread: mean.map(() => SIBLING_SPREAD) };
  }
  if (own.length > 0) return scaledPrior(what, own);
  const scale = scaleBySize(what, evidence);
  if (scale === undefined) return undefined;
  const shape = what === 'reading' ? READING_SHAPE : WRITING_SHAPE;
  return { mean: shape.map((value) => value * scale), spread: shape.map(() => STRANGER_SPREAD) };
}

/** The usual shape at the height that these timings show. */
function scaledPrior(what: 'reading' | 'writing', timings: readonly Timing[]): Prior {
  const scale = median(timings.map((timing) => scaleOf(what, timing)));
  const shape = what === 'reading' ? READING_SHAPE : WRITING_SHAPE;
  return { mean: shape.map((value) => value * scale), spread: OWN_SCALE[what] };
}

/** Seconds for a unit of the usual shape. */
function scaleOf(what: 'reading' | 'writing', { x, seconds }: Timing): number {
  const shape = what === 'reading' ? READING_SHAPE : WRITING_SHAPE;
  return seconds / shape.reduce((total, value, place) => total + value * x[place]!, 0);
}

/** Reading goes with the number of weights, writing with their bytes. */
function scaleBySize(what: 'reading' | 'writing', { key, siblings, strangers }: Evidence) {
  const size = what === 'reading' ? 'parameters' : 'bytes';
  const wanted = key[size];
  const few = timingsOf(what, siblings);
  if (few.length > 0) return median(few.map((timing) => scaleOf(what, timing)));
  if (!wanted) return undefined;
  const scales = strangers
    .filter((one) => one[size] && onGpu(one.gpuShare) === onGpu(key.gpuShare))
    .flatMap((one) => timingsOf(what, [one]).map((timing) => scaleOf(what, timing) / one[size]!));
  return scales.length > 0 ? median(scales) * wanted : undefined;
}

/** Only what was alone on the machine shows the machine's speed. */
function timingsOf(what: 'reading' | 'writing', seen: readonly Observation[]): Timing[] {
  const timings: Timing[] = [];
  for (const one of seen) {
    const { complete, parallelRequests, promptTokens, cachedTokens, writtenTokens } = one;
    if (!complete || parallelRequests > 1 || promptTokens === undefined) continue;
    if (what === 'reading' && one.readSeconds && cachedTokens !== undefined) {
      const uncached = Math.max(1, promptTokens - cachedTokens);
      timings.push({ x: readingOf(uncached, promptTokens - uncached), seconds: one.readSeconds });
    }
    if (what === 'writing' && one.writeSeconds && writtenTokens && writtenTokens > 1)
      timings.push({ x: writingOf(writtenTokens, promptTokens), seconds: one.writeSeconds });
  }
  return timings;
}

function coldLoadOf(seen: readonly Observation[]): Span | undefined {
  const loads = coldLoads(seen).map(({ loadSeconds }) => loadSeconds!);
  // The system keeps a model's file in memory after the first time, so the newest says most.
  const newest = loads.at(-1);
  return newest === undefined
    ? undefined
    : spanOf(loads.length < 3 ? [newest] : loads.slice(-3), { seconds: newest, spread: newest * 0.3 });
}

function coldLoadBySize({ bytes }: RigKey, strangers: readonly Observation[]): Span | undefined {
  const perByte = coldLoads(strangers).flatMap((one) => (one.bytes ? [one.loadSeconds! / one.bytes] : []));
  if (!bytes || perByte.length === 0) return undefined;
  const seconds = median(perByte) * bytes;
  return { seconds, spread: seconds * STRANGER_SPREAD };
}

function coldLoads(seen: readonly Observation[]): Observation[] {
  return seen.filter(
    ({ loadSeconds, loadedBefore }) =>
      !loadedBefore && loadSeconds !== undefined && loadSeconds > LOADING_SECONDS,
  );
}

function warmLoads(seen: readonly Observation[]): number[] {
  return seen
    .filter(({ loadSeconds, loadedBefore, parallelRequests }) => {
      return (
        loadedBefore && parallelRequests === 1 && loadSeconds !== undefined && loadSeconds < LOADING_SECONDS
      );
    })
    .map(({ loadSeconds }) => loadSeconds!)
    .slice(-30);
}

/** By our own clock, where it ran as fast as the server's; else as the server says. */
function overheads(seen: readonly Observation[]): number[] {
  return seen
    .filter(({ complete, parallelRequests }) => complete && parallelRequests === 1)
    .flatMap(({ wallSeconds, totalSeconds, overheadSeconds }) => {
      if (overheadSeconds === undefined || totalSeconds === undefined) return [];
      return [overheadSeconds + Math.max(0, wallSeconds - totalSeconds)];
    })
    .slice(-30);
}

function spanOf(values: readonly number[], unknown: Span): Span {
  if (values.length === 0) return unknown;
  const seconds = median(values);
  const deviation = 1.4826 * median(values.map((value) => Math.abs(value - seconds)));
  return { seconds, spread: Math.max(deviation, values.length < 5 ? unknown.spread : 0.05 * seconds) };
}

function sameModel(one: Observation, { digest, model }: RigKey): boolean {
  return digest && one.digest ? one.digest === digest : one.model === model;
}

function sameRig(one: Observation, { contextSize, gpuShare }: RigKey): boolean {
  const sameWindow = contextSize === undefined || one.contextSize === contextSize;
  return (
    sameWindow &&
    (gpuShare === undefined || one.gpuShare === undefined || tenths(gpuShare) === tenths(one.gpuShare))
  );
}

function tenths(share: number): number {
  return Math.round(share * 10);
}

function onGpu(share: number | undefined): boolean {
  return (share ?? 1) > 0.5;
}
