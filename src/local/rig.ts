/**
 * A rig: one model, on one server, with one window and one share on the GPU. A measurement belongs to a rig, for
 * each of these changes how fast it reads and writes. What a rig has not shown itself is taken from the same model
 * with another window, else from other models of the same server by their size; where those show nothing either,
 * it is unknown.
 */
import type { Observation } from './observation.ts';
import { type Prior, weightedMedian } from './regression.ts';
import { fitSpeed, median, type Span, type Speed, supposedEnd, type Timing } from './speed.ts';
import { type Part, readingOf, timingsOf, writingOf } from './timings.ts';

export interface RigKey {
  host: string;
  model: string;
  digest?: string;
  contextSize?: number;
  gpuShare?: number;
  /** Weights, and bytes in memory or on disk, where the server tells. */
  parameters?: number;
  bytes?: number;
  /** Share of the weights that work on a token; less than 1 for a mixture of experts. */
  activeShare?: number;
}

export interface Rig {
  /** x: see `readingOf`. Undefined where nothing is known. */
  reading?: Speed;
  /** x: see `writingOf`. */
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
/** The same model where another part of it lies on the GPU: a tenth on the CPU can take most of the time. */
const ELSEWHERE_SPREAD = 1.5;
/** At so many, models are compared. */
const USUAL_TOKENS = 500;
/** A usual CPU takes so many times as long as the GPU beside it. */
const CPU_COST = { reading: 20, writing: 6 };
/** Shares on the GPU are the same where reading takes no more than so many times as long. */
const ALIKE = 1.2;
/** So many timings of it show something. */
const FEW = 3;
const STRANGER_SPREAD = 0.5;
/** A mixture of experts by models that are none, or the other way round. */
const OTHER_KIND_SPREAD = 0.8;
/** Ollama's scheduler looks for about 0.1 s even where the model is loaded. */
const WARM_LOAD: Span = { seconds: 0.1, spread: 0.06 };
const OVERHEAD: Span = { seconds: 0.02, spread: 0.05 };
/** A load that took longer than this was one, whatever was seen before. */
const LOADING_SECONDS = 0.5;

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

/** The rig as it was before it became slower; undefined where it did not. */
export function asBefore(rig: Rig): Rig | undefined {
  const { reading, writing } = rig;
  if (!reading || !writing || Math.max(reading.slowed, writing.slowed) === 1) return undefined;
  const faster = (speed: Speed): Speed => ({
    ...speed,
    expect(x) {
      const { seconds, spread } = speed.expect(x);
      return { seconds: seconds / speed.slowed, spread: spread / speed.slowed };
    },
  });
  return { ...rig, reading: faster(reading), writing: faster(writing) };
}

interface Evidence {
  key: RigKey;
  own: readonly Observation[];
  siblings: readonly Observation[];
  strangers: readonly Observation[];
}

function speedOf(what: Part, evidence: Evidence): Speed | undefined {
  const timings = timingsOf(what, evidence.own);
  const prior = priorOf(what, timings, evidence);
  return prior && fitSpeed(timings, prior);
}

function priorOf(what: Part, own: Timing[], evidence: Evidence): Prior | undefined {
  const { key } = evidence;
  const alike = timingsOf(
    what,
    evidence.siblings.filter((one) => sameShare(one, key)),
  );
  if (endedIn(alike) >= FEW) return siblingPrior(what, alike, SIBLING_SPREAD);
  // What lies elsewhere may be many times as fast: a little of one's own says more.
  if (own.some(({ atLeast }) => !atLeast)) return scaledPrior(what, own);
  const all = evidence.siblings.flatMap((one) => movedTo(key, what, one));
  if (endedIn(all) >= FEW) return siblingPrior(what, all, ELSEWHERE_SPREAD);
  const scale = scaleBySize(what, evidence);
  if (scale === undefined) return own.length > 0 ? scaledPrior(what, own) : undefined;
  const shape = what === 'reading' ? READING_SHAPE : WRITING_SHAPE;
  const sameKind = evidence.strangers.some((one) => (one.activeShare ?? 1) === (key.activeShare ?? 1));
  const doubt = sameKind ? STRANGER_SPREAD : OTHER_KIND_SPREAD;
  return { mean: shape.map((value) => value * scale), spread: shape.map(() => doubt) };
}

function endedIn(timings: readonly Timing[]): number {
  return timings.filter(({ atLeast }) => !atLeast).length;
}

/** What a sibling showed, as it would be with the key's share on the GPU: the part on the CPU takes most of the time. */
function movedTo({ gpuShare: to }: RigKey, what: Part, one: Observation): Timing[] {
  const { gpuShare: from } = one;
  if (to === undefined || from === undefined) return timingsOf(what, [one]);
  return timingsOf(what, [one]).map((timing) => ({
    ...timing,
    seconds: (timing.seconds * costOf(what, to)) / costOf(what, from),
  }));
}

/** How many times as long it takes with this share on the GPU as with all of it. */
function costOf(what: Part, share: number): number {
  return share + (1 - share) * CPU_COST[what];
}

function siblingPrior(what: Part, siblings: readonly Timing[], spread: number): Prior {
  const usual = scaledPrior(what, siblings);
  const { fit, level } = fitSpeed(siblings, usual);
  // A coefficient that came out as zero there may be a little here.
  const mean = fit.coefficients.map((value, place) => level * Math.max(value, 0.05 * usual.mean[place]!));
  return { mean, spread: mean.map(() => spread) };
}

/** The usual shape at the height that these timings show; at the least that it can be, where none ended. */
function scaledPrior(what: Part, timings: readonly Timing[]): Prior {
  const ended = timings.filter(({ atLeast }) => !atLeast);
  const scale =
    ended.length > 0
      ? middleScale(what, ended)
      : Math.max(...timings.map((one) => scaleOf(what, supposedEnd(one))));
  const shape = what === 'reading' ? READING_SHAPE : WRITING_SHAPE;
  return { mean: shape.map((value) => value * scale), spread: OWN_SCALE[what] };
}

/** What was a small part of its exchange says little: a fixed cost hides in it. */
function middleScale(what: Part, timings: readonly Timing[]): number {
  return weightedMedian(timings.map((one) => ({ value: scaleOf(what, one), weight: one.share ?? 1 })));
}

/** Seconds for a unit of the usual shape. */
function scaleOf(what: Part, { x, seconds }: Timing): number {
  const shape = what === 'reading' ? READING_SHAPE : WRITING_SHAPE;
  return seconds / shape.reduce((total, value, place) => total + value * x[place]!, 0);
}

/** Reading goes with the number of weights that are at work, writing with their bytes. */
function scaleBySize(what: Part, { key, siblings, strangers }: Evidence) {
  const sizeOf = ({ parameters, bytes, activeShare = 1 }: Omit<RigKey, 'host' | 'model'>) => {
    const size = what === 'reading' ? parameters : bytes;
    return size && size * activeShare;
  };
  const wanted = sizeOf(key);
  const few = timingsOf(what, siblings).filter(({ atLeast }) => !atLeast);
  if (few.length > 0) return middleScale(what, few);
  if (!wanted) return undefined;
  // Where a model will lie that is not loaded, the others show.
  const usual = usualShare(strangers);
  const near = strangers.filter(({ gpuShare = usual }) => onGpu(gpuShare) === onGpu(key.gpuShare ?? usual));
  const scales = [...Map.groupBy(near, ({ model }) => model).values()].flatMap((ofOne) => {
    const size = sizeOf(ofOne.at(-1)!);
    const ended = timingsOf(what, ofOne).filter(({ atLeast }) => !atLeast);
    return size && ended.length > 0 ? [{ ...fittedScale(what, ended), size }] : [];
  });
  if (scales.length === 0) return undefined;
  return weightedMedian(scales.map(({ value, weight, size }) => ({ value: value / size, weight }))) * wanted;
}

/** In a fit what is fixed is told from what each token costs, however little was read at a time. */
function fittedScale(what: Part, timings: readonly Timing[]): { value: number; weight: number } {
  const usual = what === 'reading' ? readingOf(USUAL_TOKENS, 0) : writingOf(USUAL_TOKENS, USUAL_TOKENS);
  const { seconds } = fitSpeed(timings, scaledPrior(what, timings)).expect(usual);
  const weight = timings.reduce((sum, { share = 1 }) => sum + share, 0);
  return { value: scaleOf(what, { x: usual, seconds }), weight };
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

/** Who came while others were served has waited for them too. */
function coldLoads(seen: readonly Observation[]): Observation[] {
  return seen.filter(
    ({ loadSeconds, loadedBefore, requestsAhead = 0 }) =>
      !loadedBefore && requestsAhead === 0 && loadSeconds !== undefined && loadSeconds > LOADING_SECONDS,
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

export function sameModel(one: Observation, { digest, model }: Pick<RigKey, 'digest' | 'model'>): boolean {
  return digest && one.digest ? one.digest === digest : one.model === model;
}

function sameRig(one: Observation, key: RigKey): boolean {
  const sameWindow = key.contextSize === undefined || one.contextSize === key.contextSize;
  return sameWindow && sameShare(one, key);
}

/** By what it costs: a twentieth less than all of it is much slower, a twentieth less than half of it hardly. */
function sameShare(one: Observation, { gpuShare }: RigKey): boolean {
  if (gpuShare === undefined || one.gpuShare === undefined) return true;
  const ratio = costOf('reading', one.gpuShare) / costOf('reading', gpuShare);
  return Math.max(ratio, 1 / ratio) <= ALIKE;
}

/** On the GPU, of the models of a host. */
function usualShare(seen: readonly Observation[]): number | undefined {
  const shares = seen.flatMap(({ gpuShare }) => gpuShare ?? []);
  return shares.length > 0 ? median(shares) : undefined;
}

function onGpu(share: number | undefined): boolean {
  return (share ?? 1) > 0.5;
}
