import type { Exchanged } from '../conversation/exchange.ts';
import type { UserMessage } from '../conversation/message.ts';

/** What a model was asked, and what it answered. */
export interface Prompted extends Exchanged {
  asked: UserMessage;
}

/**
 * The answers of one pattern. A pattern does the same again as long as it is answered the same: one that was stopped
 * goes on by being run again, with the answers that it had.
 */
export class Memory {
  /** The same in each run of the pattern, for what is decided by lot. */
  readonly seed: string;
  readonly #answers = new Map<string, unknown[]>();
  /** How many answers to the same question were given again in this run. */
  #recalled = new Map<string, number>();

  constructor(seed: string) {
    this.seed = seed;
  }

  /** Whether there is anything to go on from. */
  get isEmpty(): boolean {
    return this.#answers.size === 0;
  }

  /** A further run begins. @returns how many answers are known from those before. */
  begin(): number {
    this.#recalled = new Map();
    return [...this.#answers.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** The answer of an earlier run; undefined where the question is new. */
  recall<Answer>(question: unknown): Answer | undefined {
    const key = JSON.stringify(question);
    const place = this.#recalled.get(key) ?? 0;
    const answer = this.#answers.get(key)?.[place];
    if (answer) this.#recalled.set(key, place + 1);
    return answer as Answer | undefined;
  }

  keep(question: unknown, answer: object): void {
    const key = JSON.stringify(question);
    const answers = this.#answers.get(key) ?? [];
    this.#answers.set(key, [...answers, answer]);
    this.#recalled.set(key, answers.length + 1);
  }
}
