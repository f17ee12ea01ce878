import { readFile } from 'node:fs/promises';
import type { LineCounter, Node, Document as YamlDocument } from 'yaml';
import { Failure } from '../conversation/failure.ts';
import type { FileSettings } from './schema.ts';

/** A path of keys into a file of settings. */
export type KeyPath = readonly PropertyKey[];

/** A file of settings, checked, that knows where each of them stands. */
export interface SettingsFile {
  settings: FileSettings;
  /** `.parley/config.yaml:7:3`: where the human finds a setting. */
  placeOf(path: KeyPath): string;
}

/**
 * Reads a YAML file of settings; undefined where there is none.
 * @param shown how the file is named to the human.
 * @throws {Failure} `bad-config` that names file, line and column of the first fault, and the nearest right name.
 */
export async function readSettings(path: string, shown: string): Promise<SettingsFile | undefined> {
  const text = await readIfThere(path, shown);
  if (text === undefined) return undefined;
  // Both are slow to load, and most people have no such file.
  const [{ LineCounter, parseDocument }, { checkSettings }] = await Promise.all([
    import('yaml'),
    import('./check.ts'),
  ]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken) throw faultAt(shown, lines, broken.pos[0], `${broken.message}.`);
  const { settings, fault } = checkSettings(plainOf(document, shown));
  if (!fault) return { settings, placeOf: (path) => place(shown, lines, keyOffset(document, path)) };
  const offset = fault.inKey ? keyOffset(document, fault.path) : valueOffset(document, fault.path);
  throw faultAt(shown, lines, offset, fault.message);
}

async function readIfThere(path: string, shown: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Failure('bad-config', `${shown} cannot be read (${code}). Mend its permissions, or remove it.`);
  }
}

function plainOf(document: YamlDocument, shown: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Aliases that lead nowhere, or to ever more of themselves.
    throw new Failure('bad-config', `${shown}: ${(error as Error).message}.`);
  }
}

function faultAt(shown: string, lines: LineCounter, offset: number, message: string): Failure {
  return new Failure('bad-config', `${place(shown, lines, offset)}: ${message}`);
}

function place(shown: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${shown}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
}

function valueOffset(document: YamlDocument, path: KeyPath): number {
  const value = document.getIn(path, true) as Node | undefined;
  return value?.range?.[0] ?? keyOffset(document, path);
}

/** Where a key stands; where it is missing, the key above it. */
function keyOffset(document: YamlDocument, path: KeyPath): number {
  if (path.length === 0) return document.contents?.range?.[0] ?? 0;
  const above = path.slice(0, -1);
  const map = document.getIn(above, true) as { items?: { key?: Node & { value?: unknown } }[] } | undefined;
  const key = map?.items?.find((item) => String(item.key?.value) === String(path.at(-1)))?.key;
  return key?.range?.[0] ?? keyOffset(document, above);
}
