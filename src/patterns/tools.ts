import type { AnyTool } from '../tools/base.ts';
import { delegateTool, judgeTool } from './delegation/tool.ts';
import type { Room } from './room.ts';

/** The patterns that a leader may call itself. @param room in which a tool is called. */
export function patternTools(room: () => Room): AnyTool[] {
  return [delegateTool(room), judgeTool(room)];
}
