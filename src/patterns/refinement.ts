/**
 * A draft, reviews by others in parallel, a revision, until all approve, nothing changes any more, or the rounds or
 * the money run out. One round unless more are asked for: models that argue until they agree only agree.
 */
import type { ObjectionReport, PatternOutcome } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import { type ModelReference, textOf, userMessage } from '../conversation/message.ts';
import { diffOf } from '../safety/diff.ts';
import { gather, layOut } from './delegation/material.ts';
import { Purse, tellEstimate } from './limits.ts';
import { membersOf } from './panel.ts';
import { DRAFT_FORM, readDraft } from './refinement/draft.ts';
import { Objections, REVIEW_SCHEMA, readReview } from './refinement/objections.ts';
import { ask, type Room, roomWithin } from './room.ts';
import type { Limits } from './settings.ts';

export interface RefinementOrder {
  task: string;
  author: string;
  /** References, short names or panels. */
  reviewers: readonly string[];
  files?: readonly string[];
  brief?: string;
  /** A draft that is there already. */
  draft?: string;
  limits?: Limits;
}

export interface RefinementResult {
  id: string;
  outcome: PatternOutcome;
  author: ModelReference;
  /** The last draft; empty where none came. */
  draft: string;
  /** All objections, with what became of them; those not resolved are the minority's report. */
  objections: ObjectionReport[];
  rounds: number;
  text: string;
  seconds: number;
  cost?: number;
}

const AUTHOR = `You write a draft that others review. Take each objection seriously: mend what is right, dispute what is wrong and say why. Change nothing that nobody objects to. ${DRAFT_FORM}`;
const REVIEWER = `You review another's draft against its task. Object only to what is wrong or missing, each objection with its severity (blocker, major, minor), its place, what is wrong and what to do. Approve when nothing of weight is left: agreement is not a courtesy, and neither is dissent. "resolved" names those of your earlier objections that are met, or that the author disputed rightly. Answer with JSON only: {"approve", "objections": [{"severity", "place", "wrong", "todo"}], "resolved": ["o1"]}.`;

interface Table {
  room: Room;
  outer: Room;
  id: string;
  order: RefinementOrder;
  author: ModelReference;
  reviewers: ModelReference[];
  material: string;
  objections: Objections;
  signal: AbortSignal;
}

/** @throws {Failure} where it cannot begin: no such model, no such file. */
export async function refine(
  outer: Room,
  order: RefinementOrder,
  by: ModelReference | 'human',
  signal: AbortSignal,
): Promise<RefinementResult> {
  const [author] = await membersOf(outer, [order.author], outer.panels, 1, signal);
  const members = await membersOf(outer, order.reviewers, outer.panels, 1, signal);
  const reviewers = members.filter((model) => model !== author);
  if (reviewers.length === 0)
    throw new Failure('usage', `${author} cannot review itself: name other reviewers.`);
  const id = outer.nextId('r');
  const purse = new Purse(outer, { rounds: 1, ...outer.limits, ...order.limits }, signal);
  const room = purse.watch(roomWithin(outer, id));
  const material = [layOut(await gather(room, order.files ?? [], signal), true), order.brief]
    .filter(Boolean)
    .join('\n\n');
  const rounds = purse.limits.rounds ?? 1;
  await tellEstimate(outer, purse.limits, {
    models: [author!, ...reviewers],
    text: material + order.task,
    rounds: rounds + 1,
  });
  const roles = [
    { role: 'author', model: author! },
    ...reviewers.map((model) => ({ role: 'reviewer', model })),
  ];
  const { clock } = room.door;
  const started = clock.now();
  outer.door.emit({ type: 'pattern.started', pattern: id, name: 'refinement', by, task: order.task, roles });

  const objections = new Objections();
  const table: Table = {
    room,
    outer,
    id,
    order,
    author: author!,
    reviewers,
    material,
    objections,
    signal: purse.signal,
  };
  const ending = await goRound(table, rounds);
  purse.close();
  const outcome = signal.aborted ? 'stopped' : purse.exhausted ? 'limit' : ending.outcome;
  const seconds = (clock.now() - started) / 1000;
  const { draft, done } = ending;
  const text = told(draft, outcome, objections, purse.exhausted ?? ending.why);
  outer.door.emit({
    type: 'pattern.ended',
    pattern: id,
    name: 'refinement',
    outcome,
    text,
    rounds: done,
    seconds,
    cost: purse.cost,
  });
  return {
    id,
    outcome,
    author: author!,
    draft,
    objections: objections.all,
    rounds: done,
    text,
    seconds,
    cost: purse.cost,
  };
}

async function goRound(
  table: Table,
  rounds: number,
): Promise<{ draft: string; outcome: PatternOutcome; done: number; why?: string }> {
  const { order, objections, signal, room } = table;
  let draft = order.draft ?? '';
  if (draft === '') {
    const first = await write(table, 0, '');
    if (typeof first === 'string') return { draft, outcome: 'failed', done: 0, why: first };
    draft = first.draft;
    await revised(table, 0, '', draft);
  }
  for (let round = 1; ; round++) {
    const approvals = await review(table, round, draft);
    if (signal.aborted) return { draft, outcome: 'stopped', done: round - 1 };
    if (approvals === 'nobody')
      return { draft, outcome: 'failed', done: round - 1, why: 'no reviewer could review it' };
    if (approvals === 'all') return { draft, outcome: 'agreed', done: round - 1 };
    if (round > rounds)
      return { draft, outcome: objections.open.length > 0 ? 'dissent' : 'limit', done: round - 1 };
    if ((await steered(room, round, objections, signal)) === 'end')
      return { draft, outcome: 'dissent', done: round - 1 };
    const next = await write(table, round, draft);
    if (typeof next === 'string')
      return { draft, outcome: signal.aborted ? 'stopped' : 'dissent', done: round - 1, why: next };
    objections.answer(next.answers);
    await revised(table, round, draft, next.draft);
    // The same draft again: the author has said all that there is to say.
    if (next.draft === draft) return { draft, outcome: 'dissent', done: round };
    draft = next.draft;
  }
}

/** @returns a sentence where no draft came. */
async function write(
  { room, author, order, material, objections, signal }: Table,
  round: number,
  draft: string,
) {
  const parts = [material, `Task: ${order.task}`];
  if (round > 0)
    parts.push(`The draft:\n<draft>\n${draft}\n</draft>`, `Objections:\n${objections.listed() || 'none'}`);
  const heard = room.human.heardBy(author);
  if (heard) parts.push(heard);
  const said = await ask(
    room,
    { model: author, system: AUTHOR, messages: [userMessage(parts.filter(Boolean).join('\n\n'))] },
    signal,
  );
  if (said.failure || !said.message) return said.failure?.message ?? `${author} said nothing`;
  return readDraft(textOf(said.message));
}

/** All at once, none seeing the others'. A reviewer that fails loses its voice for the round. */
async function review(table: Table, round: number, draft: string): Promise<'all' | 'some' | 'nobody'> {
  const { reviewers, objections } = table;
  table.outer.door.emit({ type: 'pattern.step', pattern: table.id, title: `round ${round}: reviews`, round });
  const reviews = await Promise.all(reviewers.map((model) => reviewOf(table, model, draft)));
  const heard = reviews.filter((one) => one !== undefined);
  for (const { model, review } of heard) objections.hear(model, review);
  if (heard.length === 0) return 'nobody';
  return heard.length === reviewers.length && heard.every(({ review }) => review.approve) ? 'all' : 'some';
}

async function reviewOf(
  { room, outer, order, material, objections, signal }: Table,
  model: ModelReference,
  draft: string,
) {
  const mine = objections.all.filter(({ by }) => by === model);
  const parts = [material, `Task: ${order.task}`, `The draft:\n<draft>\n${draft}\n</draft>`];
  if (mine.length > 0) parts.push(`Your objections so far:\n${objections.listed(mine)}`);
  const heard = room.human.heardBy(model);
  if (heard) parts.push(heard);
  const messages = [userMessage(parts.filter(Boolean).join('\n\n'))];
  const said = await ask(
    room,
    { model, kind: 'review', system: REVIEWER, messages, format: REVIEW_SCHEMA },
    signal,
  );
  if (said.failure || !said.message) return undefined;
  const review = readReview(textOf(said.message));
  if (typeof review !== 'string') return { model, review };
  outer.door.emit({
    type: 'notice',
    level: 'warning',
    text: `The review of ${model} does not count: ${review}.`,
  });
  return undefined;
}

async function revised(
  { outer, id, author, objections }: Table,
  round: number,
  before: string,
  after: string,
): Promise<void> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const { patch } = round === 0 ? { patch: '' } : await diffOf('draft', bytes(before), bytes(after));
  outer.door.emit({
    type: 'draft.revised',
    pattern: id,
    round,
    author,
    patch,
    objections: objections.all.map((one) => ({ ...one })),
  });
}

async function steered(
  { steer, human }: Room,
  round: number,
  objections: Objections,
  signal: AbortSignal,
): Promise<'go-on' | 'end'> {
  if (!steer) return 'go-on';
  const wanted = await steer(`Round ${round} of reviews: ${objections.open.length} open objections.`, signal);
  if (wanted.answer === 'say') human.say(wanted.text);
  return wanted.answer === 'end' ? 'end' : 'go-on';
}

function told(
  draft: string,
  outcome: PatternOutcome,
  objections: Objections,
  why: string | undefined,
): string {
  const left = objections.open;
  const report = left.length > 0 ? `\n\nMinority report, not resolved:\n${objections.listed(left)}` : '';
  const ended = why ? `\n[${why}]` : outcome === 'agreed' ? '\n[all reviewers approve]' : '';
  return `${draft}${report}${ended}`;
}
