/** Panels as they are kept in the human's own config.yaml, with its comments and its order left as they are. */
import { readFile, realpath } from 'node:fs/promises';
import { Failure } from '../conversation/failure.ts';
import { writeAtomically } from '../safety/atomic-write.ts';

/**
 * Writes a panel into the file, or takes it out.
 * @param models left out, the name is forgotten.
 * @throws {Failure} `bad-config` where the file cannot be read as YAML, or not be written.
 */
export async function keepPanel(
  file: { path: string; shown: string },
  name: string,
  models: readonly string[] | undefined,
): Promise<void> {
  const { parseDocument } = await import('yaml');
  const before = await readFile(file.path, 'utf8').catch(() => '');
  const document = parseDocument(before);
  if (document.errors.length > 0)
    throw new Failure(
      'bad-config',
      `${file.shown} is no YAML, so the panel was not kept in it. Mend it first.`,
    );
  if (models) document.setIn(['panels', name], document.createNode(models, { flow: true }));
  else document.deleteIn(['panels', name]);
  try {
    // The file may well be a link into a repository of settings, which has to stay one.
    const path = await realpath(file.path).catch(() => file.path);
    await writeAtomically(path, Buffer.from(document.toString({ lineWidth: 0 })), 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(
      'bad-config',
      `${file.shown} cannot be written (${code}); the panel holds for this session only.`,
      {
        cause: error,
      },
    );
  }
}
