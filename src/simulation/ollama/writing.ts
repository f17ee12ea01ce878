/** What a simulated model writes: the words of a script, or filler, token by token. */
import { inPieces } from '../http.ts';
import type { ScriptedReply } from '../script.ts';
import { seededRandom } from './ground-truth.ts';
import type { SimulatedModel } from './models.ts';
import { callText } from './prompt.ts';
import { tokensOf } from './tokens.ts';

/** What goes out in one line. */
export interface Piece {
  kind: 'thinking' | 'text' | 'tool-call';
  text: string;
  call?: { id: string; name: string; args: Record<string, unknown> };
  tokens: string[];
}

export interface Writing {
  pieces: Piece[];
  /** Tokens written, and the reason to stop in Ollama's words. */
  count: number;
  doneReason: string;
}

export interface WritingLimits {
  /** `num_predict`, or how many fit: undefined for no limit. */
  tokens?: number;
  /** Whether the model is to think aloud. */
  thinks: boolean;
}

/** A limit stops the model in mid-word as well as in mid-call; a call that is not whole is lost. */
export function writingOf(reply: ScriptedReply, model: SimulatedModel, limits: WritingLimits): Writing {
  const all = piecesOf(limits.thinks ? reply : { ...reply, thinking: undefined }, model);
  const limit = limits.tokens ?? Number.POSITIVE_INFINITY;
  const pieces: Piece[] = [];
  let count = 0;
  for (const piece of all) {
    const room = limit - count;
    if (piece.tokens.length > room) {
      if (piece.kind !== 'tool-call' && room > 0) {
        const tokens = piece.tokens.slice(0, room);
        pieces.push({ ...piece, tokens, text: tokens.join('') });
      }
      return { pieces, count: limit, doneReason: reply.stop ?? 'length' };
    }
    pieces.push(piece);
    count += piece.tokens.length;
  }
  // The end of the reply is a token too.
  const written = Math.min(reply.usage?.output ?? count + 1, limit);
  return { pieces, count: written, doneReason: reply.stop ?? 'stop' };
}

function piecesOf(reply: ScriptedReply, model: SimulatedModel): Piece[] {
  const pieces: Piece[] = [];
  for (const kind of ['thinking', 'text'] as const) {
    const text = reply[kind === 'thinking' ? 'thinking' : 'text'] ?? '';
    if (reply.pieceLength === undefined)
      for (const token of tokensOf(text, model.vocabulary))
        pieces.push({ kind, text: token, tokens: [token] });
    else
      for (const part of inPieces(text, reply.pieceLength))
        pieces.push({ kind, text: part, tokens: tokensOf(part, model.vocabulary) });
  }
  for (const [place, { name, args, id }] of (reply.toolCalls ?? []).entries()) {
    const text = callText(name, args);
    const call = { id: id ?? `call_sim${place}`, name, args };
    pieces.push({ kind: 'tool-call', text, call, tokens: tokensOf(text, model.vocabulary) });
  }
  return pieces;
}

const WORDS =
  'the value of each entry is read once and kept so that a later call with same key finds it without asking again; where nothing was found an empty list comes back and the caller decides what to do next'.split(
    ' ',
  );

/**
 * Plausible text of about so many tokens for when there is no script; the same for the same prompt. Written
 * until the limit, or without one to a length of its own.
 */
export function filler(seed: number, limits: WritingLimits): ScriptedReply {
  const random = seededRandom(seed);
  const wanted = limits.tokens ?? 120 + Math.floor(random() * 280);
  const say = (tokens: number) => {
    let text = 'So';
    for (let n = 1; n < tokens; n++) {
      const word = WORDS[Math.floor(random() * WORDS.length)]!;
      text += n % 14 === 0 ? ` ${word}.\n` : ` ${word}`;
    }
    return text;
  };
  const thinking = limits.thinks ? Math.floor(wanted / 4) : 0;
  return {
    ...(thinking > 0 && { thinking: say(thinking) }),
    // Longer than the limit, so that it is the limit that ends it.
    text: say(limits.tokens === undefined ? wanted : wanted - thinking + 8),
  };
}
