import type { Language, Node, Parser } from 'web-tree-sitter';
import { linesOf } from '../lines.ts';
import { type Definition, definitionsIn } from './definition.ts';
import { faultsIn, type SyntaxFault } from './fault.ts';
import { type GrammarName, grammarFor, loadGrammar } from './grammar.ts';

export type { Definition, DefinitionKind } from './definition.ts';
export type { SyntaxFault } from './fault.ts';

/** UTF-16 units of a file. Larger ones are data or made by a program, and take long. */
const MOST_TEXT = 1_000_000;
/** The parser runs in our own thread, so that nothing is drawn meanwhile. 1 MB takes 0.1 to 0.6 seconds. */
const PARSE_LIMIT_MS = 1_000;

/** A syntax tree. It lives in memory that is not collected: dispose of it, and use no node afterwards. */
export interface ParsedFile extends Disposable {
  grammar: GrammarName;
  /** Rows and columns from 0, in UTF-16 units. */
  root: Node;
}

/**
 * The syntax tree of a text, by the extension of its path; the file itself is not read. The parser and the
 * grammar are loaded when first needed.
 * @returns undefined for a language without a grammar, a text above 1 MB, one that takes longer than a
 *   second, and where the parser is not installed. Never throws.
 */
export async function parseFile(path: string, text: string): Promise<ParsedFile | undefined> {
  const grammar = grammarFor(path);
  if (!grammar || text.length > MOST_TEXT) return undefined;
  const language = await loadGrammar(grammar);
  if (!language) return undefined;
  const { Parser } = await import('web-tree-sitter');
  const tree = parse(new Parser(), language, text);
  if (!tree) return undefined;
  return { grammar, root: tree.rootNode, [Symbol.dispose]: () => tree.delete() };
}

/** @returns null where it takes too long, or where the parser runs out of memory. */
function parse(parser: Parser, language: Language, text: string): ReturnType<Parser['parse']> {
  const end = performance.now() + PARSE_LIMIT_MS;
  // As everywhere, a `\r` alone ends a line only where there is no `\n` at all; the parser knows `\n` only.
  const unified = text.includes('\n') ? text : text.replaceAll('\r', '\n');
  try {
    return parser
      .setLanguage(language)
      .parse(unified, null, { progressCallback: () => performance.now() > end });
  } catch {
    return null;
  } finally {
    parser.delete();
  }
}

/**
 * The first 5 places where a text is no right text of its language, in their order; none where it is right.
 * JSON and YAML are checked too.
 *
 * A grammar can lag behind the newest syntax of its language, reads C as C++, does not expand macros and
 * forgives some faults (Python's indentation). So a fault is a hint, best compared with those of the text
 * before a change, and no fault is no proof.
 * @returns undefined where it cannot be checked, for the reasons of `parseFile`. Never throws.
 */
export async function syntaxErrors(path: string, text: string): Promise<SyntaxFault[] | undefined> {
  if (text.length > MOST_TEXT) return undefined;
  if (/\.jsonc?$/i.test(path)) return (await import('./json-fault.ts')).jsonFaults(path, text);
  if (/\.ya?ml$/i.test(path)) return (await import('./yaml-fault.ts')).yamlFaults(text);
  using parsed = await parseFile(path, text);
  return parsed && faultsIn(parsed.root, textsOf(text));
}

/**
 * The definitions at the top level of a text, and the members of large classes, in their order. A class comes
 * before its members, and its lines hold theirs; apart from that, ranges only meet where definitions share a line.
 * @returns undefined for the reasons of `parseFile`. Never throws.
 */
export async function definitions(path: string, text: string): Promise<Definition[] | undefined> {
  using parsed = await parseFile(path, text);
  return parsed && definitionsIn(parsed.root, textsOf(text));
}

function textsOf(text: string): string[] {
  return linesOf(text).map((line) => line.text);
}
