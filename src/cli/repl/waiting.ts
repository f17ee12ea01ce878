import { type Component, truncateToWidth } from '@earendil-works/pi-tui';
import { inLine } from '../../display/printable.ts';
import type { Theme } from '../../display/theme.ts';

const ROWS = 3;

/** Messages and commands that wait until the work under way is done, and the message that has not begun its turn. */
export class Waiting implements Component {
  readonly #theme: Theme;
  #texts: string[] = [];
  /** Handed over already. */
  sent: string | undefined;

  constructor(theme: Theme) {
    this.#theme = theme;
  }

  add(text: string): void {
    this.#texts.push(text);
  }

  next(): string | undefined {
    return this.#texts.shift();
  }

  takeAll(): string[] {
    return this.#texts.splice(0);
  }

  invalidate(): void {}

  render(width: number): string[] {
    const { quiet } = this.#theme;
    const texts = [...(this.sent === undefined ? [] : [this.sent]), ...this.#texts];
    const rows = texts.slice(0, ROWS).map((text) => quiet(truncateToWidth(`› ${inLine(text)}`, width, '…')));
    if (texts.length > ROWS) rows.push(quiet(`  and ${texts.length - ROWS} more`));
    return rows.length > 0 ? ['', ...rows] : [];
  }
}
