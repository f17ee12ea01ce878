/**
 * Tokens before a server has counted them. Tokenizers of today cut a text into words, numbers, punctuation and
 * white space first, and merge within those pieces (Radford et al. 2019, section 2.2; the patterns of GPT-2,
 * Llama 3 and Qwen differ in detail only). So these pieces, counted with long words in parts, go up and down with
 * a model's tokens whatever the text is, where characters do not: code has fewer of them to a token than prose.
 */
import { fitRelative } from './regression.ts';

const PIECES = /([\u2e80-\uffff])|\p{L}+|\p{N}{1,3}|[^\s\p{L}\p{N}]{1,2}|\n+| {2,}|\t+/gu;
/** Letters of a word that make one token, about. */
const LETTERS = 6;
/** A template's marks around each prompt, and tokens to a unit, before a model has been measured. */
const PRIOR = { mean: [1.05, 12], spread: [0.25, 1.5] };
const NOISE = 0.04;
const NEWEST = 60;

/** The size of a text in units that are close to tokens. */
export function textUnits(text: string): number {
  let units = 0;
  for (const match of text.matchAll(PIECES)) {
    const piece = match[0];
    units += match[1] ? 1 : Math.ceil(piece.length / (isWord(piece) ? LETTERS : piece.length));
  }
  return units;
}

/** Turns units into one model's tokens. */
export interface TokenScale {
  tokensPerUnit: number;
  /** What comes on top of every prompt. */
  fixedTokens: number;
}

/**
 * Learns a model's scale from prompts that the server counted.
 * @param counted oldest first; the newest count most.
 */
export function tokenScale(counted: readonly { units: number; tokens: number }[]): TokenScale {
  const samples = counted.slice(-NEWEST).map(({ units, tokens }, place, all) => ({
    x: [units, 1],
    y: tokens,
    weight: 0.97 ** (all.length - 1 - place),
  }));
  const [tokensPerUnit, fixedTokens] = fitRelative(samples, PRIOR, NOISE).coefficients as [number, number];
  return { tokensPerUnit, fixedTokens };
}

function isWord(piece: string): boolean {
  return /^\p{L}/u.test(piece);
}
