/** How many tokens a model writes: learnt by kind of work, for only the work itself decides it. */
import type { ExpectedLength } from './forecast.ts';
import type { Observation, WorkKind } from './observation.ts';
import { median } from './speed.ts';

/** So many replies of a kind say how long the next will be, and where nine of ten end. */
const TELLING = { median: 4, bound: 10 };
const NEWEST = 40;
/** What nine of ten did not pass is passed by a little now and then. */
const MARGIN = 1.1;

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
 * @param limit on the output; the most that there can be.
 */
export function expectedLength(
  seen: readonly Observation[],
  { model, kind, limit }: { model: string; kind: WorkKind; limit: number },
): ExpectedLength {
  const replies = seen
    .filter((one) => one.model === model && one.kind === kind && one.complete && one.writtenTokens)
    .slice(-NEWEST)
    .map(
      ({ writtenTokens = 0, outputLimit = Number.POSITIVE_INFINITY }): Written => ({
        tokens: writtenTokens,
        limit: outputLimit,
        whole: writtenTokens < outputLimit,
      }),
    );
  const byLimit = spreadOf(replies, shareOfLimit) < spreadOf(replies, ({ tokens }) => tokens);
  const measure = byLimit ? shareOfLimit : ({ tokens }: Written) => tokens;
  const unit = byLimit ? limit : 1;
  const at = (share: number, margin = 1) =>
    Math.min(
      limit,
      Math.ceil((lengthBeyond(replies, measure, share) ?? Number.POSITIVE_INFINITY) * unit * margin),
    );
  return {
    tokens: replies.length < TELLING.median ? limit : at(0.5),
    boundTokens: replies.length < TELLING.bound ? limit : at(0.1, MARGIN),
  };
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
