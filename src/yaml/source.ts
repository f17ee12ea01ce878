import type { LineCounter, Node, Document as YamlDocument } from 'yaml';
import { Failure } from '../conversation/failure.ts';
import type { Fault, KeyPath } from './fault.ts';

/** A YAML file that knows where each of its values stands. */
export interface YamlSource {
  /** Its values, as plain data. */
  plain: unknown;
  /** `.parley/config.yaml:7:3`: where the human finds a key. */
  placeOf(path: KeyPath): string;
  /** The fault as a failure that names its place. */
  failureAt(fault: Fault): Failure;
}

/**
 * Reads YAML from a text.
 * @param shown how the file is named to the human.
 * @throws {Failure} `bad-config` that names line and column, where the text is no YAML.
 */
export async function parseYaml(text: string, shown: string): Promise<YamlSource> {
  // Slow to load, and most people have no such file.
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number) => place(shown, lines, offset);
  const failure = (offset: number, message: string) =>
    new Failure('bad-config', `${placeAt(offset)}: ${message}`);
  const [broken] = document.errors;
  if (broken) throw failure(broken.pos[0], `${broken.message}.`);
  return {
    plain: plainOf(document, shown),
    placeOf: (path) => placeAt(keyOffset(document, path)),
    failureAt: (fault) => failure(offsetOf(document, text, fault), fault.message),
  };
}

function plainOf(document: YamlDocument, shown: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Aliases that lead nowhere, or to ever more of themselves.
    throw new Failure('bad-config', `${shown}: ${(error as Error).message}.`);
  }
}

function place(shown: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${shown}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
}

function offsetOf(document: YamlDocument, text: string, { path, inKey, inside }: Fault): number {
  if (inKey) return keyOffset(document, path);
  const start = valueOffset(document, path);
  if (!inside) return start;
  // Quotes, escapes and indentation shift what is inside; the same word the same number of times before it does not.
  const value = document.getIn(path);
  const before = typeof value === 'string' ? value.slice(0, inside.at) : '';
  let offset = start - 1;
  for (let n = before.split(inside.token).length; n > 0; n--) {
    offset = text.indexOf(inside.token, offset + 1);
    if (offset < 0) return start;
  }
  return offset;
}

function valueOffset(document: YamlDocument, path: KeyPath): number {
  const value = document.getIn(path, true) as Node | undefined;
  return value?.range?.[0] ?? keyOffset(document, path);
}

/** Where a key stands; where it is missing, the key above it. */
function keyOffset(document: YamlDocument, path: KeyPath): number {
  if (path.length === 0) return document.contents?.range?.[0] ?? 0;
  const above = path.slice(0, -1);
  const item = typeof path.at(-1) === 'number' ? (document.getIn(path, true) as Node | undefined) : undefined;
  if (item?.range) return item.range[0];
  const map = document.getIn(above, true) as { items?: { key?: Node & { value?: unknown } }[] } | undefined;
  const key = map?.items?.find((item) => String(item.key?.value) === String(path.at(-1)))?.key;
  return key?.range?.[0] ?? keyOffset(document, above);
}
