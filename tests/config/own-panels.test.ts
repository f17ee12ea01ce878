import { chmod, lstat, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { keepPanel } from '../../src/config/own-panels.ts';
import { folderWith } from '../support/scene.ts';

const SHOWN = 'config.yaml';

describe('a panel in the own config.yaml', () => {
  test('leaves comments and order as they are, and is read again', async () => {
    const written = '# mine\ndisplay: { show_thinking: true } # yes\npanels:\n  old: [ a:b ] # keep\n# end\n';
    const home = await folderWith({ '.config/parley/config.yaml': written });
    const path = join(home, '.config/parley/config.yaml');
    await keepPanel({ path, shown: SHOWN }, 'council', ['anthropic:claude', 'ollama:qwen3:8b']);
    const text = await readFile(path, 'utf8');
    for (const line of ['# mine', '# yes', '# keep', '# end']) expect(text).toContain(line);
    const { patterns } = await loadConfig({ workspace: home, env: { HOME: home } });
    expect(patterns.panels).toEqual({ old: ['a:b'], council: ['anthropic:claude', 'ollama:qwen3:8b'] });
    await keepPanel({ path, shown: SHOWN }, 'council', undefined);
    expect((await readFile(path, 'utf8')).includes('council')).toBe(false);
  });

  test('makes the file where there is none, for nobody else to read', async () => {
    const home = await folderWith({});
    const path = join(home, 'new/config.yaml');
    await keepPanel({ path, shown: SHOWN }, 'two', ['a:b', 'c:d']);
    expect(await readFile(path, 'utf8')).toBe('panels:\n  two: [ a:b, c:d ]\n');
    expect((await lstat(path)).mode & 0o777).toBe(0o600);
  });

  test('follows a link instead of replacing it', async () => {
    const home = await folderWith({ 'dotfiles/parley.yaml': '# kept\n' });
    const path = join(home, 'config.yaml');
    await symlink(join(home, 'dotfiles/parley.yaml'), path);
    await keepPanel({ path, shown: SHOWN }, 'two', ['a:b']);
    expect((await lstat(path)).isSymbolicLink()).toBe(true);
    expect(await readFile(join(home, 'dotfiles/parley.yaml'), 'utf8')).toMatch(/# kept[\s\S]*two: \[ a:b \]/);
  });

  test('what cannot be read or written is told, and stays as it is', async () => {
    const home = await folderWith({ 'broken.yaml': 'a: [', 'fixed.yaml': 'a: 1\n' });
    const broken = { path: join(home, 'broken.yaml'), shown: 'broken.yaml' };
    await expect(keepPanel(broken, 'two', ['a:b'])).rejects.toThrow('broken.yaml is no YAML');
    expect(await readFile(broken.path, 'utf8')).toBe('a: [');
    await chmod(join(home, 'fixed.yaml'), 0o444);
    const fixed = { path: join(home, 'fixed.yaml'), shown: 'fixed.yaml' };
    await expect(keepPanel(fixed, 'two', ['a:b'])).rejects.toThrow('fixed.yaml cannot be written (EACCES)');
  });
});
