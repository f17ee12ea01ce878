import type { Approval, ApprovalRequest, Emit } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import { unlessStopped } from '../conversation/unless-stopped.ts';

/** What is allowed without asking. `ask` allows nothing, `all` everything. */
export type ApprovalRule = 'edits' | 'commands' | 'all';

/** Puts the question to the human; absent where nobody can be asked. */
export type AskHuman = (request: ApprovalRequest, signal: AbortSignal) => Promise<Approval>;

/** The human, or a rule, said no. The message goes back to the model. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/**
 * The one place where a change or a command is allowed or refused. Questions are put one at a time,
 * in the order in which they came.
 */
export class Approver {
  readonly #emit: Emit;
  readonly #rules: Set<ApprovalRule>;
  #ask: AskHuman | undefined;
  /** What the human allowed for the whole session. */
  readonly #granted = new Set<string>();
  #queue: Promise<unknown> = Promise.resolve();
  #count = 0;

  constructor(options: { emit: Emit; rules?: readonly ApprovalRule[]; ask?: AskHuman }) {
    this.#emit = options.emit;
    this.#rules = new Set(options.rules ?? []);
    this.#ask = options.ask;
  }

  /** Who is asked from now on. */
  set ask(ask: AskHuman | undefined) {
    this.#ask = ask;
  }

  /** Allows more from now on without asking. */
  allow(rules: readonly ApprovalRule[]): void {
    for (const rule of rules) this.#rules.add(rule);
  }

  /**
   * Returns when the request is allowed. What a rule or an earlier yes allows does not wait behind other questions.
   * @param emit where the question belongs: the tool call that asks.
   * @throws {Refused} with the human's reason. @throws {Failure} `stopped` as soon as the signal aborts.
   */
  async require(request: Omit<ApprovalRequest, 'id'>, signal: AbortSignal, emit = this.#emit): Promise<void> {
    if (signal.aborted) throw Failure.stopped();
    if (this.#allowed(request)) return;
    const turn = this.#queue.then(() => this.#decide(request, signal, emit));
    this.#queue = turn.catch(() => {});
    await unlessStopped(turn, signal);
  }

  async #decide(asked: Omit<ApprovalRequest, 'id'>, signal: AbortSignal, emit: Emit): Promise<void> {
    if (signal.aborted) throw Failure.stopped();
    // The question before may have allowed it.
    if (this.#allowed(asked)) return;
    const request = { ...asked, id: `approval-${++this.#count}` };
    emit({ type: 'approval.asked', request });
    if (!this.#ask) {
      const rule = request.kind === 'edit' ? 'edits' : request.kind === 'command' ? 'commands' : 'all';
      const reason = `nobody is at a terminal to ask; --approve ${rule} would allow it`;
      emit({
        type: 'approval.answered',
        request: request.id,
        approval: { answer: 'no', reason },
        by: 'rule',
      });
      throw new Refused(`Not allowed: ${request.title} (${reason}).`);
    }
    const answered = (approval: Approval) =>
      emit({ type: 'approval.answered', request: request.id, approval, by: 'human' });
    const approval = await unlessStopped(this.#ask(request, signal), signal).catch((thrown: unknown) => {
      answered({ answer: 'no', reason: signal.aborted ? 'stopped' : Failure.from(thrown).message });
      throw thrown;
    });
    answered(approval);
    if (approval.answer === 'yes-session' && !request.singly) this.#granted.add(grantOf(request));
    if (approval.answer === 'no') {
      throw new Refused(
        approval.reason
          ? `The human said no: ${approval.reason}`
          : 'The human said no. Ask what they want instead.',
      );
    }
  }

  #allowed(request: Omit<ApprovalRequest, 'id'>): boolean {
    if (this.#rules.has('all')) return true;
    if (!request.singly && this.#granted.has(grantOf(request))) return true;
    if (request.kind === 'edit') return this.#rules.has('edits');
    return request.kind === 'command' && this.#rules.has('commands');
  }
}

/** What a yes for the session covers: all edits, or the very same command or tool call. */
function grantOf(request: Omit<ApprovalRequest, 'id'>): string {
  return request.kind === 'edit' ? 'edit' : `${request.kind} ${request.title}\n${request.detail ?? ''}`;
}
