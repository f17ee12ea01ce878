import type { Clock } from './clock.ts';
import type { Emit, EventBody, Listener } from './event.ts';

/** Carries events from where they happen to whoever listens. Order is the order of emission. */
export class EventBus {
  readonly session: string;
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  #seq = 0;

  constructor(session: string, clock: Clock) {
    this.session = session;
    this.#clock = clock;
  }

  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit: Emit = (body) => this.#send(body, undefined, undefined);

  /** An emitter whose events say which turn, and which tool call or pattern, they belong to. */
  within(turn: string, within?: string): Emit {
    return (body) => this.#send(body, turn, within);
  }

  #send(body: EventBody, turn: string | undefined, within: string | undefined): void {
    const event = {
      ...body,
      seq: ++this.#seq,
      at: this.#clock.wallTime(),
      session: this.session,
      turn,
      within,
    };
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (thrown) {
        // A broken display must cost itself, not the work: it is dropped, and the others are told.
        this.#listeners.delete(listener);
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        this.emit({ type: 'notice', level: 'error', text: `A listener failed and was removed: ${why}` });
      }
    }
  }
}
