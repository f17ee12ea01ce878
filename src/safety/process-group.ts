import { readdirSync, readFileSync } from 'node:fs';

/** The variable by which a command's processes are known, whatever group or session they made for themselves. */
export const MARK = 'PARLEY_COMMAND';
/** Rounds in which marked processes are looked for: one may begin another while it is being ended. */
const ROUNDS = 5;

/** What a command began: its group, and the mark that all of it carries. */
export interface ProcessTree {
  group: number | undefined;
  mark?: string;
}

/** Trees that would outlive Parley if it ended now. */
const alive = new Set<ProcessTree>();
let watching = false;

/** Sees to it that the tree ends with Parley at the latest; the returned function ends that. */
export function ownTree(tree: ProcessTree): () => void {
  if (!watching) {
    watching = true;
    process.on('exit', () => {
      for (const tree of alive) endTree(tree);
    });
  }
  alive.add(tree);
  return () => alive.delete(tree);
}

/** Ends all of it at once. @returns whether there was anything left to end. */
export function endTree({ group, mark }: ProcessTree): boolean {
  const inGroup = signalGroup(group, 'SIGKILL');
  return (mark !== undefined && endMarked(mark)) || inGroup;
}

/** Signals every process of a group; one that is gone is no error. */
export function signalGroup(group: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  if (group === undefined) return false;
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

/** On Linux, where the environment of a process can be read; elsewhere a session of its own is out of reach. */
function endMarked(mark: string): boolean {
  if (process.platform !== 'linux') return false;
  let ended = false;
  for (let round = 0; round < ROUNDS; round++) {
    const found = marked(`${MARK}=${mark}`);
    for (const pid of found) ended = signalProcess(pid) || ended;
    if (found.length === 0) break;
  }
  return ended;
}

function marked(variable: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).split('\0').includes(variable))
    .map(Number);
}

/** Empty where it may not be read, or the process is gone. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}

function signalProcess(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
