/**
 * What a server still has in its KV cache: of the prompts before, only the longest common beginning with the last
 * one in a slot is not read again. How many slots a server has it does not say, so one is assumed until it is seen
 * to remember more.
 */
const PROMPTS_KEPT = 4;
const SAME_SLOT = 0.5;
/** Characters that are not worth a doubt. */
const FEW = 800;

interface Remembered {
  text: string;
  tokens: number;
}

/** What is expected to be in the cache for a prompt. */
export interface SharedBeginning {
  /** Characters that need not be read again. */
  characters: number;
  tokens: number;
  /** How many prompts ago it was; 0 for the last one. */
  age: number;
}

/** The prompts of one runner: a model in memory, with one window. */
export class PrefixMemory {
  #prompts: Remembered[] = [];
  #slots = 1;
  /** A prompt that was being read when it was stopped: how much of it is kept, nobody knows. */
  #doubtful = '';

  /** @param text as the next prompt will begin. */
  shared(text: string): SharedBeginning | undefined {
    let best: SharedBeginning | undefined;
    for (const [age, { text: before, tokens }] of this.#prompts.slice(0, this.#slots).entries()) {
      const characters = commonBeginning(before, text);
      if (characters === 0 || (best && characters <= best.characters)) continue;
      best = { characters, tokens: Math.floor((tokens * characters) / before.length), age };
    }
    return best;
  }

  /** Whether an older prompt would explain what the server had cached, where the last one does not. */
  noteCached(text: string, cachedTokens: number): void {
    for (const [age, { text: before, tokens }] of this.#prompts.entries()) {
      const expected = (tokens * commonBeginning(before, text)) / before.length;
      if (expected > 50 && Math.abs(expected - cachedTokens) < 0.1 * expected) {
        this.#slots = Math.max(this.#slots, age + 1);
        return;
      }
    }
  }

  /** @param text the prompt and what was written after it. */
  remember(text: string, tokens: number): void {
    if (text === '' || tokens <= 0) return;
    this.#doubtful = '';
    // What begins alike went into the same slot, in place of what was there.
    const others = this.#prompts.filter(
      (one) => commonBeginning(one.text, text) < SAME_SLOT * Math.min(one.text.length, text.length),
    );
    this.#prompts = [{ text, tokens }, ...others].slice(0, PROMPTS_KEPT);
  }

  /** The server was stopped while it read this. */
  doubt(text: string): void {
    this.#doubtful = text;
  }

  /** Whether {@link shared} is all that the server may have of this prompt. */
  isSureOf(text: string): boolean {
    return commonBeginning(this.#doubtful, text) <= (this.shared(text)?.characters ?? 0) + FEW;
  }

  /** The model was loaded anew: its cache is empty. */
  forget(): void {
    this.#prompts = [];
    this.#doubtful = '';
  }
}

function commonBeginning(left: string, right: string): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left.charCodeAt(length) === right.charCodeAt(length)) length++;
  return length;
}
