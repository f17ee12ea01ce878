import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { config, safeParse } from 'zod/v4/core';
import en from 'zod/v4/locales/en.js';
import { type Approver, Refused } from '../safety/approval.ts';
import { type AnyTool, OUTPUT_CAP, type Tool, type ToolContext, type ToolResult } from '../tools/base.ts';
import type { Clock } from './clock.ts';
import type { Emit } from './event.ts';
import { Failure } from './failure.ts';
import type { ImagePart, ModelReference, TextPart, ToolCallPart, ToolResultPart } from './message.ts';
import { nearestNames } from './nearest.ts';

const HEAD_SHARE = 2 / 3;
const PARALLEL_READS = 8;

export interface Workbench {
  tools: ReadonlyMap<string, AnyTool>;
  approver: Approver;
  clock: Clock;
  emit: Emit;
  /** Takes keys out of a text before a model or a log sees it. */
  redact(text: string): string;
  /** A folder that the read tool may read: the rest of long outputs goes there. */
  spillFolder: string;
  /** What the tools work with, apart from what belongs to one call. */
  surroundings: Omit<ToolContext, 'call' | 'speaker' | 'signal' | 'report'>;
}

/**
 * Runs the calls of one message, and returns their results in the order of the calls. Reading calls that stand side by side run in parallel,
 * all others one at a time, in order. Whatever goes wrong becomes a result for the model. When the signal
 * aborts, the calls that were not begun are left without a result.
 */
export async function runToolCalls(
  bench: Workbench,
  calls: readonly ToolCallPart[],
  speaker: ModelReference,
  signal: AbortSignal,
): Promise<ToolResultPart[]> {
  const results: ToolResultPart[] = [];
  for (const group of sideBySide(bench, calls)) {
    if (signal.aborted) break;
    results.push(...(await Promise.all(group.map((call) => runOne(bench, call, speaker, signal)))));
  }
  return results;
}

function sideBySide(bench: Workbench, calls: readonly ToolCallPart[]): ToolCallPart[][] {
  const groups: ToolCallPart[][] = [];
  let reading = false;
  for (const call of calls) {
    const reads = bench.tools.get(call.name)?.conduct === 'read';
    const group = groups.at(-1);
    if (reads && reading && group && group.length < PARALLEL_READS) group.push(call);
    else groups.push([call]);
    reading = reads;
  }
  return groups;
}

async function runOne(
  bench: Workbench,
  call: ToolCallPart,
  speaker: ModelReference,
  signal: AbortSignal,
): Promise<ToolResultPart> {
  const { emit, clock } = bench;
  const started = clock.now();
  const tool = bench.tools.get(call.name) as Tool<unknown> | undefined;
  const input = tool && readInput(tool, call);
  const title =
    tool && input?.ok ? (tool.title?.(input.value as never) ?? genericTitle(call)) : genericTitle(call);
  emit({ type: 'tool.started', call: call.id, name: call.name, args: call.args, title, speaker });

  let result: ToolResult;
  if (!tool) result = unknownTool(bench, call.name);
  else if (!input?.ok) result = failed(input?.message ?? '', 'invalid arguments');
  else {
    try {
      if (tool.conduct === 'ask') {
        await bench.approver.require(
          { kind: 'tool', title, detail: JSON.stringify(call.args, null, 2), speaker },
          signal,
        );
      }
      result = await tool.execute(input.value as never, {
        ...bench.surroundings,
        call: call.id,
        speaker,
        signal,
        report: (text) => emit({ type: 'tool.output', call: call.id, text: bench.redact(text) }),
      });
    } catch (thrown) {
      result = resultOfError(thrown, signal);
    }
  }

  const part: ToolResultPart = {
    type: 'tool-result',
    callId: call.id,
    name: call.name,
    content: await capped(bench, call.id, result.content),
    ...(result.isError ? { isError: true } : {}),
  };
  const seconds = (clock.now() - started) / 1000;
  emit({
    type: 'tool.ended',
    call: call.id,
    name: call.name,
    result: part,
    summary: bench.redact(result.summary),
    diffs: result.diffs,
    seconds,
  });
  return part;
}

function readInput(
  tool: Tool<unknown>,
  call: ToolCallPart,
): { ok: true; value: unknown } | { ok: false; message: string } {
  if (call.invalidArgs !== undefined) {
    return { ok: false, message: `The arguments are not a JSON object: ${call.invalidArgs.slice(0, 200)}` };
  }
  const parsed = safeParse(tool.parameters, call.args);
  if (parsed.success) return { ok: true, value: parsed.data };
  // Only now is there anybody to read why, so only now the sentences are put into a language.
  if (!config().localeError) config(en());
  const issues = safeParse(tool.parameters, call.args).error?.issues ?? [];
  const faults = issues.map((issue) => `${issue.path.join('.') || 'arguments'}: ${issue.message}`);
  return { ok: false, message: `The arguments do not fit ${tool.name}. ${faults.join('; ')}.` };
}

function unknownTool(bench: Workbench, name: string): ToolResult {
  const near = nearestNames(name, [...bench.tools.keys()]);
  const offer =
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : `There are: ${[...bench.tools.keys()].join(', ')}.`;
  return failed(`There is no tool "${name}". ${offer}`, 'no such tool');
}

function resultOfError(thrown: unknown, signal: AbortSignal): ToolResult {
  if (signal.aborted) return failed('Stopped by the human before it was done.', 'stopped');
  if (thrown instanceof Refused) return failed(thrown.message, 'not allowed');
  const message = Failure.from(thrown).message;
  return failed(message, message.split('\n', 1)[0] ?? 'failed');
}

function failed(content: string, summary: string): ToolResult {
  return { content, summary, isError: true };
}

function genericTitle(call: ToolCallPart): string {
  const args = JSON.stringify(call.args);
  return `${call.name} ${args.length > 80 ? `${args.slice(0, 79)}…` : args}`;
}

async function capped(
  bench: Workbench,
  call: string,
  content: ToolResult['content'],
): Promise<(TextPart | ImagePart)[]> {
  const parts: (TextPart | ImagePart)[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return Promise.all(
    parts.map(async (part, index) => {
      if (part.type !== 'text') return part;
      const text = bench.redact(part.text);
      if (text.length <= OUTPUT_CAP) return { type: 'text' as const, text };
      const path = join(bench.spillFolder, `${call.replaceAll(/[^\w-]/g, '_')}-${index}.txt`);
      return { type: 'text' as const, text: await spilled(text, path) };
    }),
  );
}

async function spilled(text: string, path: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  await writeFile(path, text, { mode: 0o600 });
  const head = text.slice(0, text.lastIndexOf('\n', OUTPUT_CAP * HEAD_SHARE) + 1 || OUTPUT_CAP * HEAD_SHARE);
  const tail = text.slice(text.indexOf('\n', text.length - OUTPUT_CAP * (1 - HEAD_SHARE)) + 1);
  const line = head.split('\n').length;
  const left = (text.length - head.length - tail.length).toLocaleString('en');
  return `${head}\n[${left} characters left out here. All of it is in ${path}; read it from line ${line} to go on.]\n${tail}`;
}
