/**
 * Where a model lies with a window that it does not have now. A larger one takes more memory for its KV cache, and where
 * the GPU has no room for that, a part of the model moves to the CPU, which slows all of it. No server says how much
 * room there is: what was seen to fit is a least of it, what was seen on the GPU of a model that did not fit, the most.
 */

import type { Observation } from './observation.ts';
import { sameModel } from './rig.ts';

export interface Placed {
  host: string;
  model: string;
  digest?: string;
  /** That one token of its window takes, bytes. */
  cacheBytesPerToken?: number;
}

/** As good as all of it. */
const WHOLE = 0.99;

/**
 * Share on the GPU, 0 to 1; undefined where it was not seen, and does not follow from what was.
 * @param seen all of the host, oldest first. @param slots of the server: each has a window of its own.
 */
export function shareWith(
  contextSize: number,
  placed: Placed,
  seen: readonly Observation[],
  slots = 1,
): number | undefined {
  const own = seen.filter((one) => sameModel(one, placed));
  const same = own.findLast((one) => one.contextSize === contextSize && one.gpuShare !== undefined);
  if (same) return same.gpuShare;
  const bytes = memoryWith(contextSize, placed, own, slots);
  if (bytes === undefined) return undefined;
  const spilled = seen.findLast((one) => hasMemory(one) && !isWhole(one));
  const whole = seen.filter((one) => hasMemory(one) && isWhole(one)).map(({ memoryBytes }) => memoryBytes!);
  if (bytes <= Math.max(0, ...whole)) return 1;
  if (!spilled) return undefined;
  const room = spilled.gpuShare! * spilled.memoryBytes!;
  return bytes > room ? room / bytes : undefined;
}

/** The largest window up to this one with which all of the model was seen on the GPU; undefined where none was. */
export function largestOnGpu(most: number, placed: Placed, seen: readonly Observation[]): number | undefined {
  const windows = seen
    .filter((one) => sameModel(one, placed) && isWhole(one) && (one.contextSize ?? Infinity) <= most)
    .map(({ contextSize }) => contextSize!);
  return windows.length > 0 ? Math.max(...windows) : undefined;
}

/** From the window that was seen last, by what was seen of two windows, else by the model's shape. */
function memoryWith(
  contextSize: number,
  { cacheBytesPerToken }: Placed,
  own: readonly Observation[],
  slots: number,
): number | undefined {
  const last = own.findLast(hasMemory);
  if (!last) return undefined;
  const other = own.findLast((one) => hasMemory(one) && one.contextSize !== last.contextSize);
  const perToken = other
    ? (last.memoryBytes! - other.memoryBytes!) / (last.contextSize! - other.contextSize!)
    : cacheBytesPerToken && cacheBytesPerToken * slots;
  return perToken && last.memoryBytes! + perToken * (contextSize - last.contextSize!);
}

function hasMemory({ memoryBytes, gpuShare, contextSize }: Observation): boolean {
  return memoryBytes !== undefined && gpuShare !== undefined && contextSize !== undefined;
}

function isWhole({ gpuShare = 0, contextSize }: Observation): boolean {
  return contextSize !== undefined && gpuShare >= WHOLE;
}
