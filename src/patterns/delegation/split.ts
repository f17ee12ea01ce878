/**
 * Too much to read in time, or for the window: where to cut it, by what the forecast says is worth it. Each piece is
 * asked by itself, then the findings are put together (`in-pieces.ts`).
 */
import { type ExpectedLength, forecast } from '../../local/forecast.ts';
import { expectedLength, FINDING_TOKENS } from '../../local/lengths.ts';
import type { Outlook } from '../../local/machine.ts';
import type { ForecastFigures } from '../../local/observation.ts';
import { layOut } from '../material.ts';
import type { Question } from '../room.ts';
import { cutIntoPieces, type Piece } from './pieces.ts';
import { lookAt, type Work } from './work.ts';
import { citesLines, workerMessages } from './worker-prompt.ts';

export interface SplitPlan {
  pieces: Piece[];
  /** Single lines that are longer than the window. */
  leftOut: Piece[];
  /** What a piece has at the most. */
  pieceTokens: number;
  /** One for all of them, so that the model is loaded once. */
  contextSize: number;
  /** For all of it, putting together included; undefined where the model was never measured. */
  forecast?: ForecastFigures;
  /** How that time is expected to pass. */
  course?: Course;
}

/** As likely longer as shorter. */
interface Course {
  loadSeconds: number;
  /** For as many pieces as are asked about at once. */
  roundSeconds: number;
  atOnce: number;
  togetherSeconds: number;
}

/** Into how many pieces it may be cut. */
const COUNTS = [2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50, 60];
/** A piece is worth asking about, tokens. */
const SMALLEST = 500;
/** Lines and definitions do not fall apart into equal pieces. */
const UNEVEN = 1.06;
/** Role, task and template around a piece. */
const AROUND_TOKENS = 150;
/** A text may come out longer than it was taken for. */
const COUNTED_OTHERWISE = 1.1;
/** How much the deviations of two pieces are the same: the machine, the tokenizer, what depth costs. A correlation. */
const ALIKE = 0.3;
/** Of these, what is the same in all pieces. */
const CACHED_TOKENS = 60;
/** Where nobody knows how fast the model is: pieces that are hopeless nowhere, and not many of them. */
const UNMEASURED = { tokens: 2200, pieces: 12 };

/** The cut that is done soonest; undefined where none is of use. */
export async function planSplit(
  work: Work,
  outlook: Outlook,
  signal: AbortSignal,
): Promise<SplitPlan | undefined> {
  const { room, excerpts, kind } = work;
  const { tokensOf } = room.local!.machine.tokenScale(outlook.prospect.host, outlook.model);
  const numbered = (text: string) => (citesLines(kind) ? text.replace(/^/gm, '999\t') : text);
  const sizeOf = (parts: Piece['parts']) => tokensOf(layOut(parts, citesLines(kind)));
  const whole = sizeOf([...excerpts]);
  const best = outlook.forecast ? soonest(work, outlook, whole) : unmeasured(outlook, whole);
  if (!best || signal.aborted) return undefined;
  const all = await cutIntoPieces([...excerpts], (text) => tokensOf(numbered(text)), best.pieceTokens);
  const roomFor = mostIn(outlook);
  const pieces = all.filter(({ tooLong, parts }) => !tooLong || sizeOf(parts) <= roomFor);
  if (all.length < 2 || pieces.length === 0) return undefined;
  const largest = pieces.reduce((one, other) => (sizeOf(other.parts) > sizeOf(one.parts) ? other : one));
  const seen = await lookAt(room, questionAbout(work, largest, 0, pieces.length), signal);
  const window = seen?.prospect.contextSize ?? 0;
  const safe = sizeOf(largest.parts) * COUNTED_OTHERWISE <= window - AROUND_TOKENS - FINDING_TOKENS;
  return {
    ...best,
    pieces,
    leftOut: all.filter((piece) => !pieces.includes(piece)),
    contextSize: safe ? window : outlook.prospect.contextSize,
  };
}

/** What is asked about a piece. */
export function questionAbout(
  { order, question, kind }: Work,
  { parts }: Piece,
  place: number,
  of: number,
  contextSize?: number,
): Question {
  const task = `${order.task} (You have part ${place + 1} of ${of}; report only what is in it, shortly.)`;
  const part = { ...order, task, form: 'text' as const, maxOutputTokens: FINDING_TOKENS };
  const messages = workerMessages({ text: layOut(parts, citesLines(kind)), images: [] }, part);
  return { ...question, format: undefined, maxOutputTokens: FINDING_TOKENS, messages, contextSize };
}

/** Tokens of material that a window has room for. */
function mostIn({ prospect }: Outlook): number {
  return (prospect.contextSize - AROUND_TOKENS - FINDING_TOKENS) / COUNTED_OTHERWISE;
}

function unmeasured(outlook: Outlook, whole: number): { pieceTokens: number } | undefined {
  const least = Math.max(UNMEASURED.tokens, whole / UNMEASURED.pieces);
  const pieceTokens = Math.floor(Math.min(least, mostIn(outlook)));
  return whole > pieceTokens ? { pieceTokens } : undefined;
}

function soonest(work: Work, outlook: Outlook, tokens: number) {
  let best: { pieceTokens: number; forecast: ForecastFigures; course: Course } | undefined;
  for (const count of COUNTS) {
    const pieceTokens = Math.ceil((tokens / count) * UNEVEN);
    if (pieceTokens > mostIn(outlook)) continue;
    if (pieceTokens < SMALLEST) break;
    const expected = timeOf(work, outlook, tokens, count);
    if (!expected || (best && expected.forecast.seconds >= best.forecast.seconds)) continue;
    best = { pieceTokens, ...expected };
  }
  return best;
}

/** The pieces, as many at once as there are slots, and the last question over all findings. */
function timeOf(work: Work, outlook: Outlook, tokens: number, count: number) {
  const { machine } = work.room.local!;
  const { prospect, load, model } = outlook;
  const rig = machine.rig({ ...prospect, model });
  const atOnce = Math.min(count, machine.slots(prospect.host) ?? 1);
  const slowdown = machine.slowdown(prospect.host, atOnce);
  const written = findingLength(work, outlook);
  const piece = { promptTokens: tokens / count + AROUND_TOKENS, cachedTokens: CACHED_TOKENS, written };
  const each = forecast(rig, { ...piece, loaded: true, slowdown });
  const findings = { ...piece, promptTokens: count * written.tokens + AROUND_TOKENS, written: load.written };
  const last = forecast(rig, { ...findings, loaded: true });
  if (!each || !last) return undefined;
  const rounds = Math.ceil(count / atOnce);
  const loadSeconds = load.loaded === false ? (rig.coldLoad?.seconds ?? 0) : 0;
  const seconds = loadSeconds + rounds * each.seconds + last.seconds;
  // The deviations of many pieces partly even out.
  const reach = Math.sqrt(rounds * (1 + (rounds - 1) * ALIKE)) * (each.boundSeconds - each.seconds);
  const spread = Math.hypot(reach, last.boundSeconds - last.seconds);
  return {
    forecast: { seconds, boundSeconds: seconds + spread },
    course: { loadSeconds, roundSeconds: each.seconds, atOnce, togetherSeconds: last.seconds },
  };
}

function findingLength({ room }: Work, { prospect, model, kind }: Outlook): ExpectedLength {
  const seen = room.local!.machine.observations(prospect.host);
  return expectedLength(seen, { model, kind, limit: FINDING_TOKENS });
}
