import type { Emit } from '../conversation/event.ts';
import { type ModelReference, splitReference } from '../conversation/message.ts';
import type { LLMProvider, ModelInfo } from '../providers/base.ts';
import type { Roster } from '../providers/roster.ts';

/** The model that holds the turns: how it is chosen, and what is known of it. */
export class AgentLeader {
  readonly #roster: Roster;
  readonly #emit: Emit;
  #model: ModelReference | undefined;
  #info: ModelInfo | undefined;

  constructor(roster: Roster, emit: Emit) {
    this.#roster = roster;
    this.#emit = emit;
  }

  /** Undefined before one was chosen. */
  get model(): ModelReference | undefined {
    return this.#model;
  }

  /** @throws {Failure} `model-not-found` with the nearest names; `stopped`. */
  async use(name: string, { by, signal }: { by: string; signal?: AbortSignal }): Promise<ModelReference> {
    const { resolveReference } = await import('../providers/catalog.ts');
    return this.#switchTo(await resolveReference(name, this.#roster, signal, this.#warn), by);
  }

  /**
   * The model that is there, else the configured one or the first that works.
   * @throws {Failure} `no-key` that says how to get started.
   */
  async choose(configured: string | undefined, signal?: AbortSignal): Promise<ModelReference> {
    if (this.#model) return this.#model;
    const { chooseDefault } = await import('../providers/catalog.ts');
    const chosen = await chooseDefault(configured, this.#roster, signal, this.#warn);
    return this.#model ?? this.#switchTo(chosen, 'default');
  }

  /** Its provider, and its name there; undefined before one was chosen. */
  async behind(): Promise<{ provider: LLMProvider; model: string } | undefined> {
    if (!this.#model) return undefined;
    const { provider, model } = splitReference(this.#model);
    return { provider: await this.#roster.get(provider), model };
  }

  /** What its provider says of it; undefined where it says nothing. */
  async info(): Promise<ModelInfo | undefined> {
    const behind = await this.behind();
    this.#info ??= await behind?.provider.describeModel(behind.model).catch(() => undefined);
    return this.#info;
  }

  readonly #warn = (text: string) => this.#emit({ type: 'notice', level: 'warning', text });

  #switchTo(reference: ModelReference, by: string): ModelReference {
    if (reference === this.#model) return reference;
    this.#emit({ type: 'model.switched', from: this.#model, to: reference, by });
    this.#model = reference;
    this.#info = undefined;
    return reference;
  }
}
