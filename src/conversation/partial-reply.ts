import type { AssistantMessage, ModelReference } from './message.ts';
import type { ReplyDelta } from './reply.ts';

/**
 * What was said so far of a reply that may never become whole. Unfinished tool calls and thinking are left
 * out: a call half written must not be run, and thinking without its signature cannot be sent back.
 */
export class PartialReply {
  #text = '';

  add(delta: ReplyDelta): void {
    if (delta.type === 'text') this.#text += delta.text;
  }

  /** Undefined where no text has come. */
  message(model: ModelReference): AssistantMessage | undefined {
    if (this.#text.trim() === '') return undefined;
    return { role: 'assistant', model, parts: [{ type: 'text', text: this.#text }] };
  }
}
