import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Failure } from '../../src/conversation/failure.ts';
import type { Environment } from '../../src/environment.ts';
import { folderWith } from './scene.ts';

export interface Written {
  /** The human's own config.yaml. */
  own?: string;
  /** The project's .parley/config.yaml. */
  project?: string;
  dotenv?: string;
  /** The human's own file says so. */
  trusted?: boolean;
  env?: Environment;
}

/** The settings that these files and variables come to. */
export async function configFrom({ own, project, dotenv, trusted, env }: Written): Promise<Config> {
  const workspace = await folderWith({
    ...(project !== undefined && { '.parley/config.yaml': project }),
    ...(dotenv !== undefined && { '.env': dotenv }),
  });
  const yours = trusted ? `${own ?? ''}\ntrusted_projects: ["${workspace}"]` : own;
  const home = await folderWith(yours === undefined ? {} : { '.config/parley/config.yaml': yours });
  return loadConfig({ workspace, env: { HOME: home, ...env } });
}

/** Why these files and variables come to nothing. */
export async function faultIn(written: Written): Promise<string> {
  return configFrom(written).then(
    () => 'no fault',
    (failure: Failure) => `${failure.kind}: ${failure.message}`,
  );
}
