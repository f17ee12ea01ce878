import {
  type AutocompleteItem,
  type AutocompleteProvider,
  type AutocompleteSuggestions,
  fuzzyFilter,
} from '@earendil-works/pi-tui';
import type { Command, CommandContext } from './command.ts';
import type { FileList } from './file-list.ts';

const MOST = 50;

/** Completes `/commands`, their arguments, and `@files`. */
export class Completion implements AutocompleteProvider {
  readonly #commands: readonly Command[];
  readonly #context: CommandContext;
  readonly #files: FileList;

  constructor(commands: readonly Command[], context: CommandContext, files: FileList) {
    this.#commands = commands;
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
    const argument = row === 0 ? /^\/(\S+)\s+(.*)$/.exec(before) : undefined;
    if (argument) return this.#offerArguments(argument[1] ?? '', argument[2] ?? '');
    const file = /(?:^|[\s(])(@"[^"]*|@[^\s"]*)$/.exec(before)?.[1];
    return file ? offer(await this.#fileItems(file), file) : null;
  }

  applyCompletion(lines: string[], row: number, column: number, item: AutocompleteItem, prefix: string) {
    const line = lines[row] ?? '';
    const start = line.slice(0, column - prefix.length) + item.value;
    const rest = line.slice(column).replace(/^"/, prefix.startsWith('@"') ? '' : '"');
    const gap = rest.startsWith(' ') ? '' : ' ';
    return { lines: lines.with(row, start + gap + rest), cursorLine: row, cursorCol: start.length + 1 };
  }

  #commandItems(typed: string): AutocompleteItem[] {
    return fuzzyFilter([...this.#commands], typed, ({ name }) => name).map(({ name, argument, summary }) => ({
      value: `/${name}`,
      label: argument ? `/${name} ${argument}` : `/${name}`,
      description: summary,
    }));
  }

  async #offerArguments(name: string, typed: string): Promise<AutocompleteSuggestions | null> {
    const command = this.#commands.find((candidate) => candidate.name === name);
    if (!command?.complete) return null;
    const items = await command.complete(this.#context);
    const fitting = fuzzyFilter(items, typed, ({ value }) => value);
    return offer(
      fitting.map(({ value, description }) => ({ value, label: value, description })),
      typed,
    );
  }

  async #fileItems(written: string): Promise<AutocompleteItem[]> {
    const query = written.replace(/^@"?/, '');
    const paths = fuzzyFilter(await this.#files.paths(), query, (path) => path).slice(0, MOST);
    return paths.map((path) => ({ value: /\s/.test(path) ? `@"${path}"` : `@${path}`, label: path }));
  }
}

function offer(items: AutocompleteItem[], prefix: string): AutocompleteSuggestions | null {
  return items.length > 0 ? { items, prefix } : null;
}
