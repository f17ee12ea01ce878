/** Patterns written in TypeScript: a function that converses, inside the same frame as those in YAML. */
import { pathToFileURL } from 'node:url';
import type { PatternOutcome, VoteReport } from '../../conversation/event.ts';
import type { Exchanged } from '../../conversation/exchange.ts';
import { Failure } from '../../conversation/failure.ts';
import { type ModelReference, textOf } from '../../conversation/message.ts';
import { patternEnded, patternStarted, runFramed, type Stage } from '../frame.ts';
import type { Listener } from '../human.ts';
import { limitsOf } from '../limits.ts';
import { memberOf, membersOf } from '../panel.ts';
import { ask, prompt, type Question, type Room, wordsOf } from '../room.ts';
import { holdVote, type VoteOrder } from '../vote.ts';
import type { CustomOrder, CustomResult } from './order.ts';
import type { Voice } from './said.ts';

/** The room of a pattern in TypeScript, with what it needs to converse. */
export interface PatternRoom extends Room {
  /**
   * Asks one model; `as` names its role for the human, who may call it by that. What goes wrong is in the result; what was
   * answered before the pattern was stopped is not asked again.
   */
  ask(question: Question & { as?: string }): Promise<Exchanged & { text: string }>;
  /** Lets models choose between options, or between answers. */
  vote(
    order: VoteOrder & {
      question: string;
      voters: readonly ModelReference[];
      answers?: readonly { model: ModelReference; text: string }[];
    },
  ): Promise<VoteReport>;
  /** The models that references, short names and panels stand for. */
  models(...names: string[]): Promise<ModelReference[]>;
}

/** What such a pattern exports by default. What it returns is its answer. */
export type PatternFunction = (
  room: PatternRoom,
  order: CustomOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
) => Promise<string | { text: string; outcome?: PatternOutcome }>;

/** @throws {Failure} `bad-config` where the file cannot be run or exports no function. */
export async function loadCode(path: string, shown: string): Promise<PatternFunction> {
  let exported: { default?: unknown };
  try {
    exported = await import(/* @vite-ignore */ pathToFileURL(path).href);
  } catch (error) {
    throw new Failure('bad-config', `${shown} cannot be loaded: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (typeof exported.default === 'function') return exported.default as PatternFunction;
  throw new Failure(
    'bad-config',
    `${shown} exports no function by default: export default async (room, order, by, signal) => …`,
  );
}

/** @throws {Failure} where it is too deep inside other patterns. */
export async function runCode(
  outer: Room,
  { name, run }: { name: string; run: PatternFunction },
  order: CustomOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<CustomResult> {
  const task = order.task ?? '';
  /** Whoever it may ask, as soon as it has asked for their names. */
  const cast: Listener[] = [];
  return runFramed(
    outer,
    {
      letter: 'p',
      cast,
      limits: limitsOf(outer, order.limits),
      calls: [],
      begins: patternStarted(name, by, task, []),
    },
    signal,
    (stage) => {
      const steps: Voice[] = [];
      const votes: CustomResult['votes'] = [];
      let answer = '';
      let outcome: PatternOutcome = 'done';
      return {
        async run() {
          const said = await run(roomFor(stage, cast, steps, votes), order, by, stage.signal);
          const isText = typeof said === 'string';
          if (!isText && typeof said?.text !== 'string')
            throw new Failure('bad-config', `${name} returned neither a text nor an object with a text.`);
          answer = isText ? said : said.text;
          outcome = (isText ? undefined : said.outcome) ?? 'done';
        },
        ending() {
          const kept = steps.map(({ model, text }) => `${model}:\n${text}`).join('\n\n');
          return { name, outcome, steps, votes, answer, rounds: 0, text: answer || kept };
        },
      };
    },
    patternEnded(name),
  );
}

function roomFor(
  { room, step, id, signal }: Stage,
  cast: Listener[],
  steps: Voice[],
  votes: CustomResult['votes'],
): PatternRoom {
  return {
    ...room,
    async ask({ as, ...question }) {
      const { model } = question;
      const role = as ?? model;
      step(role, { model });
      const said = await heardBy(room, { ...question, role: as }, signal);
      const text = wordsOf(said);
      steps.push({ step: role, role, model, text, failure: said.failure?.message });
      return { ...said, text };
    },
    async vote({ answers = [], judge, ...order }) {
      const chair = judge === undefined ? undefined : await memberOf(room, judge, signal);
      const report = await holdVote(room, { ...order, judge: chair, answers, pattern: id }, signal);
      votes.push({ step: 'vote', vote: report });
      return report;
    },
    async models(...names) {
      const found = await membersOf(room, names, signal);
      cast.push(...found.map((model) => ({ model })));
      return found;
    },
  };
}

/** As {@link prompt}, for a conversation that ends with words of the pattern. */
async function heardBy(
  room: Room,
  { messages, ...question }: Question & { role?: string },
  signal: AbortSignal,
): Promise<Exchanged> {
  const last = messages.at(-1);
  if (last?.role !== 'user') return ask(room, { messages, ...question }, signal);
  const images = last.parts.filter((part) => part.type === 'image');
  const parts = [{ text: textOf(last), images }];
  const leave = room.human.admit([question]);
  return prompt(room, { ...question, earlier: messages.slice(0, -1), parts }, signal).finally(leave);
}
