import type { EventOf, EventType, ParleyEvent } from '../conversation/event.ts';

/**
 * What happened in a session, in order. Deltas are not kept: the message at the end of an exchange holds
 * all that they said.
 */
export class SessionLog {
  readonly #events: ParleyEvent[] = [];

  listen = (event: ParleyEvent): void => {
    if (event.type !== 'exchange.delta' && event.type !== 'tool.output') this.#events.push(event);
  };

  get events(): readonly ParleyEvent[] {
    return this.#events;
  }

  /** The events of one type, in order. */
  of<T extends EventType>(type: T): EventOf<T>[] {
    return this.#events.filter((event) => event.type === type) as EventOf<T>[];
  }
}
