import {
  type Component,
  type Focusable,
  fuzzyFilter,
  Input,
  SelectList,
  truncateToWidth,
} from '@earendil-works/pi-tui';
import { inLine } from '../../display/printable.ts';
import type { Theme } from '../../display/theme.ts';
import { selectListTheme } from './prompt-editor.ts';

export interface ChoiceItem {
  value: string;
  description?: string;
}

const ROWS = 10;
const LAYOUT = { minPrimaryColumnWidth: 20, maxPrimaryColumnWidth: 60 };

/** A list to choose from, with the arrows or by typing a part of a name. */
export class Choice implements Component, Focusable {
  focused = false;
  /** Whether the work under way waits for it: to choose nothing is to stop that. */
  readonly holdsWork: boolean;
  readonly #title: string;
  readonly #items: readonly ChoiceItem[];
  readonly #theme: Theme;
  readonly #choose: (value: string | undefined) => void;
  readonly #filter = new Input({ prompt: '  › ' });
  #list: SelectList;

  constructor(
    title: string,
    items: readonly ChoiceItem[],
    theme: Theme,
    { choose, holdsWork = false }: { choose(value: string | undefined): void; holdsWork?: boolean },
  ) {
    this.holdsWork = holdsWork;
    this.#title = title;
    this.#items = items;
    this.#theme = theme;
    this.#choose = choose;
    this.#list = this.#listOf(items);
  }

  invalidate(): void {}

  render(width: number): string[] {
    this.#filter.focused = this.focused;
    const title = truncateToWidth(`  ${inLine(this.#title)}`, width, '…');
    return [
      '',
      title,
      ...this.#filter.render(width),
      ...this.#list.render(width - 2).map((row) => `  ${row}`),
      '',
    ];
  }

  handleInput(data: string): void {
    const before = this.#filter.getValue();
    this.#filter.handleInput(data);
    const query = this.#filter.getValue();
    if (query === before) this.#list.handleInput(data);
    else this.#list = this.#listOf(fuzzyFilter([...this.#items], query, ({ value }) => value));
  }

  #listOf(items: readonly ChoiceItem[]): SelectList {
    const rows = items.map(({ value, description = '' }) => ({
      value,
      label: inLine(value),
      description: inLine(description),
    }));
    const list = new SelectList(rows, ROWS, selectListTheme(this.#theme), LAYOUT);
    list.onSelect = ({ value }) => this.#choose(value);
    list.onCancel = () => this.#choose(undefined);
    return list;
  }
}
