import { createRequire } from 'node:module';
import { basename, extname } from 'node:path';
import type { Language } from 'web-tree-sitter';

/** The grammars of `@vscode/tree-sitter-wasm`, by the extensions they are used for. */
const EXTENSIONS = {
  bash: ['.sh', '.bash'],
  'c-sharp': ['.cs'],
  // C has no grammar of its own there; that of C++ reads nearly all of it.
  cpp: ['.c', '.h', '.cc', '.cpp', '.cxx', '.c++', '.hh', '.hpp', '.hxx', '.inl'],
  css: ['.css'],
  go: ['.go'],
  ini: ['.ini'],
  java: ['.java'],
  javascript: ['.js', '.mjs', '.cjs', '.jsx'],
  php: ['.php'],
  powershell: ['.ps1', '.psm1'],
  python: ['.py', '.pyi'],
  ruby: ['.rb', '.rake', '.gemspec'],
  rust: ['.rs'],
  tsx: ['.tsx'],
  typescript: ['.ts', '.mts', '.cts'],
} as const;

export type GrammarName = keyof typeof EXTENSIONS;

const FILE_NAMES: Readonly<Record<string, GrammarName>> = { gemfile: 'ruby', rakefile: 'ruby' };

const BY_EXTENSION = new Map(
  Object.entries(EXTENSIONS).flatMap(([name, extensions]) =>
    extensions.map((extension) => [extension as string, name as GrammarName]),
  ),
);

/** Told by the name of the file alone. Undefined where no grammar is known for it. */
export function grammarFor(path: string): GrammarName | undefined {
  const name = basename(path).toLowerCase();
  return FILE_NAMES[name] ?? BY_EXTENSION.get(extname(name));
}

const loaded = new Map<string, Promise<Language | undefined>>();

/**
 * A grammar, read from disk and compiled when first asked for, then kept.
 * @param file where another one than the package's is to be loaded from, in tests.
 * @returns undefined where it cannot be loaded: the package is missing or broken, or of another generation.
 */
export function loadGrammar(name: GrammarName, file?: string): Promise<Language | undefined> {
  const key = file ?? name;
  let language = loaded.get(key);
  if (!language) {
    language = load(name, file).catch(() => undefined);
    loaded.set(key, language);
  }
  return language;
}

async function load(name: GrammarName, file = fileOf(name)): Promise<Language> {
  const { Parser, Language } = await import('web-tree-sitter');
  await Parser.init();
  return await Language.load(file);
}

function fileOf(name: GrammarName): string {
  return createRequire(import.meta.url).resolve(`@vscode/tree-sitter-wasm/wasm/tree-sitter-${name}.wasm`);
}
