import { defineConfig } from 'tsdown';
import { thirdPartyNotices } from './scripts/notices.ts';

/** What every conversation needs, in one file: each file more costs about half a millisecond on the way to the answer. */
const CORE =
  /src\/(agent|version|conversation\/|history\/(ledger|log|flow)|safety\/|config\/(load|project|providers|variables|file|state-folder)|yaml\/file|providers\/(catalog|roster|registry|listening|local-address|base|transcript|price|service-failure|network-failure|patient-fetch)|cli\/(command|commands|command-line|options|exit|create-agent|run)\.ts|display\/(chat-display|printable|figures))/;

export default defineConfig({
  entry: { main: 'src/main.ts', index: 'src/index.ts', conformance: 'src/conformance.ts' },
  outDir: 'dist',
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  dts: false,
  // One file a heavy part, loaded when first needed; binaries and grammars stay in their own packages.
  deps: {
    alwaysBundle: [/.*/],
    neverBundle: ['@vscode/ripgrep', '@vscode/tree-sitter-wasm', 'web-tree-sitter', 'vitest', 'fast-check'],
  },
  plugins: [thirdPartyNotices()],
  outputOptions: {
    chunkFileNames: 'chunks/[name]-[hash].js',
    entryFileNames: '[name].js',
    codeSplitting: { groups: [{ name: 'core', test: CORE }] },
  },
});
