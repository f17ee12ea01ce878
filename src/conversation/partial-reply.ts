import type { AssistantMessage, ModelReference } from './message.ts';
import type { ReplyDelta, Usage } from './reply.ts';
import { tokensAbout } from './token-estimate.ts';

/**
 * What was said so far of a reply that may never become whole. Unfinished tool calls and thinking are left
 * out: a call half written must not be run, and thinking without its signature cannot be sent back.
 */
export class PartialReply {
  #text = '';
  #thinking = '';

  add(delta: ReplyDelta): void {
    if (delta.type === 'text') this.#text += delta.text;
    else if (delta.type === 'thinking') this.#thinking += delta.text;
  }

  /** What a service counted until it was cut off, which may be nothing yet; what was heard is written for certain. */
  counted(usage: Usage): Usage {
    const heard = Math.round(tokensAbout(this.#text + this.#thinking));
    return { ...usage, outputTokens: Math.max(usage.outputTokens, heard), atLeast: true };
  }

  /** Undefined where no text has come. */
  message(model: ModelReference): AssistantMessage | undefined {
    if (this.#text.trim() === '') return undefined;
    return { role: 'assistant', model, parts: [{ type: 'text', text: this.#text }] };
  }
}
