import type { LanguageFn } from 'highlight.js';
import { linesOf } from './printable.ts';
import type { Style, Theme } from './theme.ts';

/** Colours code of one language. */
export type Highlight = (code: string) => string[];

/** Code in colour; the library and each language are loaded when first met. */
export class Highlighter {
  readonly #sheet: Record<string, Style>;
  readonly #loaded = new Map<string, Highlight | Promise<Highlight>>();

  constructor(theme: Theme) {
    this.#sheet = sheetOf(theme);
  }

  /** The colours of a language as it is named after a code fence; undefined where it is not known. */
  language(fenceInfo: string): Highlight | Promise<Highlight> | undefined {
    const name = languageNamed(fenceInfo);
    if (!name) return undefined;
    let highlight = this.#loaded.get(name);
    if (!highlight) {
      highlight = this.#load(name);
      this.#loaded.set(name, highlight);
    }
    return highlight;
  }

  async #load(name: LanguageName): Promise<Highlight> {
    const [{ createEmphasize }, grammar] = await Promise.all([import('emphasize'), LANGUAGES[name]()]);
    const emphasize = createEmphasize({ [name]: grammar.default });
    const highlight: Highlight = (code) => linesOf(emphasize.highlight(name, code, this.#sheet).value);
    this.#loaded.set(name, highlight);
    return highlight;
  }
}

function sheetOf(theme: Theme): Record<string, Style> {
  const { keyword, string, number, comment, name, type } = theme.code;
  const sheet: Record<string, Style> = {
    keyword,
    literal: number,
    number,
    string,
    regexp: string,
    comment,
    doctag: comment,
    quote: comment,
    title: name,
    section: name,
    built_in: type,
    type,
    attr: name,
    attribute: name,
    property: name,
    symbol: number,
    tag: keyword,
    name: keyword,
    'selector-tag': keyword,
    'selector-class': name,
    'selector-id': name,
    meta: comment,
    variable: type,
    addition: theme.added,
    deletion: theme.removed,
  };
  // What spans lines is coloured line by line, so that every line stands for itself.
  return Object.fromEntries(
    Object.entries(sheet).map(([part, style]) => [
      part,
      (text: string) => text.split('\n').map(style).join('\n'),
    ]),
  );
}

function languageNamed(fenceInfo: string): LanguageName | undefined {
  const word = /^[\w+#-]+/.exec(fenceInfo.trim().toLowerCase())?.[0] ?? '';
  const name = SHORT_NAMES[word] ?? word;
  return Object.hasOwn(LANGUAGES, name) ? (name as LanguageName) : undefined;
}

type Grammar = Promise<{ default: LanguageFn }>;
type LanguageName = keyof typeof LANGUAGES;

const LANGUAGES = {
  bash: (): Grammar => import('highlight.js/lib/languages/bash'),
  c: (): Grammar => import('highlight.js/lib/languages/c'),
  cpp: (): Grammar => import('highlight.js/lib/languages/cpp'),
  csharp: (): Grammar => import('highlight.js/lib/languages/csharp'),
  css: (): Grammar => import('highlight.js/lib/languages/css'),
  diff: (): Grammar => import('highlight.js/lib/languages/diff'),
  dockerfile: (): Grammar => import('highlight.js/lib/languages/dockerfile'),
  elixir: (): Grammar => import('highlight.js/lib/languages/elixir'),
  go: (): Grammar => import('highlight.js/lib/languages/go'),
  haskell: (): Grammar => import('highlight.js/lib/languages/haskell'),
  ini: (): Grammar => import('highlight.js/lib/languages/ini'),
  java: (): Grammar => import('highlight.js/lib/languages/java'),
  javascript: (): Grammar => import('highlight.js/lib/languages/javascript'),
  json: (): Grammar => import('highlight.js/lib/languages/json'),
  kotlin: (): Grammar => import('highlight.js/lib/languages/kotlin'),
  lua: (): Grammar => import('highlight.js/lib/languages/lua'),
  makefile: (): Grammar => import('highlight.js/lib/languages/makefile'),
  php: (): Grammar => import('highlight.js/lib/languages/php'),
  python: (): Grammar => import('highlight.js/lib/languages/python'),
  ruby: (): Grammar => import('highlight.js/lib/languages/ruby'),
  rust: (): Grammar => import('highlight.js/lib/languages/rust'),
  scala: (): Grammar => import('highlight.js/lib/languages/scala'),
  sql: (): Grammar => import('highlight.js/lib/languages/sql'),
  swift: (): Grammar => import('highlight.js/lib/languages/swift'),
  typescript: (): Grammar => import('highlight.js/lib/languages/typescript'),
  xml: (): Grammar => import('highlight.js/lib/languages/xml'),
  yaml: (): Grammar => import('highlight.js/lib/languages/yaml'),
};

const SHORT_NAMES: Record<string, LanguageName> = {
  sh: 'bash',
  shell: 'bash',
  zsh: 'bash',
  console: 'bash',
  'c++': 'cpp',
  h: 'c',
  cs: 'csharp',
  patch: 'diff',
  docker: 'dockerfile',
  ex: 'elixir',
  golang: 'go',
  hs: 'haskell',
  toml: 'ini',
  js: 'javascript',
  jsx: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsonc: 'json',
  json5: 'json',
  kt: 'kotlin',
  make: 'makefile',
  py: 'python',
  rb: 'ruby',
  rs: 'rust',
  ts: 'typescript',
  tsx: 'typescript',
  mts: 'typescript',
  html: 'xml',
  svg: 'xml',
  vue: 'xml',
  yml: 'yaml',
};
