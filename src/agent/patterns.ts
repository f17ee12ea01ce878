import { randomUUID } from 'node:crypto';
import type { ModelReference } from '../conversation/message.ts';
import type { ConsultationOrder, ConsultationResult } from '../patterns/consultation.ts';
import type { CustomOrder, CustomResult } from '../patterns/custom/order.ts';
import type { PatternEntry, Shelf } from '../patterns/custom/shelf.ts';
import type { DelegationOrder, DelegationResult } from '../patterns/delegation/order.ts';
import type { DiscussionOrder, DiscussionResult } from '../patterns/discussion.ts';
import type { Closing } from '../patterns/frame.ts';
import type { HandoffOrder, HandoffResult } from '../patterns/handoff.ts';
import { Memory } from '../patterns/memory.ts';
import type { RefinementOrder, RefinementResult } from '../patterns/refinement.ts';
import type { Room } from '../patterns/room.ts';
import type { RoutingOrder, RoutingResult } from '../patterns/routing.ts';

export type PatternResult =
  | ConsultationResult
  | CustomResult
  | DiscussionResult
  | HandoffResult
  | RefinementResult
  | RoutingResult;

/** An order in which those who take part may be left out: {@link usualPanel} says who it is then. */
export type Open<Order, Who extends keyof Order> = Omit<Order, Who> & Partial<Pick<Order, Who>>;

export interface PatternOptions {
  signal?: AbortSignal;
}

/** How a pattern is held, and how the leader is told of it. */
interface Holding<R> {
  hold(room: Room, signal: AbortSignal): Promise<R>;
  /** A heading for what came of it. */
  heading(result: R): string;
}

/** A pattern that can go on. */
interface Stopped {
  memory: Memory;
  /** The leader need not hear of it twice. */
  untell(): void;
}

/**
 * The patterns as methods of an agent. Each runs as a turn of its own; what came of it the leader is told with the
 * next message.
 */
export abstract class PatternAgent {
  /** How the pattern that did not come to its end goes on. */
  #goOn: ((options: PatternOptions) => Promise<PatternResult>) | undefined;

  /** @throws {Failure} `usage` while a turn is under way. */
  protected abstract inRoom<T>(
    signal: AbortSignal | undefined,
    pattern: (room: Room, signal: AbortSignal) => Promise<T>,
    resumes?: boolean,
  ): Promise<T>;

  /** Where patterns are found. @throws {Failure} `bad-config` */
  protected abstract shelf(): Promise<Shelf>;

  abstract chooseModel(signal?: AbortSignal): Promise<ModelReference>;

  /** What others said that the leader did not hear. @returns takes it back. */
  protected abstract tellLeader(what: string, text: string): () => void;

  /** Whether the leader runs on this machine, so that it may hear what must not leave it. */
  protected abstract leaderIsLocal(): Promise<boolean>;

  /** Whether {@link resume} has something to go on with. */
  get canResume(): boolean {
    return this.#goOn !== undefined;
  }

  /**
   * Goes on with the last pattern, where it was stopped by the human or at a limit: what was said is not asked again,
   * and its limits begin afresh.
   * @returns what came of it; undefined where there is nothing to go on with.
   */
  async resume(options: PatternOptions = {}): Promise<PatternResult | undefined> {
    return this.#goOn?.(options);
  }

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
    options: PatternOptions = {},
  ): Promise<ConsultationResult> {
    let order: ConsultationOrder | undefined;
    return this.#hold(
      {
        hold: async (room, stop) => {
          const { consult } = await import('../patterns/consultation.ts');
          order ??= { ...asked, models: asked.models ?? (await this.#usualPanel(room, stop)) };
          return consult(room, order, 'human', stop);
        },
        heading: () => `The human asked other models: ${asked.question}`,
      },
      options,
    );
  }

  /** A draft, reviews, a revision, until all approve or the limits are reached. @throws {Failure} */
  refine(
    asked: Open<RefinementOrder, 'author' | 'reviewers'>,
    options: PatternOptions = {},
  ): Promise<RefinementResult> {
    let order: RefinementOrder | undefined;
    return this.#hold(
      {
        hold: async (room, stop) => {
          const { refine } = await import('../patterns/refinement.ts');
          order ??= {
            ...asked,
            author: asked.author ?? (await this.chooseModel(stop)),
            reviewers: asked.reviewers ?? (await this.#usualPanel(room, stop)),
          };
          return refine(room, order, 'human', stop);
        },
        heading: ({ outcome }) => `The human had a draft refined (${outcome}): ${asked.task}`,
      },
      options,
    );
  }

  /** Models in one room who answer each other; with roles and a judge, a debate. @throws {Failure} */
  discuss(
    asked: Open<DiscussionOrder, 'participants'>,
    options: PatternOptions = {},
  ): Promise<DiscussionResult> {
    let order: DiscussionOrder | undefined;
    return this.#hold(
      {
        hold: async (room, stop) => {
          const { discuss } = await import('../patterns/discussion.ts');
          const usual = async () => (await this.#usualPanel(room, stop)).map((model) => ({ model }));
          order ??= { ...asked, participants: asked.participants ?? (await usual()) };
          return discuss(room, order, 'human', stop);
        },
        heading: ({ outcome }) => `Other models discussed (${outcome}): ${asked.topic}`,
      },
      options,
    );
  }

  /** A pipeline of named roles. @throws {Failure} */
  handoff(asked: Open<HandoffOrder, 'steps'>, options: PatternOptions = {}): Promise<HandoffResult> {
    let order: HandoffOrder | undefined;
    return this.#hold(
      {
        hold: async (room, stop) => {
          const [{ handoff }, { usualSteps }] = await Promise.all([
            import('../patterns/handoff.ts'),
            import('../patterns/usual.ts'),
          ]);
          const usual = async () => usualSteps(room, await this.chooseModel(stop), stop);
          order ??= { ...asked, steps: asked.steps ?? (await usual()) };
          return handoff(room, order, 'human', stop);
        },
        heading: ({ outcome }) => `Other models did by handoff (${outcome}): ${asked.task}`,
      },
      options,
    );
  }

  /** Chooses a specialist, says why, and lets it work. @throws {Failure} */
  route(order: RoutingOrder, options: PatternOptions = {}): Promise<RoutingResult> {
    return this.#hold(
      {
        hold: async (room, stop) => {
          const { route } = await import('../patterns/routing.ts');
          return route(room, { ...room.routing, ...order }, 'human', stop);
        },
        heading: ({ model, outcome }) => `The human had ${model ?? 'nobody'} do: ${order.task} (${outcome})`,
      },
      options,
    );
  }

  /**
   * Runs a pattern of the human's own, of the project or one that comes with Parley, by its name.
   * @throws {Failure} `usage` where there is none of that name; `bad-config` with file and line where it is faulty.
   */
  async pattern(name: string, order: CustomOrder, options: PatternOptions = {}): Promise<CustomResult> {
    const { openPattern } = await import('../patterns/custom.ts');
    const run = await openPattern(name, await this.shelf());
    let { model } = order;
    return this.#hold(
      {
        hold: async (room, stop) => {
          model ??= await this.chooseModel(stop);
          return run(room, { ...order, model }, 'human', stop);
        },
        heading: ({ outcome }) =>
          `Other models did ${name} (${outcome})${order.task ? `: ${order.task}` : ''}`,
      },
      options,
    );
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

  async #hold<R extends PatternResult>(
    holding: Holding<R>,
    options: PatternOptions,
    earlier?: Stopped,
  ): Promise<R> {
    const memory = earlier?.memory ?? new Memory(randomUUID());
    const hold = async (room: Room, stop: AbortSignal) => {
      const known = memory.begin();
      const answers = known === 1 ? 'one answer is' : `${known} answers are`;
      const text = `Goes on from where it was: ${answers} there already.`;
      if (known > 0) room.door.emit({ type: 'notice', level: 'info', text });
      if (earlier) room.human.bringBack();
      try {
        const held = await holding.hold({ ...room, memory }, stop);
        if (held.unfinished) room.human.keep();
        else room.human.forgetKept();
        return held;
      } catch (thrown) {
        // It did not begin: what can go on still can.
        if (earlier) room.human.keep();
        throw thrown;
      }
    };
    const result = await this.inRoom(options.signal, hold, earlier !== undefined);
    // What came of it before is part of what came of it now.
    earlier?.untell();
    const untell = await this.#tell(holding.heading(result), result);
    this.#goOn = result.unfinished ? (again) => this.#hold(holding, again, { memory, untell }) : undefined;
    return result;
  }

  /** What must not leave the machine a leader elsewhere does not hear. */
  async #tell(heading: string, result: Closing & { private?: boolean }): Promise<() => void> {
    if (!result.private || (await this.leaderIsLocal())) return this.tellLeader(heading, result.text);
    return this.tellLeader('The human had private work done, which you may not see.', '');
  }

  async #usualPanel(room: Room, signal: AbortSignal): Promise<ModelReference[]> {
    const { usualPanel } = await import('../patterns/usual.ts');
    return usualPanel(room, await this.chooseModel(signal), signal);
  }
}
