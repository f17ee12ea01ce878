/** Checks the names in prompts and conditions, where each of them stands. */
import type { KeyPath } from '../../yaml/fault.ts';
import { offerOf } from '../../yaml/schema-fault.ts';
import { type Condition, ConditionFault, parseCondition, type Question, questionsIn } from './condition.ts';
import { PatternFault, type Scope } from './scope.ts';
import { parseTemplate, type Slot, slotsIn, type Template, TemplateFault, VARIABLES } from './template.ts';

/** @throws {PatternFault} where the prompt names what is not there, or not there yet. */
export function readPrompt(text: string, path: KeyPath, scope: Scope): Template {
  let template: Template;
  try {
    template = parseTemplate(text);
  } catch (error) {
    if (!(error instanceof TemplateFault)) throw error;
    const { message, at, token } = error;
    throw new PatternFault(path, `${message}.`, { inside: { at, token } });
  }
  for (const slot of slotsIn(template)) {
    const why = wrongWith(slot, scope);
    if (why)
      throw new PatternFault(path, `${slot.raw}: ${why}`, { inside: { at: slot.at, token: slot.raw } });
  }
  return template;
}

function wrongWith({ name, part, optional, raw }: Slot, scope: Scope): string | undefined {
  if (name === 'round' && scope.repeats === 0) return 'rounds are only counted inside a repeat.';
  if (VARIABLES.includes(name))
    return part === undefined ? undefined : `${name} has no parts; write {{${name}}}.`;
  const unknown = unknownStep(name, scope);
  if (unknown) return unknown;
  if (!scope.spoken.has(name)) {
    const later = `${name} has not spoken yet when this is asked`;
    if (!scope.inRepeat.includes(name)) return `${later}: it comes later, or at the same time.`;
    const offer = raw.replace(/\s*\}\}$/, '?}}');
    if (!optional) return `${later} in the first round. Write ${offer}, which is empty then.`;
  }
  return part === undefined ? undefined : wrongPart(name, part, scope, ['winner']);
}

/** @throws {PatternFault} */
export function readCondition(text: string, path: KeyPath, scope: Scope): Condition {
  let condition: Condition;
  try {
    condition = parseCondition(text);
  } catch (error) {
    if (!(error instanceof ConditionFault)) throw error;
    const { message, at, token } = error;
    // At its end nothing stands any more that could be pointed to: the last word is the nearest.
    const inside =
      token === ''
        ? { at: text.search(/\S+\s*$/), token: /(\S+)\s*$/.exec(text)?.[1] ?? text }
        : { at, token };
    const column = token === '' ? text.length : at;
    throw new PatternFault(path, `column ${column + 1} of the condition: ${message}.`, { inside });
  }
  for (const question of questionsIn(condition)) {
    const why = wrongQuestion(question, scope);
    const token = question.op === 'round' ? 'round' : question.step;
    if (why) throw new PatternFault(path, why, { inside: { at: question.at, token } });
  }
  return condition;
}

function wrongQuestion(question: Question, scope: Scope): string | undefined {
  if (question.op === 'round')
    return scope.repeats === 0 ? 'rounds are only counted inside a repeat.' : undefined;
  const { step, op } = question;
  const unknown = unknownStep(step, scope);
  if (unknown) return unknown;
  if (!scope.spoken.has(step) && !scope.inRepeat.includes(step))
    return `${step} has not spoken yet: it comes later, or at the same time.`;
  const isVote = 'vote' in scope.all.get(step)!;
  if ((op === 'winner' || op === 'tied') && !isVote) return `${step} is no vote, so nobody wins it.`;
  if (op === 'approved' && isVote) return `${step} is a vote; ask for ${step}.winner is "…".`;
  if (op === 'contains' && question.role !== undefined) return wrongPart(step, question.role, scope, []);
  return op === 'winner' ? wrongWinner(step, question.name, scope) : undefined;
}

function wrongWinner(step: string, name: string, { all, spoken }: Scope): string | undefined {
  const vote = all.get(step)!;
  if (!('vote' in vote)) return undefined;
  const asked = vote.between === undefined ? undefined : (all.get(vote.between) ?? spoken.get(vote.between));
  // A model wins as well as its role, and which models there are is not known yet.
  const names = vote.options ?? (asked && 'ask' in asked ? [asked.ask].flat() : []);
  if (names.includes(name) || (!vote.options && name.includes(':'))) return undefined;
  return `"${name}" cannot win ${step}. ${offerOf(name, names)}`;
}

function unknownStep(name: string, { all, roles }: Scope): string | undefined {
  if (all.has(name)) return undefined;
  const isRole = roles.includes(name) ? ` (${name} is a role; what it said goes by the step's name)` : '';
  return `there is no step ${name}${isRole}. ${offerOf(name, [...all.keys(), ...VARIABLES])}`;
}

function wrongPart(name: string, part: string, { all }: Scope, more: string[]): string | undefined {
  const step = all.get(name)!;
  if ('vote' in step)
    return more.includes(part) ? undefined : `${name} is a vote and has no ${part}; it has a winner.`;
  const roles = [step.ask].flat();
  return roles.includes(part) ? undefined : `${part} is not asked in ${name}. ${offerOf(part, roles)}`;
}
