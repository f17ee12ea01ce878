import * as z from 'zod/mini';
import { WORK_KINDS, type WorkKind } from '../../conversation/work.ts';
import { defineTool, type ToolResult } from '../../tools/base.ts';
import { described, optionalFlag, optionalNumber, optionalText, someText } from '../../tools/parameters.ts';
import { delegate } from '../delegation.ts';
import { judge } from '../judgement.ts';
import type { Room } from '../room.ts';
import { type DelegationResult, LONGEST_BUDGET_SECONDS } from './order.ts';

const KINDS = WORK_KINDS.filter((kind) => kind !== 'chat' && kind !== 'calibration') as [
  WorkKind,
  ...WorkKind[],
];

/**
 * @param room in which the tool is called.
 * @param options.advice false leaves out what the work cost and what would fit, for experiments.
 */
export function delegateTool(room: () => Room, { advice = true }: { advice?: boolean } = {}) {
  return defineTool({
    name: 'delegate',
    description:
      'Give one small piece of work to another model, by default a local one. It sees only what you name here. What would not be done in its seconds is not sent, and you read what would fit.',
    // Models write arguments in this order: whom it is for comes first, so that it can be loaded meanwhile.
    parameters: z.object({
      model: optionalText,
      files: z.optional(described(z.array(z.string()), 'path or path:10-80')),
      task: someText,
      again: z.optional(described(z.string(), 'd3: its worker answers again, task is your objection')),
      brief: optionalText,
      kind: z.optional(z.enum(KINDS)),
      max_output: optionalNumber(8, 32_000, 'tokens'),
      seconds: optionalNumber(1, LONGEST_BUDGET_SECONDS, 'budget, 60'),
      form: z.optional(z.enum(['text', 'code', 'json'])),
      schema: z.optional(described(z.record(z.string(), z.unknown()), 'JSON Schema')),
      write_to: z.optional(described(z.string(), 'its code goes to path or path:10-80')),
      check: z.optional(described(z.string(), 'command that must pass')),
      tools: z.optional(described(z.boolean(), 'it may read and search')),
      insist: optionalFlag,
    }),
    conduct: 'guarded',
    title: ({ model, kind }) => `delegate ${kind ?? 'work'}${model ? ` to ${model}` : ''}`,
    async execute({ max_output, seconds, write_to, ...rest }, { speaker, signal }): Promise<ToolResult> {
      const order = {
        ...rest,
        maxOutputTokens: max_output,
        budgetSeconds: seconds,
        writeTo: write_to,
        advice,
      };
      return toldToLeader(await delegate(room(), order, speaker, signal), advice);
    },
  });
}

export function judgeTool(room: () => Room) {
  return defineTool({
    name: 'judge',
    description:
      'Say what became of delegated work once you used it; keep a lesson on a model in one sentence. Choices rest on it.',
    parameters: z.object({
      delegation: z.optional(z.string()),
      outcome: z.optional(z.enum(['accepted', 'fixed', 'rejected'])),
      why: optionalText,
      lesson: optionalText,
      model: z.optional(z.string()),
    }),
    conduct: 'guarded',
    title: ({ delegation, outcome, lesson }) =>
      [delegation && `${delegation} ${outcome ?? ''}`, lesson && `lesson: ${lesson}`]
        .filter(Boolean)
        .join(', '),
    execute: async (judgement, { speaker }): Promise<ToolResult> => judge(room(), judgement, speaker),
  });
}

function toldToLeader(result: DelegationResult, advised: boolean): ToolResult {
  const { id, model, kind, status, text, advice, checks, seconds } = result;
  const head = `[${id} ${kind} by ${model}: ${status}, ${seconds.toFixed(1)} s]`;
  const checked = checks.map(
    ({ what, passed, detail }) => `[${what}: ${passed ? 'passed' : `failed. ${detail ?? ''}`}]`,
  );
  const account = advised && advice && status !== 'refused' ? [`[${advice}]`] : [];
  return {
    content: [head, text, ...checked, ...account].join('\n'),
    summary: summaryOf(result),
    isError: status === 'refused' || status === 'failed',
  };
}

function summaryOf({ id, status, seconds, pieces, checks, failure }: DelegationResult): string {
  const parts = [`${id} ${status === 'refused' ? 'not sent: too slow' : status}`];
  if (status !== 'refused') parts.push(`${seconds.toFixed(1)} s`);
  if (pieces > 1) parts.push(`${pieces} pieces`);
  const failed = checks.find(({ passed }) => !passed);
  if (failed) parts.push(`${failed.what} failed`);
  else if (failure && status === 'failed') parts.push(failure.message);
  else if (checks.length > 0) parts.push('checked');
  return parts.join(', ');
}
