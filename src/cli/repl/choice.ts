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
import { type ListItem, listRows } from './list-rows.ts';
import { selectListTheme } from './prompt-editor.ts';

export type ChoiceItem = Omit<ListItem, 'name'>;

const ROWS = 10;
const INDENT = '  ';

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
  /** Those that fit what was typed. */
  #fitting: readonly ChoiceItem[];
  #columns = 0;
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
    this.#fitting = items;
    this.#list = this.#listFor(0);
  }

  invalidate(): void {}

  render(width: number): string[] {
    this.#filter.focused = this.focused;
    const columns = width - INDENT.length;
    if (columns !== this.#columns) this.#fit(columns);
    const title = truncateToWidth(`  ${inLine(this.#title)}`, width, '…');
    return [
      '',
      title,
      ...this.#filter.render(width),
      ...this.#list.render(columns).map((row) => INDENT + row),
      '',
    ];
  }

  handleInput(data: string): void {
    const before = this.#filter.getValue();
    this.#filter.handleInput(data);
    const query = this.#filter.getValue();
    if (query === before) this.#list.handleInput(data);
    else {
      this.#fitting = fuzzyFilter([...this.#items], query, ({ value }) => value);
      this.#list = this.#listFor(this.#columns);
    }
  }

  /** The same list in other columns. */
  #fit(columns: number): void {
    const chosen = this.#list.getSelectedItem()?.value;
    this.#columns = columns;
    this.#list = this.#listFor(columns);
    this.#list.setSelectedIndex(this.#fitting.findIndex(({ value }) => value === chosen));
  }

  #listFor(columns: number): SelectList {
    const rows = listRows(this.#fitting, this.#theme, columns);
    const list = new SelectList(rows, ROWS, selectListTheme(this.#theme));
    list.onSelect = ({ value }) => this.#choose(value);
    list.onCancel = () => this.#choose(undefined);
    return list;
  }
}
