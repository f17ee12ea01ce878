/**
 * How a simulated model cuts text into tokens. Like real tokenizers it first parts words, numbers, signs and white space,
 * a word with the sign or space before it, and then knows some of these pieces and not others. Which ones is drawn by
 * chance, always the same for a model: short and plain words mostly, long and mixed ones seldom. What it does not know
 * falls in two, and its parts are looked at again, as if they had never been merged.
 */
export interface Vocabulary {
  /** Another seed knows other pieces. */
  seed: number;
  /** About 1; a larger vocabulary knows more. */
  richness: number;
  /** Digits that go into one token. */
  digits: 1 | 3;
}

type Kind = 'word' | 'script' | 'han' | 'signs' | 'space' | 'digits';

const PIECES = {
  1: /[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu,
  3: /[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu,
};
/** Of pieces of so many characters, from 1 on, the share that is known; the last goes for all that are longer. */
const KNOWN: Record<Kind, readonly number[]> = {
  word: [1, 1, 0.99, 0.98, 0.96, 0.94, 0.91, 0.86, 0.8, 0.74, 0.66, 0.56, 0.44, 0.3, 0.15],
  script: [1, 0.85, 0.6, 0.5, 0.4, 0.32, 0.24, 0.16, 0.1, 0.05],
  han: [1, 0.4, 0.12, 0.02],
  signs: [1, 0.85, 0.55, 0.4, 0.25, 0.15],
  space: [1, 0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93, 0.9],
  digits: [1],
};
/** Words of mixed case and the like are rarely known. */
const MIXED = 0.06;
const MOST_REMEMBERED = 50_000;

const remembered = new Map<string, Map<string, readonly string[]>>();

/** Pieces of text; put together again they are the text. */
export function tokensOf(text: string, vocabulary: Vocabulary): string[] {
  const name = JSON.stringify(vocabulary);
  const known = remembered.get(name) ?? new Map<string, readonly string[]>();
  remembered.set(name, known);
  const tokens: string[] = [];
  for (const [piece] of text.matchAll(PIECES[vocabulary.digits])) {
    let parts = known.get(piece);
    if (!parts) {
      parts = cut(piece, vocabulary);
      if (known.size > MOST_REMEMBERED) known.clear();
      known.set(piece, parts);
    }
    tokens.push(...parts);
  }
  return tokens;
}

function cut(piece: string, vocabulary: Vocabulary): readonly string[] {
  const characters = [...piece];
  if (characters.length === 1 || isKnown(piece, characters.length, vocabulary)) return [piece];
  const at = cutIn(piece, characters.length, vocabulary);
  const parts = [characters.slice(0, at), characters.slice(at)].map((part) => part.join(''));
  return parts.flatMap((part) => cut(part, vocabulary));
}

function isKnown(piece: string, length: number, { seed, richness }: Vocabulary): boolean {
  const shares = KNOWN[kindOf(piece)];
  const share = shares[Math.min(length, shares.length) - 1]! * (isMixed(piece) ? MIXED : 1);
  return chance(piece, seed) < 1 - (1 - share) / richness;
}

/** Where the case changes or a sign ends, if it does; else by chance, rather near the middle. */
function cutIn(piece: string, length: number, { seed }: Vocabulary): number {
  const change = /(?<=\p{Ll})(?=\p{Lu})|(?<=[^\p{L}\p{N}])(?=\p{L})/u.exec(piece);
  if (change && change.index > 0) return [...piece.slice(0, change.index)].length;
  const draw = (chance(piece, seed + 1) + chance(piece, seed + 2)) / 2;
  return 1 + Math.floor(draw * (length - 1));
}

function kindOf(piece: string): Kind {
  if (/[\u2e80-\u9fff\uac00-\ud7af]/.test(piece)) return 'han';
  if (/\p{Script=Latin}/u.test(piece)) return 'word';
  if (/\p{L}/u.test(piece)) return 'script';
  if (/\p{N}/u.test(piece)) return 'digits';
  return /\S/.test(piece) ? 'signs' : 'space';
}

function isMixed(piece: string): boolean {
  return /\p{Ll}\p{Lu}|\p{Lu}{2}\p{Ll}|[^aeiouyAEIOUY\W_]{5}/u.test(piece);
}

/** 0 to 1, always the same for the same piece (FNV-1a, mixed once more). */
function chance(piece: string, seed: number): number {
  let hash = 2_166_136_261 ^ seed;
  for (let n = 0; n < piece.length; n++) hash = Math.imul(hash ^ piece.charCodeAt(n), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 4_294_967_296;
}
