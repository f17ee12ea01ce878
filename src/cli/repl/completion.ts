import {
  type AutocompleteItem,
  type AutocompleteProvider,
  type AutocompleteSuggestions,
  fuzzyFilter,
} from '@earendil-works/pi-tui';
import type { ChoiceItem } from './choice.ts';
import type { CommandContext } from './command.ts';
import type { FileList } from './file-list.ts';

const MOST = 50;

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
    if (command) return offer(this.#commandItems(command[1] ?? ''), before);
    const file = /(?:^|[\s(])(@"[^"]*|@[^\s"]*)$/.exec(before)?.[1];
    if (file) return offer(await this.#fileItems(file), file);
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

  #commandItems(typed: string): AutocompleteItem[] {
    return fuzzyFilter([...this.#context.commands], typed, ({ name }) => name).map(
      ({ name, argument, summary }) => ({
        value: `/${name}`,
        label: argument ? `/${name} ${argument}` : `/${name}`,
        description: summary,
      }),
    );
  }

  async #offerArguments(name: string, typed: string): Promise<AutocompleteSuggestions | null> {
    const command = this.#context.commands.find((candidate) => candidate.name === name);
    if (command?.completeWord) {
      const word = /\S*$/.exec(typed)?.[0] ?? '';
      return fitting(
        await command.completeWord(this.#context, typed.slice(0, typed.length - word.length), word),
        word,
      );
    }
    return command?.complete ? fitting(await command.complete(this.#context), typed) : null;
  }

  async #fileItems(written: string): Promise<AutocompleteItem[]> {
    const query = written.replace(/^@"?/, '');
    const paths = fuzzyFilter(await this.#files.paths(), query, (path) => path).slice(0, MOST);
    return paths.map((path) => ({ value: /\s/.test(path) ? `@"${path}"` : `@${path}`, label: path }));
  }
}

function fitting(items: ChoiceItem[], typed: string): AutocompleteSuggestions | null {
  const found = fuzzyFilter(items, typed, ({ value }) => value).slice(0, MOST);
  return offer(
    found.map(({ value, description }) => ({ value, label: value, description })),
    typed,
  );
}

function offer(items: AutocompleteItem[], prefix: string): AutocompleteSuggestions | null {
  return items.length > 0 ? { items, prefix } : null;
}
