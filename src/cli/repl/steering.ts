import type { Steering } from '../../patterns/human.ts';
import type { Panels } from './panels.ts';

const END = 'end it here';
const SAY = 'say something first';
const ANSWERS = [
  { value: 'go on' },
  { value: SAY, description: 'heard by all, or with @name by one' },
  { value: END, description: 'with what there is' },
];

/** Asks the human between two rounds of a pattern: go on, end it, or say something first. */
export class SteeringQuestion {
  readonly #panels: Panels;
  readonly #changed: () => void;
  #hear: ((text: string) => void) | undefined;

  /** @param changed called when it begins to wait for what the human writes. */
  constructor(panels: Panels, changed: () => void) {
    this.#panels = panels;
    this.#changed = changed;
  }

  /** Whether what is written next is meant for the models. */
  get waits(): boolean {
    return this.#hear !== undefined;
  }

  /** Takes what the human wrote, where it waits for that. */
  take(text: string): boolean {
    this.#hear?.(text);
    return this.waits;
  }

  async ask(question: string, stop: AbortSignal): Promise<Steering> {
    const picked = await this.#panels.choose(question, ANSWERS, stop);
    if (picked === END) return { answer: 'end' };
    const text = picked === SAY ? await this.#nextText(stop) : '';
    return text === '' ? { answer: 'go-on' } : { answer: 'say', text };
  }

  /** Empty where the work is stopped first. */
  async #nextText(stop: AbortSignal): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const stopped = () => resolve('');
    stop.addEventListener('abort', stopped, { once: true });
    this.#hear = resolve;
    this.#changed();
    const text = await promise;
    this.#hear = undefined;
    stop.removeEventListener('abort', stopped);
    return text;
  }
}
