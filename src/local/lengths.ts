/** How many tokens a model writes: learnt by kind of work, for only the work itself decides it. */
import type { ExpectedLength } from './forecast.ts';
import type { Observation, WorkKind } from './observation.ts';
import { median } from './speed.ts';

/** So many replies of a kind say how long the next will be, and where nine of ten end. */
const TELLING = { median: 4, bound: 10 };
const NEWEST = 40;
/** What nine of ten did not pass is passed by a little now and then. */
const MARGIN = 1.1;

/** So much closer have replies to keep to their limits that the limits are taken to say how long they become. */
const CLOSER = 0.97;

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
  const ofModel = seen.filter((one) => one.model === model && one.complete && one.writtenTokens);
  const ofKind = ofModel.filter((one) => one.kind === kind);
  // Before there are some of this kind, the model's other work says more than the limit does.
  const work = ofModel.filter((one) => one.kind !== 'calibration');
  const replies = (ofKind.length < TELLING.median ? work : ofKind).slice(-NEWEST).map(asWritten);
  // Where all limits were the same the two are equal, and the limit says nothing.
  const byLimit = spreadOf(replies, shareOfLimit) < CLOSER * spreadOf(replies, ({ tokens }) => tokens);
  const measure = byLimit ? shareOfLimit : ({ tokens }: Written) => tokens;
  const unit = byLimit ? limit : 1;
  const at = (share: number, margin = 1) =>
    Math.min(
      limit,
      Math.ceil((lengthBeyond(replies, measure, share) ?? Number.POSITIVE_INFINITY) * unit * margin),
    );
  return {
    tokens: replies.length < TELLING.median ? limit : at(0.5),
    boundTokens: ofKind.length < TELLING.bound ? limit : at(0.1, MARGIN),
    // A limit that nobody chose is only the end of the window.
    unknown: replies.length < TELLING.median && !chosen,
  };
}

function asWritten({ writtenTokens = 0, outputLimit = Number.POSITIVE_INFINITY }: Observation): Written {
  return { tokens: writtenTokens, limit: outputLimit, whole: writtenTokens < outputLimit };
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
