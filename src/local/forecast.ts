/** What a request will take: loading, reading, writing and the rest, with what is not known said to be so. */
import type { ForecastFigures } from '../conversation/reply.ts';
import type { Rig } from './rig.ts';
import type { Span } from './speed.ts';
import { readingOf, writingOf } from './timings.ts';

/** How many tokens a model will write. */
export interface ExpectedLength {
  /** As likely more as fewer. */
  tokens: number;
  /** Nine of ten such replies are no longer. */
  boundTokens: number;
  /** Nothing is known of it but the limit. */
  unknown?: boolean;
}

/** A request as far as its time depends on it. Tokens. */
export interface Load {
  promptTokens: number;
  /** Standard deviation of these, where they are estimated from the text. */
  promptSpread?: number;
  /** Of these, in the KV cache. */
  cachedTokens: number;
  written: ExpectedLength;
  /** In memory with the right window; undefined where the server did not say. */
  loaded: boolean | undefined;
  /** Until a slot is free, as far as Parley's own requests are in the way. */
  waitSeconds?: number;
  /** How many times as long it reads and writes, for others are at work beside it; 1 where left out. */
  slowdown?: number;
}

export interface Forecast {
  /** As likely to take longer as less. */
  seconds: number;
  /** Nine of ten such requests take no longer. */
  boundSeconds: number;
  loadSeconds: number;
  readSeconds: number;
  writeSeconds: number;
  overheadSeconds: number;
  promptTokens: number;
  cachedTokens: number;
  writtenTokens: number;
  /** Of how many exchanges, where tools make it several. */
  exchanges?: number;
}

/**
 * Two of three such requests take no longer: what work is begun by. Waiting for nine of ten would turn away much that
 * would have been in time, and most of what is begun has time to spare (bench/offload.ts).
 */
export function likelySeconds({ seconds, boundSeconds }: ForecastFigures): number {
  return seconds + LIKELY * (boundSeconds - seconds);
}

/** The 67th percentile of the normal distribution, 0.44, as a share of its 90th, 1.2816. */
const LIKELY = 0.34;
/** The normal distribution's 90th percentile, in standard deviations. */
const NINE_OF_TEN = 1.2816;
/** Durations have a longer tail than the normal distribution. */
const TAIL = 1.15;

/** Undefined where a part of it is unknown: half a forecast would be taken for a whole one. */
export function forecast(rig: Rig, load: Load): Forecast | undefined {
  const { reading, writing } = rig;
  const loading = load.loaded === false ? rig.coldLoad : rig.warmLoad;
  if (!reading || !writing || !loading || load.written.unknown) return undefined;
  const { promptTokens, written, slowdown = 1 } = load;
  const cachedTokens = Math.min(load.cachedTokens, promptTokens - 1);
  const slowed = ({ seconds, spread }: Span) => ({ seconds: seconds * slowdown, spread: spread * slowdown });
  const uncached = promptTokens - cachedTokens;
  const read = slowed(reading.expect(readingOf(uncached, cachedTokens)));
  const more = slowed(reading.expect(readingOf(uncached + (load.promptSpread ?? 0), cachedTokens)));
  const write = slowed(writing.expect(writingOf(written.tokens, promptTokens)));
  const longest = slowed(writing.expect(writingOf(written.boundTokens, promptTokens)));
  const parts: Span[] = [loading, read, write, rig.overhead];
  const seconds = (load.waitSeconds ?? 0) + total(parts.map((part) => part.seconds));
  const counting = more.seconds - read.seconds;
  const spread = Math.hypot(counting, ...parts.map((part) => part.spread)) * NINE_OF_TEN * TAIL;
  const longer = Math.max(0, longest.seconds - write.seconds);
  return {
    seconds,
    boundSeconds: seconds + Math.hypot(spread, longer),
    loadSeconds: loading.seconds,
    readSeconds: read.seconds,
    writeSeconds: write.seconds,
    overheadSeconds: rig.overhead.seconds + (load.waitSeconds ?? 0),
    promptTokens,
    cachedTokens,
    writtenTokens: written.tokens,
  };
}

/** With tools, as a rule: a look at one thing, a look at another, the answer. Tokens of a call and of what it brings. */
const TOOL_WORK = { calls: 2, moreCalls: 2, callTokens: 40, resultTokens: 600 };

/** Work with tools: each call is an exchange of its own, behind all that was said before. */
export function forecastWithTools(rig: Rig, load: Load): Forecast | undefined {
  const { calls, moreCalls, callTokens, resultTokens } = TOOL_WORK;
  const each = callTokens + resultTokens;
  const exchange = (place: number, written: ExpectedLength) => {
    const promptTokens = load.promptTokens + place * each;
    const behind = { promptTokens, cachedTokens: promptTokens - each, loaded: true, waitSeconds: 0 };
    return forecast(rig, { ...load, ...(place > 0 && behind), written });
  };
  const call = { tokens: callTokens, boundTokens: callTokens };
  const parts = [
    ...Array.from({ length: calls }, (_, place) => exchange(place, call)),
    exchange(calls, load.written),
  ];
  const more = exchange(calls, call);
  if (!more || parts.includes(undefined)) return undefined;
  const known = parts as Forecast[];
  const sum = (part: (one: Forecast) => number) => total(known.map(part));
  const seconds = sum((one) => one.seconds);
  const reach = Math.hypot(...known.map((one) => one.boundSeconds - one.seconds));
  return {
    seconds,
    boundSeconds: seconds + Math.hypot(reach, moreCalls * more.seconds),
    loadSeconds: sum((one) => one.loadSeconds),
    readSeconds: sum((one) => one.readSeconds),
    writeSeconds: sum((one) => one.writeSeconds),
    overheadSeconds: sum((one) => one.overheadSeconds),
    promptTokens: load.promptTokens + calls * each,
    cachedTokens: load.cachedTokens,
    writtenTokens: sum((one) => one.writtenTokens),
    exchanges: known.length,
  };
}

/** Of a rig that was never heard to write; undefined where it was not heard to read either. */
export function readingAlone({ reading }: Rig, { promptTokens, cachedTokens }: Load): number | undefined {
  const cached = Math.min(cachedTokens, promptTokens - 1);
  return reading?.expect(readingOf(promptTokens - cached, cached)).seconds;
}

/**
 * The most of something that still fits, by halving.
 * @param takes the seconds that so much takes at the most; grows with its argument, undefined where unknown.
 * @returns 0 where nothing fits.
 */
export function mostWithin(
  seconds: number,
  most: number,
  takes: (amount: number) => number | undefined,
): number {
  const fits = (amount: number) => (takes(amount) ?? Number.POSITIVE_INFINITY) <= seconds;
  if (fits(most)) return most;
  let [low, high] = [0, most];
  while (high - low > Math.max(1, low * 0.01)) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
