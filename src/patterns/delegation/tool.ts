import * as z from 'zod/mini';
import { WORK_KINDS, type WorkKind } from '../../conversation/work.ts';
import { defineTool, type ToolResult } from '../../tools/base.ts';
import { described, optionalFlag, optionalNumber, optionalText, someText } from '../../tools/parameters.ts';
import { delegate } from '../delegation.ts';
import { judge } from '../judgement.ts';
import type { Room } from '../room.ts';
import type { DelegationResult } from './order.ts';

const KINDS = WORK_KINDS.filter((kind) => kind !== 'chat' && kind !== 'calibration') as [
  WorkKind,
  ...WorkKind[],
];

/** @param room in which the tool is called. */
export function delegateTool(room: () => Room) {
  return defineTool({
    name: 'delegate',
    description:
      'Give one small piece of work to another model, by default a local one: free, and the field guide says how fast. It sees only what you name here. Best: one step, few lines to read, a short answer in a fixed form. What would take longer than its seconds is not sent, and you are told what would fit.',
    parameters: z.object({
      task: someText,
      model: optionalText,
      files: z.optional(described(z.array(z.string()), 'to read: path or path:10-80')),
      brief: z.optional(described(z.string(), 'what else it must know')),
      kind: z.optional(z.enum(KINDS)),
      max_output: optionalNumber(8, 32_000, 'tokens'),
      seconds: optionalNumber(1, 3600, 'budget, 60'),
      form: z.optional(z.enum(['text', 'code', 'json'])),
      schema: z.optional(described(z.record(z.string(), z.unknown()), 'JSON Schema of the answer')),
      write_to: z.optional(
        described(z.string(), 'its code goes to path or path:10-80, you get only the size'),
      ),
      check: z.optional(described(z.string(), 'command that must pass with it')),
      tools: z.optional(described(z.boolean(), 'let it read and search files')),
      insist: optionalFlag,
    }),
    conduct: 'guarded',
    title: ({ model, kind }) => `delegate ${kind ?? 'work'}${model ? ` to ${model}` : ''}`,
    async execute({ max_output, seconds, write_to, ...rest }, { speaker, signal }): Promise<ToolResult> {
      const order = { ...rest, maxOutputTokens: max_output, budgetSeconds: seconds, writeTo: write_to };
      return toldToLeader(await delegate(room(), order, speaker, signal));
    },
  });
}

export function judgeTool(room: () => Room) {
  return defineTool({
    name: 'judge',
    description:
      'Say what became of delegated work once you have used it, and keep a lesson about a model in one sentence for later sessions. Choices rest on it.',
    parameters: z.object({
      delegation: z.optional(described(z.string(), 'such as d3')),
      outcome: z.optional(z.enum(['accepted', 'fixed', 'rejected'])),
      why: optionalText,
      lesson: optionalText,
      model: z.optional(described(z.string(), 'that the lesson is about')),
    }),
    conduct: 'guarded',
    title: ({ delegation, outcome, lesson }) =>
      [delegation && `${delegation} ${outcome ?? ''}`, lesson && `lesson: ${lesson}`]
        .filter(Boolean)
        .join(', '),
    execute: async (judgement, { speaker }): Promise<ToolResult> => judge(room(), judgement, speaker),
  });
}

function toldToLeader(result: DelegationResult): ToolResult {
  const { id, model, kind, status, text, advice, checks, seconds } = result;
  const head = `[${id} ${kind} by ${model}: ${status}, ${seconds.toFixed(1)} s]`;
  const checked = checks.map(
    ({ what, passed, detail }) => `[${what}: ${passed ? 'passed' : `failed. ${detail ?? ''}`}]`,
  );
  const account = advice && status !== 'refused' ? [`[${advice}]`] : [];
  return {
    content: [head, text, ...checked, ...account].join('\n'),
    summary: summaryOf(result),
    isError: status === 'refused' || status === 'failed',
  };
}

function summaryOf({ id, status, seconds, pieces, checks }: DelegationResult): string {
  const parts = [`${id} ${status === 'refused' ? 'not sent: too slow' : status}`];
  if (status !== 'refused') parts.push(`${seconds.toFixed(1)} s`);
  if (pieces > 1) parts.push(`${pieces} pieces`);
  const failed = checks.filter(({ passed }) => !passed);
  if (checks.length > 0) parts.push(failed.length > 0 ? `${failed[0]!.what} failed` : 'checked');
  return parts.join(', ');
}
