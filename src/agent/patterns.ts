import type { PatternOutcome } from '../conversation/event.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { ConsultationOrder, ConsultationResult } from '../patterns/consultation.ts';
import type { CustomOrder, CustomResult } from '../patterns/custom/order.ts';
import type { PatternEntry, Shelf } from '../patterns/custom/shelf.ts';
import type { DelegationOrder, DelegationResult } from '../patterns/delegation/order.ts';
import type { DiscussionOrder, DiscussionResult } from '../patterns/discussion.ts';
import type { HandoffOrder, HandoffResult } from '../patterns/handoff.ts';
import type { RefinementOrder, RefinementResult } from '../patterns/refinement.ts';
import type { Room } from '../patterns/room.ts';
import type { RoutingOrder, RoutingResult } from '../patterns/routing.ts';

export type PatternResult = ConsultationResult | DiscussionResult | HandoffResult | RefinementResult;

/** An order in which those who take part may be left out: {@link usualPanel} says who it is then. */
export type Open<Order, Who extends keyof Order> = Omit<Order, Who> & Partial<Pick<Order, Who>>;

export interface PatternOptions {
  signal?: AbortSignal;
}

/**
 * The patterns as methods of an agent. Each runs as a turn of its own; what came of it the leader is told with the
 * next message.
 */
export abstract class PatternAgent {
  /** @throws {Failure} `usage` while a turn is under way. */
  protected abstract inRoom<T>(
    signal: AbortSignal | undefined,
    pattern: (room: Room, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;

  /** How the pattern that was stopped last goes on. */
  #stopped: ((options: PatternOptions) => Promise<PatternResult>) | undefined;

  /**
   * Goes on with the pattern that was stopped last, from where it was: what was said is not asked again.
   * @returns what came of it; undefined where none was stopped.
   */
  async resume(options: PatternOptions = {}): Promise<PatternResult | undefined> {
    const goOn = this.#stopped;
    this.#stopped = undefined;
    return goOn?.(options);
  }

  #keep<R extends { outcome: PatternOutcome }>(
    result: R,
    goOn: (options: PatternOptions) => Promise<PatternResult>,
  ) {
    this.#stopped = result.outcome === 'stopped' ? goOn : undefined;
    return result;
  }

  async #usualPanel(room: Room, signal: AbortSignal): Promise<ModelReference[]> {
    const { usualPanel } = await import('../patterns/usual.ts');
    return usualPanel(room, await this.chooseModel(signal), signal);
  }

  /** Where patterns are found. @throws {Failure} `bad-config` */
  protected abstract shelf(): Promise<Shelf>;

  abstract chooseModel(signal?: AbortSignal): Promise<ModelReference>;

  /** What others said that the leader did not hear. */
  protected abstract tellLeader(what: string, text: string): void;

  /**
   * Gives a piece of work to another model, by default the local one that does such work best.
   * @throws {Failure} where the order cannot be understood.
   */
  delegate(order: DelegationOrder, { signal }: PatternOptions = {}): Promise<DelegationResult> {
    return this.inRoom(signal, async (room, stop) => {
      const { delegate } = await import('../patterns/delegation.ts');
      const result = await delegate(room, order, 'human', stop);
      this.tellLeader(`The human had ${result.model} do: ${order.task} (${result.status})`, result.text);
      return result;
    });
  }

  /** Asks several models one question, independent of each other; may hold a vote. @throws {Failure} */
  consult(
    asked: Open<ConsultationOrder, 'models'>,
    { signal }: PatternOptions = {},
  ): Promise<ConsultationResult> {
    return this.inRoom(signal, async (room, stop) => {
      const { consult } = await import('../patterns/consultation.ts');
      const order = { ...asked, models: asked.models ?? (await this.#usualPanel(room, stop)) };
      const result = await consult(room, order, 'human', stop);
      this.tellLeader(`The human asked other models: ${order.question}`, result.text);
      return this.#keep(result, (options) => this.consult({ ...order, given: result.answers }, options));
    });
  }

  /** A draft, reviews, a revision, until all approve or the limits are reached. @throws {Failure} */
  refine(
    asked: Open<RefinementOrder, 'author' | 'reviewers'>,
    { signal }: PatternOptions = {},
  ): Promise<RefinementResult> {
    return this.inRoom(signal, async (room, stop) => {
      const { refine } = await import('../patterns/refinement.ts');
      const order = {
        ...asked,
        author: asked.author ?? (await this.chooseModel(stop)),
        reviewers: asked.reviewers ?? (await this.#usualPanel(room, stop)),
      };
      const result = await refine(room, order, 'human', stop);
      this.tellLeader(`The human had a draft refined (${result.outcome}): ${order.task}`, result.text);
      return this.#keep(result, (options) =>
        this.refine({ ...order, draft: result.draft || undefined }, options),
      );
    });
  }

  /** Models in one room who answer each other; with roles and a judge, a debate. @throws {Failure} */
  discuss(
    asked: Open<DiscussionOrder, 'participants'>,
    { signal }: PatternOptions = {},
  ): Promise<DiscussionResult> {
    return this.inRoom(signal, async (room, stop) => {
      const { discuss } = await import('../patterns/discussion.ts');
      const usual = async () => (await this.#usualPanel(room, stop)).map((model) => ({ model }));
      const order = { ...asked, participants: asked.participants ?? (await usual()) };
      const result = await discuss(room, order, 'human', stop);
      this.tellLeader(`Other models discussed (${result.outcome}): ${order.topic}`, result.text);
      return this.#keep(result, (options) => this.discuss({ ...order, said: result.contributions }, options));
    });
  }

  /** A pipeline of named roles. @throws {Failure} */
  handoff(asked: Open<HandoffOrder, 'steps'>, { signal }: PatternOptions = {}): Promise<HandoffResult> {
    return this.inRoom(signal, async (room, stop) => {
      const [{ handoff }, { usualSteps }] = await Promise.all([
        import('../patterns/handoff.ts'),
        import('../patterns/usual.ts'),
      ]);
      const steps = asked.steps ?? (await usualSteps(room, await this.chooseModel(stop), stop));
      const order = { ...asked, steps };
      const result = await handoff(room, order, 'human', stop);
      this.tellLeader(`Other models did by handoff (${result.outcome}): ${order.task}`, result.text);
      return this.#keep(result, (options) => this.handoff({ ...order, handed: result.steps }, options));
    });
  }

  /**
   * Runs a pattern of the human's own, of the project or one that comes with Parley, by its name.
   * @throws {Failure} `usage` where there is none of that name; `bad-config` with file and line where it is faulty.
   */
  async pattern(name: string, order: CustomOrder, { signal }: PatternOptions = {}): Promise<CustomResult> {
    const { openPattern } = await import('../patterns/custom.ts');
    const run = await openPattern(name, await this.shelf());
    return this.inRoom(signal, async (room, stop) => {
      const model = order.model ?? (await this.chooseModel(stop));
      const result = await run(room, { ...order, model }, 'human', stop);
      const about = order.task ? `: ${order.task}` : '';
      this.tellLeader(`Other models did ${name} (${result.outcome})${about}`, result.text);
      return result;
    });
  }

  /** All patterns that `pattern` can run, with where each comes from; a faulty one with what is wrong. */
  async patterns(): Promise<PatternEntry[]> {
    const { listPatterns } = await import('../patterns/custom/shelf.ts');
    return listPatterns(await this.shelf());
  }

  /** The names of all patterns, without reading their files. */
  async patternNames(): Promise<string[]> {
    const { patternNames } = await import('../patterns/custom/shelf.ts');
    return patternNames(await this.shelf());
  }

  /** Chooses a specialist, says why, and lets it work. @throws {Failure} */
  route(order: RoutingOrder, { signal }: PatternOptions = {}): Promise<RoutingResult> {
    return this.inRoom(signal, async (room, stop) => {
      const { route } = await import('../patterns/routing.ts');
      const result = await route(room, { ...room.routing, ...order }, 'human', stop);
      this.tellLeader(`The human had ${result.model} do: ${order.task} (${result.outcome})`, result.text);
      return result;
    });
  }
}
