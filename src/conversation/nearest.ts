/** The names nearest to what was written, best first, at most three: for «did you mean». */
export function nearestNames(written: string, names: readonly string[]): string[] {
  const wanted = written.toLowerCase();
  return names
    .map((name) => ({ name, distance: distanceBetween(wanted, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(2, Math.min(wanted.length, name.length) / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/**
 * Levenshtein distance, except that a name that contains the other counts as near: people write `qwen`
 * for `qwen2.5-coder:7b`, and models write `read_file` for `read`. Only a slip of one letter is nearer.
 */
function distanceBetween(a: string, b: string): number {
  const contained = a.length > 2 && b.length > 2 && (a.includes(b) || b.includes(a));
  return Math.min(levenshtein(a, b), contained ? 1.5 : Number.POSITIVE_INFINITY);
}

function levenshtein(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
