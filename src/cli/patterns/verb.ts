/** What the human may have models do together: the same words on the command line and in the REPL. */

import type { PatternOptions } from '../../agent/patterns.ts';
import type { CodingAgent } from '../../agent.ts';
import { Failure } from '../../conversation/failure.ts';
import type { Limits } from '../../patterns/settings.ts';
import { type OptionSpecs, readPositive, readWhole, type Values } from '../options.ts';

/** What was asked. */
export interface Asked<O extends OptionSpecs> {
  /** The question, the task or the topic. */
  text: string;
  /** What the models read: `src/a.ts`, `src/a.ts:10-80`. */
  files: string[];
  values: Values<O>;
}

/** What came of it. */
export interface Came {
  id: string;
  outcome: string;
  /** Whether a script may go on. */
  good: boolean;
  /** For a human or another program to read. */
  answer: string;
  /** All of the answer was said aloud, so that who watched has read it. */
  watched?: boolean;
  seconds: number;
  /** All of it, for `--output-format json`. */
  result: object;
}

export interface PatternVerb<O extends OptionSpecs = OptionSpecs> {
  name: string;
  /** What is asked, in a word: `question`. */
  argument: string;
  summary: string;
  /** Beside {@link FILES}. */
  options: O;
  examples: readonly string[];
  /** @throws {Failure} where it cannot begin. */
  run(agent: ConversingAgent, asked: Asked<O>, options: PatternOptions): Promise<Came>;
}

/** What the patterns need of a `CodingAgent`. */
export type ConversingAgent = Pick<
  CodingAgent,
  'workspace' | 'consult' | 'refine' | 'discuss' | 'handoff' | 'route' | 'delegate'
>;

/** Keeps the types of the options, so that `run` knows what was written for each. */
export function verb<const O extends OptionSpecs>(spec: PatternVerb<O>): PatternVerb {
  return spec as unknown as PatternVerb;
}

export const MODELS = {
  model: {
    type: 'string',
    short: 'm',
    multiple: true,
    value: 'MODEL',
    about: 'who takes part: a model or a panel; left out, one model of each provider',
  },
} as const satisfies OptionSpecs;

export const FILES = {
  files: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    about: 'what they read: src/a.ts, or lines of it, src/a.ts:10-80',
  },
} as const satisfies OptionSpecs;

export const LIMITS = {
  dollars: { type: 'string', value: 'N', about: 'stop when so much is spent' },
  seconds: { type: 'string', value: 'N', about: 'stop after this time' },
  tokens: { type: 'string', value: 'N', about: 'stop after so many tokens' },
} as const satisfies OptionSpecs;

export const ROUNDS = {
  rounds: { type: 'string', value: 'N', about: 'rounds at the most' },
} as const satisfies OptionSpecs;

/** @throws {Failure} `usage` */
export function readLimits(values: Values<typeof LIMITS & typeof ROUNDS>): Limits {
  const { rounds, dollars, seconds, tokens } = values;
  return {
    ...(rounds !== undefined && { rounds: readWhole('--rounds', rounds) }),
    ...(dollars !== undefined && { dollars: readPositive('--dollars', dollars) }),
    ...(seconds !== undefined && { seconds: readPositive('--seconds', seconds) }),
    ...(tokens !== undefined && { tokens: readPositive('--tokens', tokens) }),
  };
}

/** Seconds, tokens and the like that may be left out. @throws {Failure} `usage` */
export function readAmount(option: string, written: string | undefined): number | undefined {
  return written === undefined ? undefined : readPositive(option, written);
}

/** Whom the human named: commas between, or one for each. */
export function modelsIn(written: readonly string[] | undefined): string[] | undefined {
  return written?.flatMap((models) => models.split(',')).map((model) => model.trim());
}

/** `for=sonnet`: several of one kind in the order written. @throws {Failure} `usage` */
export function readPairs(
  option: string,
  written: readonly string[] = [],
): { name: string; value: string }[] {
  return written.map((one) => {
    const [, name, value] = /^([\w-]+)=(.+)$/.exec(one) ?? [];
    if (name && value) return { name, value: value.trim() };
    throw new Failure('usage', `${option} takes name=MODEL, not "${one}".`);
  });
}

/** The endings with which a script may go on: a dissent is an answer too. */
export function endedWell(outcome: string): boolean {
  return outcome === 'done' || outcome === 'agreed' || outcome === 'dissent';
}
