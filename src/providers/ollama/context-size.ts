/**
 * How large a window each model gets. The server reloads a model whenever `num_ctx` differs from what it was
 * loaded with, and cuts a prompt that is longer without a word, so one size is chosen for a model, always sent,
 * and only ever grown.
 */

import { Failure } from '../../conversation/failure.ts';
import type { Prompt } from './request.ts';
import { stepFor } from './window-steps.ts';

/** A conversation with tools grows, so it starts with room for it. */
const FIRST_SIZE = { withTools: 16_384, plain: 8192 };
/**
 * Windows grow by themselves up to here: Ollama's own default between 24 and 48 GiB of VRAM. Beyond, a model
 * of 8 billion parameters takes more than 4 GB for its KV cache alone, and slides off most GPUs.
 */
export const LARGEST_BY_ITSELF = 32_768;
/** Room kept for the reply where the request does not say how long it may become. */
const REPLY_RESERVE = 4096;
/** Unlimited, the server would let a model write up to ten windows. */
const LONGEST_REPLY = 8192;
const SHORTEST_REPLY = 256;
const TOKENS_PER_IMAGE = 1000;
/** Code and prose lie between 3 and 4.5 bytes a token; the low end errs towards too much room. */
const BYTES_PER_TOKEN = { atFirst: 3, least: 1.5, most: 6 };
/** So much may the bytes a token differ between two prompts of one conversation. */
const RATIO_SPREAD = 1.15;
/** A prompt shorter than this says little about bytes per token: the template weighs too much in it. */
const TELLING_TOKENS = 200;

export interface Wishes {
  /** The size in the configuration. */
  configured?: number;
  /** The size that this request asks for. */
  requested?: number;
  /** What the model was trained for, from `/api/show`. */
  trained?: number;
  /** The size it is loaded with now, from `/api/ps`. */
  loaded?: number;
  maxOutputTokens?: number;
}

export interface ReplyLimit {
  tokens: number;
  /** The window set the limit, not the one who asked. */
  byWindow: boolean;
}

/** Sizes of the windows of one server's models, and what their prompts taught about tokens. */
export class ContextSizes {
  readonly #sizes = new Map<string, number>();
  readonly #bytesPerToken = new Map<string, number>();
  /** Those that a model's next request is sure to need, for its server refused a smaller one. */
  readonly #needed = new Map<string, number>();

  /**
   * The window to send, in tokens; {@link settle} says that it was. What the request or the configuration names is taken; else what was chosen
   * before, grown where the prompt and its reply need more. The first choice is what the server has loaded, if
   * that leaves room to grow, else {@link FIRST_SIZE}. Never more than the model was trained for.
   */
  choose(model: string, prompt: Prompt, wishes: Wishes): number {
    const { configured, requested, trained = Number.POSITIVE_INFINITY, loaded = 0 } = wishes;
    const chosen = this.#sizes.get(model);
    const named = requested ?? configured;
    return named ? Math.min(named, trained) : this.#automatic(model, prompt, wishes, loaded, chosen);
  }

  /** This size is now being sent. */
  settle(model: string, size: number): void {
    this.#needed.delete(model);
    this.#sizes.set(model, Math.max(size, this.#sizes.get(model) ?? 0));
  }

  /** The model is not loaded, so that a smaller one costs nothing either. */
  resume(model: string, size: number): void {
    this.#sizes.set(model, Math.max(size, this.#needed.get(model) ?? 0));
  }

  #automatic(model: string, prompt: Prompt, wishes: Wishes, loaded: number, chosen: number | undefined) {
    const { trained = Number.POSITIVE_INFINITY, maxOutputTokens = REPLY_RESERVE } = wishes;
    const need = this.estimate(model, prompt) + maxOutputTokens;
    const largest = Math.min(LARGEST_BY_ITSELF, trained);
    const first = prompt.tools ? FIRST_SIZE.withTools : FIRST_SIZE.plain;
    if (chosen === undefined && loaded >= Math.max(need, Math.min(first, 2 * need))) return loaded;
    const wanted = Math.min(stepFor(need), largest);
    const before = chosen === undefined ? Math.min(first, largest) : Math.min(chosen, trained);
    return Math.max(wanted, loaded > (chosen ?? first) ? loaded : 0, before);
  }

  /** Tokens of a prompt, by what this model made of earlier ones. */
  estimate(model: string, { bytes, images }: Prompt): number {
    const ratio = this.#bytesPerToken.get(model) ?? BYTES_PER_TOKEN.atFirst;
    return Math.ceil(bytes / ratio) + images * TOKENS_PER_IMAGE;
  }

  /**
   * How much the model may write: what is left of the window at most. Past the window's end the server would
   * drop the first half of the conversation in mid-reply and go on.
   */
  replyLimit(model: string, prompt: Prompt, contextSize: number, asked = LONGEST_REPLY): ReplyLimit {
    const room = Math.max(contextSize - this.estimate(model, prompt), SHORTEST_REPLY);
    return { tokens: Math.min(asked, room), byWindow: room < asked };
  }

  /** What the server counted. Figures that no text can have are passed over: some servers leave out cached tokens. */
  learn(model: string, { bytes, images }: Prompt, tokens: number): void {
    const ratio = bytes / tokens;
    if (images > 0 || tokens < TELLING_TOKENS) return;
    if (ratio >= BYTES_PER_TOKEN.least && ratio <= BYTES_PER_TOKEN.most)
      this.#bytesPerToken.set(model, ratio);
  }

  /**
   * The server refused the prompt as too long for the window that was sent.
   * @returns the larger window that the next try will have; undefined where none is left.
   */
  outgrow(model: string, sent: number, wishes: Wishes): number | undefined {
    if (wishes.requested || wishes.configured) return undefined;
    const next = Math.min(stepFor(sent + 1), LARGEST_BY_ITSELF, wishes.trained ?? Number.POSITIVE_INFINITY);
    if (next <= sent) return undefined;
    this.#needed.set(model, next);
    this.#sizes.set(model, Math.max(next, this.#sizes.get(model) ?? 0));
    return next;
  }

  /**
   * Whether a prompt that the server took was cut: older servers ignore `truncate: false`. It was for certain if
   * it filled the window to the brim, or came out at the half to which servers cut (`num_ctx − (num_ctx − num_keep) / 2`,
   * with 4 or 5 tokens kept); perhaps, if by its length it should not have fitted. Length alone proves nothing: a
   * hundred spaces may be one token.
   */
  wasCut(model: string, prompt: Prompt, contextSize: number, tokens: number): 'surely' | 'perhaps' | 'no' {
    const half = contextSize - Math.floor((contextSize - 4) / 2);
    const isHalf = Math.abs(tokens - half) <= 2 && this.estimate(model, prompt) > contextSize;
    if (tokens >= contextSize || isHalf) return 'surely';
    const known = this.#bytesPerToken.get(model);
    const most = known ? known * RATIO_SPREAD : BYTES_PER_TOKEN.most;
    return prompt.bytes / most > contextSize ? 'perhaps' : 'no';
  }

  /** The most that a conversation may fill, for those who plan by it. */
  largest(model: string, { configured, trained, loaded }: Wishes): number | undefined {
    const limit = trained ?? Number.POSITIVE_INFINITY;
    if (configured) return Math.min(configured, limit);
    if (trained === undefined) return undefined;
    return Math.min(limit, Math.max(LARGEST_BY_ITSELF, this.#sizes.get(model) ?? 0, loaded ?? 0));
  }
}

/** What to do when a conversation does not fit, as a failure that says by how much. */
export function contextExceeded(
  reference: string,
  problem: { tokens?: number; contextSize?: number; trained?: number; said?: string; cut?: boolean },
  details: { status?: number; retryable?: boolean; cause?: unknown } = {},
): Failure {
  const { tokens, contextSize, trained, said, cut } = problem;
  const window = contextSize === undefined ? 'its window' : `its window of ${figure(contextSize)} tokens`;
  const size =
    tokens === undefined
      ? `The conversation does not fit into ${window}`
      : `The conversation has ${cut ? 'about ' : ''}${figure(tokens)} tokens${contextSize !== undefined && tokens > contextSize ? `, ${figure(tokens - contextSize)} more than fit into ${window}` : `, too many for ${window}`}`;
  const how = cut
    ? ': the server cut it without saying so, and the reply rests on what was left'
    : tokens === undefined && said
      ? ` (${said})`
      : '';
  const larger =
    trained !== undefined && contextSize !== undefined && trained > contextSize
      ? `raise context_size of this provider (the model was trained for ${figure(trained)})`
      : 'choose a model with a larger window';
  return new Failure(
    'context-exceeded',
    `${reference}: ${size}${how}. Start a new conversation (/clear at the prompt), or ${larger}.`,
    details,
  );
}

function figure(tokens: number): string {
  return tokens.toLocaleString('en');
}
