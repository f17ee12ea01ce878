/** How many tokens a model writes: learnt by kind of work, for only the work itself decides it. */
import type { ExpectedLength } from './forecast.ts';
import type { Observation, WorkKind } from './observation.ts';
import { median } from './speed.ts';

/** So many replies of a kind say how long the next will be, and where nine of ten end. */
const TELLING = { median: 4, bound: 10 };
/** Fewer say something too, where it is known how far replies lie apart as a rule. */
const FEW = 2;
/** Of the logarithm of replies to one kind of work: its usual deviation, and how many replies that is worth. */
const USUAL = { deviation: 0.6, replies: 3 };
/** A reply that ran into its limit would have become so many times as long, about. */
const CUT = 1.6;
const NEWEST = 40;
/** What nine of ten did not pass is passed by a little now and then. */
const MARGIN = 1.1;

/** So much closer have replies to keep to their limits that the limits are taken to say how long they become. */
const CLOSER = 0.97;

/**
 * The limit on what is written about a piece of work that was cut: short, for it is written again and again. A number that
 * nobody else asks for, so that these findings are counted by themselves.
 */
export const FINDING_TOKENS = 161;

interface Written {
  tokens: number;
  limit: number;
  /** It ended by itself, not at its limit. */
  whole: boolean;
}

/**
 * Lengths go with the kind of work, or with the limit where whoever sets it knows the work well: of the two, the one
 * that past replies keep to more closely is taken.
 * @param seen oldest first.
 * @param work.limit on the output; the most that there can be.
 * @param work.chosen whether somebody set that limit for this very request.
 */
export function expectedLength(
  seen: readonly Observation[],
  { model, kind, limit, chosen = true }: { model: string; kind: WorkKind; limit: number; chosen?: boolean },
): ExpectedLength {
  const ofModel = seen.filter(
    (one) =>
      one.model === model &&
      lengthOf(one) > 0 &&
      (one.outputLimit === FINDING_TOKENS) === (limit === FINDING_TOKENS),
  );
  const ofKind = ofModel.filter((one) => one.kind === kind);
  const known = ofKind.length >= FEW;
  // Before there are some of this kind, the model's other work says more than the limit does.
  const like = known ? ofKind : ofModel.filter((one) => one.kind !== 'calibration');
  const replies = like.slice(-NEWEST).map(asWritten);
  // A limit that nobody chose is only the end of the window.
  if (replies.length < (known ? FEW : TELLING.median))
    return { tokens: limit, boundTokens: limit, unknown: !chosen };
  // Where all limits were the same the two are equal, and the limit says nothing.
  const byLimit = spreadOf(replies, shareOfLimit) < CLOSER * spreadOf(replies, ({ tokens }) => tokens);
  const measure = byLimit ? shareOfLimit : ({ tokens }: Written) => tokens;
  const atMost = (amount = Number.POSITIVE_INFINITY) =>
    Math.min(limit, Math.ceil(amount * (byLimit ? limit : 1) - 1e-6));
  const few = expectedOfFew(replies, measure);
  const tokens = atMost(replies.length < TELLING.median ? few.middle : lengthBeyond(replies, measure, 0.5));
  if (!known) return { tokens, boundTokens: limit, unknown: false };
  const ninth = lengthBeyond(replies, measure, 0.1);
  const bound = replies.length < TELLING.bound ? few.bound : ninth && ninth * MARGIN;
  return { tokens, boundTokens: Math.max(tokens, atMost(bound)), unknown: false };
}

/** Where it was stopped, by what was heard of it. */
function lengthOf({ complete, writtenTokens = 0, heardTokens = 0 }: Observation): number {
  return complete ? writtenTokens : heardTokens;
}

function asWritten(one: Observation): Written {
  const { complete, outputLimit = Number.POSITIVE_INFINITY } = one;
  const tokens = lengthOf(one);
  return { tokens, limit: outputLimit, whole: complete && tokens < outputLimit };
}

function shareOfLimit({ tokens, limit }: Written): number {
  return tokens / limit;
}

/** How far replies lie apart by a measure, as a factor. */
function spreadOf(replies: readonly Written[], measure: (reply: Written) => number): number {
  const logs = replies.filter(({ whole }) => whole).map((reply) => Math.log(measure(reply)));
  if (logs.length < TELLING.median) return Number.POSITIVE_INFINITY;
  const middle = median(logs);
  return median(logs.map((value) => Math.abs(value - middle)));
}

/**
 * The middle of a few replies, and what nine of ten do not pass: the predictive distribution of a normal variable whose
 * mean is not known, and whose variance is by {@link USUAL} until replies say otherwise (Gelman et al. 2013, Bayesian
 * Data Analysis, section 3.3), on the logarithm of the lengths.
 */
function expectedOfFew(replies: readonly Written[], measure: (reply: Written) => number) {
  const logs = replies.map((reply) => Math.log(measure(reply) * (reply.whole ? 1 : CUT)));
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const squares = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const freedom = USUAL.replies + logs.length - 1;
  const deviation = Math.sqrt((USUAL.replies * USUAL.deviation ** 2 + squares) / freedom);
  const reach = ninthOfT(freedom) * deviation * Math.sqrt(1 + 1 / logs.length);
  return { middle: Math.exp(mean), bound: Math.exp(mean + reach) };
}

/** The 90th percentile of Student's t, by the first terms of its expansion around the normal one (Fisher 1926). */
function ninthOfT(freedom: number): number {
  const z = 1.2816;
  return z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}

/**
 * What this share of replies goes beyond. A reply that ran into its limit says only that it would have become at
 * least that long, so this is the estimate of Kaplan and Meier (1958). Undefined where none was seen to end so late.
 */
function lengthBeyond(
  replies: readonly Written[],
  measure: (reply: Written) => number,
  share: number,
): number | undefined {
  let goOn = 1;
  let left = replies.length;
  for (const reply of replies.toSorted((a, b) => measure(a) - measure(b))) {
    if (reply.whole) goOn *= 1 - 1 / left;
    left--;
    if (goOn <= share) return measure(reply);
  }
  return undefined;
}
