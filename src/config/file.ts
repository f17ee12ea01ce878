import { readFile } from 'node:fs/promises';
import { Failure } from '../conversation/failure.ts';
import type { KeyPath } from './fault.ts';
import type { FileSettings } from './schema.ts';
import { parseYaml } from './yaml-source.ts';

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
  // Slow to load, and most people have no such file.
  const [source, { checkSettings }] = await Promise.all([parseYaml(text, shown), import('./check.ts')]);
  const { settings, fault } = checkSettings(source.plain);
  if (!fault) return { settings, placeOf: source.placeOf };
  throw source.failureAt(fault);
}

/** The text of a file; undefined where there is none. @throws {Failure} `bad-config` */
export async function readIfThere(path: string, shown: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Failure('bad-config', `${shown} cannot be read (${code}). Mend its permissions, or remove it.`);
  }
}
