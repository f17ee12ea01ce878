/** The package as a user gets it: packed, installed into an empty folder, run, and used as a library. */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const bin = join(root, 'node_modules', '.bin');
const TSCONFIG = {
  compilerOptions: { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, types: [] },
};
let folder: string;
let installed: string | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-package-'));
  await run('npm', ['run', 'build'], { cwd: root });
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root });
  await writeConsumer(folder);
  try {
    // By a lock file, for what `npm ci` brought here is in npm's cache under just these names: no registry is asked.
    await run('npm', ['ci', '--offline', '--no-audit', '--no-fund'], { cwd: folder });
    installed = join(folder, 'node_modules', 'parley', 'bin', 'parley.cjs');
  } catch (error) {
    // Where `npm ci` has just run, a cache that lacks something is a fault and no circumstance.
    if (process.env.CI) throw error;
    console.warn(
      `The package was not installed, so its tests are skipped: ${(error as { stderr?: string }).stderr}`,
    );
  }
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the installed package', () => {
  test('answers --version, and plays the demo to its end', async (context) => {
    if (!installed) return context.skip('the package could not be installed from the cache');
    const version = await run(process.execPath, [installed, '--version']);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const demo = await run(process.execPath, [installed, 'demo'], { cwd: folder });
    expect(demo.stdout).toMatch(/(\d+) requests on the wire, \1 exchanges in the log/);
  }, 60_000);

  test('is a library with types', async (context) => {
    if (!installed) return context.skip('the package could not be installed from the cache');
    await copyFile(join(import.meta.dirname, 'consumer.ts.txt'), join(folder, 'consumer.ts'));
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    const checked = await run(join(bin, 'tsc'), ['-p', '.'], { cwd: folder }).catch((error) => error);
    expect(checked.stdout).toBe('');
    const ran = await run(process.execPath, ['consumer.ts'], { cwd: folder });
    expect(ran.stdout).toContain('answered hi');
  }, 60_000);

  test('says which Node it needs under an older one', async (context) => {
    const older = await olderNode();
    if (!older || !installed) return context.skip('this machine has no Node older than 24');
    const ran = await run(older, [installed]).catch((error) => error);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(
      /^parley: this is Node \d+\.\d+\.\d+, and Parley needs Node 24 or newer: \S+\n$/,
    );
  });
});

/** A project that depends on the packed Parley, with the versions that Parley itself is tested with. */
async function writeConsumer(folder: string) {
  const { name, version, dependencies, bin } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const tarball = `file:${name}-${version}.tgz`;
  const consumer = { name: 'consumer', private: true, dependencies: { [name]: tarball } };
  const own = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  const needed = Object.entries<{ dev?: boolean }>(own.packages).filter(([path, { dev }]) => path && !dev);
  const lock = {
    ...consumer,
    lockfileVersion: own.lockfileVersion,
    packages: {
      '': consumer,
      [`node_modules/${name}`]: { version, resolved: tarball, dependencies, bin },
      ...Object.fromEntries(needed),
    },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...consumer, type: 'module' }));
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock));
}

async function olderNode(): Promise<string | undefined> {
  for (const candidate of ['/usr/bin/node', '/usr/local/bin/node']) {
    const version = await run(candidate, ['--version']).catch(() => undefined);
    if (version && Number.parseInt(version.stdout.slice(1), 10) < 24) return candidate;
  }
  return undefined;
}
