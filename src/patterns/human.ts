import type { Emit } from '../conversation/event.ts';
import type { ModelReference } from '../conversation/message.ts';

/** What the human said into a room. */
export interface HumanMessage {
  text: string;
  /** Who is addressed, as the human wrote it after `@`; everybody where left out. */
  to?: string;
}

/** What the human wants between two rounds. */
export type Steering = { answer: 'go-on' } | { answer: 'end' } | { answer: 'say'; text: string };
export type Steer = (question: string, signal: AbortSignal) => Promise<Steering>;

/** The human among models that talk: what they type is heard at the next turn, by all or by the one they name. */
export class HumanVoice {
  readonly #emit: Emit;
  /** Messages that some have not heard yet, with those who have. */
  #said: { message: HumanMessage; heard: Set<ModelReference> }[] = [];

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  say(text: string): void {
    const addressed = /^@(\S+)\s+([\s\S]+)$/.exec(text.trim());
    const message = addressed ? { to: addressed[1]!, text: addressed[2]! } : { text: text.trim() };
    if (message.text === '') return;
    this.#said.push({ message, heard: new Set() });
    this.#emit({ type: 'room.said', ...message });
  }

  /** What nobody heard, because all had spoken already; it is not said to anybody later. */
  takeUnheard(): string[] {
    const unheard = this.#said.filter(({ heard }) => heard.size === 0);
    this.#said = [];
    return unheard.map(({ message }) => message.text);
  }

  /** What this model has not heard yet and is meant to hear, laid out to be put into its next message. */
  heardBy(model: ModelReference): string {
    const news: string[] = [];
    for (const { message, heard } of this.#said) {
      if (heard.has(model) || (message.to && !isCalled(message.to, model))) continue;
      heard.add(model);
      news.push(`The human says${message.to ? ' to you' : ''}: ${message.text}`);
    }
    return news.join('\n');
  }
}

/** `@claude`, `@qwen`, `@ollama:qwen3:8b`: a part of the name is enough. */
function isCalled(name: string, model: ModelReference): boolean {
  return model.toLowerCase().includes(name.toLowerCase());
}
