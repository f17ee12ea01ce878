/**
 * What an exchange shows of how fast its rig reads and writes. One that came to its end is timed by its server. Of one
 * that was stopped the server tells nothing, so our own clock is read: the wait for the first token was reading, the
 * lines from the first to the last were writing; where nothing came, reading takes at least as long as was waited.
 */
import type { Observation } from './observation.ts';
import type { Timing } from './speed.ts';

export type Part = 'reading' | 'writing';

/** Fewer lines than this say more of the network than of the machine. */
const TELLING_LINES = 8;
/** Until the server knows that a model is in memory. */
const LOOKING_SECONDS = 0.1;
/** Bytes a second that a slow disk gives: a load that nobody timed took no longer than this. */
const SLOW_DISK = 2e8;

/** `uncached` tokens read behind `depth` others: a fixed part, one by token, one that grows with depth. */
export function readingOf(uncached: number, depth: number): number[] {
  return [1, uncached, uncached * (depth + uncached / 2)];
}

/** From the first to the last of `written` tokens, behind a prompt of `depth`. */
export function writingOf(written: number, depth: number): number[] {
  const steps = Math.max(0, written - 1);
  return [steps, steps * (depth + written / 2)];
}

/** Oldest first. Only what was alone on the machine shows the machine's speed. */
export function timingsOf(part: Part, seen: readonly Observation[]): Timing[] {
  return seen
    .filter(({ parallelRequests }) => parallelRequests === 1)
    .flatMap((one) => {
      const timing = one.complete ? asTold(part, one) : asHeard(part, one);
      return timing ? { ...timing, share: Math.min(1, timing.seconds / one.wallSeconds) } : [];
    });
}

function asTold(part: Part, one: Observation): Timing | undefined {
  const { promptTokens, cachedTokens, readSeconds, writtenTokens, writeSeconds } = one;
  if (promptTokens === undefined) return undefined;
  if (part === 'writing')
    return writeSeconds && writtenTokens && writtenTokens > 1
      ? { x: writingOf(writtenTokens, promptTokens), seconds: writeSeconds }
      : undefined;
  if (!readSeconds || cachedTokens === undefined) return undefined;
  const uncached = Math.max(1, promptTokens - cachedTokens);
  return { x: readingOf(uncached, promptTokens - uncached), seconds: readSeconds };
}

function asHeard(part: Part, one: Observation): Timing | undefined {
  const { expectedPrompt, heardTokens = 0, heardSeconds = 0, firstTokenSeconds } = one;
  if (!expectedPrompt) return undefined;
  const { tokens, cachedTokens } = expectedPrompt;
  if (part === 'writing')
    return heardTokens >= TELLING_LINES && heardSeconds > 0
      ? { x: writingOf(heardTokens, tokens), seconds: heardSeconds }
      : undefined;
  if (cachedTokens === undefined) return undefined;
  const uncached = Math.max(1, tokens - cachedTokens);
  const x = readingOf(uncached, tokens - uncached);
  if (firstTokenSeconds === undefined) return waitedInVain(one, x);
  // How much of the wait was loading is not known.
  if (!one.loadedBefore || firstTokenSeconds <= 0) return undefined;
  return { x, seconds: Math.max(firstTokenSeconds - LOOKING_SECONDS, firstTokenSeconds / 2) };
}

function waitedInVain({ loadedBefore, bytes, wallSeconds }: Observation, x: number[]): Timing | undefined {
  const loading = loadedBefore ? 0 : bytes === undefined ? Number.POSITIVE_INFINITY : bytes / SLOW_DISK;
  const seconds = wallSeconds - loading;
  return seconds > 0 ? { x, seconds, atLeast: true } : undefined;
}
