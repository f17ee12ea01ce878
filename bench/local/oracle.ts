import { textOf } from '../../src/conversation/message.ts';
import type { DelegationOrder } from '../../src/patterns/delegation/order.ts';
import { citesLines, WORKER_ROLE, workerMessages } from '../../src/patterns/delegation/worker-prompt.ts';
import { layOut } from '../../src/patterns/material.ts';
import { GroundTruth, type Machine, type Placement } from '../../src/simulation/ollama/ground-truth.ts';
import type { SimulatedModel } from '../../src/simulation/ollama/models.ts';
import { tokensOf } from '../../src/simulation/ollama/tokens.ts';

const FINDING = 40;
const MOST_PIECES = 60;
const OVERHEAD_SECONDS = 0.003;

/** A piece of work, as it is asked for. */
export interface Asked {
  file: string;
  text: string;
  order: DelegationOrder;
  /** What the model has to say, tokens. */
  written: number;
  splittable: boolean;
}

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
  secondsFor(asked: Asked): number {
    const { written, splittable } = asked;
    const { role, material, task } = this.#tokensIn(asked);
    const fits = role + material + task + written < this.#window;
    let best = fits ? this.#once(role, material + task, written) : Number.POSITIVE_INFINITY;
    for (let pieces = 2; splittable && pieces <= MOST_PIECES; pieces++) {
      const each = material / pieces + task;
      if (role + each + FINDING >= this.#window) continue;
      const all = pieces * this.#once(role, each, Math.min(written, FINDING));
      best = Math.min(best, all + this.#once(role, pieces * FINDING + task, written));
    }
    return best;
  }

  /** Of a prompt as Parley lays it out; the role in front is in the cache. */
  #tokensIn({ file, text, order }: Asked): { role: number; material: number; task: number } {
    const count = (some: string) => tokensOf(some, this.#model.vocabulary).length;
    const lines = text.split('\n');
    const excerpt = { path: file, from: 1, to: lines.length, text };
    const material = count(layOut([excerpt], citesLines(order.kind ?? 'question')));
    return {
      role: count(WORKER_ROLE),
      material,
      task: count(textOf(workerMessages({ text: '', images: [] }, order)[0]!)),
    };
  }

  #once(cached: number, uncached: number, written: number): number {
    const read = Math.round(uncached);
    let seconds = this.#truth.warmSeconds + OVERHEAD_SECONDS;
    seconds += this.#truth.readSeconds(this.#model, this.#place, cached, read);
    const depth = cached + read + written / 2;
    return seconds + (written - 1) * this.#truth.tokenSeconds(this.#model, this.#place, depth);
  }
}
