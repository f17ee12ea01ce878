import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';

/** Where Parley keeps what outlives a run: `$XDG_STATE_HOME/parley`, else `~/.local/state/parley`. */
export function stateFolder(env: Environment): string {
  return join(env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local', 'state'), 'parley');
}

/** Where the human says how Parley works: `$XDG_CONFIG_HOME/parley`, else `~/.config/parley`. */
export function configFolder(env: Environment): string {
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'parley');
}

/** Where the old contents of a workspace's files are, for every session in it. @param root symlinks resolved. */
export function checkpointFolder(env: Environment, root: string): string {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  return join(stateFolder(env), 'checkpoints', name);
}
