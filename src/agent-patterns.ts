import type { ConsultationOrder, ConsultationResult } from './patterns/consultation.ts';
import type { DelegationOrder, DelegationResult } from './patterns/delegation/order.ts';
import type { DiscussionOrder, DiscussionResult } from './patterns/discussion.ts';
import type { HandoffOrder, HandoffResult } from './patterns/handoff.ts';
import type { RefinementOrder, RefinementResult } from './patterns/refinement.ts';
import type { Room } from './patterns/room.ts';
import type { RoutingOrder, RoutingResult } from './patterns/routing.ts';

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

  /** What others said that the leader did not hear. */
  protected abstract tellLeader(what: string, text: string): void;

  /**
   * Gives a piece of work to another model, by default the local one that does such work best.
   * @throws {Failure} where the order cannot be understood.
   */
  delegate(order: DelegationOrder, { signal }: PatternOptions = {}): Promise<DelegationResult> {
    return this.inRoom(signal, async (room, stop) => {
      const { delegate } = await import('./patterns/delegation.ts');
      const result = await delegate(room, order, 'human', stop);
      this.tellLeader(`The human had ${result.model} do: ${order.task} (${result.status})`, result.text);
      return result;
    });
  }

  /** Asks several models one question, independent of each other; may hold a vote. @throws {Failure} */
  consult(order: ConsultationOrder, { signal }: PatternOptions = {}): Promise<ConsultationResult> {
    return this.inRoom(signal, async (room, stop) => {
      const { consult } = await import('./patterns/consultation.ts');
      const result = await consult(room, order, 'human', stop);
      this.tellLeader(`The human asked other models: ${order.question}`, result.text);
      return result;
    });
  }

  /** A draft, reviews, a revision, until all approve or the limits are reached. @throws {Failure} */
  refine(order: RefinementOrder, { signal }: PatternOptions = {}): Promise<RefinementResult> {
    return this.inRoom(signal, async (room, stop) => {
      const { refine } = await import('./patterns/refinement.ts');
      const result = await refine(room, order, 'human', stop);
      this.tellLeader(`The human had a draft refined (${result.outcome}): ${order.task}`, result.text);
      return result;
    });
  }

  /** Models in one room who answer each other; with roles and a judge, a debate. @throws {Failure} */
  discuss(order: DiscussionOrder, { signal }: PatternOptions = {}): Promise<DiscussionResult> {
    return this.inRoom(signal, async (room, stop) => {
      const { discuss } = await import('./patterns/discussion.ts');
      const result = await discuss(room, order, 'human', stop);
      this.tellLeader(`Other models discussed (${result.outcome}): ${order.topic}`, result.text);
      return result;
    });
  }

  /** A pipeline of named roles. @throws {Failure} */
  handoff(order: HandoffOrder, { signal }: PatternOptions = {}): Promise<HandoffResult> {
    return this.inRoom(signal, async (room, stop) => {
      const { handoff } = await import('./patterns/handoff.ts');
      const result = await handoff(room, order, 'human', stop);
      this.tellLeader(`Other models did by handoff (${result.outcome}): ${order.task}`, result.text);
      return result;
    });
  }

  /** Chooses a specialist, says why, and lets it work. @throws {Failure} */
  route(order: RoutingOrder, { signal }: PatternOptions = {}): Promise<RoutingResult> {
    return this.inRoom(signal, async (room, stop) => {
      const { route } = await import('./patterns/routing.ts');
      const result = await route(room, { ...room.routing, ...order }, 'human', stop);
      this.tellLeader(`The human had ${result.model} do: ${order.task} (${result.outcome})`, result.text);
      return result;
    });
  }
}
