/**
 * What a server still has in its KV cache: of the prompts before, only the longest common beginning with the last
 * one in a slot is not read again. How many slots a server has it does not say, so one is assumed until it is seen
 * to remember more.
 */
const PROMPTS_KEPT = 4;
const SAME_SLOT = 0.5;
/** How an image stands in a prompt (`Prospect.promptText`): half of one is none. */
const IMAGE = '\ufffc';
const IMAGE_LENGTH = 17;
/** Characters that are not worth a doubt. */
const FEW = 800;

interface Remembered {
  /** The prompt, and what was written after it. */
  text: string;
  tokens: number;
  /** Of these, the prompt, as the server counted it. */
  prompt: { length: number; tokens: number };
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
  readonly #tokensOf: (text: string) => number;
  #prompts: Remembered[] = [];
  #slots = 1;
  /** A prompt that was being read when it was stopped: how much of it is kept, nobody knows. */
  #doubtful = '';

  /** @param tokensOf what the model makes of a text, estimated. */
  constructor(tokensOf: (text: string) => number) {
    this.#tokensOf = tokensOf;
  }

  /** @param text as the next prompt will begin. */
  shared(text: string): SharedBeginning | undefined {
    let best: SharedBeginning | undefined;
    for (const [age, before] of this.#prompts.slice(0, this.#slots).entries()) {
      const characters = commonBeginning(before.text, text);
      if (characters === 0 || (best && characters <= best.characters)) continue;
      best = { characters, tokens: this.#tokensUpTo(before, characters), age };
    }
    return best;
  }

  /** What was counted, less what is beyond: the end of a prompt is short, so that an error there is small. */
  #tokensUpTo({ text, tokens, prompt }: Remembered, characters: number): number {
    const inPrompt = characters <= prompt.length;
    const [end, all] = inPrompt ? [prompt.length, prompt.tokens] : [text.length, tokens];
    if (characters === end) return all;
    const beyond = this.#tokensOf(text.slice(characters, end));
    if (characters >= end / 2) return Math.max(0, Math.floor(all - beyond));
    // Where little is shared, the rest is long, and says less than the proportion does.
    const upTo = this.#tokensOf(text.slice(0, characters));
    return Math.floor((all * upTo) / Math.max(1, upTo + beyond));
  }

  /** Whether an older prompt would explain what the server had cached, where the last one does not. */
  noteCached(text: string, cachedTokens: number): void {
    for (const [age, before] of this.#prompts.entries()) {
      const expected = this.#tokensUpTo(before, commonBeginning(before.text, text));
      if (expected > 50 && Math.abs(expected - cachedTokens) < 0.1 * expected) {
        this.#slots = Math.max(this.#slots, age + 1);
        return;
      }
    }
  }

  /** @param reply how the next prompt will begin if it goes on from the reply, and the tokens that this added. */
  remember(prompt: string, tokens: number, reply?: { text: string; tokens: number }): void {
    if (prompt === '' || tokens <= 0) return;
    const text = reply?.text.startsWith(prompt) ? reply.text : prompt;
    const written = text === prompt ? 0 : (reply?.tokens ?? 0);
    this.#doubtful = '';
    // What begins alike went into the same slot, in place of what was there.
    const others = this.#prompts.filter(
      (one) => commonBeginning(one.text, text) < SAME_SLOT * Math.min(one.text.length, text.length),
    );
    const last = { text, tokens: tokens + written, prompt: { length: prompt.length, tokens } };
    this.#prompts = [last, ...others].slice(0, PROMPTS_KEPT);
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

/** Characters; two images are the same or not. */
function commonBeginning(left: string, right: string): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left.charCodeAt(length) === right.charCodeAt(length)) length++;
  const image = left.lastIndexOf(IMAGE, length - 1);
  return image >= 0 && length < image + IMAGE_LENGTH ? image : length;
}
