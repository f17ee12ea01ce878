/**
 * Too much to read in time, or for the window: cut into pieces that the forecast says are worth it, each asked by
 * itself, then put together by the same model, with the places of each finding kept. The caller reads a page instead
 * of all of it.
 */
import type { Exchanged } from '../../conversation/exchange.ts';
import { textOf } from '../../conversation/message.ts';
import { forecast } from '../../local/forecast.ts';
import { expectedLength } from '../../local/lengths.ts';
import type { Outlook } from '../../local/machine.ts';
import { textUnits } from '../../local/tokens.ts';
import { ask, type Question, type Room } from '../room.ts';
import { type Excerpt, layOut } from './material.ts';
import type { DelegationOrder } from './order.ts';
import { cutIntoPieces, type Piece } from './pieces.ts';
import { citesLines, workerMessages } from './worker-prompt.ts';

export interface SplitPlan {
  pieces: Piece[];
  /** What a piece has at the most. */
  pieceTokens: number;
  /** For all of it, putting together included. */
  seconds: number;
  boundSeconds: number;
}

interface TooLarge {
  room: Room;
  order: DelegationOrder;
  excerpts: readonly Excerpt[];
  question: Question;
  outlook: Outlook;
}

const SIZES = [700, 1000, 1500, 2200, 3200, 4800, 7000, 10_000, 15_000, 22_000];
/** A finding of a piece is short: what is written again and again costs most. */
const FINDING_TOKENS = 160;
const MOST_PIECES = 60;
/** Role, task and template around a piece. */
const AROUND_TOKENS = 150;
const NOTHING = /^\W*nothing found\W*$/i;

/** The cut that is done soonest; undefined where none is of use. */
export async function planSplit(work: TooLarge, signal: AbortSignal): Promise<SplitPlan | undefined> {
  const { room, excerpts, outlook } = work;
  const { machine } = room.local!;
  const { tokensPerUnit } = machine.tokenScale(outlook.prospect.host, outlook.model);
  const tokensOf = (text: string) => Math.ceil(textUnits(text) * tokensPerUnit);
  const whole = excerpts.reduce((sum, { text }) => sum + tokensOf(text), 0);
  let best: SplitPlan | undefined;
  for (const pieceTokens of SIZES) {
    if (signal.aborted) return undefined;
    if (
      pieceTokens * 1.2 > whole ||
      pieceTokens + AROUND_TOKENS + FINDING_TOKENS > outlook.prospect.contextSize
    )
      break;
    if (whole / pieceTokens > MOST_PIECES) continue;
    const expected = timeOf(work, whole, pieceTokens);
    if (!expected || (best && expected.seconds >= best.seconds)) continue;
    best = { ...expected, pieces: [], pieceTokens };
  }
  if (!best) return undefined;
  const pieces = await cutIntoPieces([...excerpts], tokensOf, best.pieceTokens);
  return pieces.length > 1 ? { ...best, pieces } : undefined;
}

/** The pieces one after the other, and the last question over all findings. */
function timeOf({ room, outlook, question }: TooLarge, whole: number, pieceTokens: number) {
  const rig = room.local!.machine.rig({ ...outlook.prospect, model: question.model });
  const count = Math.ceil(whole / pieceTokens);
  const written = expectedLength(room.local!.machine.observations(outlook.prospect.host), {
    model: question.model,
    kind: outlook.kind,
    limit: FINDING_TOKENS,
  });
  const load = { promptTokens: pieceTokens + AROUND_TOKENS, cachedTokens: 60, written, loaded: true };
  const each = forecast(rig, load);
  const last = forecast(rig, {
    ...load,
    promptTokens: count * written.tokens + AROUND_TOKENS,
    written: outlook.load.written,
  });
  const loading = outlook.load.loaded === false ? (rig.coldLoad?.seconds ?? 0) : 0;
  if (!each || !last) return undefined;
  const seconds = loading + count * each.seconds + last.seconds;
  // The deviations of many pieces partly even out.
  const spread = Math.sqrt(count) * (each.boundSeconds - each.seconds) + (last.boundSeconds - last.seconds);
  return { seconds, boundSeconds: seconds + spread };
}

interface PieceWork {
  room: Room;
  order: DelegationOrder;
  question: Question;
  kind: NonNullable<DelegationOrder['kind']>;
  outlook?: Outlook;
}

/** Asks about each piece, as many at once as the server has slots, and puts the findings together. */
export async function workInPieces(
  work: PieceWork,
  { pieces }: SplitPlan,
  signal: AbortSignal,
): Promise<{ text: string; exchanges: Exchanged[]; complete: boolean }> {
  const exchanges: Exchanged[] = [];
  const findings: string[] = [];
  for (let next = 0; next < pieces.length; ) {
    const together = pieces.slice(next, next + slotsFor(work));
    const answers = await Promise.all(
      together.map((piece, place) => askAbout(work, piece, next + place, pieces.length, signal)),
    );
    for (const [place, said] of answers.entries()) {
      exchanges.push(said);
      const text = said.message ? textOf(said.message).trim() : '';
      if (text !== '' && !NOTHING.test(text)) findings.push(`From ${placesOf(together[place]!)}:\n${text}`);
      if (said.failure) return { text: withNote(findings, next + place, pieces), exchanges, complete: false };
    }
    next += together.length;
  }
  if (findings.length === 0) return { text: 'nothing found', exchanges, complete: true };
  const said = await putTogether(work, findings.join('\n\n'), signal);
  exchanges.push(said);
  const text = said.message ? textOf(said.message) : '';
  if (said.failure || text.trim() === '')
    return { text: `Findings, not put together:\n${findings.join('\n\n')}`, exchanges, complete: false };
  return { text, exchanges, complete: true };
}

/** Where it is not known, two at once find out, and lose nothing. */
function slotsFor({ room, outlook }: PieceWork): number {
  return outlook ? (room.local?.machine.slots(outlook.prospect.host) ?? 2) : 2;
}

function askAbout(
  { room, order, question, kind }: PieceWork,
  piece: Piece,
  place: number,
  of: number,
  signal: AbortSignal,
): Promise<Exchanged> {
  const part = { ...pieceOf(order, place, of), form: 'text' as const, maxOutputTokens: FINDING_TOKENS };
  const messages = workerMessages(layOut(piece.parts, citesLines(kind)), part);
  return ask(room, { ...question, format: undefined, maxOutputTokens: FINDING_TOKENS, messages }, signal);
}

function putTogether({ room, order, question }: PieceWork, findings: string, signal: AbortSignal) {
  const task = `Put these findings together into one answer to: ${order.task} Keep each place as path:line. Leave out what is said twice.`;
  return ask(room, { ...question, messages: workerMessages(findings, { ...order, task }) }, signal);
}

function pieceOf(order: DelegationOrder, place: number, of: number): DelegationOrder {
  return {
    ...order,
    task: `${order.task} (You have part ${place + 1} of ${of}; report only what is in it, shortly.)`,
  };
}

function placesOf({ parts }: Piece): string {
  return parts.map(({ path, from, to }) => `${path}:${from}-${to}`).join(', ');
}

function withNote(findings: readonly string[], place: number, pieces: readonly Piece[]): string {
  return `${findings.join('\n\n')}\n[partial: stopped in piece ${place + 1} of ${pieces.length}, at ${placesOf(pieces[place]!)}]`;
}
