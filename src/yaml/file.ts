import { readFile } from 'node:fs/promises';
import { Failure } from '../conversation/failure.ts';

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
