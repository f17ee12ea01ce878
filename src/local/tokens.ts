/**
 * Tokens before a server has counted them. Tokenizers of today cut a text into words, numbers, signs and white space
 * first, and merge within those pieces (Radford et al. 2019, section 2.2; the patterns of GPT-2, Llama 3 and Qwen differ
 * in detail only). So a text is counted by such parts, and what each of them makes in tokens is learnt for each model from
 * the prompts that its server counted: one reads every digit by itself, another knows hardly a word of Russian. A model
 * that counted nothing yet is taken for a usual one; the usual weights lie between those that fit cl100k, o200k and p50k
 * on code, prose, data and several languages (median error 5 to 6 %, 10 to 15 % at the 90th percentile).
 */
import { IMAGE_TOKENS } from '../conversation/token-estimate.ts';
import { dot, type Fit, fitRelative, uncertaintyAt } from './regression.ts';

/** How much there is of what tokenizers treat alike: see {@link PARTS}. */
export type TextParts = readonly number[];

/** Tokens that a part makes, as a rule, and how far models differ in it, as a share of that. */
const PARTS = {
  /** Words of Latin letters; `camelCase` is two. */
  word: [0.95, 0.15],
  /** Letters of a word beyond the sixth. */
  longer: [0.35, 0.8],
  /** Runs of signs, and signs in them beyond the first. */
  signs: [0.9, 0.2],
  moreSigns: [0.1, 1.5],
  /** White space, but for the single blank that belongs to the word behind it. */
  space: [1.1, 0.25],
  /** Letters of other alphabets. */
  letter: [0.45, 0.6],
  /** Characters of Chinese, Japanese and Korean. */
  character: [0.9, 0.6],
  /** Characters of what only looks like words: base64 and the like. */
  dense: [0.63, 0.2],
  /** Numbers by three digits, and digits in them beyond the first. */
  number: [1.1, 0.15],
  digit: [0.3, 1.2],
  image: [IMAGE_TOKENS, 1],
} as const satisfies Record<string, readonly [usual: number, spread: number]>;

const NAMES = Object.keys(PARTS) as (keyof typeof PARTS)[];
const USUAL = NAMES.map((name) => PARTS[name][0]);
/** A template's marks around each prompt. */
const FIXED = { usual: 12, spread: 1.5 };
const PRIOR = {
  mean: [...USUAL, FIXED.usual],
  spread: [...NAMES.map((name) => PARTS[name][1]), FIXED.spread],
};
/** What is left of a text's tokens when its parts are known, as a share. */
const NOISE = 0.05;
const NEWEST = 80;
const MEMORY = 0.98;
/** Letters of a word that make one token, about. */
const LETTERS = 6;

const PIECES =
  /(\ufffc[\da-f]{16})|([\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef])|([A-Za-z0-9+/_-]{20,})|(\p{Script=Latin}+)|(\p{L}+)|(\p{N}+)|([^\s\p{L}\p{N}]+)|(\s+)/gu;
/** In what is dense, letters and digits change all the time. */
const CHANGES = /[a-z](?=[A-Z0-9])|[A-Z](?=[a-z0-9])|\d(?=[A-Za-z])/g;
const DENSE = 1 / 6;

export function partsOf(text: string): TextParts {
  const parts = new Counter();
  for (const match of text.matchAll(PIECES)) {
    const [piece, image, han, run, word, letters, digits, signs] = match;
    if (image) parts.add('image', 1);
    else if (han) parts.add('character', 1);
    else if (run) parts.addRun(run);
    else if (word) parts.addWord(word);
    else if (letters) parts.add('letter', letters.length);
    else if (digits) parts.addNumber(digits);
    else if (signs) parts.addSigns(signs);
    else if (piece !== ' ') parts.add('space', 1);
  }
  return parts.counts;
}

/** Older observations know fewer parts. */
function complete(parts: TextParts): TextParts {
  return NAMES.map((_, place) => parts[place] ?? 0);
}

/** The size of a text in tokens of a usual model. */
export function textUnits(text: string): number {
  return Math.round(dot(partsOf(text), USUAL));
}

/** What one model makes of texts. */
export interface TokenScale {
  /** What comes on top of every prompt. */
  fixedTokens: number;
  tokensOf(text: string): number;
  /** With its standard deviation. */
  estimate(parts: TextParts): { tokens: number; spread: number };
}

/**
 * Learns a model's scale from prompts that the server counted.
 * @param counted oldest first; the newest count most.
 */
export function tokenScale(counted: readonly { parts: TextParts; tokens: number }[]): TokenScale {
  const samples = counted.slice(-NEWEST).map(({ parts, tokens }, place, all) => ({
    x: [...complete(parts), 1],
    y: tokens,
    weight: MEMORY ** (all.length - 1 - place),
  }));
  const fit: Fit = fitRelative(samples, PRIOR, NOISE);
  const { coefficients } = fit;
  const weights = coefficients.slice(0, NAMES.length);
  return {
    fixedTokens: coefficients.at(-1)!,
    tokensOf: (text) => dot(partsOf(text), weights),
    estimate(parts) {
      const tokens = dot(parts, weights);
      return { tokens, spread: Math.hypot(uncertaintyAt(fit, [...parts, 0]), NOISE * tokens) };
    },
  };
}

class Counter {
  readonly counts: number[] = NAMES.map(() => 0);

  add(part: keyof typeof PARTS, amount: number): void {
    this.counts[NAMES.indexOf(part)]! += amount;
  }

  addWord(word: string): void {
    for (const [part] of word.matchAll(/\p{Lu}?[^\p{Lu}]+|\p{Lu}+/gu)) {
      this.add('word', 1);
      this.add('longer', Math.max(0, part.length - LETTERS));
    }
  }

  addNumber(digits: string): void {
    const groups = Math.ceil(digits.length / 3);
    this.add('number', groups);
    this.add('digit', digits.length - groups);
  }

  addSigns(signs: string): void {
    this.add('signs', 1);
    this.add('moreSigns', signs.length - 1);
  }

  /** Letters, digits and a few signs without a break: dense, or names that are joined. */
  addRun(run: string): void {
    if ((run.match(CHANGES)?.length ?? 0) > DENSE * run.length) {
      this.add('dense', run.length);
      return;
    }
    for (const [part, letters, digits] of run.matchAll(/([A-Za-z]+)|(\d+)|[^A-Za-z\d]+/g)) {
      if (letters) this.addWord(letters);
      else if (digits) this.addNumber(digits);
      else this.addSigns(part);
    }
  }
}
