import { textOf } from '../../src/conversation/message.ts';
import type { Profile } from '../../src/conversation/reply.ts';
import type { ChatRequest } from '../../src/providers/base.ts';

/** Characters to a token, as everybody assumes. */
const CHARACTERS_PER_TOKEN = 4;

/** What everybody does: tokens divided by the mean tokens per second that the server's figures come to. */
export class UsualForecast {
  #read = { tokens: 0, seconds: 0 };
  #write = { tokens: 0, seconds: 0 };

  constructor(
    seen: readonly Pick<Profile, 'promptTokens' | 'readSeconds' | 'writtenTokens' | 'writeSeconds'>[],
  ) {
    for (const one of seen) this.learn(one);
  }

  learn({ promptTokens, readSeconds, writtenTokens, writeSeconds }: Partial<Profile>): void {
    this.#read.tokens += promptTokens ?? 0;
    this.#read.seconds += readSeconds ?? 0;
    this.#write.tokens += writtenTokens ?? 0;
    this.#write.seconds += writeSeconds ?? 0;
  }

  expect({ messages, maxOutputTokens = 0 }: ChatRequest): number {
    const prompt = messages.reduce((sum, message) => sum + textOf(message).length, 0) / CHARACTERS_PER_TOKEN;
    const reading = (prompt * this.#read.seconds) / this.#read.tokens;
    return reading + (maxOutputTokens * this.#write.seconds) / this.#write.tokens;
  }
}
