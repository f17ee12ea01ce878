/** Patterns of the human's own: conversations among models described in YAML, or written in TypeScript. */
import type { ModelReference } from '../conversation/message.ts';
import type { CustomOrder, CustomResult } from './custom/order.ts';
import { findPattern, type Shelf } from './custom/shelf.ts';
import type { Room } from './room.ts';

export type RunPattern = (
  room: Room,
  order: CustomOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
) => Promise<CustomResult>;

/**
 * Finds a pattern, checks it, and makes it ready to run.
 * @throws {Failure} `usage` where there is none of that name; `bad-config` where it is faulty or not trusted.
 */
export async function openPattern(name: string, shelf: Shelf): Promise<RunPattern> {
  const found = await findPattern(name, shelf);
  if (found.kind === 'yaml') {
    const { runCustomPattern } = await import('./custom/run.ts');
    return (room, order, by, signal) => runCustomPattern(room, found.pattern, order, by, signal);
  }
  const { loadCode, runCode } = await import('./custom/code.ts');
  const run = await loadCode(found.path, found.shown);
  return (room, order, by, signal) => runCode(room, { name, run }, order, by, signal);
}
