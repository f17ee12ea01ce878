/** Groups that would outlive Parley if it ended now. */
const alive = new Set<number>();
let watching = false;

/** Sees to it that the group ends with Parley at the latest; the returned function ends that. */
export function ownGroup(group: number | undefined): () => void {
  if (group === undefined) return () => {};
  if (!watching) {
    watching = true;
    process.on('exit', () => {
      for (const group of alive) signalGroup(group, 'SIGKILL');
    });
  }
  alive.add(group);
  return () => alive.delete(group);
}

/** Signals every process of a group; one that is gone is no error. */
export function signalGroup(group: number | undefined, signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  if (group === undefined) return false;
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

export function isGroupAlive(group: number | undefined): boolean {
  return signalGroup(group, 0);
}
