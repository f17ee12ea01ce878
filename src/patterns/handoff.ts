/** A pipeline of named roles: each gets the task and what the one before handed on, nothing else. */
import type { PatternOutcome } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { AnyTool } from '../tools/base.ts';
import { workerTools } from '../tools/index.ts';
import { delegateTool } from './delegation/tool.ts';
import {
  type Closing,
  ENDED_BY_HUMAN,
  patternEnded,
  patternStarted,
  runFramed,
  type Stage,
} from './frame.ts';
import { limitsOf } from './limits.ts';
import { type Material, materialOf } from './material.ts';
import { memberOf } from './panel.ts';
import { goesOn, paragraphs, prompt, type Room, wordsOf } from './room.ts';
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
  limits?: Limits;
}

/** What a step handed on. */
export interface Handed {
  role: string;
  model: ModelReference;
  text: string;
  failure?: string;
}

export interface HandoffResult extends Closing {
  /** In order, rounds after one another. */
  steps: Handed[];
  rounds: number;
}

/** What the usual roles do. A plan as the only message of a fresh conversation works best (aider's architect). */
const ROLES: Record<string, string> = {
  plan: 'You plan. Say what to change, where and in which order, so that another can do it without asking back. Write no code but what decides something.',
  build:
    'You carry out a plan that another made, with your tools. Do what it says and no more; where it is wrong, say so. At the end say what you did and what you saw.',
  review:
    'You review what was done against the task and the plan. Look at it yourself. End with a line "Verdict: approve" or "Verdict: change", and before it what is wrong, where, and what to do.',
};
const VERDICT =
  'End with a line "Verdict: approve" or "Verdict: change", and before it what is wrong, where, and what to do.';
const DECIDING = /(?<!\bno )\bverdict\W+(approve|change)\b/i;
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

/** A step whose model is known. */
type SettledStep = HandoffStep & { model: ModelReference };

/** @throws {Failure} where it cannot begin: no step, no such model, no such file. */
export async function handoff(
  outer: Room,
  order: HandoffOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<HandoffResult> {
  if (order.steps.length === 0)
    throw new Failure('usage', 'A handoff needs at least one step: a role and the model that plays it.');
  const [steps, files] = await Promise.all([
    Promise.all(
      order.steps.map(async (step) => ({ ...step, model: await memberOf(outer, step.model, signal) })),
    ),
    materialOf(outer, order.files, signal),
  ]);
  const material = { ...files, text: paragraphs(files.text, order.brief) };
  const limits = limitsOf(outer, order.limits, { rounds: 1 });
  const rounds = limits.rounds ?? 1;
  const text = material.text + order.task;
  return runFramed(
    outer,
    {
      letter: 'h',
      cast: steps,
      limits,
      calls: steps.map(({ model }) => ({ model, text, replies: 2, times: rounds })),
      begins: patternStarted(
        'handoff',
        by,
        order.task,
        steps.map(({ role, model }) => ({ role, model })),
      ),
    },
    signal,
    (stage) => {
      const pipeline = { stage, task: order.task, steps, material, handed: [] as Handed[] };
      let [outcome, round]: [PatternOutcome, number] = ['done', 0];
      let why: string | undefined;
      return {
        async run() {
          for (let more = true; more; ) {
            outcome = await goThrough(pipeline, ++round);
            more = outcome === 'dissent' && round < rounds && !stage.over();
            if (!more) break;
            more = await goesOn(stage.room, `Round ${round} ended with changes wanted.`, stage.signal);
            if (!more) why = ENDED_BY_HUMAN;
          }
        },
        ending: () => ({ outcome, steps: pipeline.handed, rounds: round, text: told(pipeline.handed), why }),
      };
    },
    patternEnded('handoff'),
  );
}

interface Pipeline {
  stage: Stage;
  task: string;
  steps: readonly SettledStep[];
  material: Material;
  /** By all so far. */
  handed: Handed[];
}

/** Every role once. @returns what came of it: where no role decides, it is done. */
async function goThrough(pipeline: Pipeline, round: number): Promise<PatternOutcome> {
  const { stage, steps, handed } = pipeline;
  const { room, signal, step: begin } = stage;
  let outcome: PatternOutcome = 'done';
  for (const step of steps) {
    if (stage.over()) return 'failed';
    const { role, model } = step;
    begin(role, { model, round });
    const said = await prompt(
      room,
      {
        model,
        role,
        system: systemFor(step),
        parts: partsFor(pipeline, step),
        tools: toolsOf(room, step),
        steps: BUILDING_STEPS,
      },
      signal,
    );
    const text = wordsOf(said);
    handed.push({ role, model, text, failure: said.failure?.message });
    if (said.failure) return 'failed';
    if (step.decides) outcome = verdictIn(text) === 'approve' ? 'agreed' : 'dissent';
  }
  return outcome;
}

function systemFor({ role, prompt: own, decides }: HandoffStep): string {
  const system =
    own ??
    ROLES[role] ??
    `You are the ${role} in a piece of work that goes from hand to hand. Do your part, and hand on what the next needs.`;
  return decides && !/verdict/i.test(system) ? `${system}\n${VERDICT}` : system;
}

/** The task, what the one before handed on, and the plan where that is not the same: nothing else. */
function partsFor({ task, steps, material, handed }: Pipeline, step: SettledStep) {
  const last = handed.at(-1);
  const plan = step === steps[0] ? undefined : handed.findLast(({ role }) => role === steps[0]!.role);
  return [
    material,
    `Task: ${task}`,
    plan && plan !== last && `${plan.role} said:\n${plan.text}`,
    last && `${last.role} handed this on:\n${last.text}`,
  ];
}

function told(handed: readonly Handed[]): string {
  return paragraphs(
    ...handed.map(
      ({ role, model, text, failure }) => `${role} (${model}):\n${failure ? `[${failure}] ` : ''}${text}`,
    ),
  );
}

/** The first of the last line that has one: a review may quote another. Without a verdict nothing is approved. */
export function verdictIn(text: string): 'approve' | 'change' {
  const own = text.split('\n').filter((line) => !/^\s*>/.test(line));
  const lines = own.flatMap((line) => DECIDING.exec(line)?.[1]?.toLowerCase() ?? []);
  return lines.at(-1) === 'approve' ? 'approve' : 'change';
}

/** A role that builds has what the leader has; of the patterns it may only delegate, from where it stands. */
export function toolsOf(room: Room, { tools = 'none' }: Pick<HandoffStep, 'tools'>): AnyTool[] {
  if (tools === 'none') return [];
  const all = [...room.bench.tools.values()];
  if (tools === 'read')
    return [...workerTools(), ...all.filter(({ name }) => /^git_(status|diff|log|show)$/.test(name))];
  const own = all.filter(({ name }) => !PATTERN_TOOLS.has(name));
  return all.some(({ name }) => name === 'delegate') ? [...own, delegateTool(() => room)] : own;
}

const PATTERN_TOOLS = new Set(['delegate', 'judge', 'consult', 'refine', 'discuss']);
