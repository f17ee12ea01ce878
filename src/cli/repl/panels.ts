import type { Approval, ApprovalRequest } from '../../conversation/event.ts';
import type { Theme } from '../../display/theme.ts';
import { ApprovalQuestion } from './approval-question.ts';
import { Choice, type ChoiceItem } from './choice.ts';

/** A question opens when the human has not typed for so long, so that no key meant for the editor answers it. */
const CALM_MS = 600;

export interface PanelSurroundings {
  theme: Theme;
  /** Whether the human is in the middle of a text. */
  isWriting(): boolean;
  /** Another panel is open, or none. */
  changed(): void;
}

/** What stands in the editor's place while the human is asked something: one panel at a time. */
export class Panels {
  readonly #around: PanelSurroundings;
  #open: ApprovalQuestion | Choice | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #held = false;
  #lastKeyAt = Number.NEGATIVE_INFINITY;

  constructor(around: PanelSurroundings) {
    this.#around = around;
  }

  get open(): ApprovalQuestion | Choice | undefined {
    return this.#open;
  }

  /** Whether a question waits until the human stops typing. */
  get held(): boolean {
    return this.#held;
  }

  typed(): void {
    this.#lastKeyAt = performance.now();
  }

  /**
   * Lets the human choose; undefined where they would rather not, or the work is stopped first.
   * @param signal of the work that waits for the choice, where one does.
   */
  choose(title: string, items: readonly ChoiceItem[], signal?: AbortSignal): Promise<string | undefined> {
    return this.#inTurn((answer) => {
      whenAborted(signal, () => answer(undefined));
      const holdsWork = signal !== undefined;
      return new Choice(title, items, this.#around.theme, { choose: answer, holdsWork });
    });
  }

  /** Asks for an approval; closed with a no when the work is stopped first. */
  ask(request: ApprovalRequest, signal: AbortSignal): Promise<Approval> {
    return this.#inTurn((answer) => {
      whenAborted(signal, () => answer({ answer: 'no' }));
      return new ApprovalQuestion(request, this.#around.theme, { answer, changed: this.#around.changed });
    });
  }

  #inTurn<Answer>(create: (answer: (given: Answer) => void) => ApprovalQuestion | Choice): Promise<Answer> {
    const turn = this.#queue.then(() => this.#show(create));
    this.#queue = turn;
    return turn;
  }

  async #show<Answer>(
    create: (answer: (given: Answer) => void) => ApprovalQuestion | Choice,
  ): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    let answered = false;
    const panel = create((given) => {
      answered = true;
      resolve(given);
    });
    await this.#calm(() => answered);
    if (!answered) this.#place(panel);
    const given = await promise;
    this.#place(undefined);
    return given;
  }

  async #calm(over: () => boolean): Promise<void> {
    const left = () => this.#lastKeyAt + CALM_MS - performance.now();
    while (this.#around.isWriting() && left() > 0 && !over()) {
      this.#held = true;
      await new Promise((done) => setTimeout(done, left()));
    }
    this.#held = false;
  }

  #place(panel: ApprovalQuestion | Choice | undefined): void {
    this.#open = panel;
    if (panel instanceof ApprovalQuestion) panel.opened();
    this.#around.changed();
  }
}

function whenAborted(signal: AbortSignal | undefined, then: () => void): void {
  if (signal?.aborted) then();
  else signal?.addEventListener('abort', then, { once: true });
}
