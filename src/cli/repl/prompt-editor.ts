import {
  type AutocompleteProvider,
  type AutocompleteSuggestions,
  Editor,
  matchesKey,
  type SelectListTheme,
  type TUI,
} from '@earendil-works/pi-tui';
import type { Theme } from '../../display/theme.ts';

const SIGN = '› ';
const SUGGESTIONS = 8;
const TAB = '\t';
const ESCAPE = '\x1b';

/** Where the human writes: several lines, history, undo, paste, completion. */
export class PromptEditor extends Editor {
  readonly #theme: Theme;
  #offered: AutocompleteSuggestions | null = null;
  /** Whether the human went to a suggestion with the arrows. */
  #picked = false;

  constructor(screen: TUI, theme: Theme) {
    const look = { borderColor: theme.quiet, selectList: selectListTheme(theme) };
    super(screen, look, { paddingX: SIGN.length, autocompleteMaxVisible: SUGGESTIONS });
    this.#theme = theme;
  }

  override setAutocompleteProvider(provider: AutocompleteProvider): void {
    super.setAutocompleteProvider({
      getSuggestions: async (...where) => {
        this.#offered = await provider.getSuggestions(...where);
        return this.#offered;
      },
      applyCompletion: (...where) => provider.applyCompletion(...where),
    });
  }

  override handleInput(data: string): void {
    const offers = this.isShowingAutocomplete();
    const meant = offers && matchesKey(data, 'enter') && !this.#picked ? this.#meant() : 1;
    this.#picked = offers && (matchesKey(data, 'up') || matchesKey(data, 'down'));
    if (meant === 0) super.handleInput(ESCAPE);
    super.handleInput(meant > 1 ? TAB : data);
  }

  /**
   * How many of the suggestions what is written may mean: Enter completes none that is only like it, and of several
   * runs none before the human has seen which. One that is written out means itself.
   */
  #meant(): number {
    const { items, prefix } = this.#offered ?? { items: [], prefix: '' };
    const { line, col } = this.getCursor();
    const before = (this.getLines()[line] ?? '').slice(0, col);
    const isCommand = prefix.startsWith('/');
    // A short name of a model, say, is meant as it is written.
    if (!isCommand && !prefix.startsWith('@')) return 0;
    if (prefix === '' || (isCommand ? before !== prefix : !before.endsWith(prefix))) return 0;
    if (items.some(({ value }) => value === prefix)) return 1;
    const selected = items.find(({ value }) => value.startsWith(prefix)) ?? items[0]!;
    if (!begins(selected.value, prefix)) return 0;
    return items.filter(({ value }) => begins(value, prefix)).length;
  }

  override render(width: number): string[] {
    const lines = super.render(width);
    const scrolled = lines[0]?.includes('↑');
    if (lines[1]?.startsWith('  ') && !scrolled)
      lines[1] = this.#theme.human(SIGN) + lines[1].slice(SIGN.length);
    return lines;
  }

  // No rules around the text: a full row would be broken in two by a terminal that gets narrower.
  protected override renderTopBorder(_width: number, hiddenLines: number): string {
    return this.#theme.quiet(hiddenLines > 0 ? `  ↑ ${hiddenLines} more` : '');
  }

  protected override renderBottomBorder(_width: number, hiddenLines: number): string {
    return this.#theme.quiet(hiddenLines > 0 ? `  ↓ ${hiddenLines} more` : '');
  }

  get isEmpty(): boolean {
    return this.getText() === '';
  }
}

/** Of a file the name of any folder on the way to it, or its own, may be the one that is begun. */
function begins(value: string, prefix: string): boolean {
  if (!prefix.startsWith('@')) return value.startsWith(prefix);
  const path = (mention: string) => `/${mention.replace(/^@"?/, '')}`;
  return path(value).includes(path(prefix));
}

export function selectListTheme(theme: Theme): SelectListTheme {
  return {
    selectedPrefix: theme.strong,
    selectedText: theme.strong,
    description: theme.quiet,
    scrollInfo: theme.quiet,
    noMatch: theme.quiet,
  };
}
