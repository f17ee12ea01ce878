/** Runs a pattern that was written in YAML: its steps from top to bottom, each heard by those after it. */
import type { PatternOutcome } from '../../conversation/event.ts';
import { Failure } from '../../conversation/failure.ts';
import type { ModelReference } from '../../conversation/message.ts';
import type { Call } from '../estimate.ts';
import { ENDED_BY_HUMAN, inRounds, patternEnded, patternStarted, runFramed } from '../frame.ts';
import { limitsOf } from '../limits.ts';
import { materialOf } from '../material.ts';
import { goesOn, paragraphs, type Room } from '../room.ts';
import type { Limits } from '../settings.ts';
import { voteTold } from '../vote.ts';
import { castOf } from './cast.ts';
import { type Facts, isTrue, printCondition } from './condition.ts';
import type { CustomEnding, CustomOrder, CustomResult } from './order.ts';
import { Said } from './said.ts';
import type { CustomPattern, RepeatStep, Step } from './schema.ts';
import { askAll, bareText, type Play, vote } from './steps.ts';

/** @throws {Failure} where it cannot begin: no task, no such role, model or file. */
export async function runCustomPattern(
  outer: Room,
  pattern: CustomPattern,
  order: CustomOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<CustomResult> {
  const { name } = pattern;
  const task = order.task?.trim() ?? '';
  if (task === '' && pattern.needsTask)
    throw new Failure('usage', `Say what ${name} is to do: parley pattern ${name} "…"`);
  if (order.files?.length && !pattern.readsFiles)
    throw new Failure('usage', `${name} reads no files: none of its prompts has {{files}} in it.`);
  const [cast, material] = await Promise.all([
    castOf(outer, pattern, order, signal),
    materialOf(outer, order.files, signal),
  ]);
  const limits = limitsOf({ limits: limitsFrom(outer, pattern) }, order.limits);
  const roles = [...cast].flatMap(([role, models]) => models.map((model) => ({ role, model })));
  return runFramed(
    outer,
    {
      letter: 'p',
      cast: roles,
      limits,
      calls: callsOf(pattern, cast, { task, material }, limits),
      begins: patternStarted(name, by, task, roles),
    },
    signal,
    (stage) => {
      const play: Play = { pattern, stage, cast, said: new Said(), task, material };
      const course: Course = { rounds: 0, failed: false, unmet: new Map() };
      return {
        async run() {
          course.failed = !(await inOrder(play, pattern.steps, limits, course));
        },
        ending: () => endingOf(play, course),
      };
    },
    patternEnded(name),
  );
}

/** What became of the steps as a whole. */
interface Course {
  rounds: number;
  failed: boolean;
  /** The human ended a repeat, and with it the pattern. */
  ended?: boolean;
  /** What each repeat waited for in vain. */
  unmet: Map<RepeatStep, string>;
  met?: boolean;
}

/** @returns false where a step has nobody left who answers, which ends the pattern. */
async function inOrder(play: Play, steps: readonly Step[], limits: Limits, course: Course): Promise<boolean> {
  for (const step of steps) {
    if (course.ended || play.stage.over()) return true;
    if (!(await take(play, step, limits, course))) return false;
  }
  return true;
}

async function take(play: Play, step: Step, limits: Limits, course: Course): Promise<boolean> {
  const { stage, round } = play;
  if (step.when && !isTrue(step.when, factsOf(play))) {
    const what = 'id' in step ? step.id : step.kind;
    const title = `no ${what}, for it is not so that ${printCondition(step.when)}`;
    stage.step(title, { round });
    return true;
  }
  switch (step.kind) {
    case 'ask':
      return askAll(play, step);
    case 'vote':
      return vote(play, step);
    case 'repeat':
      return repeat(play, step, limits, course);
    case 'parallel': {
      const went = await Promise.all(step.steps.map((one) => take(play, one, limits, course)));
      return went.includes(true);
    }
  }
}

async function repeat(play: Play, step: RepeatStep, limits: Limits, course: Course): Promise<boolean> {
  const times = Math.min(step.times, limits.rounds ?? step.times);
  for (let round = 1; round <= times; round++) {
    const inside = { ...play, round };
    course.rounds = Math.max(course.rounds, round);
    if (!(await inOrder(inside, step.steps, limits, course))) return false;
    if (play.stage.signal.aborted || course.ended) return true;
    if (step.until && isTrue(step.until, factsOf(inside))) {
      course.met = true;
      for (const one of repeatsIn(step)) course.unmet.delete(one);
      return true;
    }
    if (round < times && play.stage.over()) return true;
    const { room, signal } = play.stage;
    if (round < times && !(await goesOn(room, `Round ${round} of ${play.pattern.name} is over.`, signal))) {
      course.ended = true;
      return true;
    }
  }
  if (step.until) course.unmet.set(step, `after ${inRounds(times)} still not: ${printCondition(step.until)}`);
  return true;
}

/** With what is met, what was waited for inside of it counts no more. */
function repeatsIn(step: Step): RepeatStep[] {
  if ('id' in step) return [];
  const inside = step.steps.flatMap(repeatsIn);
  return step.kind === 'repeat' ? [step, ...inside] : inside;
}

function factsOf({ said, round = 1 }: Play): Facts {
  return {
    approved: (step) => said.approved(step),
    tied: (step) => said.tied(step),
    text: (step, role) => said.text(step, role),
    winners: (step) => said.winners(step),
    round,
  };
}

function endingOf(play: Play, { rounds, failed, unmet, met, ended }: Course): CustomEnding {
  const { pattern, said } = play;
  const { voices: steps, votes } = said;
  const agreed = pattern.agreed && isTrue(pattern.agreed, factsOf(play));
  const dissent = votes.some(({ vote: { dissent, winner } }) => dissent.length > 0 || !winner);
  const outcome = ((): PatternOutcome => {
    if (failed) return 'failed';
    if (agreed !== undefined) return agreed ? 'agreed' : 'dissent';
    if (unmet.size > 0) return 'limit';
    if (dissent) return 'dissent';
    return met || votes.length > 0 ? 'agreed' : 'done';
  })();
  const answer = steps.findLast(({ failure }) => failure === undefined)?.text ?? '';
  const why = failed
    ? 'nobody was left to answer'
    : ended
      ? ENDED_BY_HUMAN
      : [...unmet.values()].join('; ') || undefined;
  return { name: pattern.name, outcome, agreed, steps, votes, answer, rounds, text: told(said), why };
}

/** Everything, in the order of the steps; a vote stands behind what was voted on. */
function told({ voices, votes }: Said): string {
  const spoken = voices.map(({ step, role, model, text, round, failure }) => {
    const what = step === role ? step : `${step}, ${role}`;
    const when = round === undefined ? '' : `, round ${round}`;
    return `${what} (${model}${when}):\n${[failure && `[${failure}]`, text].filter(Boolean).join(' ')}`;
  });
  return paragraphs(...spoken, ...votes.map(({ step, vote: report }) => `${step}:\n${voteTold(report)}`));
}

/** What comes with a project may lower the human's limits, and no more. */
function limitsFrom({ limits }: Room, pattern: CustomPattern): Limits {
  if (pattern.from !== 'project') return { ...limits, ...pattern.limits };
  const lower = (key: keyof Limits) => {
    const values = [limits[key], pattern.limits[key]].filter((value) => value !== undefined);
    return values.length > 0 ? { [key]: Math.min(...values) } : {};
  };
  return { ...lower('rounds'), ...lower('dollars'), ...lower('seconds'), ...lower('tokens') };
}

/** Each speaker once for each round that its step may be held. */
function callsOf(
  { steps }: CustomPattern,
  cast: Play['cast'],
  given: Pick<Play, 'task' | 'material'>,
  { rounds }: Limits,
): Call[] {
  const callsIn = (step: Step, times: number): Call[] => {
    if (step.kind === 'repeat') times *= Math.min(step.times, rounds ?? step.times);
    if (!('id' in step)) return step.steps.flatMap((one) => callsIn(one, times));
    const roles = step.kind === 'ask' ? step.roles : step.by;
    const text = bareText(given, step.prompt);
    const replies = step.kind === 'vote' ? 3 : 1;
    return roles.flatMap((role) => cast.get(role)!.map((model) => ({ model, text, replies, times })));
  };
  return steps.flatMap((step) => callsIn(step, 1));
}
