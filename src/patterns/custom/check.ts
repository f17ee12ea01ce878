/** Checks what the steps of a pattern say: that every role and step they name is there, and was there before them. */
import { z } from 'zod';
import type { KeyPath } from '../../yaml/fault.ts';
import { faultOf, offerOf } from '../../yaml/schema-fault.ts';
import { CONDITION_WORDS } from './condition.ts';
import { readCondition, readPrompt } from './names.ts';
import {
  type AskStep,
  type ParallelStep,
  type RepeatStep,
  type Step,
  type StepKind,
  stepSchemas,
  type VoteStep,
  type WrittenStep,
} from './schema.ts';
import { PatternFault, type Scope } from './scope.ts';
import { VARIABLES } from './template.ts';

const KINDS = Object.keys(stepSchemas) as StepKind[];
/** Steps of a pattern at the most, and repeats inside repeats. */
const MOST_STEPS = 50;
const DEEPEST = 3;
const DEEPEST_PATH = 20;

/** @throws {PatternFault} */
export function checkSteps(
  written: readonly object[],
  roles: readonly string[],
): { steps: Step[]; scope: Scope } {
  const all: Map<string, WrittenStep<'ask'> | WrittenStep<'vote'>> = new Map();
  for (const { step, path } of stepsIn(written, ['steps'])) {
    if (!('id' in step)) continue;
    if (CONDITION_WORDS.includes(step.id) || VARIABLES.includes(step.id))
      throw new PatternFault(
        [...path, 'id'],
        `a step cannot be called ${step.id}, which means something else.`,
      );
    if (all.has(step.id)) throw new PatternFault([...path, 'id'], `there are two steps called ${step.id}.`);
    all.set(step.id, step);
  }
  if (all.size > MOST_STEPS) throw new PatternFault(['steps'], `there are more than ${MOST_STEPS} steps.`);
  const scope: Scope = { roles, spoken: new Map(), inRepeat: [], all, repeats: 0, parallel: false };
  return inOrder(written, ['steps'], scope);
}

function inOrder(written: readonly object[], path: KeyPath, before: Scope): { steps: Step[]; scope: Scope } {
  let scope = before;
  const steps = written.map((one, place) => {
    const step = stepOf(one, [...path, place], scope);
    scope = { ...scope, spoken: new Map([...scope.spoken, ...speakersIn(step)]) };
    return step;
  });
  return { steps, scope };
}

function stepOf(written: object, path: KeyPath, scope: Scope): Step {
  const { kind, step } = readStep(written, path);
  const when = step.when === undefined ? undefined : readCondition(step.when, [...path, 'when'], scope);
  switch (kind) {
    case 'ask':
      return { ...askOf(step as WrittenStep<'ask'>, path, scope), when };
    case 'vote':
      return { ...voteOf(step as WrittenStep<'vote'>, path, scope), when };
    case 'repeat':
      return { ...repeatOf(step as WrittenStep<'repeat'>, path, scope), when };
    case 'parallel':
      return { ...parallelOf(step as WrittenStep<'parallel'>, path, scope), when };
  }
}

function askOf(step: WrittenStep<'ask'>, path: KeyPath, scope: Scope): AskStep {
  const { id, tools, form, schema } = step;
  const roles = rolesOf(step.ask, [...path, 'ask'], scope);
  if (tools === 'all' && (roles.length > 1 || scope.parallel))
    throw new PatternFault(
      [...path, 'tools'],
      'models at work at the same time would write over each other: let one alone have all tools.',
    );
  if (schema && form !== 'json')
    throw new PatternFault([...path, 'schema'], 'a schema needs "form: json" beside it.', { inKey: true });
  if (schema) checkSchema(schema, [...path, 'schema']);
  const prompt = readPrompt(step.prompt, [...path, 'prompt'], scope);
  return { kind: 'ask', id, roles, prompt, tools, form, schema };
}

/** A schema that cannot be read would only be found out when the answer is there. */
function checkSchema(schema: object, path: KeyPath): void {
  try {
    z.fromJSONSchema(schema as never);
  } catch (error) {
    throw new PatternFault(path, `this is no JSON schema: ${(error as Error).message}.`);
  }
}

function voteOf(step: WrittenStep<'vote'>, path: KeyPath, scope: Scope): VoteStep {
  const { id, vote: rule, between, options, judge } = step;
  if ((between === undefined) === (options === undefined))
    throw new PatternFault(path, `the vote ${id} needs either "between" or "options".`);
  if (rule === 'judge' && judge === undefined)
    throw new PatternFault([...path, 'vote'], 'a judge decides: name the role with "judge".');
  if (judge !== undefined) rolesOf(judge, [...path, 'judge'], scope);
  const authors = between === undefined ? scope.roles : authorsOf(between, [...path, 'between'], scope);
  const by = step.by === undefined ? authors : rolesOf(step.by, [...path, 'by'], scope);
  const prompt = readPrompt(step.prompt ?? '{{task}}', [...path, step.prompt ? 'prompt' : 'id'], scope);
  return { kind: 'vote', id, rule, between, options, prompt, by, judge };
}

function authorsOf(id: string, path: KeyPath, { spoken, all }: Scope): readonly string[] {
  const step = spoken.get(id);
  if (step?.kind === 'ask') return step.roles;
  if (step) throw new PatternFault(path, `${id} is a vote; what is voted on is what a step with "ask" said.`);
  if (all.has(id)) throw new PatternFault(path, `${id} has not spoken yet: it comes later.`);
  throw new PatternFault(path, `there is no step ${id}. ${offerOf(id, [...spoken.keys()])}`);
}

function repeatOf({ repeat, steps }: WrittenStep<'repeat'>, path: KeyPath, scope: Scope): RepeatStep {
  if (scope.repeats === DEEPEST) throw new PatternFault(path, `repeats go no deeper than ${DEEPEST}.`);
  const own = [...stepsIn(steps, [...path, 'steps'])].flatMap(({ step }) => ('id' in step ? [step.id] : []));
  const inside = { ...scope, inRepeat: [...scope.inRepeat, ...own], repeats: scope.repeats + 1 };
  const body = inOrder(steps, [...path, 'steps'], inside);
  const until =
    repeat.until === undefined
      ? undefined
      : readCondition(repeat.until, [...path, 'repeat', 'until'], body.scope);
  return { kind: 'repeat', until, times: repeat.times, steps: body.steps };
}

/** They do not hear each other. */
function parallelOf({ parallel }: WrittenStep<'parallel'>, path: KeyPath, scope: Scope): ParallelStep {
  const inside = { ...scope, parallel: true };
  const steps = parallel.map((one, place) => stepOf(one, [...path, 'parallel', place], inside));
  return { kind: 'parallel', steps };
}

function rolesOf(written: string | string[], path: KeyPath, { roles }: Scope): string[] {
  const names = [written].flat();
  for (const [place, role] of names.entries()) {
    const where = Array.isArray(written) ? [...path, place] : path;
    if (!roles.includes(role))
      throw new PatternFault(where, `there is no role ${role}. ${offerOf(role, [...roles])}`);
    if (names.indexOf(role) !== place) throw new PatternFault(where, `${role} is named twice.`);
  }
  return names;
}

/** Which kind a step is of, and what it says. @throws {PatternFault} */
function readStep(written: object, path: KeyPath): { kind: StepKind; step: WrittenStep<StepKind> } {
  const kinds = KINDS.filter((kind) => kind in written);
  const [kind] = kinds;
  if (!kind) throw new PatternFault(path, `a step has one of: ${KINDS.join(', ')}.`);
  if (kinds.length > 1)
    throw new PatternFault([...path, kinds[1]!], `a step has either ${kinds.join(' or ')}.`, { inKey: true });
  const schema = stepSchemas[kind];
  const parsed = schema.safeParse(written);
  if (parsed.success) return { kind, step: parsed.data };
  const fault = faultOf(parsed.error, written, schema);
  throw new PatternFault([...path, ...fault.path], fault.message, { inKey: fault.inKey });
}

/** All written steps, those inside others too. */
function* stepsIn(
  written: readonly object[],
  path: KeyPath,
): Generator<{ step: WrittenStep<StepKind>; path: KeyPath }> {
  // An alias in YAML may lead back into itself.
  if (path.length > DEEPEST_PATH) throw new PatternFault([], 'steps stand inside steps without end.');
  for (const [place, one] of written.entries()) {
    const here = [...path, place];
    const { step } = readStep(one, here);
    yield { step, path: here };
    if ('parallel' in step) yield* stepsIn(step.parallel, [...here, 'parallel']);
    if ('repeat' in step) yield* stepsIn(step.steps, [...here, 'steps']);
  }
}

/** The steps that have a voice of their own, by name. */
export function speakersIn(step: Step): [string, AskStep | VoteStep][] {
  return 'id' in step ? [[step.id, step]] : step.steps.flatMap(speakersIn);
}
