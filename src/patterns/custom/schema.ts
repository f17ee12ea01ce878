/** A pattern as it is written in YAML, key by key, and what becomes of it. Loaded only where one is run or listed. */
import * as z from 'zod';
import type { JsonSchema } from '../../providers/base.ts';
import type { Limits } from '../settings.ts';
import { VOTE_RULES, type VoteRule } from '../vote.ts';
import type { Condition } from './condition.ts';
import type { Template } from './template.ts';

/** Words that name a pattern, a role or a step. */
export const NAME = /^[A-Za-z][\w-]*$/;

const text = z.string().min(1, 'may not be empty');
const name = z
  .string()
  .regex(NAME, 'is no name: it begins with a letter and holds letters, digits, "_" and "-"');
const names = z.union(
  [name, z.array(name).min(1, 'names nobody')],
  'is the name of a role, or a list of them',
);
const models = z.union(
  [text, z.array(text).min(1, 'names nobody')],
  'is a model, a panel, or a list of them',
);
const positive = z.number().positive();

export const patternSchema = z.strictObject({
  name: name.optional(),
  about: text,
  roles: z.record(z.string(), models.nullable()),
  limits: z
    .strictObject({
      rounds: z.int().min(1).max(20).optional(),
      dollars: positive.optional(),
      seconds: positive.optional(),
      tokens: z.int().min(1).optional(),
    })
    .optional(),
  steps: z.array(z.looseObject({})).min(1, 'there is no step'),
  /** Whether those who spoke agree in the end. */
  agreed: text.optional(),
});

/** The kinds of step, by the key that makes them one. */
export const stepSchemas = {
  ask: z.strictObject({
    id: name,
    ask: names,
    prompt: text,
    tools: z.enum(['none', 'read', 'all']).default('none'),
    form: z.enum(['text', 'json']).default('text'),
    schema: z.record(z.string(), z.unknown()).optional(),
    when: text.optional(),
  }),
  vote: z.strictObject({
    id: name,
    vote: z.enum(VOTE_RULES as [VoteRule, ...VoteRule[]]),
    between: name.optional(),
    options: z.array(text).min(2, 'a vote needs at least two options').optional(),
    prompt: text.optional(),
    by: names.optional(),
    judge: name.optional(),
    when: text.optional(),
  }),
  repeat: z.strictObject({
    repeat: z.strictObject({ until: text.optional(), times: z.int().min(1).max(20) }),
    steps: z.array(z.looseObject({})).min(1, 'there is no step'),
    when: text.optional(),
  }),
  parallel: z.strictObject({
    parallel: z.array(z.looseObject({})).min(2, 'one step alone is not parallel'),
    when: text.optional(),
  }),
} as const;

export type StepKind = keyof typeof stepSchemas;
export type WrittenStep<K extends StepKind> = z.output<(typeof stepSchemas)[K]>;
export type WrittenPattern = z.output<typeof patternSchema>;

/** One model is asked, or several at once. */
export interface AskStep {
  kind: 'ask';
  id: string;
  roles: readonly string[];
  prompt: Template;
  tools: 'none' | 'read' | 'all';
  form: 'text' | 'json';
  schema?: JsonSchema;
  when?: Condition;
}

export interface VoteStep {
  kind: 'vote';
  id: string;
  rule: VoteRule;
  /** The step whose answers are voted on. */
  between?: string;
  options?: readonly string[];
  /** What is voted about; the task where left out. */
  prompt: Template;
  by: readonly string[];
  judge?: string;
  when?: Condition;
}

export interface RepeatStep {
  kind: 'repeat';
  until?: Condition;
  times: number;
  steps: readonly Step[];
  when?: Condition;
}

export interface ParallelStep {
  kind: 'parallel';
  steps: readonly Step[];
  when?: Condition;
}

export type Step = AskStep | VoteStep | RepeatStep | ParallelStep;

/** Where a pattern comes from; what comes with a project is not trusted. */
export type PatternSource = 'own' | 'project' | 'shipped';

/** A conversation among models, checked: every role and step that it names is there. */
export interface CustomPattern {
  name: string;
  from: PatternSource;
  about: string;
  /** Models, short names or panels of each role; none where the session's model plays it. */
  roles: ReadonlyMap<string, readonly string[]>;
  limits: Limits;
  steps: readonly Step[];
  agreed?: Condition;
  /** Whether a prompt asks for what the human wants done, or for files. */
  needsTask: boolean;
  readsFiles: boolean;
}
