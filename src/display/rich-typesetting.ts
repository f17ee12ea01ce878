import {
  Markdown,
  type MarkdownTheme,
  Marked,
  type Token,
  truncateToWidth,
  visibleWidth,
  wrapTextWithAnsi,
} from '@earendil-works/pi-tui';
import { Highlighter } from './highlight.ts';
import { linesOf, printable } from './printable.ts';
import type { Theme } from './theme.ts';
import { type Lines, PROSE_WIDTH, type StreamedText, type Typesetting } from './typesetting.ts';

/** Characters of an unfinished block that the live tail is made from: more rows than are shown. */
const TAIL_CHARACTERS = 4_000;
const CODE_INDENT = '  ';

const blocks = new Marked();

/** Text as a terminal shows it best: Markdown set as it should look, code in colour. */
export function richTypesetting(theme: Theme): Typesetting {
  const setter: BlockSetter = {
    highlighter: new Highlighter(theme),
    markdown: markdownTheme(theme),
  };
  return {
    cut: (line, width) => truncateToWidth(line, width, '…'),
    fill: (line, width) => truncateToWidth(line, width, '…', true),
    columnsOf: visibleWidth,
    wrap: wrapTextWithAnsi,
    openText: (width) => new StreamedMarkdown(setter, width),
  };
}

interface BlockSetter {
  highlighter: Highlighter;
  markdown: MarkdownTheme;
}

/**
 * Markdown that arrives in pieces. Only what is not finished is looked at again: a block is finished when
 * another one follows it, and its lines are then those that rendering the whole text would give.
 */
class StreamedMarkdown implements StreamedText {
  readonly #setter: BlockSetter;
  readonly #width: () => number;
  /** Whole lines that are not finished blocks yet. */
  #open = '';
  /** The last line, still growing. */
  #line = '';
  #before: { type: string; spaced: boolean } | undefined;

  constructor(setter: BlockSetter, width: () => number) {
    this.#setter = setter;
    this.#width = width;
  }

  push(piece: string): Lines[] {
    this.#line += piece;
    const end = this.#line.lastIndexOf('\n') + 1;
    if (end === 0) return [];
    const added = printable(this.#line.slice(0, end));
    this.#line = this.#line.slice(end);
    const insideFence = openFence(this.#open);
    this.#open += added;
    if (insideFence && !closes(added, insideFence)) return [];
    return this.#finish(blocks.lexer(this.#open), false);
  }

  end(): Lines[] {
    this.#open += printable(this.#line);
    this.#line = '';
    return this.#finish(blocks.lexer(this.#open), true);
  }

  tail(rows: number): string[] {
    const text = this.#open + printable(this.#line);
    if (text.trim() === '') return [];
    const fence = openFence(text);
    const shown = text.length > TAIL_CHARACTERS ? text.slice(text.indexOf('\n', -TAIL_CHARACTERS) + 1) : text;
    if (fence) {
      const code = linesOf(text.slice(text.indexOf('\n') + 1).slice(-TAIL_CHARACTERS));
      return code.slice(-rows).map((line) => truncateToWidth(CODE_INDENT + line, this.#width(), '…'));
    }
    return setBlock(shown, Math.min(this.#width(), PROSE_WIDTH), this.#setter).slice(-rows);
  }

  /** Sets all blocks but the last, or all of them. */
  #finish(tokens: Token[], all: boolean): Lines[] {
    let finished = tokens.length;
    if (!all) {
      finished = tokens.findLastIndex(({ type }) => type !== 'space');
      if (finished <= 0) return [];
    }
    const lines: Lines[] = [];
    let length = 0;
    for (const token of tokens.slice(0, finished)) {
      length += token.raw.length;
      if (token.type === 'space') {
        if (this.#before) this.#before.spaced = true;
        continue;
      }
      lines.push(this.#set(token));
      this.#before = { type: token.type, spaced: token.raw.endsWith('\n\n') };
    }
    this.#open = this.#open.slice(length);
    return lines;
  }

  #set(token: Token): Lines {
    const gap = this.#gapBefore(token) ? [''] : [];
    if (token.type !== 'code') {
      const width = token.type === 'table' ? this.#width() : Math.min(this.#width(), PROSE_WIDTH);
      return [...gap, ...setBlock(token.raw, width, this.#setter)];
    }
    const highlight = this.#setter.highlighter.language(token.lang ?? '');
    // Code is not broken into lines: a terminal that breaks it itself still copies it as it was.
    const indent = (lines: string[]) => [...gap, ...lines.map((line) => CODE_INDENT + line)];
    if (!highlight) return indent(linesOf(token.text));
    if (typeof highlight === 'function') return indent(highlight(token.text));
    return highlight.then((loaded) => indent(loaded(token.text))).catch(() => indent(linesOf(token.text)));
  }

  #gapBefore(token: Token): boolean {
    if (!this.#before) return false;
    return this.#before.spaced || !(this.#before.type === 'paragraph' && token.type === 'list');
  }
}

function setBlock(markdown: string, width: number, setter: BlockSetter): string[] {
  const lines = new Markdown(markdown, 0, 0, setter.markdown).render(width).map((line) => line.trimEnd());
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  return lines;
}

/** The fence of a code block that the text begins with and does not close. */
function openFence(text: string): string | undefined {
  const fence = /^ {0,3}(`{3,}|~{3,})[^\n]*\n/.exec(text)?.[1];
  return fence && !closes(text.slice(text.indexOf('\n') + 1), fence) ? fence : undefined;
}

function closes(text: string, fence: string): boolean {
  return new RegExp(`^ {0,3}${fence}${fence[0]}*[ \\t]*$`, 'm').test(text);
}

function markdownTheme(theme: Theme): MarkdownTheme {
  return {
    heading: theme.strong,
    bold: theme.strong,
    italic: theme.italic,
    underline: theme.underline,
    strikethrough: theme.struck,
    link: theme.code.name,
    linkUrl: theme.quiet,
    code: theme.code.type,
    codeBlock: (text) => text,
    codeBlockBorder: theme.quiet,
    quote: theme.quiet,
    quoteBorder: theme.quiet,
    hr: theme.quiet,
    listBullet: theme.quiet,
  };
}
