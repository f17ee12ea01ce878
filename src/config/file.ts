import { readFile } from 'node:fs/promises';
import type { Document, LineCounter, Node } from 'yaml';
import type * as z from 'zod';
import { Failure } from '../conversation/failure.ts';
import { nearestNames } from '../conversation/nearest.ts';
import type { ConfigFile } from './schema.ts';

/**
 * Reads a YAML file of settings; undefined where there is none.
 * @param shown how the file is named to the human.
 * @throws {Failure} `bad-config` that names file, line and column of the first fault, and the nearest right name.
 */
export async function readConfigFile(path: string, shown: string): Promise<ConfigFile | undefined> {
  const text = await readIfThere(path, shown);
  if (text === undefined) return undefined;
  const { LineCounter, parseDocument } = await import('yaml');
  const { fileSchema } = await import('./schema.ts');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [fault] = document.errors;
  if (fault) throw faultAt(shown, lines, fault.pos[0], `${fault.message}.`);
  const parsed = fileSchema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw faultOf(issue!, shown, document, lines, fileSchema);
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

function faultOf(
  issue: z.core.$ZodIssue,
  shown: string,
  document: Document,
  lines: LineCounter,
  schema: z.ZodType,
): Failure {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const names = keysAt(schema, path);
    const near = nearestNames(key, names);
    const offer = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `There are: ${names.join(', ')}.`;
    return faultAt(shown, lines, placeOfKey(document, path, key), `unknown key "${key}". ${offer}`);
  }
  const value = document.getIn(path, true) as Node | undefined;
  const place = value?.range?.[0] ?? placeOfKey(document, path.slice(0, -1), path.at(-1) ?? '');
  return faultAt(shown, lines, place, `${path.join('.') || 'the file'}: ${issue.message}.`);
}

function faultAt(shown: string, lines: LineCounter, offset: number, message: string): Failure {
  const { line, col } = lines.linePos(offset);
  return new Failure('bad-config', `${shown}:${line}:${col}: ${message}`);
}

function placeOfKey(document: Document, path: string[], key: string): number {
  const map = path.length > 0 ? document.getIn(path, true) : document.contents;
  const items = (map as { items?: { key?: { value?: unknown; range?: [number, number, number] } }[] } | null)
    ?.items;
  return items?.find((item) => String(item.key?.value) === key)?.key?.range?.[0] ?? 0;
}

/** The keys that the schema knows at a path; those of the values where the path leads into a record. */
function keysAt(schema: z.ZodType, path: string[]): string[] {
  let here: unknown = schema;
  const inner = () => {
    while ((here as { unwrap?: unknown })?.unwrap && 'innerType' in (here as z.ZodOptional).def) {
      here = (here as z.ZodOptional).unwrap();
    }
    return here as { shape?: Record<string, unknown>; valueType?: unknown };
  };
  for (const step of path) here = inner().shape?.[step] ?? inner().valueType;
  return Object.keys(inner().shape ?? {});
}
