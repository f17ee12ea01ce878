import type { Node } from 'web-tree-sitter';
import {
  DEFINITION_KINDS,
  type DefinitionKind,
  GROUPS,
  LEADING,
  NEED_BODY,
  VALUE_KINDS,
  WRAPPERS,
} from './definition-kinds.ts';

export type { DefinitionKind } from './definition-kinds.ts';

/** Something that a text defines under a name. */
export interface Definition {
  /** As it is written: `S<T>`, `Display for S`, `a, b:hover`. */
  name: string;
  kind: DefinitionKind;
  /** The first and the last line, from 1, with the comments and decorators directly above. */
  from: number;
  to: number;
}

/** Lines from which a class is large, so that its members are listed too. */
const LARGE_LINES = 40;
const MOST_NAME = 80;
/** Nodes within nodes that are looked into: `else if` after `else if` nests them too. */
const MOST_DEPTH = 100;
/** What they hold is listed in any case. */
const OPEN_KINDS: ReadonlySet<DefinitionKind> = new Set(['module', 'impl']);
const CLOSED_KINDS: ReadonlySet<DefinitionKind> = new Set(['class', 'struct', 'interface', 'enum']);

/** @param lines those of the whole text. */
export function definitionsIn(root: Node, lines: readonly string[]): Definition[] {
  const found: Definition[] = [];
  new Collector(leadingOf(root, lines), found).collect(root, false);
  return found;
}

/** A node that defines something, before its lines are known. */
interface Found {
  name: string;
  kind: DefinitionKind;
  /** Holds the members. */
  owner: Node;
}

class Collector {
  readonly #leading: ReadonlyMap<number, Leading>;
  readonly #found: Definition[];
  /** The last line that is spoken for, so that a comment does not go to two definitions. */
  #taken = 0;
  #depth = 0;

  constructor(leading: ReadonlyMap<number, Leading>, found: Definition[]) {
    this.#leading = leading;
    this.#found = found;
  }

  collect(node: Node, inClass: boolean): void {
    if (this.#depth === MOST_DEPTH) return;
    this.#depth++;
    for (const child of node.namedChildren) this.#visit(child, child, inClass);
    this.#depth--;
  }

  /** @param outer the wrapper whose lines count, or the node itself. */
  #visit(node: Node, outer: Node, inClass: boolean): void {
    const found = definedBy(node);
    if (found) this.#add(found, outer, inClass);
    else if (node.type === 'type_declaration') this.#addTypes(node);
    else if (GROUPS.has(node.type)) this.collect(node, inClass);
    else if (WRAPPERS.has(node.type)) {
      for (const child of node.namedChildren) this.#visit(child, outer, inClass);
    }
  }

  #add({ name, kind, owner }: Found, outer: Node, inClass: boolean): void {
    const from = this.#firstLine(outer);
    const to = lastLine(outer);
    this.#found.push({ name, kind: inClass && kind === 'function' ? 'method' : kind, from, to });
    const closed = CLOSED_KINDS.has(kind);
    if (OPEN_KINDS.has(kind) || (closed && to - from + 1 >= LARGE_LINES)) {
      this.#taken = outer.startPosition.row + 1;
      this.collect(owner.childForFieldName('body') ?? owner, closed || kind === 'impl');
    }
    this.#taken = to;
  }

  /** Go defines one type in a declaration, or several in brackets. */
  #addTypes(node: Node): void {
    const specs = node.namedChildren.filter(({ type }) => type === 'type_spec' || type === 'type_alias');
    for (const spec of specs) {
      const type = spec.childForFieldName('type')?.type;
      const kind = type === 'struct_type' ? 'struct' : type === 'interface_type' ? 'interface' : 'type';
      this.#add({ name: nameOf(spec), kind, owner: spec }, specs.length === 1 ? node : spec, false);
    }
  }

  #firstLine({ startPosition: { row, column } }: Node): number {
    let first = row;
    // The line above a row has, counted from 1, the number of that row.
    for (let above = this.#leading.get(first); above?.column === column; above = this.#leading.get(first)) {
      first = above.row;
    }
    return Math.min(Math.max(first, this.#taken), row) + 1;
  }
}

interface Leading {
  row: number;
  column: number;
}

/** Comments and decorators that stand first in their line, by the number of their last line. */
function leadingOf(root: Node, lines: readonly string[]): ReadonlyMap<number, Leading> {
  const leading = new Map<number, Leading>();
  for (const node of root.descendantsOfType(LEADING)) {
    const { row, column } = node.startPosition;
    if (lines[row]?.slice(0, column).trim() === '') leading.set(lastLine(node), { row, column });
  }
  return leading;
}

/** Some nodes reach over the line break at their end. */
function lastLine({ startPosition, endPosition: { row, column } }: Node): number {
  return column === 0 && row > startPosition.row ? row : row + 1;
}

function definedBy(node: Node): Found | undefined {
  const kind = DEFINITION_KINDS[node.type];
  if (kind) {
    if (NEED_BODY.has(node.type) && !node.childForFieldName('body')) return undefined;
    return { name: nameOf(node), kind, owner: node };
  }
  switch (node.type) {
    case 'lexical_declaration':
    case 'variable_declaration':
      return firstOf(node.namedChildren.map((declarator) => byValue(declarator, 'value')));
    case 'field_definition':
    case 'public_field_definition':
    case 'export_statement':
      return byValue(node, 'value');
    case 'assignment_expression':
      return byValue(node, 'right');
    default:
      return undefined;
  }
}

function firstOf(found: readonly (Found | undefined)[]): Found | undefined {
  return found.find((each) => each !== undefined);
}

/** What is defined by giving a name a function or a class for its value. */
function byValue(node: Node, field: string): Found | undefined {
  const value = node.childForFieldName(field);
  const kind = value && VALUE_KINDS[value.type];
  if (!kind) return undefined;
  const name = node.type === 'export_statement' ? 'default' : nameOf(node);
  return { name, kind, owner: value };
}

function nameOf(node: Node): string {
  return textOfName(node).replaceAll(/\s+/g, ' ').trim().slice(0, MOST_NAME);
}

function textOfName(node: Node): string {
  if (node.type === 'impl_item') return implName(node);
  if (DEFINITION_KINDS[node.type] === 'rule') return headOf(node);
  return nameNode(node)?.text ?? headOf(node);
}

function nameNode(node: Node): Node | undefined {
  for (const field of ['name', 'property', 'left']) {
    const child = node.childForFieldName(field);
    if (child) return child;
  }
  return declaredName(node) ?? node.namedChildren.find(({ type }) => /(^|_)name$/.test(type));
}

/** In C and C++ the name is wrapped in what is said of its type: `int *(&f)(int)`. */
function declaredName(node: Node): Node | undefined {
  const inner =
    node.childForFieldName('declarator') ??
    (node.type.endsWith('_declarator') ? node.namedChildren.find(({ isNamed }) => isNamed) : undefined);
  if (!inner) return undefined;
  return declaredName(inner) ?? inner;
}

function implName(node: Node): string {
  const type = node.childForFieldName('type')?.text ?? '';
  const trait = node.childForFieldName('trait')?.text;
  return trait ? `${trait} for ${type}` : type;
}

/** The text before the body. */
function headOf({ text }: Node): string {
  return text.split(/[{\n]/, 1)[0]!;
}
