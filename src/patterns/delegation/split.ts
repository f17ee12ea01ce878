/**
 * Too much to read in time, or for the window: where to cut it, by what the forecast says is worth it. Each piece is
 * asked by itself, then the findings are put together (`in-pieces.ts`).
 */
import { type ExpectedLength, forecast } from '../../local/forecast.ts';
import { expectedLength } from '../../local/lengths.ts';
import type { Outlook } from '../../local/machine.ts';
import type { ForecastFigures } from '../../local/observation.ts';
import { textUnits } from '../../local/tokens.ts';
import type { Question } from '../room.ts';
import { layOut } from './material.ts';
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
  /** For putting together, at the most. */
  togetherSeconds?: number;
}

const SIZES = [700, 1000, 1500, 2200, 3200, 4800, 7000, 10_000, 15_000, 22_000];
/** A finding of a piece is short: what is written again and again costs most. */
const FINDING_TOKENS = 160;
const MOST_PIECES = 60;
/** Role, task and template around a piece. */
const AROUND_TOKENS = 150;
/** A text may come out longer than it was taken for. */
const COUNTED_OTHERWISE = 1.1;
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
  const { tokensPerUnit } = room.local!.machine.tokenScale(outlook.prospect.host, outlook.model);
  const tokensOf = (text: string) => Math.ceil(textUnits(text) * tokensPerUnit);
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
  const messages = workerMessages(layOut(parts, citesLines(kind)), part);
  return { ...question, format: undefined, maxOutputTokens: FINDING_TOKENS, messages, contextSize };
}

/** Tokens of material that a window has room for. */
function mostIn({ prospect }: Outlook): number {
  return (prospect.contextSize - AROUND_TOKENS - FINDING_TOKENS) / COUNTED_OTHERWISE;
}

function unmeasured(outlook: Outlook, whole: number): { pieceTokens: number } | undefined {
  const least = Math.max(UNMEASURED.tokens, whole / UNMEASURED.pieces);
  const pieceTokens = Math.min(SIZES.find((size) => size >= least) ?? least, mostIn(outlook));
  return whole > pieceTokens ? { pieceTokens } : undefined;
}

function soonest(work: Work, outlook: Outlook, tokens: number) {
  let best: { pieceTokens: number; forecast: ForecastFigures; togetherSeconds: number } | undefined;
  for (const pieceTokens of SIZES) {
    if (pieceTokens * 1.2 > tokens || pieceTokens > mostIn(outlook)) break;
    if (tokens / pieceTokens > MOST_PIECES) continue;
    const expected = timeOf(work, outlook, tokens, pieceTokens);
    if (!expected || (best && expected.seconds >= best.forecast.seconds)) continue;
    const { togetherSeconds, ...figures } = expected;
    best = { pieceTokens, forecast: figures, togetherSeconds };
  }
  return best;
}

/** The pieces, as many at once as there are slots, and the last question over all findings. */
function timeOf(work: Work, outlook: Outlook, tokens: number, pieceTokens: number) {
  const { machine } = work.room.local!;
  const { prospect, load, model } = outlook;
  const rig = machine.rig({ ...prospect, model });
  const count = Math.ceil(tokens / pieceTokens);
  const atOnce = Math.min(count, machine.slots(prospect.host) ?? 1);
  const slowdown = machine.slowdown(prospect.host, atOnce);
  const written = findingLength(work, outlook);
  const piece = { promptTokens: tokens / count + AROUND_TOKENS, cachedTokens: CACHED_TOKENS, written };
  const each = forecast(rig, { ...piece, loaded: true, slowdown });
  const findings = { ...piece, promptTokens: count * written.tokens + AROUND_TOKENS, written: load.written };
  const last = forecast(rig, { ...findings, loaded: true });
  if (!each || !last) return undefined;
  const rounds = Math.ceil(count / atOnce);
  const loading = load.loaded === false ? (rig.coldLoad?.seconds ?? 0) : 0;
  const seconds = loading + rounds * each.seconds + last.seconds;
  // The deviations of many pieces partly even out.
  const spread = Math.sqrt(rounds) * (each.boundSeconds - each.seconds) + (last.boundSeconds - last.seconds);
  return { seconds, boundSeconds: seconds + spread, togetherSeconds: last.boundSeconds };
}

function findingLength({ room }: Work, { prospect, model, kind }: Outlook): ExpectedLength {
  const seen = room.local!.machine.observations(prospect.host);
  return expectedLength(seen, { model, kind, limit: FINDING_TOKENS });
}
