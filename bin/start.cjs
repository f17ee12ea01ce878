'use strict';
// What V8 compiled is kept on disk, which halves the time to the first prompt.
require('node:module').enableCompileCache();
import('../dist/main.js');
