import { checkpointFolder } from '../config/state-folder.ts';
import type { Emit } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import { Approver } from '../safety/approval.ts';
import { FileChanges } from '../safety/changes.ts';
import { Workspace } from '../safety/workspace.ts';
import { command } from './command-line.ts';
import { EXIT } from './exit.ts';
import { say } from './say.ts';

export const undoCommand = command({
  options: {
    others: { type: 'boolean', about: 'leave what somebody else has changed since, bring back the rest' },
    all: { type: 'boolean', about: 'bring back all, over what somebody else has changed since' },
    keep: { type: 'boolean', about: 'leave the turn as it is; the next undo goes to the one before' },
  },
  common: ['cwd'],
  examples: ['parley -p "Rename it everywhere." --approve edits && git diff || parley undo'],
  run: ({ values, common }) => undo(common.cwd ?? '.', values),
});

interface Wishes {
  others?: boolean;
  all?: boolean;
  keep?: boolean;
}

/** `parley undo`: brings back the files that the last turn changed here, whichever session it was in. */
async function undo(folder: string, { others, all, keep }: Wishes): Promise<number> {
  if ([others, all, keep].filter(Boolean).length > 1)
    throw new Failure('usage', 'undo takes one of --others, --all and --keep.');
  const workspace = await Workspace.open(folder);
  const emit: Emit = () => {};
  const store = checkpointFolder(process.env, workspace.root);
  const changes = new FileChanges({ workspace, approver: new Approver({ emit }), store, emit });
  const last = await changes.last();
  if (!last) {
    say(process.stderr, 'There is nothing to undo.');
    return EXIT.failed;
  }
  if (keep) {
    await changes.keepLast();
    return EXIT.success;
  }
  if (last.changedSince.length > 0 && !others && !all) {
    const files = last.changedSince.join(', ');
    const ways = '--others leaves that and brings back the rest, --all brings back all, --keep none';
    throw new Failure('bad-request', `Not undone: ${files} changed since. ${ways}.`);
  }
  const restored = await changes.undo({ changedSince: others ? 'leave' : 'overwrite' });
  for (const path of restored) say(process.stdout, path);
  return EXIT.success;
}
