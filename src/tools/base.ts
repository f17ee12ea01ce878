import type { $ZodType, output } from 'zod/v4/core';
import type { Emit, FileDiff } from '../conversation/event.ts';
import type { ImagePart, ModelReference, TextPart } from '../conversation/message.ts';
import type { FileChanges } from '../safety/changes.ts';
import type { Commands } from '../safety/commands.ts';
import type { Workspace } from '../safety/workspace.ts';

/** Characters of a tool's output that a model is sent; the engine spills the rest to disk. */
export const OUTPUT_CAP = 24_000;

/**
 * What a tool may do.
 * - `read`: changes nothing. Runs at once, several in parallel, never asked.
 * - `guarded`: acts only through `context.changes` and `context.commands`, which ask the human themselves.
 * - `ask`: anything else. The human is asked before it runs.
 */
export type ToolConduct = 'read' | 'guarded' | 'ask';

/** What a tool has to work with. */
export interface ToolContext {
  /** The id of the tool call. */
  call: string;
  /** The model that called. */
  speaker: ModelReference;
  signal: AbortSignal;
  /** For `changes` and `commands`: what they ask belongs to this call. */
  emit?: Emit;
  workspace: Workspace;
  /** The only way to change a file. */
  changes: FileChanges;
  /** The only way to run a command. */
  commands: Commands;
  /** Shows output while the tool still works. */
  report(text: string): void;
}

export interface ToolResult {
  /** What the model reads. Text beyond the cap is spilled to disk by the engine, with a hint how to read on. */
  content: string | (TextPart | ImagePart)[];
  /** What the human reads, one line: `120 lines`, `3 matches in 2 files`. */
  summary: string;
  isError?: boolean;
  diffs?: FileDiff[];
}

export interface Tool<Input = never> {
  /** Lower-case letters, digits and underscores: all providers take those. */
  name: string;
  /** For the model: when to use it and what comes back. Every token of it is sent with every request. */
  description: string;
  /** Checked before `execute` sees anything; its JSON Schema is what the model is told. */
  parameters: $ZodType<Input>;
  conduct: ToolConduct;
  /** The call in one line for the human: `read src/a.ts:1-80`. Left out, the name and the arguments. */
  title?(input: Input): string;
  /**
   * Does the work. Throw a Failure, or any Error with a sentence that helps the model: it becomes the
   * result, marked as an error. Stop soon after `context.signal` aborts: nobody waits for long.
   */
  execute(input: Input, context: ToolContext): Promise<ToolResult>;
}

/** A tool whose input type is known only to itself. */
export type AnyTool = Tool<never>;

/** Gives a tool its input type from its schema. */
export function defineTool<Schema extends $ZodType>(
  tool: Omit<Tool<output<Schema>>, 'parameters'> & { parameters: Schema },
): AnyTool {
  return tool as unknown as AnyTool;
}
