'use strict';
// Room for short-lived objects saves most of the early collections; what V8 compiled is kept on disk, which
// halves the time to the first prompt.
require('node:v8').setFlagsFromString('--min-semi-space-size=16');
require('node:module').enableCompileCache();
import('../dist/main.js');
