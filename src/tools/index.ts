import * as z from 'zod/mini';
import type { ToolDeclaration } from '../providers/base.ts';
import type { AnyTool } from './base.ts';
import { editTool } from './edit.ts';
import { readTool, writeTool } from './file.ts';
import { gitCommitTool } from './git/commit.ts';
import { gitDiffTool, gitLogTool, gitShowTool, gitStatusTool } from './git.ts';
import { findTool, listTool, searchTool } from './search.ts';
import { shellTool } from './shell.ts';

/** The tools of a leader, in the order in which every request names them: it must not change. */
export function builtInTools(): AnyTool[] {
  return [
    ...[readTool, writeTool, editTool, listTool, findTool, searchTool, shellTool],
    ...[gitStatusTool, gitDiffTool, gitLogTool, gitShowTool, gitCommitTool],
  ];
}

/** The few that a local worker gets: it only reads, and every token of a tool costs it time. */
export function workerTools(): AnyTool[] {
  return [readTool, listTool, searchTool];
}

/** A tool as a model is told of it. */
export function declarationOf({ name, description, parameters }: AnyTool): ToolDeclaration {
  const { $schema: _, ...schema } = z.toJSONSchema(parameters, { io: 'input' });
  return { name, description, parameters: withoutNoise(schema) as ToolDeclaration['parameters'] };
}

/** Bounds that say nothing, and what zod adds on its own: tokens that every request would carry. */
function withoutNoise(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutNoise);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(
    ([key, value]) =>
      key !== 'additionalProperties' &&
      !(key === 'maximum' && value === Number.MAX_SAFE_INTEGER) &&
      !(key === 'minLength' && value === 1),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutNoise(value)]));
}
