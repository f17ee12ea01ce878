import { createHash } from 'node:crypto';
import { estimateTokens } from './http.ts';

/** A piece of a prompt. */
export interface PromptBlock {
  text: string;
  /** What else has to be the same for the block to be found again, though it is no part of the prompt. */
  condition: string;
  /** The prefix up to the end of this block is to be remembered. */
  breakpoint: boolean;
}

/** Tokens of a prompt, of those read from the cache, of those newly written to it. Estimated. */
export interface PromptTokens {
  total: number;
  read: number;
  written: number;
}

interface Prefix {
  /** Hash of everything up to the end of a block. */
  key: string;
  tokens: number;
  breakpoint: boolean;
}

/** A prefix is looked for in so many blocks before a breakpoint, itself included, as by the real service. */
const LOOK_BACK_BLOCKS = 20;

/**
 * A prompt cache as Anthropic's: it remembers the prefixes that ended at a breakpoint, and tells how much of
 * the next prompt they cover. Entries do not expire.
 */
export class PromptCache {
  readonly #minimumTokens: number;
  /** The tokens of each remembered prefix by its key. */
  readonly #remembered = new Map<string, number>();

  /** @param minimumTokens shorter prefixes are not remembered. */
  constructor(minimumTokens: number) {
    this.#minimumTokens = minimumTokens;
  }

  use(prompt: PromptBlock[]): PromptTokens {
    const prefixes = prefixesOf(prompt);
    let read = 0;
    let marked = 0;
    for (const [place, prefix] of prefixes.entries()) {
      if (!prefix.breakpoint || prefix.tokens < this.#minimumTokens) continue;
      marked = prefix.tokens;
      for (const { key } of prefixes.slice(Math.max(0, place + 1 - LOOK_BACK_BLOCKS), place + 1)) {
        read = Math.max(read, this.#remembered.get(key) ?? 0);
      }
    }
    for (const { breakpoint, tokens, key } of prefixes) {
      if (breakpoint && tokens >= this.#minimumTokens) this.#remembered.set(key, tokens);
    }
    return { total: tokensOf(prompt), read, written: Math.max(0, marked - read) };
  }
}

export function tokensOf(prompt: PromptBlock[]): number {
  return estimateTokens(prompt.map(({ text }) => text).join(''));
}

function prefixesOf(prompt: PromptBlock[]): Prefix[] {
  const hash = createHash('sha256');
  let characters = 0;
  return prompt.map(({ condition, text, breakpoint }) => {
    hash.update(JSON.stringify([condition, text]));
    characters += text.length;
    return { key: hash.copy().digest('hex'), tokens: Math.ceil(characters / 4), breakpoint };
  });
}
