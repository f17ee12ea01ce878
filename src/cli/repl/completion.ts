import {
  type AutocompleteItem,
  type AutocompleteProvider,
  type AutocompleteSuggestions,
  fuzzyFilter,
} from '@earendil-works/pi-tui';
import { inLine } from '../../display/printable.ts';
import type { CommandContext } from './command.ts';
import type { FileList } from './file-list.ts';
import { type ListItem, listRows } from './list-rows.ts';

const MOST = 50;
/** Columns that the editor keeps for itself. */
const EDITOR_FRAME = 4;

/** Completes `/commands`, their arguments, and `@files`. */
export class Completion implements AutocompleteProvider {
  readonly #context: CommandContext;
  readonly #files: FileList;

  constructor(context: CommandContext, files: FileList) {
    this.#context = context;
    this.#files = files;
  }

  async getSuggestions(
    lines: string[],
    row: number,
    column: number,
  ): Promise<AutocompleteSuggestions | null> {
    const before = (lines[row] ?? '').slice(0, column);
    const command = row === 0 ? /^\/(\S*)$/.exec(before) : undefined;
    if (command) return this.#offer(this.#commands(command[1] ?? ''), before);
    const file = /(?:^|[\s(])(@"[^"]*|@[^\s"]*)$/.exec(before)?.[1];
    if (file) return this.#offer(await this.#matchingFiles(file), file);
    const argument = row === 0 ? /^\/(\S+)\s+(.*)$/.exec(before) : undefined;
    return argument ? this.#offerArguments(argument[1] ?? '', argument[2] ?? '') : null;
  }

  applyCompletion(lines: string[], row: number, column: number, item: AutocompleteItem, prefix: string) {
    const line = lines[row] ?? '';
    const start = line.slice(0, column - prefix.length) + item.value;
    const rest = line.slice(column).replace(/^"/, prefix.startsWith('@"') ? '' : '"');
    const gap = rest.startsWith(' ') ? '' : ' ';
    return { lines: lines.with(row, start + gap + rest), cursorLine: row, cursorCol: start.length + 1 };
  }

  #commands(typed: string): ListItem[] {
    return fuzzyFilter([...this.#context.commands], typed, ({ name }) => name).map(
      ({ name, argument, summary }) => ({
        value: `/${name}`,
        name: argument ? `/${name} ${argument}` : `/${name}`,
        description: summary,
      }),
    );
  }

  async #offerArguments(name: string, typed: string): Promise<AutocompleteSuggestions | null> {
    const command = this.#context.commands.find((candidate) => candidate.name === name);
    if (command?.completeWord) {
      const word = /\S*$/.exec(typed)?.[0] ?? '';
      const before = typed.slice(0, typed.length - word.length);
      return this.#offer(fitting(await command.completeWord(this.#context, before, word), word), word);
    }
    return command?.complete
      ? this.#offer(fitting(await command.complete(this.#context), typed), typed)
      : null;
  }

  async #matchingFiles(written: string): Promise<ListItem[]> {
    const query = written.replace(/^@"?/, '');
    const paths = fuzzyFilter(await this.#files.paths(), query, (path) => path);
    return paths.map((path) => ({ value: /\s/.test(path) ? `@"${path}"` : `@${path}`, name: path }));
  }

  /** What cannot be shown as it is cannot be written either: it is left out. */
  #offer(offers: readonly ListItem[], prefix: string): AutocompleteSuggestions | null {
    const shown = offers.filter(({ value }) => inLine(value) === value).slice(0, MOST);
    if (shown.length === 0) return null;
    const { theme, columns } = this.#context;
    return { items: listRows(shown, theme, columns() - EDITOR_FRAME), prefix };
  }
}

function fitting(items: readonly ListItem[], typed: string): ListItem[] {
  return fuzzyFilter([...items], typed, ({ value }) => value);
}
