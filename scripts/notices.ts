import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Chunk {
  type: string;
  moduleIds?: readonly string[];
}

interface Manifest {
  name?: string;
  version?: string;
  license?: string;
}

/**
 * A plugin for the bundler: lists the packages whose code went into the bundle, with the licences under which they may
 * be passed on, in `THIRD-PARTY-NOTICES.md`.
 */
export function thirdPartyNotices() {
  return {
    name: 'third-party-notices',
    generateBundle(
      this: { emitFile(file: { type: 'asset'; fileName: string; source: string }): unknown },
      _options: unknown,
      bundle: Record<string, Chunk>,
    ) {
      const modules = Object.values(bundle).flatMap(({ moduleIds = [] }) => moduleIds);
      const folders = [...new Set(modules.map(packageFolderOf))].filter((folder) => folder !== undefined);
      const source = `# Third-party notices\n\nParley's bundle contains these packages.\n\n${folders.sort().map(noticeOf).join('\n')}`;
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-NOTICES.md', source });
    },
  };
}

/** The folder of the package that a module belongs to; undefined for Parley's own. */
function packageFolderOf(module: string): string | undefined {
  if (!module.includes('node_modules')) return undefined;
  for (let folder = dirname(module); folder.includes('node_modules'); folder = dirname(folder)) {
    // Packages put manifests without a name into their subfolders to say which modules stand there.
    if (existsSync(join(folder, 'package.json')) && manifestOf(folder).name) return folder;
  }
  return undefined;
}

function noticeOf(folder: string): string {
  const { name, version, license } = manifestOf(folder);
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .map((file) => `\n\`\`\`text\n${readFileSync(join(folder, file), 'utf8').trim()}\n\`\`\`\n`);
  return `## ${name} ${version}\n\nLicence: ${license ?? 'see below'}\n${texts.join('')}`;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
