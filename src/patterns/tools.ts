import * as z from 'zod/mini';
import { Failure } from '../conversation/failure.ts';
import { plural } from '../conversation/plural.ts';
import { type AnyTool, defineTool, type ToolResult } from '../tools/base.ts';
import { described, optionalNumber, optionalText, someText } from '../tools/parameters.ts';
import { consult } from './consultation.ts';
import { delegateTool, judgeTool } from './delegation/tool.ts';
import { discuss } from './discussion.ts';
import { inRounds } from './frame.ts';
import { refine } from './refinement.ts';
import type { Room } from './room.ts';
import { VOTE_RULES, type VoteRule } from './vote.ts';

const MOST_MODELS = 5;
/** Conversations among models that a leader may begin in one turn. */
const MOST_CONVERSATIONS = 10;
const models = described(z.array(z.string()).check(z.minLength(1), z.maxLength(MOST_MODELS)), 'names');
const files = z.optional(described(z.array(z.string()), 'path or path:10-80'));

/**
 * The patterns that a leader may call itself.
 * @param room in which a tool is called.
 * @param options.advice false leaves out all by which it could learn what its delegations cost, for experiments.
 */
export function patternTools(room: () => Room, { advice = true }: { advice?: boolean } = {}): AnyTool[] {
  const learning = advice ? [judgeTool(room)] : [];
  const conversation = () => mayConverse(room());
  const others = [consultTool(conversation), refineTool(conversation), discussTool(conversation)];
  return [delegateTool(room, { advice }), ...learning, ...others];
}

/** @throws {Failure} where a leader asks the others again and again. */
function mayConverse(room: Room): Room {
  if (room.begun.conversations >= MOST_CONVERSATIONS)
    throw new Failure(
      'bad-request',
      `You have called other models together ${MOST_CONVERSATIONS} times in this turn: decide by yourself now.`,
    );
  room.begun.conversations += 1;
  return room;
}

function consultTool(room: () => Room): AnyTool {
  return defineTool({
    name: 'consult',
    description:
      'Ask other models one question at once. Worth its price before what is hard to take back, not for what you can look up or test.',
    parameters: z.object({
      question: someText,
      models,
      files,
      vote: z.optional(z.enum(VOTE_RULES as [VoteRule, ...VoteRule[]])),
      options: z.optional(described(z.array(z.string()), 'else they vote on their answers')),
      seconds: optionalNumber(1, 3600, 'later answers are left out'),
    }),
    conduct: 'guarded',
    title: ({ models: asked, question }) => `consult ${asked.join(', ')}: ${firstLine(question)}`,
    async execute({ vote, options, seconds, ...order }, { speaker, signal }): Promise<ToolResult> {
      const wanted = vote || options ? { rule: vote, options } : undefined;
      const result = await consult(
        room(),
        { ...order, vote: wanted, deadlineSeconds: seconds, synthesis: false },
        speaker,
        signal,
      );
      const answered = result.answers.filter(({ failure }) => !failure).length;
      const heard = options ? plural(result.vote?.ballots.length ?? 0, 'ballot') : plural(answered, 'answer');
      return {
        content: result.text,
        summary: `${heard}, ${result.outcome}`,
        isError: result.outcome === 'failed',
      };
    },
  });
}

function refineTool(room: () => Room): AnyTool {
  return defineTool({
    name: 'refine',
    description: 'A draft by one model, reviewed by others. For what must be right and cannot be tested.',
    parameters: z.object({
      task: someText,
      author: someText,
      reviewers: models,
      files,
      draft: optionalText,
      rounds: optionalNumber(1, 5),
    }),
    conduct: 'guarded',
    title: ({ author, task }) => `refine by ${author}: ${firstLine(task)}`,
    async execute({ rounds, ...order }, { speaker, signal }): Promise<ToolResult> {
      const result = await refine(room(), { ...order, limits: { rounds } }, speaker, signal);
      return {
        content: result.text,
        summary: `${result.outcome} after ${inRounds(result.rounds)}`,
        isError: result.outcome === 'failed',
      };
    },
  });
}

function discussTool(room: () => Room): AnyTool {
  return defineTool({
    name: 'discuss',
    description: 'Models answer each other. Dearer than consult: for questions with several good answers.',
    parameters: z.object({ topic: someText, models, files, rounds: optionalNumber(1, 5) }),
    conduct: 'guarded',
    title: ({ topic }) => `discuss: ${firstLine(topic)}`,
    async execute({ models: names, rounds, ...order }, { speaker, signal }): Promise<ToolResult> {
      const participants = names.map((model) => ({ model }));
      const result = await discuss(room(), { ...order, participants, limits: { rounds } }, speaker, signal);
      return {
        content: result.text,
        summary: `${result.outcome} after ${inRounds(result.rounds)}`,
        isError: result.outcome === 'failed',
      };
    },
  });
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
