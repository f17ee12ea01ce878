/** A process that runs a command while a screen is up, as the REPL does: ended from outside by a test. */
import { stopOnExit } from '../../src/display/screen/stop-on-exit.ts';
import { Approver } from '../../src/safety/approval.ts';
import { Commands } from '../../src/safety/commands.ts';
import { Workspace } from '../../src/safety/workspace.ts';

const [folder = '', command = ''] = process.argv.slice(2);
const workspace = await Workspace.open(folder);
const approver = new Approver({ emit: () => {}, rules: ['all'] });
const env = { PATH: process.env.PATH };
const commands = new Commands({ workspace, approver, env, keys: {}, spillFolder: folder });
stopOnExit({ stop: () => process.stdout.write('screen stopped\n') });
await commands.run(command, {
  speaker: 'test:model',
  signal: new AbortController().signal,
  timeoutMs: 60_000,
  ask: true,
  report: (text) => process.stdout.write(text),
});
