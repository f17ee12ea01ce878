#!/usr/bin/env node
'use strict';
// Runs under any Node, to say which one Parley needs: nothing in this file is newer than Node 6.
var NEEDED = 24;
var running = process.versions.node;

if (parseInt(running, 10) < NEEDED) {
  process.stderr.write(
    'parley: this is Node ' +
      running +
      ', and Parley needs Node ' +
      NEEDED +
      ' or newer: https://nodejs.org/en/download\n',
  );
  process.exit(2);
} else if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-v')) {
  // biome-ignore lint/style/useTemplate: this file is also read by a Node too old for templates.
  process.stdout.write(require('../package.json').version + '\n');
} else {
  require('./start.cjs');
}
