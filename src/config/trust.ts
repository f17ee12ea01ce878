import { realpath } from 'node:fs/promises';

/** Whether the human said, in their own file, that what comes with this project may be trusted. */
export async function isTrusted(workspace: string, trusted: readonly string[]): Promise<boolean> {
  const [here, ...known] = await Promise.all(
    [workspace, ...trusted].map((path) => realpath(path).catch(() => path)),
  );
  return known.includes(here!);
}
