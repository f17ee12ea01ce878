/**
 * A specialist for a piece of work: by the human's rules, by what is known of the models, or by asking a cheap one. A
 * model whose answer fails its check is followed by a stronger one, in sight of the human.
 */
import type { PatternOutcome } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import { type ModelReference, textOf, userMessage } from '../conversation/message.ts';
import { textUnits } from '../local/tokens.ts';
import type { ModelInfo } from '../providers/base.ts';
import { listAllModels, resolveReference } from '../providers/catalog.ts';
import { priceOf } from '../providers/price.ts';
import { jsonIn } from './delegation/answer.ts';
import { rankWorkers } from './delegation/choose-worker.ts';
import { gather } from './delegation/material.ts';
import type { DelegationOrder, DelegationResult } from './delegation/order.ts';
import { delegate } from './delegation.ts';
import { ask, providerOf, type Room, roomWithin } from './room.ts';
import { type Described, fits, type RoutingRule, tellRule } from './routing/rules.ts';

export interface RoutingOrder extends Omit<DelegationOrder, 'model' | 'insist'> {
  rules?: readonly RoutingRule[];
  /** Asked where no rule fits; without one, what is known of the models decides. */
  chooser?: string;
  /** Only local models may see it. */
  private?: boolean;
}

export interface RoutingResult {
  id: string;
  outcome: PatternOutcome;
  /** Who was tried, in order, and why. */
  tried: { model: ModelReference; why: string; status: DelegationResult['status'] }[];
  model: ModelReference;
  text: string;
  seconds: number;
  cost?: number;
}

interface Choice {
  model: ModelReference;
  why: string;
}

const CHOOSER = `You choose the model for a piece of work: the cheapest and nearest that will do it well. Answer with JSON only.`;
/** Attempts at the most: the chosen one and two stronger ones. */
const ATTEMPTS = 3;
/** A usual piece of work, for comparing prices. */
const USUAL = { inputTokens: 4000, outputTokens: 800 };

/** @throws {Failure} where no model may or can do it. */
export async function route(
  outer: Room,
  order: RoutingOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<RoutingResult> {
  const id = outer.nextId('x');
  const { clock } = outer.door;
  const started = clock.now();
  const described = await describe(outer, order, signal);
  const rule = order.rules?.find((one) => fits(one, described));
  const onlyLocal = order.private || rule?.private === true;
  const line = await candidates(outer, described, onlyLocal, by, signal);
  const first = await choose(outer, order, described, rule, line, signal);
  if (onlyLocal && !line.some(({ model }) => model === first.model))
    throw new Failure('bad-request', `${first.model} is not on this machine, which this work may not leave.`);
  const roles = [{ role: 'specialist', model: first.model }];
  outer.door.emit({ type: 'pattern.started', pattern: id, name: 'routing', by, task: order.task, roles });

  const room = roomWithin(outer, id);
  const tried: RoutingResult['tried'] = [];
  let last: DelegationResult | undefined;
  let cost: number | undefined = 0;
  for (
    let next: Choice | undefined = first;
    next && tried.length < ATTEMPTS;
    next = strongerThan(next.model, line, tried)
  ) {
    outer.door.emit({
      type: 'route.chosen',
      pattern: id,
      model: next.model,
      why: next.why,
      escalated: tried.length > 0,
    });
    last = await delegate(room, { ...order, model: next.model }, by, signal);
    tried.push({ ...next, status: last.status });
    cost = cost === undefined || last.cost === undefined ? undefined : cost + last.cost;
    const failed = last.status !== 'done' || last.checks.some(({ passed }) => !passed);
    if (!failed || signal.aborted) break;
  }
  const good = last?.status === 'done' && last.checks.every(({ passed }) => passed);
  const outcome: PatternOutcome = signal.aborted ? 'stopped' : good ? 'done' : 'failed';
  const seconds = (clock.now() - started) / 1000;
  const text = last?.text ?? '';
  outer.door.emit({
    type: 'pattern.ended',
    pattern: id,
    name: 'routing',
    outcome,
    text,
    rounds: tried.length,
    seconds,
    cost,
  });
  return { id, outcome, tried, model: last?.model ?? first.model, text, seconds, cost };
}

async function describe(
  room: Room,
  { task, kind = 'question', files = [] }: RoutingOrder,
  signal: AbortSignal,
): Promise<Described> {
  const excerpts = await gather(room, files, signal);
  const tokens = excerpts.reduce((sum, { text }) => sum + textUnits(text), textUnits(task));
  return { task, kind, files: excerpts.map(({ path }) => path), tokens };
}

interface Candidate extends Choice {
  info: ModelInfo;
  /** Dollars for a usual piece of work; 0 for local ones, undefined where unknown. */
  price?: number;
}

/** Who may and can do it, the weakest first: local ones by their expected share, then the others by price. */
async function candidates(
  room: Room,
  { tokens, kind, task }: Described,
  onlyLocal: boolean,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<Candidate[]> {
  const draft = (model: ModelReference) => ({
    model,
    kind,
    messages: [userMessage(task)],
    maxOutputTokens: 1024,
  });
  const ranked = await rankWorkers(room, { kind, budgetSeconds: 120, draft, by }, signal);
  const listings = await listAllModels(room.roster, signal);
  const infos = new Map(listings.flatMap(({ models }) => models).map((info) => [info.reference, info]));
  const local = ranked.toReversed().flatMap(({ model, share, inTime }): Candidate[] => {
    const info = infos.get(model);
    if (!info || !hasRoom(info, tokens) || !inTime) return [];
    return [
      {
        model,
        info,
        price: 0,
        why: `local and in time; ${Math.round(share * 100)} % of such work expected to be right`,
      },
    ];
  });
  if (onlyLocal) return onThisMachine(room, local);
  const remote: Candidate[] = [];
  for (const info of infos.values()) {
    if (info.local || info.reference === by || !hasRoom(info, tokens)) continue;
    const { provider, model } = await providerOf(room, info.reference);
    const price = await priceOf(provider.priceList, model, USUAL).catch(() => undefined);
    if (price === undefined) continue;
    remote.push({
      model: info.reference,
      info,
      price,
      why: `about $${price.toFixed(4)} for work of usual size`,
    });
  }
  return [...local, ...remote.sort((a, b) => a.price! - b.price!)];
}

/** Of the local ones those that are no further than this machine: a server in the network is another one. */
async function onThisMachine(room: Room, local: readonly Candidate[]): Promise<Candidate[]> {
  const stays = await Promise.all(
    local.map(async ({ model }) => (await providerOf(room, model)).provider.onThisMachine),
  );
  return local.filter((_, place) => stays[place]);
}

function hasRoom({ contextTokens }: ModelInfo, tokens: number): boolean {
  return contextTokens === undefined || tokens * 1.3 + 1024 < contextTokens;
}

async function choose(
  room: Room,
  order: RoutingOrder,
  described: Described,
  rule: RoutingRule | undefined,
  line: readonly Candidate[],
  signal: AbortSignal,
): Promise<Choice> {
  if (rule?.use) {
    const model = await resolveReference(room.panels[rule.use]?.[0] ?? rule.use, room.roster, signal);
    return { model, why: tellRule(rule) };
  }
  if (line.length === 0)
    throw new Failure(
      'model-not-found',
      'No model may or can do this: none is near enough, or none has the room for it.',
    );
  const asked = order.chooser ? await askChooser(room, order.chooser, described, line, signal) : undefined;
  // Of the local ones the best, else the cheapest of the others.
  return asked ?? line.findLast(({ price }) => price === 0) ?? line[0]!;
}

/** A cheap model that sees what is known of the others. Undefined where it names none of them. */
async function askChooser(
  room: Room,
  chooser: string,
  { task, kind, tokens, files }: Described,
  line: readonly Candidate[],
  signal: AbortSignal,
): Promise<Choice | undefined> {
  const model = await resolveReference(chooser, room.roster, signal);
  const names = line.map((one) => one.model);
  const known = line.map(
    ({ model: name, why, info }) =>
      `${name}: ${why}; window ${info.contextTokens ?? 'unknown'}${info.parameterSize ? `; ${info.parameterSize}` : ''}`,
  );
  const text = `Work: ${kind}, about ${tokens} tokens${files.length > 0 ? `, files ${files.join(', ')}` : ''}.\n${task}\n\nModels, the weakest first:\n${known.join('\n')}\n\n{"model": "…", "why": "…"}`;
  const format = {
    type: 'object',
    properties: { model: { type: 'string', enum: names }, why: { type: 'string' } },
    required: ['model', 'why'],
    additionalProperties: false,
  };
  const said = await ask(
    room,
    { model, system: CHOOSER, messages: [userMessage(text)], format, maxOutputTokens: 300 },
    signal,
  );
  try {
    const { model: named, why } = jsonIn(said.message ? textOf(said.message) : '') as {
      model: string;
      why: string;
    };
    return names.includes(named) ? { model: named, why: `${model} says: ${why}` } : undefined;
  } catch {
    return undefined;
  }
}

function strongerThan(
  model: ModelReference,
  line: readonly Candidate[],
  tried: readonly Choice[],
): Choice | undefined {
  const place = line.findIndex((one) => one.model === model);
  const next = line.slice(place + 1).find((one) => !tried.some(({ model: known }) => known === one.model));
  return next && { model: next.model, why: `stronger than ${model}, whose answer did not pass` };
}
