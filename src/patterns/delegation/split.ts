/**
 * Too much to read in time, or for the window: where to cut it, by what the forecast says is worth it. Each piece is
 * asked by itself, then the findings are put together (`in-pieces.ts`).
 */
import { type ExpectedLength, forecast, likelySeconds } from '../../local/forecast.ts';
import { expectedLength, FINDING_TOKENS } from '../../local/lengths.ts';
import type { Outlook } from '../../local/machine.ts';
import type { ForecastFigures } from '../../local/observation.ts';
import { layOut } from '../material.ts';
import type { Question } from '../room.ts';
import { cutIntoPieces, type Piece } from './pieces.ts';
import { type PieceWindow, windowsFor } from './windows.ts';
import type { Work } from './work.ts';
import { citesLines, workerMessages } from './worker-prompt.ts';

export interface SplitPlan {
  pieces: Piece[];
  /** Single lines that are longer than the window. */
  leftOut: Piece[];
  /** What a piece has at the most. */
  pieceTokens: number;
  /** One for all of them and for putting together, so that the model is loaded once. */
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
  const windows = await windowsFor(work, outlook, signal);
  const best = outlook.forecast ? soonest(work, outlook, windows, whole) : unmeasured(windows, whole);
  if (!best || signal.aborted) return undefined;
  const all = await cutIntoPieces([...excerpts], (text) => tokensOf(numbered(text)), best.pieceTokens);
  const roomFor = mostIn(windows.at(-1)!);
  const pieces = all.filter(({ tooLong, parts }) => !tooLong || sizeOf(parts) <= roomFor);
  if (all.length < 2 || pieces.length === 0) return undefined;
  const largest = Math.max(...pieces.map(({ parts }) => sizeOf(parts)));
  const hasRoom = (window: PieceWindow) => largest <= mostIn(window);
  const { contextSize } = hasRoom(best.window) ? best.window : (windows.find(hasRoom) ?? windows.at(-1)!);
  const { pieceTokens, forecast, course } = best;
  const leftOut = all.filter((piece) => !pieces.includes(piece));
  return { pieces, leftOut, pieceTokens, contextSize, forecast, course };
}

/** What is asked about a piece. */
export function questionAbout(
  { order, question, kind }: Work,
  { parts }: Piece,
  place: number,
  of: number,
  contextSize: number,
): Question {
  const task = `${order.task} (You have part ${place + 1} of ${of}; report only what is in it, shortly.)`;
  const part = { ...order, task, form: 'text' as const, maxOutputTokens: FINDING_TOKENS };
  const messages = workerMessages({ text: layOut(parts, citesLines(kind)), images: [] }, part);
  return { ...question, format: undefined, maxOutputTokens: FINDING_TOKENS, messages, contextSize };
}

/** Tokens of material that a window has room for. */
function mostIn({ contextSize }: PieceWindow): number {
  return (contextSize - AROUND_TOKENS - FINDING_TOKENS) / COUNTED_OTHERWISE;
}

interface Cut {
  pieceTokens: number;
  window: PieceWindow;
  forecast?: ForecastFigures;
  course?: Course;
}

function unmeasured(windows: readonly PieceWindow[], whole: number): Cut | undefined {
  const least = Math.max(UNMEASURED.tokens, whole / UNMEASURED.pieces);
  const window = windows.find((one) => least <= mostIn(one)) ?? windows.at(-1)!;
  const pieceTokens = Math.floor(Math.min(least, mostIn(window)));
  return whole > pieceTokens ? { pieceTokens, window } : undefined;
}

function soonest(
  work: Work,
  outlook: Outlook,
  windows: readonly PieceWindow[],
  tokens: number,
): Cut | undefined {
  let best: (Cut & Timed) | undefined;
  for (const count of COUNTS) {
    const pieceTokens = Math.ceil((tokens / count) * UNEVEN);
    if (pieceTokens < SMALLEST) break;
    for (const window of windows) {
      const expected = pieceTokens <= mostIn(window) && timeOf(work, outlook, window, { tokens, count });
      if (!expected) continue;
      const cut = { pieceTokens, window, ...expected };
      if (!best || isBetter(cut, best, work.budgetSeconds)) best = cut;
    }
  }
  return best;
}

/** In time first; then where it is known how much of the model lies on the GPU; then the sooner one. */
function isBetter(one: Cut & Timed, other: Cut & Timed, budgetSeconds: number): boolean {
  const isLate = ({ forecast }: Timed) => Number(likelySeconds(forecast) > budgetSeconds);
  const late = isLate(one) - isLate(other);
  const guessed = Number(one.window.guessed) - Number(other.window.guessed);
  return (late || guessed || one.forecast.seconds - other.forecast.seconds) < 0;
}

interface Timed {
  forecast: ForecastFigures;
  course: Course;
}

/** The pieces, as many at once as there are slots, and the last question over all findings. */
function timeOf(
  work: Work,
  outlook: Outlook,
  { rig, loaded, contextSize }: PieceWindow,
  { tokens, count }: { tokens: number; count: number },
): Timed | undefined {
  const { machine } = work.room.local!;
  const { prospect, load } = outlook;
  const atOnce = Math.min(count, machine.slots(prospect.host) ?? 1);
  const slowdown = machine.slowdown(prospect.host, atOnce);
  const written = findingLength(work, outlook);
  const piece = { promptTokens: tokens / count + AROUND_TOKENS, cachedTokens: CACHED_TOKENS, written };
  const each = forecast(rig, { ...piece, loaded: true, slowdown });
  const findings = { ...piece, promptTokens: count * written.tokens + AROUND_TOKENS, written: load.written };
  const last = forecast(rig, { ...findings, loaded: true });
  if (!each || !last || findings.promptTokens + load.written.tokens > contextSize) return undefined;
  const rounds = Math.ceil(count / atOnce);
  const loadSeconds = loaded === false ? (rig.coldLoad?.seconds ?? 0) : 0;
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
