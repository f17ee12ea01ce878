import type { KeyPath } from '../yaml/fault.ts';
import { readIfThere } from '../yaml/file.ts';
import { parseYaml } from '../yaml/source.ts';
import type { FileSettings } from './schema.ts';

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
