/** What a simulated model reads: tokens, and what the server does to a prompt that is too long. */
import { createHash } from 'node:crypto';
import type { SimulatedModel } from './models.ts';
import { tokensOf } from './tokens.ts';

export interface WireMessage {
  role: string;
  content?: string;
  thinking?: string;
  images?: string[];
  tool_calls?: { id?: string; function: { name: string; arguments?: unknown } }[];
  tool_name?: string;
}

/** Tokens that every prompt begins with and that survive a cut, as `num_keep` says by default. */
const KEEP = 4;
const TOKENS_PER_IMAGE = 700;
/** Where the model is to go on. */
const END = ['<|im_start|>', 'assistant', '\n'];

/** A tool call as the model writes it and its template repeats it. */
export function callText(name: string, args: unknown): string {
  return `<tool_call>${JSON.stringify({ name, arguments: args })}</tool_call>`;
}

/** The tokens of each message as the model's template writes them; the tools stand in front. */
export class Prompt {
  readonly #model: SimulatedModel;
  readonly #front: string[];
  #messages: { role: string; tokens: string[] }[];

  constructor(model: SimulatedModel, messages: readonly WireMessage[], tools: unknown) {
    this.#model = model;
    this.#front = ['<bos>', ...(tools ? this.#tokens(`# Tools\n${JSON.stringify(tools)}\n`) : [])];
    this.#messages = messages.map((message) => ({ role: message.role, tokens: this.#render(message) }));
  }

  get tokens(): string[] {
    return [...this.#front, ...this.#messages.flatMap(({ tokens }) => tokens), ...END];
  }

  /**
   * Drops whole messages from the front until the rest fits, as `/api/chat` does with `truncate`: system
   * messages and the last one stay, whatever their size.
   */
  dropUntilFits(contextSize: number): void {
    while (this.#length > contextSize) {
      const first = this.#messages.findIndex(
        ({ role }, place) => role !== 'system' && place < this.#messages.length - 1,
      );
      if (first < 0) return;
      this.#messages = this.#messages.filter((_, place) => place !== first);
    }
  }

  get #length(): number {
    return this.#messages.reduce((sum, { tokens }) => sum + tokens.length, this.#front.length + END.length);
  }

  #render({ role, content = '', thinking, tool_calls, images }: WireMessage): string[] {
    // Each part by itself, as it was written, so that the cache still fits.
    const calls = (tool_calls ?? []).map((call) => callText(call.function.name, call.function.arguments));
    return [
      '<|im_start|>',
      role,
      '\n',
      ...(images ?? []).flatMap((image) => Array<string>(TOKENS_PER_IMAGE).fill(`[${markOf(image)}]`)),
      ...[thinking ?? '', content, ...calls].flatMap((text) => this.#tokens(text)),
      '<|im_end|>',
      '\n',
    ];
  }

  #tokens(text: string): string[] {
    return tokensOf(text, this.#model.vocabulary);
  }
}

function markOf(image: string): string {
  return createHash('sha256').update(image).digest('hex').slice(0, 16);
}

/** Cuts a prompt in the middle, so that about half of the window is left for the reply (0.30 and later). */
export function cutToHalf(tokens: readonly string[], contextSize: number): string[] {
  const keep = Math.min(KEEP + 1, contextSize - 1);
  const limit = contextSize - Math.max(Math.floor((contextSize - keep) / 2), 1);
  return [...tokens.slice(0, keep), ...tokens.slice(tokens.length - (limit - keep))];
}

/** The same as servers before 0.30 did it: the window is filled to the brim. */
export function cutToWindow(tokens: readonly string[], contextSize: number): string[] {
  return [...tokens.slice(0, KEEP), ...tokens.slice(tokens.length - (contextSize - KEEP))];
}
