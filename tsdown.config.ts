import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { main: 'src/main.ts', index: 'src/index.ts' },
  outDir: 'dist',
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  dts: false,
  // One file a heavy part, loaded when first needed; binaries and grammars stay in their own packages.
  deps: {
    alwaysBundle: [/.*/],
    neverBundle: ['@vscode/ripgrep', '@vscode/tree-sitter-wasm', 'web-tree-sitter'],
  },
  outputOptions: { chunkFileNames: 'chunks/[name]-[hash].js', entryFileNames: '[name].js' },
});
