import type { ParleyEvent } from '../conversation/event.ts';

/** Which delegation or pattern stands inside which: models that ask models that ask models. */
export class Nesting {
  readonly #opened = new Map<string, { within: string | undefined; name: string }>();

  /** Remembers what begins, before anything of it is shown. */
  hear(event: ParleyEvent): void {
    const { within } = event;
    if (event.type === 'delegation.started')
      this.#opened.set(event.delegation, { name: 'delegation', within });
    if (event.type === 'consultation.started')
      this.#opened.set(event.consultation, { name: 'consultation', within });
    if (event.type === 'pattern.started') this.#opened.set(event.pattern, { name: event.name, within });
  }

  /** How deep something stands that happens inside of this one: 0 outside of all. */
  depthOf(within: string | undefined): number {
    let depth = 0;
    const passed = new Set<string>();
    for (let id = within; id !== undefined && !passed.has(id); id = this.#opened.get(id)?.within) {
      passed.add(id);
      depth += 1;
    }
    return depth;
  }

  /** `delegation`, `consultation`, or the name of the pattern. */
  nameOf(id: string | undefined): string | undefined {
    return id === undefined ? undefined : this.#opened.get(id)?.name;
  }
}
