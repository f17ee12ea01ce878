/** A pipeline of named roles: each gets the task and what the one before handed on, nothing else. */
import type { PatternOutcome } from '../conversation/event.ts';
import { type ModelReference, textOf, userMessage } from '../conversation/message.ts';
import { workerTools } from '../tools/index.ts';
import { gather, layOut } from './delegation/material.ts';
import { Purse, tellEstimate } from './limits.ts';
import { membersOf } from './panel.ts';
import { ask, type Room, roomWithin } from './room.ts';
import type { Limits } from './settings.ts';

export interface HandoffStep {
  /** `plan`, `build`, `review`, or a name of the caller's own. */
  role: string;
  model: string;
  /** What this role does; the usual roles know it. */
  prompt?: string;
  /** `read`: may look at files; `all`: may change them and run commands, after a yes. */
  tools?: 'none' | 'read' | 'all';
  /** Its verdict decides whether the work goes back to the first step. */
  decides?: boolean;
}

export interface HandoffOrder {
  task: string;
  steps: readonly HandoffStep[];
  files?: readonly string[];
  brief?: string;
  /** What was handed on before it was stopped. */
  handed?: HandoffResult['steps'];
  limits?: Limits;
}

export interface HandoffResult {
  id: string;
  outcome: PatternOutcome;
  /** What each step handed on, in order, rounds after one another. */
  steps: { role: string; model: ModelReference; text: string; failure?: string }[];
  rounds: number;
  text: string;
  seconds: number;
  cost?: number;
}

/** What the usual roles do. A plan as the only message of a fresh conversation works best (aider's architect). */
const ROLES: Record<string, string> = {
  plan: 'You plan. Say what to change, where and in which order, so that another can do it without asking back. Write no code but what decides something.',
  build:
    'You carry out a plan that another made, with your tools. Do what it says and no more; where it is wrong, say so. At the end say what you did and what you saw.',
  review:
    'You review what was done against the task and the plan. Look at it yourself. End with a line "Verdict: approve" or "Verdict: change", and before it what is wrong, where, and what to do.',
};
const DECIDING = /verdict\W+(approve|change)/gi;
/** Exchanges of one role at the most. */
export const BUILDING_STEPS = 40;

/** The usual pipeline: one plans, one builds, one reviews. */
export function planBuildReview(models: { plan: string; build: string; review: string }): HandoffStep[] {
  return [
    { role: 'plan', model: models.plan, tools: 'read' },
    { role: 'build', model: models.build, tools: 'all' },
    { role: 'review', model: models.review, tools: 'read', decides: true },
  ];
}

/** @throws {Failure} where it cannot begin: no such model, no such file. */
export async function handoff(
  outer: Room,
  order: HandoffOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<HandoffResult> {
  const steps = await Promise.all(
    order.steps.map(async (step) => ({
      ...step,
      model: (await membersOf(outer, [step.model], {}, 1, signal))[0]!,
    })),
  );
  const id = outer.nextId('h');
  const purse = new Purse(outer, { rounds: 1, ...outer.limits, ...order.limits }, signal);
  const room = purse.watch(roomWithin(outer, id));
  const material = [layOut(await gather(room, order.files ?? [], signal), true), order.brief]
    .filter(Boolean)
    .join('\n\n');
  const models = steps.map(({ model }) => model);
  await tellEstimate(outer, purse.limits, {
    models,
    text: material + order.task,
    rounds: purse.limits.rounds ?? 1,
  });
  const { clock } = room.door;
  const started = clock.now();
  const roles = steps.map(({ role, model }) => ({ role, model }));
  outer.door.emit({ type: 'pattern.started', pattern: id, name: 'handoff', by, task: order.task, roles });

  const handed = (order.handed ?? []).filter(({ failure }) => failure === undefined);
  const result: HandoffResult = { id, outcome: 'done', steps: handed, rounds: 0, text: '', seconds: 0 };
  const first = Math.floor(handed.length / steps.length) + 1;
  const rounds = Math.max(first, purse.limits.rounds ?? 1);
  for (let round = first, more = true; more; round++) {
    result.rounds = round;
    const verdict = await goThrough({
      room,
      outer,
      id,
      order,
      steps,
      done: round === first ? handed.length % steps.length : 0,
      material,
      result,
      round,
      signal: purse.signal,
    });
    if (verdict === 'approve') result.outcome = 'agreed';
    if (verdict === 'change') result.outcome = 'dissent';
    if (verdict === 'failed') result.outcome = 'failed';
    more = verdict === 'change' && round < rounds && (await goesOn(room, round, purse.signal));
  }
  purse.close();
  if (purse.exhausted) result.outcome = 'limit';
  if (signal.aborted) result.outcome = 'stopped';
  result.text = result.steps
    .map(({ role, model, text, failure }) => `${role} (${model}):\n${failure ? `[${failure}] ` : ''}${text}`)
    .join('\n\n');
  if (purse.exhausted) result.text += `\n\n[stopped: ${purse.exhausted}]`;
  result.seconds = (clock.now() - started) / 1000;
  result.cost = purse.cost;
  const { outcome, text, seconds, cost } = result;
  outer.door.emit({
    type: 'pattern.ended',
    pattern: id,
    name: 'handoff',
    outcome,
    text,
    rounds: result.rounds,
    seconds,
    cost,
  });
  return result;
}

interface Passage {
  room: Room;
  outer: Room;
  id: string;
  order: HandoffOrder;
  steps: (HandoffStep & { model: ModelReference })[];
  /** Steps of this round that were gone through before a stop. */
  done: number;
  material: string;
  result: HandoffResult;
  round: number;
  signal: AbortSignal;
}

/** Every role once. @returns the last verdict, where one decides. */
async function goThrough(passage: Passage): Promise<'approve' | 'change' | 'failed' | undefined> {
  const { room, outer, id, order, steps, done, material, result, round, signal } = passage;
  let verdict: 'approve' | 'change' | undefined;
  for (const step of steps.slice(done)) {
    const { role, model } = step;
    outer.door.emit({ type: 'pattern.step', pattern: id, title: role, model, round });
    const last = result.steps.at(-1);
    const handed = last && `${last.role} handed this on:\n${last.text}`;
    const plan =
      round > 1 || steps.indexOf(step) > 1
        ? result.steps.find(({ role: first }) => first === steps[0]!.role)
        : undefined;
    const parts = [
      material,
      `Task: ${order.task}`,
      plan && plan !== last && `${plan.role} said at first:\n${plan.text}`,
      handed,
      room.human.heardBy(model),
    ];
    const messages = [userMessage(parts.filter(Boolean).join('\n\n'))];
    const system =
      step.prompt ??
      ROLES[role] ??
      `You are the ${role} in a piece of work that goes from hand to hand. Do your part, and hand on what the next needs.`;
    const said = await ask(
      room,
      { model, system, messages, tools: toolsOf(room, step), steps: BUILDING_STEPS },
      signal,
    );
    const text = said.message ? textOf(said.message) : '';
    result.steps.push({ role, model, text, failure: said.failure?.message });
    if (said.failure) return 'failed';
    if (step.decides) verdict = verdictIn(text);
  }
  return verdict;
}

/** The last one counts: a review may quote another. Without a verdict nothing is approved. */
export function verdictIn(text: string): 'approve' | 'change' {
  return [...text.matchAll(DECIDING)].at(-1)?.[1]?.toLowerCase() === 'approve' ? 'approve' : 'change';
}

/** A role that builds has what the leader has, but for the patterns: it does the work itself. */
export function toolsOf({ bench }: Room, { tools = 'none' }: Pick<HandoffStep, 'tools'>) {
  if (tools === 'none') return [];
  if (tools === 'read')
    return [
      ...workerTools(),
      ...[...bench.tools.values()].filter(({ name }) => /^git_(status|diff|log|show)$/.test(name)),
    ];
  return [...bench.tools.values()].filter(({ name }) => !PATTERN_TOOLS.has(name));
}

const PATTERN_TOOLS = new Set(['delegate', 'judge', 'consult', 'refine', 'discuss']);

async function goesOn({ steer, human }: Room, round: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  if (!steer) return true;
  const wanted = await steer(`Round ${round} ended with changes wanted.`, signal);
  if (wanted.answer === 'say') human.say(wanted.text);
  return wanted.answer !== 'end';
}
