import { Editor, type SelectListTheme, type TUI } from '@earendil-works/pi-tui';
import type { Theme } from '../../display/theme.ts';

const SIGN = '› ';
const SUGGESTIONS = 8;

/** Where the human writes: several lines, history, undo, paste, completion. */
export class PromptEditor extends Editor {
  readonly #theme: Theme;

  constructor(screen: TUI, theme: Theme) {
    const look = { borderColor: theme.quiet, selectList: selectListTheme(theme) };
    super(screen, look, { paddingX: SIGN.length, autocompleteMaxVisible: SUGGESTIONS });
    this.#theme = theme;
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

export function selectListTheme(theme: Theme): SelectListTheme {
  return {
    selectedPrefix: theme.strong,
    selectedText: theme.strong,
    description: theme.quiet,
    scrollInfo: theme.quiet,
    noMatch: theme.quiet,
  };
}
