import { GroundTruth, type Machine, type Placement } from '../../src/simulation/ollama/ground-truth.ts';
import type { SimulatedModel } from '../../src/simulation/ollama/models.ts';
import { tokensOf } from '../../src/simulation/ollama/prompt.ts';

/** Role, task and template around the material, tokens; numbers of the lines add about a tenth. */
const AROUND = 180;
const NUMBERED = 1.15;
const FINDING = 40;
const OVERHEAD_SECONDS = 0.02;

/** Knows what a request takes on a machine, but for chance. */
export class Truth {
  readonly #truth: GroundTruth;
  readonly #model: SimulatedModel;
  readonly #place: Placement;
  readonly #window: number;

  constructor(machine: Machine, model: SimulatedModel, contextSize: number) {
    this.#truth = new GroundTruth(machine, 1);
    this.#model = model;
    this.#place = this.#truth.place(model, contextSize, 1, false, machine.vramBytes);
    this.#window = contextSize;
  }

  /** The shortest time, whole or cut; Infinity where it fits no window. */
  secondsFor(text: string, written: number, splittable: boolean): number {
    const tokens = tokensOf(text, this.#model).length * NUMBERED;
    let best =
      tokens + AROUND + written > this.#window ? Number.POSITIVE_INFINITY : this.#once(tokens, written);
    for (let pieces = 2; splittable && pieces <= 60; pieces++) {
      const all = pieces * this.#once(tokens / pieces, Math.min(written, FINDING));
      best = Math.min(best, all + this.#once(pieces * FINDING, written));
    }
    return best;
  }

  #once(tokens: number, written: number): number {
    const prompt = Math.round(tokens + AROUND);
    let seconds = this.#truth.warmSeconds + OVERHEAD_SECONDS;
    seconds += this.#truth.readSeconds(this.#model, this.#place, 0, prompt);
    return seconds + (written - 1) * this.#truth.tokenSeconds(this.#model, this.#place, prompt + written / 2);
  }
}
