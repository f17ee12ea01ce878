/** What became of a worker's answers: checked by machine, and written where the order says. Kept whatever comes next. */

import type { FileDiff } from '../../conversation/event.ts';
import type { Exchanged } from '../../conversation/exchange.ts';
import type { ModelReference } from '../../conversation/message.ts';
import { textOf } from '../../conversation/message.ts';
import type { Room } from '../room.ts';
import { checkAnswer, contentIn, leftOutOf } from './answer.ts';
import { runCheck } from './check-command.ts';
import { checkSyntax } from './check-syntax.ts';
import type { CheckResult, DelegationOrder } from './order.ts';
import { type Target, takeOver, writeThrough } from './write-through.ts';

/** Lines of the code that the caller reads. */
const HEAD_LINES = 6;

const LIKE_THAT = 'nothing: the file was like that already';

interface Surroundings {
  room: Room;
  order: DelegationOrder;
  model: ModelReference;
  /** Where the code goes; undefined where it goes to the caller. */
  target?: Target;
}

export class Delivery {
  readonly #around: Surroundings;
  #head = '';
  /** Blocks of code in the last answer that went nowhere. */
  #leftOut = 0;
  /** Of the last answer. */
  checks: CheckResult[] = [];
  /** What is different from before the first answer. */
  written: FileDiff[] | undefined;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /**
   * Form and syntax are checked before anything is written; the command after it, for it needs the file.
   * @returns the check that failed. @throws `Refused` where the human says no; {Failure} where it cannot be written.
   */
  async take(said: Exchanged, signal: AbortSignal): Promise<CheckResult | undefined> {
    const { room, order, model, target } = this.#around;
    const text = said.message ? textOf(said.message) : '';
    this.checks = await checkAnswer(text, order);
    if (this.#failed) return this.#failed;
    if (target) {
      const code = contentIn(text, target.name);
      this.checks.push(...(await checkSyntax(target, code)));
      if (this.#failed) return this.#failed;
      this.written = await writeThrough(room, target, code, { speaker: model, signal });
      this.#leftOut = leftOutOf(text, target.name);
      this.#head = code.split('\n').slice(0, HEAD_LINES).join('\n');
    }
    if (order.check) {
      this.checks.push(await runCheck(room, order.check, model, signal));
      if (target) this.#see(await takeOver(room, target));
    }
    return this.#failed;
  }

  /** What the check made of the file is what the caller is shown. */
  #see(now: FileDiff[]): void {
    if (now[0]?.patch === this.written?.[0]?.patch) return;
    this.written = now;
    this.#head = addedIn(now[0]).slice(0, HEAD_LINES).join('\n');
  }

  /** Where the code went, for the caller; undefined where none was written. */
  get place(): string | undefined {
    const sizes = this.written?.map(({ path, added, removed }) => `${path}: +${added} −${removed}`);
    if (!sizes) return undefined;
    const nothing = this.#head === '' ? 'nothing: after the check nothing is left of it' : LIKE_THAT;
    const place = `Written to ${sizes.join(', ') || nothing}.`;
    return this.#leftOut > 0
      ? `${place} The answer had ${this.#leftOut + 1} code blocks: only the largest was written.`
      : place;
  }

  /** The same with the beginning of the code. */
  get account(): string | undefined {
    return this.place && [this.place, this.#head && `It begins:\n${this.#head}`].filter(Boolean).join(' ');
  }

  get #failed(): CheckResult | undefined {
    return this.checks.find(({ passed }) => !passed);
  }
}

function addedIn(diff: FileDiff | undefined): string[] {
  const lines = diff?.patch.split('\n') ?? [];
  return lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1));
}
