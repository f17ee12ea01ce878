import { config, safeParseAsync } from 'zod/v4/core';
import en from 'zod/v4/locales/en.js';
import { type Approver, Refused } from '../safety/approval.ts';
import type { AnyTool, Tool, ToolContext, ToolResult } from '../tools/base.ts';
import type { Clock } from './clock.ts';
import type { Emit } from './event.ts';
import { Failure } from './failure.ts';
import { isImagePart } from './image.ts';
import type { ModelReference, ToolCallPart, ToolResultPart } from './message.ts';
import { nearestNames } from './nearest.ts';
import { capped } from './tool-output.ts';

const PARALLEL_READS = 8;
/** A tool that does not end when it is told to stop is left to itself after so long; the shell takes 2.5 s. */
const STOP_GRACE_MS = 3_000;

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
  surroundings: Omit<ToolContext, 'call' | 'speaker' | 'signal' | 'emit' | 'report'>;
}

/**
 * Runs the calls of one message, and returns their results in the order of the calls. Reading calls that stand side
 * by side run in parallel, all others one at a time, in order. Whatever goes wrong becomes a result for the model:
 * nothing is thrown. When the signal aborts, the calls that were not begun are left without a result, and the human
 * is told what they would have done.
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
  if (signal.aborted) await tellNotRun(bench, calls.slice(results.length));
  return results;
}

async function tellNotRun(bench: Workbench, calls: readonly ToolCallPart[]): Promise<void> {
  if (calls.length === 0) return;
  const titles = await Promise.all(calls.map(async (call) => titleOf(await readOrder(bench, call), call)));
  bench.emit({ type: 'notice', level: 'info', text: `Not run: ${titles.join(', ')}` });
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
  const order = await readOrder(bench, call);
  const title = titleOf(order, call);
  emit({ type: 'tool.started', call: call.id, name: call.name, args: call.args, title, speaker });
  const result =
    'fault' in order ? order.fault : await carryOut(bench, order, { call, title, speaker, signal });
  const part: ToolResultPart = {
    type: 'tool-result',
    callId: call.id,
    name: call.name,
    content: await capped(bench, call.id, result.content),
    ...(result.isError ? { isError: true } : {}),
  };
  emit({
    type: 'tool.ended',
    call: call.id,
    name: call.name,
    result: part,
    summary: bench.redact(result.summary),
    diffs: result.diffs,
    seconds: (clock.now() - started) / 1000,
  });
  return part;
}

/** A call that its tool can carry out, or why there is none. */
type Order = { tool: Tool<unknown>; input: unknown } | { fault: ToolResult };

async function readOrder(bench: Workbench, call: ToolCallPart): Promise<Order> {
  const tool = bench.tools.get(call.name) as Tool<unknown> | undefined;
  if (!tool) return { fault: unknownTool(bench, call.name) };
  const unfit = (message: string) => ({ fault: failed(message, 'invalid arguments') });
  if (call.invalidArgs !== undefined) {
    return unfit(`The arguments are not a JSON object: ${call.invalidArgs.slice(0, 200)}`);
  }
  try {
    const parsed = await safeParseAsync(tool.parameters, call.args);
    if (parsed.success) return { tool, input: parsed.data };
    // Only now is there anybody to read why, so only now the sentences are put into a language.
    if (!config().localeError) config(en());
    const issues = (await safeParseAsync(tool.parameters, call.args)).error?.issues ?? [];
    const faults = issues.map((issue) => `${issue.path.join('.') || 'arguments'}: ${issue.message}`);
    return unfit(`The arguments do not fit ${tool.name}. ${faults.join('; ')}.`);
  } catch (thrown) {
    return unfit(`The arguments of ${tool.name} could not be checked: ${Failure.from(thrown).message}`);
  }
}

interface Circumstances {
  call: ToolCallPart;
  title: string;
  speaker: ModelReference;
  signal: AbortSignal;
}

async function carryOut(
  bench: Workbench,
  { tool, input }: Exclude<Order, { fault: ToolResult }>,
  { call, title, speaker, signal }: Circumstances,
): Promise<ToolResult> {
  const { emit } = bench;
  let working = true;
  const report = (text: string) => {
    if (working) emit({ type: 'tool.output', call: call.id, text: bench.redact(text) });
  };
  const work = async () => {
    signal.throwIfAborted();
    if (tool.conduct === 'ask') {
      const detail = JSON.stringify(call.args, null, 2);
      await bench.approver.require({ kind: 'tool', title, detail, speaker }, signal, emit);
    }
    const place = { call: call.id, speaker, signal, emit, report };
    return tool.execute(input as never, { ...bench.surroundings, ...place });
  };
  try {
    const result: unknown = await unlessDeaf(work(), signal, bench.clock);
    if (isResult(result)) return result;
    return failed(
      `${tool.name} did its work and gave no proper result, which its author has to correct: a tool returns { content, summary }.`,
      'no proper result',
    );
  } catch (thrown) {
    return resultOfError(thrown, signal);
  } finally {
    working = false;
  }
}

/** @throws {Failure} `stopped` where the work goes on although it was told to stop. */
async function unlessDeaf<T>(work: Promise<T>, signal: AbortSignal, clock: Clock): Promise<T> {
  const leaving = Promise.withResolvers<never>();
  let callOff = () => {};
  const waitNoLonger = () => {
    callOff = clock.after(STOP_GRACE_MS, () => leaving.reject(Failure.stopped()));
  };
  if (signal.aborted) waitNoLonger();
  else signal.addEventListener('abort', waitNoLonger);
  try {
    return await Promise.race([work, leaving.promise]);
  } finally {
    signal.removeEventListener('abort', waitNoLonger);
    callOff();
  }
}

/** A tool of one's own may be written without types. */
function isResult(result: unknown): result is ToolResult {
  const { content, summary, diffs } = (result ?? {}) as Partial<Record<keyof ToolResult, unknown>>;
  if (typeof summary !== 'string' || !(diffs === undefined || Array.isArray(diffs))) return false;
  return typeof content === 'string' || (Array.isArray(content) && content.every(isPart));
}

function isPart(part: unknown): boolean {
  const { type, text } = (part ?? {}) as Record<string, unknown>;
  return type === 'text' ? typeof text === 'string' : isImagePart(part);
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
  const message = Failure.from(thrown).message || 'It failed and did not say why.';
  return failed(message, message.split('\n', 1)[0]!);
}

function failed(content: string, summary: string): ToolResult {
  return { content, summary, isError: true };
}

function titleOf(order: Order, call: ToolCallPart): string {
  try {
    const title: unknown = 'tool' in order ? order.tool.title?.(order.input as never) : undefined;
    if (typeof title === 'string') return title;
  } catch {
    // No title is worth a call.
  }
  const args = JSON.stringify(call.args);
  return `${call.name} ${args.length > 80 ? `${args.slice(0, 79)}…` : args}`;
}
