import { type ToolScene, type ToolSceneOptions, toolScene } from './tool-scene.ts';

export const IDENTITY = {
  ...{
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@b.c',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@b.c',
  },
  ...{ GIT_CONFIG_NOSYSTEM: '1', HOME: '/nonexistent', PATH: process.env.PATH },
};

/** A repository whose first commit holds these files. */
export async function repository(
  files: Record<string, string>,
  options: ToolSceneOptions = {},
): Promise<ToolScene> {
  const scene = await toolScene(files, { env: IDENTITY, ...options });
  const git = (...args: string[]) => scene.git('-C', options.part ? '..' : '.', ...args);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all', '--force');
  git('commit', '--quiet', '--message', 'first', '--allow-empty');
  return scene;
}
