'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, '..', 'dist', 'main.js');

if (existsSync(main)) {
  // What V8 compiled is kept on disk, which halves the time to the first prompt.
  require('node:module').enableCompileCache();
  import('../dist/main.js');
} else {
  process.stderr.write(
    'parley: it is not built yet. Run `npm run build` once, or `npm run parley` to run it from its sources.\n',
  );
  process.exitCode = 2;
}
