/**
 * How long something takes, as a shape times a level. The shape (what a token costs, what depth adds) is a property
 * of model and machine and is learnt from many calls; the level is how fast the machine is just now, and is
 * followed from call to call. Where the level jumps (another program, a driver, heat), what was seen before the
 * jump is brought to the new level instead of being forgotten, so that the shape survives.
 */
import { dot, type Fit, fitRelative, type Prior, uncertaintyAt, weightedMedian } from './regression.ts';

/** One duration that was measured. */
export interface Timing {
  /** What it depends on; the meaning is the caller's. */
  x: readonly number[];
  seconds: number;
  /** It was given up then, and would have taken longer. */
  atLeast?: boolean;
  /** What it was of its exchange, 0 to 1; all of it where left out. What hardly mattered hardly counts. */
  share?: number;
}

/** A duration that is expected. */
export interface Span {
  seconds: number;
  /** Standard deviation, in seconds. */
  spread: number;
}

export interface Speed {
  fit: Fit;
  /** Of a single call, as a share. */
  noise: number;
  /** How many times longer than the shape says it takes just now. */
  level: number;
  /** How many times as long it takes as it did when it was fastest, before it became slower; 1 where it never did. */
  slowed: number;
  /** How many timings it rests on. */
  timings: number;
  expect(x: readonly number[]): Span;
}

const NEWEST = 240;
/** What a call counts for in the shape after each further call, and in the level. */
const SHAPE_MEMORY = 0.985;
const LEVEL_MEMORY = 0.8;
/** As much as if the level had been seen at 1 this often. */
const LEVEL_DOUBT = 0.6;
const NOISE_AT_FIRST = 0.08;
/** What was a smaller part of its exchange tells little, where there are so many others. */
const TELLING_SHARE = 0.1;
const ENOUGH = 8;
/** A jump has to be this large, this sure and this old (in calls). */
const JUMP = { least: 0.1, sure: 4, calls: 2 };

/** What was given up would have ended a little later, as a rule. */
const GIVEN_UP = 1.1;

/**
 * What was given up counts where it was expected to end sooner, as if it had ended soon after: the first step of
 * Schmee and Hahn's regression with censored data (1979), which errs on the quick side.
 * @param timings oldest first.
 */
export function fitSpeed(timings: readonly Timing[], prior: Prior): Speed {
  const ended = timings.filter(({ atLeast }) => !atLeast);
  const speed = fitEnded(ended, prior);
  const telling = timings.filter((one) => !one.atLeast || speed.expect(one.x).seconds < one.seconds);
  return telling.length > ended.length ? fitEnded(telling.map(supposedEnd), prior) : speed;
}

/** As if it had come to its end. */
export function supposedEnd(timing: Timing): Timing {
  return timing.atLeast ? { ...timing, seconds: timing.seconds * GIVEN_UP, atLeast: false } : timing;
}

function fitEnded(timings: readonly Timing[], before: Prior): Speed {
  let prior = before;
  let recent = timings.slice(-NEWEST);
  let fit = shapeOf(recent, prior, NOISE_AT_FIRST);
  let residuals = residualsOf(recent, fit);
  const telling = tellingIn(recent);
  const told = () => telling.map((place) => residuals[place]!);
  const found: Jump[] = [];
  for (let jumps = 0; jumps < 3; jumps++) {
    const jump = findJump(telling, told());
    if (!jump) break;
    found.push(jump);
    recent = recent.map((timing, place) =>
      place < jump.at ? { ...timing, seconds: timing.seconds * Math.exp(jump.by) } : timing,
    );
    prior = atHeightOf(recent, before);
    fit = shapeOf(recent, prior, NOISE_AT_FIRST);
    residuals = residualsOf(recent, fit);
  }
  const noise = noiseOf(told());
  fit = shapeOf(recent, prior, noise);
  residuals = residualsOf(recent, fit);
  const level = levelOf(recent, residuals, noise);
  const factor = Math.exp(level.log);
  return {
    fit,
    noise,
    level: factor,
    slowed: slowedBy(found),
    timings: timings.length,
    expect(x) {
      const seconds = dot(x, fit.coefficients) * factor;
      const shape = uncertaintyAt(fit, x) * factor;
      return { seconds, spread: Math.hypot(shape, seconds * Math.hypot(noise, level.spread)) };
    },
  };
}

function shapeOf(timings: readonly Timing[], prior: Prior, noise: number): Fit {
  const samples = timings.map(({ x, seconds, share = 1 }, place) => ({
    x,
    y: seconds,
    weight: share * SHAPE_MEMORY ** (timings.length - 1 - place),
  }));
  return fitRelative(samples, prior, noise);
}

/** A prior may know the machine from before it changed: then its shape is right, and its height is not. */
function atHeightOf(timings: readonly Timing[], { mean, spread }: Prior): Prior {
  const height = weightedMedian(
    timings.map(({ x, seconds, share = 1 }) => ({ value: seconds / dot(x, mean), weight: share })),
  );
  return { mean: mean.map((value) => value * height), spread };
}

/**
 * Places of the timings by which noise and jumps are known. A part of a second before many is rounded by the machine
 * as it likes, and says little of how fast that is just now.
 */
function tellingIn(timings: readonly Timing[]): number[] {
  const all = timings.map((_, place) => place);
  const telling = all.filter((place) => (timings[place]!.share ?? 1) >= TELLING_SHARE);
  return telling.length < ENOUGH ? all : telling;
}

/** ln(measured / expected), oldest first. */
function residualsOf(timings: readonly Timing[], { coefficients }: Fit): number[] {
  return timings.map(({ x, seconds }) => Math.log(seconds / Math.max(1e-9, dot(x, coefficients))));
}

/**
 * The noise of one call, from the differences between neighbours: a level that moves does not count as noise.
 * 1.4826 makes a standard deviation of a median of absolute values, √2 one value of the difference of two.
 */
function noiseOf(residuals: readonly number[]): number {
  const differences = residuals.slice(1).map((value, place) => Math.abs(value - residuals[place]!));
  if (differences.length < 5) return NOISE_AT_FIRST;
  const weight = Math.min(1, differences.length / 20);
  const seen = (1.4826 * median(differences)) / Math.SQRT2;
  return Math.min(0.5, Math.max(0.015, weight * seen + (1 - weight) * NOISE_AT_FIRST));
}

interface Jump {
  /** The first timing after it. */
  at: number;
  /** ln of the factor. */
  by: number;
}

/** From the fastest time between two jumps until now. */
function slowedBy(jumps: readonly Jump[]): number {
  let [since, most] = [0, 0];
  for (const { by } of jumps.toSorted((a, b) => b.at - a.at)) {
    since += by;
    most = Math.max(most, since);
  }
  return Math.exp(most);
}

/** Where the residuals at these places, on the whole, began to lie elsewhere; undefined where they did not. */
function findJump(places: readonly number[], residuals: readonly number[]): Jump | undefined {
  const noise = noiseOf(residuals);
  let best: { at: number; by: number; from: number; sure: number } | undefined;
  for (let calls = JUMP.calls; calls <= residuals.length - 5; calls = Math.ceil(calls * 1.2)) {
    const at = residuals.length - calls;
    const after = residuals.slice(at, at + 40);
    const before = residuals.slice(Math.max(0, at - 40), at);
    const level = median(before);
    const by = middleOf(after.map((residual) => residual - level));
    // The standard error of a median is 1.2533 times that of a mean.
    const sure = Math.abs(by) / (1.2533 * noise * Math.sqrt(1 / after.length + 1 / before.length));
    if (Math.abs(by) > JUMP.least && sure > Math.max(JUMP.sure, best?.sure ?? 0))
      best = { at, by, from: level, sure };
  }
  return best && { at: places[placeOf(best, residuals)]!, by: best.by };
}

/** Where exactly it jumped: on each side the residuals lie nearer to their own level, on the whole. */
function placeOf(
  { at, by, from }: { at: number; by: number; from: number },
  residuals: readonly number[],
): number {
  const calls = residuals.length - at;
  let [best, least, cost] = [at, Number.POSITIVE_INFINITY, 0];
  for (let place = Math.max(1, at - Math.ceil(calls / 4)); place <= residuals.length - JUMP.calls; place++) {
    const before = residuals[place - 1]! - from;
    cost += Math.abs(before) - Math.abs(before - by);
    if (cost < least) [best, least] = [place, cost];
  }
  return best;
}

/** Of two that lie on one side, the nearer: a single outlier is no jump. */
function middleOf(residuals: readonly number[]): number {
  const [one, other] = residuals;
  if (residuals.length !== 2 || one === undefined || other === undefined) return median(residuals);
  return one * other <= 0 ? 0 : Math.sign(one) * Math.min(Math.abs(one), Math.abs(other));
}

/** The level now: a mean of the newest residuals in which no single one counts for much. */
function levelOf(
  timings: readonly Timing[],
  residuals: readonly number[],
  noise: number,
): { log: number; spread: number } {
  let sum = 0;
  let weights = LEVEL_DOUBT;
  let squares = 0;
  for (const [place, residual] of residuals.entries()) {
    const weight = (timings[place]!.share ?? 1) * LEVEL_MEMORY ** (residuals.length - 1 - place);
    const most = 2.5 * noise;
    sum += weight * Math.max(-most, Math.min(most, residual));
    weights += weight;
    squares += weight * weight;
  }
  return { log: sum / weights, spread: (noise * Math.sqrt(squares)) / weights };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Between two values in proportion; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)];
  const high = sorted[Math.ceil(place)];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}
