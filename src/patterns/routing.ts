/**
 * A specialist for a piece of work: by the human's rules, by what is known of the models, or by asking a cheap one. A
 * model whose answer fails its check is followed by a stronger one, in sight of the human.
 */
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import { IMAGE_TOKENS } from '../conversation/token-estimate.ts';
import { textUnits } from '../local/tokens.ts';
import type { DelegationOrder, DelegationResult } from './delegation/order.ts';
import { delegate } from './delegation.ts';
import { type Closing, patternEnded, patternStarted, runFramed, type Stage } from './frame.ts';
import type { Listener } from './human.ts';
import { objectWith, promptForJson } from './json.ts';
import { limitsOf } from './limits.ts';
import { gather, imagesIn } from './material.ts';
import { memberOf } from './panel.ts';
import { paragraphs, providerOf, type Room } from './room.ts';
import { type Candidate, type Choice, candidatesFor, strongerThan } from './routing/candidates.ts';
import { type Described, fits, type RoutingRule, tellRule } from './routing/rules.ts';

export interface RoutingOrder extends Omit<DelegationOrder, 'model' | 'insist'> {
  rules?: readonly RoutingRule[];
  /** Asked where no rule fits; without one, what is known of the models decides. */
  chooser?: string;
  /** Only local models may see it. */
  private?: boolean;
}

export interface RoutingResult extends Closing {
  /** Who was tried, in order, and why. */
  tried: { model: ModelReference; why: string; status: DelegationResult['status'] }[];
  /** Who did it; undefined where it was stopped before anybody was chosen. */
  model?: ModelReference;
  /** Whether it could leave this machine. */
  private: boolean;
}

const CHOOSER = `You choose the model for a piece of work: the cheapest and nearest that will do it well. Answer with JSON only.`;
/** Attempts at the most: the chosen one and two stronger ones. */
const ATTEMPTS = 3;

/** A piece of work, and all who may do it. */
interface Call {
  order: RoutingOrder;
  described: Described;
  isPrivate: boolean;
  /** By a rule of the human. */
  ruled?: Choice;
  chooser?: ModelReference;
  /** The weakest first. */
  line: readonly Candidate[];
}

/** @throws {Failure} where no model may or can do it. */
export async function route(
  outer: Room,
  order: RoutingOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<RoutingResult> {
  const call = await prepare(outer, order, by, signal);
  const { described, chooser, ruled } = call;
  const roles = [
    ...(chooser ? [{ role: 'chooser', model: chooser }] : []),
    ...(ruled ? [{ role: 'specialist', model: ruled.model }] : []),
  ];
  return runFramed(
    outer,
    {
      letter: 'x',
      cast: roles,
      limits: limitsOf(outer, order.limits),
      isPrivate: call.isPrivate,
      calls: [...new Set([...roles.map(({ model }) => model), likeliest(call).model])].map((model) => ({
        model,
        text: '',
        files: described.tokens,
      })),
      begins: patternStarted('routing', by, order.task, roles),
    },
    signal,
    (stage) => {
      const tried: RoutingResult['tried'] = [];
      let last: DelegationResult | undefined;
      return {
        async run() {
          let next: Choice | undefined = await choose(stage, call);
          while (next && tried.length < ATTEMPTS && !stage.over()) {
            const { model, why } = next;
            const escalated = tried.length > 0;
            const specialist = { model, role: 'specialist' };
            const leave = stage.room.human.admit([specialist]);
            stage.room.door.emit({ type: 'route.chosen', pattern: stage.id, model, why, escalated });
            last = await giveTo(stage, specialist, order, by).finally(leave);
            tried.push({ model, why, status: last.status });
            if (passed(last)) return;
            next = await strongerThan(stage.room, model, call.line, tried);
          }
        },
        ending: () => ({
          tried,
          model: tried.at(-1)?.model,
          private: call.isPrivate,
          outcome: passed(last) ? 'done' : 'failed',
          text: last?.text ?? '',
        }),
      };
    },
    (result) => patternEnded('routing')({ ...result, rounds: result.tried.length }),
  );
}

/** What was done before it was stopped is not done again; what the human says meanwhile the next one hears. */
async function giveTo(
  { room, signal }: Stage,
  specialist: Listener,
  order: RoutingOrder,
  by: ModelReference | 'human',
): Promise<DelegationResult> {
  const { model } = specialist;
  const asking = { model, order };
  const known = room.memory?.recall<DelegationResult>(asking);
  if (known) return known;
  const news = room.human.newsFor(specialist);
  const brief = paragraphs(order.brief, news.text);
  const result = await delegate(room, { ...order, model, brief }, by, signal);
  const answered = result.status === 'done' || (result.status === 'failed' && !result.failure);
  if (answered) {
    news.heard();
    room.memory?.keep(asking, result);
  }
  return result;
}

function passed(result: DelegationResult | undefined): boolean {
  return result?.status === 'done' && result.checks.every((check) => check.passed);
}

async function prepare(
  room: Room,
  order: RoutingOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<Call> {
  const { rules = [], tools = false } = order;
  const described = await describe(room, order, signal);
  const fitting = rules.filter((rule) => fits(rule, described));
  // Whichever rule chooses the model: one that says "private" holds.
  const isPrivate = order.private === true || fitting.some((rule) => rule.private);
  const [rule] = fitting;
  const [ruled, chooser, line] = await Promise.all([
    rule?.use === undefined
      ? undefined
      : memberOf(room, rule.use, signal).then((model) => ({ model, why: tellRule(rule) })),
    rule?.use !== undefined || order.chooser === undefined
      ? undefined
      : memberOf(room, order.chooser, signal),
    candidatesFor(room, described, { onlyLocal: isPrivate, tools, by }, signal),
  ]);
  if (isPrivate && ruled) await refuseElsewhere(room, ruled.model);
  if (!ruled && line.length === 0) throw nobody(isPrivate, described);
  const mayChoose = chooser !== undefined && (!isPrivate || (await isHere(room, chooser)));
  return { order, described, isPrivate, ruled, chooser: mayChoose ? chooser : undefined, line };
}

async function describe(
  room: Room,
  { task, kind = 'question', files = [] }: RoutingOrder,
  signal: AbortSignal,
): Promise<Described> {
  const excerpts = await gather(room, files, signal);
  const images = imagesIn(excerpts);
  const words = excerpts.reduce((sum, { text }) => sum + textUnits(text), textUnits(task));
  const tokens = words + images.length * IMAGE_TOKENS;
  return { task, kind, files: excerpts.map(({ path }) => path), images, tokens };
}

/** A server in the network is another machine. */
async function isHere(room: Room, model: ModelReference): Promise<boolean> {
  return (await providerOf(room, model)).provider.onThisMachine;
}

async function refuseElsewhere(room: Room, model: ModelReference): Promise<void> {
  if (await isHere(room, model)) return;
  throw new Failure('bad-request', `${model} is not on this machine, which this work may not leave.`);
}

function nobody(isPrivate: boolean, { images }: Described): Failure {
  const sighted = images.length > 0 ? ' that can see images' : '';
  return new Failure(
    'model-not-found',
    isPrivate
      ? `This work may not leave the machine, and no local model${sighted} has the room for it and is in time: name fewer files.`
      : `No model can do this: none${sighted} has the room for it. Name fewer files, or lines of them.`,
  );
}

/** By a rule; else the chooser's choice; else of the local ones the best, or the cheapest of the others. */
async function choose(stage: Stage, call: Call): Promise<Choice> {
  const { ruled, chooser } = call;
  if (ruled) return ruled;
  const asked = chooser === undefined ? undefined : await askChooser(stage, chooser, call);
  return asked ?? likeliest(call);
}

/** Who does it where nobody is asked. */
function likeliest({ ruled, line }: Call): Choice {
  return ruled ?? line.findLast(({ price }) => price === 0) ?? line[0]!;
}

/** A cheap model that sees what is known of the others. Undefined where it names none of them. */
async function askChooser(
  { room, signal }: Stage,
  model: ModelReference,
  { described: { task, kind, tokens, files }, line }: Call,
): Promise<Choice | undefined> {
  const names = line.map((one) => one.model);
  const known = line.map(
    ({ model: name, why, info }) =>
      `${name}: ${why}; window ${info.contextTokens ?? 'unknown'}${info.parameterSize ? `; ${info.parameterSize}` : ''}`,
  );
  const reading = files.length > 0 ? `, files ${files.join(', ')}` : '';
  const asked = await promptForJson(
    room,
    {
      model,
      role: 'chooser',
      system: CHOOSER,
      parts: [
        `Work: ${kind}, about ${tokens} tokens${reading}.\n${task}`,
        `Models, the weakest first:\n${known.join('\n')}`,
        'Answer with one JSON object: "model", one of these, and "why", in a sentence.',
      ],
      format: {
        type: 'object',
        properties: { model: { type: 'string', enum: names }, why: { type: 'string' } },
        required: ['model', 'why'],
        additionalProperties: false,
      },
      formal: true,
      maxOutputTokens: 300,
    },
    (text) => {
      const { model: named, why } = objectWith('model', text) ?? {};
      if (typeof named !== 'string' || !names.includes(named)) return { fault: '"model" is none of these.' };
      return { value: { model: named, why: `${model} says: ${typeof why === 'string' ? why : ''}` } };
    },
    signal,
  );
  return asked.value;
}
