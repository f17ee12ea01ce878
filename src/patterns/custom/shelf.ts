/** Where patterns are found: the human's own, the project's, and those that come with Parley, in this order. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { isTrusted } from '../../config/trust.ts';
import { Failure } from '../../conversation/failure.ts';
import { nearestNames } from '../../conversation/nearest.ts';
import type { KeyPath } from '../../yaml/fault.ts';
import { readIfThere } from '../../yaml/file.ts';
import type { CustomPattern, PatternSource } from './schema.ts';
import { SHIPPED } from './shipped.ts';

/** Where to look. */
export interface Shelf {
  workspace: string;
  /** The human's own folder, and how it is shown. */
  own: { folder: string; shown: string };
  /** Files of settings that may hold patterns too, the human's own and the project's. */
  settings: Record<'own' | 'project', { path: string; shown: string }>;
  /** Projects whose TypeScript may be run, as absolute paths. */
  trusted: readonly string[];
}

/** A pattern that can be run, as a list shows it. */
export interface PatternEntry {
  name: string;
  from: PatternSource;
  /** How its file is shown; its own name where it comes with Parley. */
  shown: string;
  about?: string;
  roles?: string[];
  /** What is wrong with it. */
  fault?: string;
}

interface Found {
  name: string;
  from: PatternSource;
  shown: string;
  path?: string;
  /** Where it stands in a file of settings. */
  at?: KeyPath;
}

export type LoadedPattern =
  | { kind: 'yaml'; pattern: CustomPattern }
  /** TypeScript that may be run. */
  | { kind: 'code'; name: string; path: string; shown: string };

const PROJECT_FOLDER = '.parley/patterns';
const ENDINGS: readonly string[] = ['.yaml', '.yml', '.ts'];
const FILE_NAME = /^[A-Za-z][\w-]*$/;
const LARGEST = 256 * 1024;

/** All that can be run, by name; one with a fault is listed with it. */
export async function listPatterns(shelf: Shelf): Promise<PatternEntry[]> {
  const found = await allOn(shelf);
  return Promise.all(
    [...found.values()].sort((a, b) => a.name.localeCompare(b.name)).map((one) => entryOf(one, shelf)),
  );
}

/** Names alone, without reading the files. */
export async function patternNames(shelf: Shelf): Promise<string[]> {
  return [...(await allOn(shelf)).keys()].sort();
}

/** @throws {Failure} `usage` where there is none of that name; `bad-config` where it is faulty or not trusted. */
export async function findPattern(name: string, shelf: Shelf): Promise<LoadedPattern> {
  const all = await allOn(shelf);
  const found = all.get(name);
  if (found) return load(found, shelf);
  const near = nearestNames(name, [...all.keys()]);
  const offer =
    near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `There are: ${[...all.keys()].join(', ')}.`;
  throw new Failure('usage', `There is no pattern ${name}. ${offer}`);
}

async function entryOf(found: Found, shelf: Shelf): Promise<PatternEntry> {
  const { name, from, shown } = found;
  try {
    const loaded = await load(found, shelf);
    if (loaded.kind === 'code') return { name, from, shown };
    const { about, roles } = loaded.pattern;
    return { name, from, shown, about, roles: [...roles.keys()] };
  } catch (thrown) {
    return { name, from, shown, fault: Failure.from(thrown).message };
  }
}

async function load({ name, from, shown, path, at }: Found, shelf: Shelf): Promise<LoadedPattern> {
  // Slow to load, and names are known without it.
  const { readPattern } = await import('./load.ts');
  if (path === undefined)
    return { kind: 'yaml', pattern: await readPattern(SHIPPED[name]!, { name, from, shown }) };
  if (path.endsWith('.ts')) {
    if (from === 'project') await refuseUntrusted(shown, shelf);
    return { kind: 'code', name, path, shown };
  }
  const text = (await isSmallFile(path)) ? await readIfThere(path, shown) : undefined;
  if (text === undefined) throw new Failure('bad-config', `${shown} is no file of at most 256 KB.`);
  return { kind: 'yaml', pattern: await readPattern(text, { name, from, shown, at }) };
}

/** Code of a project could do anything that the human can do, without being asked. */
async function refuseUntrusted(shown: string, { workspace, trusted }: Shelf): Promise<void> {
  if (await isTrusted(workspace, trusted)) return;
  const here = await realpath(workspace);
  throw new Failure(
    'bad-config',
    `${shown} is code, which is not run because it came with the project: read it, and if you trust it put trusted_projects: [${JSON.stringify(here)}] into your own config.yaml.`,
  );
}

/** By name; the human's own win over the project's, and both over the shipped. */
async function allOn({ workspace, own, settings }: Shelf): Promise<Map<string, Found>> {
  const shipped = Object.keys(SHIPPED).map((name): Found => ({ name, from: 'shipped', shown: name }));
  const found = await Promise.all([
    inSettings(settings.project, 'project'),
    inFolder(join(workspace, PROJECT_FOLDER), PROJECT_FOLDER, 'project'),
    inSettings(settings.own, 'own'),
    inFolder(own.folder, own.shown, 'own'),
  ]);
  return new Map([...shipped, ...found.flat()].map((one) => [one.name, one]));
}

/** Those under `patterns: custom:`. What is wrong with the file itself is told where it is loaded. */
async function inSettings(file: { path: string; shown: string }, from: PatternSource): Promise<Found[]> {
  const text = await readIfThere(file.path, file.shown).catch(() => undefined);
  // To read YAML is slow, and most files of settings hold no pattern.
  if (!text?.includes('custom')) return [];
  const { parseYaml } = await import('../../yaml/source.ts');
  const source = await parseYaml(text, file.shown).catch(() => undefined);
  const { patterns } = (source?.plain ?? {}) as {
    patterns?: { custom?: Record<string, unknown> | null } | null;
  };
  return Object.keys(patterns?.custom ?? {}).map((name) => ({
    name,
    from,
    ...file,
    at: ['patterns', 'custom', name],
  }));
}

async function inFolder(folder: string, shown: string, from: PatternSource): Promise<Found[]> {
  const files = await readdir(folder).catch(() => []);
  // Of two files of one name the YAML is taken: it needs no trust.
  const rank = (file: string) => -ENDINGS.indexOf(extname(file));
  return files
    .filter((file) => ENDINGS.includes(extname(file)) && FILE_NAME.test(basename(file, extname(file))))
    .sort((a, b) => rank(a) - rank(b))
    .map((file) => ({
      name: basename(file, extname(file)),
      from,
      shown: `${shown}/${file}`,
      path: join(folder, file),
    }));
}

/** Reading from anything but a file might never end. */
async function isSmallFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size <= LARGEST;
}
