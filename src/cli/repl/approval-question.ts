import {
  type Component,
  type Focusable,
  Input,
  Key,
  matchesKey,
  truncateToWidth,
  visibleWidth,
  wrapTextWithAnsi,
} from '@earendil-works/pi-tui';
import type { Approval, ApprovalRequest } from '../../conversation/event.ts';
import { linesOf, onOneLine, revealed, withoutGaps } from '../../display/printable.ts';
import type { Theme } from '../../display/theme.ts';

/** A key that comes so soon after the question was meant for what stood there before. */
const UNSEEN_MS = 400;
/** A key that is no answer begins a text that was meant for elsewhere: what follows it so closely is none either. */
const STRAY_MS = 800;

/** Rows of a command that stand in the question: its beginning and its end. */
const [FIRST_ROWS, LAST_ROWS] = [5, 3];

interface Option {
  key: string;
  label: string;
}

const SESSION_LABELS = {
  edit: 'yes, and all edits in this session',
  command: 'yes, and this same command in this session',
  tool: 'yes, and this same call in this session',
};

interface Surroundings {
  answer(approval: Approval): void;
  /** It looks different now. */
  changed(): void;
  /** Milliseconds from some moment on. */
  now?(): number;
}

/**
 * Asks whether something may be done; what it is stands in full above, in the transcript. No answer is chosen while
 * keys are not heard.
 */
export class ApprovalQuestion implements Component, Focusable {
  focused = false;
  readonly #request: ApprovalRequest;
  readonly #theme: Theme;
  readonly #answer: (approval: Approval) => void;
  readonly #changed: () => void;
  readonly #now: () => number;
  readonly #options: Option[];
  #chosen = 0;
  #reason: Input | undefined;
  #deafUntil = Number.NEGATIVE_INFINITY;

  constructor(
    request: ApprovalRequest,
    theme: Theme,
    { answer, changed, now = () => performance.now() }: Surroundings,
  ) {
    this.#request = request;
    this.#theme = theme;
    this.#answer = answer;
    this.#changed = changed;
    this.#now = now;
    this.#options = [
      { key: 'y', label: 'yes' },
      ...(request.singly ? [] : [{ key: 's', label: SESSION_LABELS[request.kind] }]),
      { key: 'n', label: 'no' },
      { key: 'w', label: 'no, and say why' },
    ];
  }

  invalidate(): void {}

  /** The human sees it from now on. */
  opened(): void {
    this.#hearNothing(UNSEEN_MS);
  }

  render(width: number): string[] {
    const { quiet, strong } = this.#theme;
    const lines = ['', ...this.#question(width)];
    if (this.#reason) {
      this.#reason.focused = this.focused;
      return [
        ...lines,
        `    ${quiet('Why not? Enter sends it, Esc goes back.')}`,
        ...this.#reason.render(width),
      ];
    }
    const hears = this.#now() >= this.#deafUntil;
    for (const [place, { key, label }] of this.#options.entries()) {
      const chosen = hears && place === this.#chosen;
      const option = `  ${chosen ? strong('→') : ' '} ${quiet(key)}  ${chosen ? strong(label) : label}`;
      lines.push(truncateToWidth(option, width, '…'));
    }
    return [...lines, ''];
  }

  /** Who asks, and for what: a command so that nothing of it can be out of sight. */
  #question(width: number): string[] {
    const { name, quiet, warning } = this.#theme;
    const { speaker, title, kind } = this.#request;
    const asks = (of: string) => `  ${warning('?')} ${name(speaker)} ${quiet(`asks${of}:`)}`;
    const command = revealed(title).trim();
    const line = `${asks('')} ${onOneLine(command)}`;
    if (kind !== 'command' || (!command.includes('\n') && visibleWidth(line) <= width))
      return [truncateToWidth(line, width, '…')];
    const rows = withoutGaps(linesOf(command)).flatMap((text) =>
      wrapTextWithAnsi(text, Math.max(20, width - 4)),
    );
    const [characters, lines] = [title.length, linesOf(title).length].map((size) =>
      size.toLocaleString('en'),
    );
    const of = `, ${characters} characters${lines === '1' ? '' : ` in ${lines} lines`}`;
    return [asks(of), ...this.#endsOf(rows).map((row) => `    ${row}`)].map((row) =>
      truncateToWidth(row, width, '…'),
    );
  }

  #endsOf(rows: readonly string[]): readonly string[] {
    if (rows.length <= FIRST_ROWS + LAST_ROWS) return rows;
    const left = rows.length - FIRST_ROWS - LAST_ROWS;
    const note = this.#theme.warning(`⋯ ${left.toLocaleString('en')} more rows, which stand above`);
    return [...rows.slice(0, FIRST_ROWS), note, ...rows.slice(-LAST_ROWS)];
  }

  /** Whether Esc only goes one step back. */
  back(): boolean {
    if (!this.#reason) return false;
    this.#reason = undefined;
    return true;
  }

  handleInput(data: string): void {
    if (this.#reason) {
      this.#reason.handleInput(data);
      return;
    }
    if (this.#isStray(data)) return;
    const last = this.#options.length - 1;
    if (matchesKey(data, Key.up)) this.#chosen = this.#chosen === 0 ? last : this.#chosen - 1;
    else if (matchesKey(data, Key.down)) this.#chosen = this.#chosen === last ? 0 : this.#chosen + 1;
    else if (matchesKey(data, Key.enter)) this.#take(this.#options[this.#chosen]?.key ?? '');
    else this.#take(this.#options.find(({ key }) => matchesKey(data, key as 'y') || data === key)?.key ?? '');
  }

  #isStray(data: string): boolean {
    const means = [Key.up, Key.down, Key.enter].some((key) => matchesKey(data, key));
    const answers = means || this.#options.some(({ key }) => matchesKey(data, key as 'y') || data === key);
    const stray = !answers || this.#now() < this.#deafUntil;
    if (stray) this.#hearNothing(STRAY_MS);
    return stray;
  }

  #hearNothing(forMs: number): void {
    this.#deafUntil = this.#now() + forMs;
    setTimeout(this.#changed, forMs + 10).unref();
  }

  #take(key: string): void {
    switch (key) {
      case 'y':
        this.#answer({ answer: 'yes' });
        break;
      case 's':
        this.#answer({ answer: 'yes-session' });
        break;
      case 'n':
        this.#answer({ answer: 'no' });
        break;
      case 'w':
        this.#reason = new Input({ prompt: '    › ' });
        this.#reason.onSubmit = (reason) =>
          this.#answer({ answer: 'no', reason: reason.trim() || undefined });
        break;
    }
  }
}
