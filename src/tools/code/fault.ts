import type { Node } from 'web-tree-sitter';

/** A place where a text is no right text of its language. Line and column from 1, in UTF-16 units. */
export interface SyntaxFault {
  line: number;
  column: number;
  /** For the model and the human, without the place. */
  message: string;
}

/** One slip brings many faults in its wake; the first few show it. */
export const MOST_FAULTS = 5;
/** Characters of the text that a message quotes. */
export const MOST_QUOTED = 40;
const CLOSING: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']' };

/**
 * The first faults of a tree, at most one a line.
 * @param lines those of the whole text.
 */
export function faultsIn(root: Node, lines: readonly string[]): SyntaxFault[] {
  const faults: SyntaxFault[] = [];
  // A stack of our own, for a broken file can be nested deeper than calls can.
  const waiting = [root];
  for (let node = waiting.pop(); node && faults.length < MOST_FAULTS; node = waiting.pop()) {
    const inner = node.children.filter(
      ({ hasError, isError, isMissing }) => hasError || isError || isMissing,
    );
    const fault = faultOf(node, lines, inner.length > 0);
    if (fault && !faults.some(({ line }) => line === fault.line)) faults.push(fault);
    waiting.push(...inner.reverse());
  }
  return faults.sort((a, b) => a.line - b.line);
}

function faultOf(node: Node, lines: readonly string[], holdsOthers: boolean): SyntaxFault | undefined {
  if (node.isMissing) return fault(node, missingMessage(node));
  if (!node.isError) return undefined;
  const unclosed = unclosedBracket(node);
  if (unclosed) return fault(unclosed, `"${unclosed.type}" is never closed`);
  // Where the parser gave up for the whole file, what it met inside says more than where the file begins.
  if (holdsOthers && node.endPosition.row > node.startPosition.row) return undefined;
  return fault(node, `cannot be parsed: ${quoted(node, lines)}`);
}

function fault({ startPosition: { row, column } }: Node, message: string): SyntaxFault {
  return { line: row + 1, column: column + 1, message };
}

/** A bracket is missed where the file ends, often far from the one that was left open. */
function missingMessage(node: Node): string {
  const opening = node.parent?.children.find(({ type }) => CLOSING[type] === node.type);
  if (!opening) return `${node.isNamed ? node.type.replaceAll('_', ' ') : `"${node.type}"`} is missing`;
  return `"${node.type}" is missing for the "${opening.type}" of line ${opening.startPosition.row + 1}`;
}

/** The innermost bracket that a broken part opens and does not close. */
function unclosedBracket({ children }: Node): Node | undefined {
  const open: Node[] = [];
  for (const child of children) {
    const last = open.at(-1);
    if (CLOSING[child.type]) open.push(child);
    else if (last && CLOSING[last.type] === child.type) open.pop();
  }
  return open.at(-1);
}

/** The rest of the line that a fault is in. */
function quoted({ startPosition: { row, column } }: Node, lines: readonly string[]): string {
  const line = lines[row]?.slice(column).trim() ?? '';
  return line.length > MOST_QUOTED ? `${line.slice(0, MOST_QUOTED)}…` : line;
}
