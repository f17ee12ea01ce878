/** A process that nothing keeps but a screen: it is suspended, and says when the screen is back. */
import { suspend } from '../../../src/display/screen/suspend.ts';

suspend({
  stop: () => process.stdout.write('stopped\n'),
  start: () => process.stdout.write('back\n'),
});
