import type { ToolDeclaration } from '../providers/base.ts';
import { answersTo } from './calls.ts';
import type { Message, ModelReference, ToolResultPart } from './message.ts';
import { toolCallsOf } from './message.ts';
import type { Usage } from './reply.ts';

export interface ContextUse {
  tokens: number;
  /** Another model counted them, which cuts text in its own way. */
  byAnother: boolean;
}

/**
 * What a model is sent: system prompt, tools and the messages so far. Only ever grows at its end, so that
 * the prefix stays byte-identical for prompt caches; `clear` starts a new one, `rollback` takes back what
 * no model has answered.
 */
export class Context {
  readonly system: string;
  readonly tools: readonly ToolDeclaration[];
  #messages: Message[] = [];
  #used: { model: ModelReference; tokens: number } | undefined;

  constructor(system: string, tools: readonly ToolDeclaration[]) {
    this.system = system;
    this.tools = tools;
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  add(message: Message): void {
    this.#messages.push(message);
  }

  /** A mark to come back to by `rollback`. */
  mark(): number {
    return this.#messages.length;
  }

  rollback(mark: number): void {
    this.#messages.length = mark;
  }

  clear(): void {
    this.#messages = [];
    this.#used = undefined;
  }

  /** Notes what the model counted, so that the use of the window is measured, not guessed. */
  measured(model: ModelReference, usage: Usage): void {
    this.#used = { model, tokens: usage.inputTokens + usage.outputTokens };
  }

  /** Tokens of the window in use, by what was last counted; undefined before anybody has. */
  used(model: ModelReference): ContextUse | undefined {
    return this.#used && { tokens: this.#used.tokens, byAnother: this.#used.model !== model };
  }

  /**
   * Answers the tool calls of the last message, those without a result too, so that every API takes the
   * conversation as it stands after a stop or a failure.
   * @param results of the first calls, in the order of the calls.
   */
  answerCalls(results: readonly ToolResultPart[], whyNotRun: string): void {
    const last = this.#messages.at(-1);
    if (last?.role !== 'assistant') return;
    const calls = toolCallsOf(last);
    if (calls.length > 0) this.add({ role: 'tool', parts: answersTo(calls, results, whyNotRun) });
  }
}
