/** Work that was cut: each piece asked by itself, the findings put together by the same model, their places kept. */
import type { Clock } from '../../conversation/clock.ts';
import type { Exchanged } from '../../conversation/exchange.ts';
import type { Failure, FailureKind } from '../../conversation/failure.ts';
import { textOf } from '../../conversation/message.ts';
import { ask, type Question } from '../room.ts';
import { NOTHING } from './answer.ts';
import { type Deadline, deadlineOf } from './deadline.ts';
import { answerTo } from './one-piece.ts';
import type { Piece } from './pieces.ts';
import { questionAbout, type SplitPlan } from './split.ts';
import { type Done, fitted, lookAt, total, type Work } from './work.ts';
import { workerMessages } from './worker-prompt.ts';

interface Findings {
  /** In the order of the pieces, each with where it is from; empty where nothing was found. */
  found: string[];
  /** What was not read to the end, and why. */
  missing: string[];
  /** Why all of it ended before anything was found. */
  failure?: Failure;
  exchanges: Exchanged[];
}

/** Failures that the next piece will meet too. */
const HOPELESS: readonly FailureKind[] = ['unreachable', 'model-not-found', 'not-authorised', 'stopped'];
const NO_TIME = 'no time was left for it, beside putting together what was found';
const NOTHING_IN_TIME = 'no part was read to its end in time';
/** So many pieces in a row that fail are the end of it. */
const MOST_FAILURES = 3;

/** Asks about all pieces, then for one answer out of what was found, checked as any other; what is missing is named. */
export async function inPieces(work: Work, plan: SplitPlan, signal: AbortSignal): Promise<Done> {
  const { pieces, pieceTokens, forecast } = plan;
  const deadline = deadlineOf(work, signal, plan);
  const { found, missing, exchanges, ...asking } = await deadline.over(work.room, (room, stop) =>
    askAboutPieces({ ...work, room }, plan, deadline, stop),
  );
  const note = missing.length > 0 ? `[partial: not read to the end: ${missing.join('; ')}]` : '';
  const account = (together: boolean) => {
    const expected = forecast ? ` (forecast ${forecast.seconds.toFixed(1)} s)` : '';
    const advice = `Cut into ${pieces.length} pieces of about ${pieceTokens.toLocaleString('en')} tokens, answered locally ${together ? 'and put together ' : ''}in ${deadline.used.toFixed(1)} s${expected}.`;
    const failure = (deadline.failure ?? asking.failure)?.report();
    return { advice, pieces: pieces.length, forecast, seconds: deadline.used, ...(failure && { failure }) };
  };
  // Of a form even nothing has one.
  const needsForm = work.order.form === 'json' || work.order.schema !== undefined;
  if (found.length === 0 && !(needsForm && note === ''))
    return {
      ...account(false),
      status: note ? 'failed' : 'done',
      text: note || 'nothing found',
      cost: total(exchanges),
    };
  const asked = { ...puttingTogether(work, found), contextSize: plan.contextSize };
  const { question } = await fitted(work.room, asked, signal);
  const last = await answerTo({ ...work, question }, deadline, signal);
  const together = last.status === 'done' || last.checks?.some(({ passed }) => !passed) === true;
  const answer = together ? last.text : `Findings, not put together:\n${found.join('\n\n')}`;
  const cost = total([...exchanges, { cost: last.cost }]);
  const isWhole = together && note === '';
  return {
    ...last,
    ...account(together),
    status: isWhole || (last.status === 'failed' && together) ? last.status : 'partial',
    text: [answer, note].filter(Boolean).join('\n'),
    cost,
  };
}

/**
 * Asks about each piece, as many at once as the server has slots. One that fails costs its piece alone.
 * @param deadline of all of it: no piece goes on that would leave no time to put them together.
 */
async function askAboutPieces(
  work: Work,
  plan: SplitPlan,
  deadline: Deadline,
  outer: AbortSignal,
): Promise<Findings> {
  const { pieces, leftOut } = plan;
  const enough = new Enough(work.room.door.clock, plan, deadline.seconds);
  const signal = AbortSignal.any([outer, enough.signal]);
  const answers: (Exchanged | undefined)[] = pieces.map(() => undefined);
  const underWay = new Set<Promise<void>>();
  let failed = 0;
  let late: Failure | undefined;
  const askOne = async (place: number) => {
    const question = questionAbout(work, pieces[place]!, place, pieces.length, plan.contextSize);
    const outlook = await lookAt(work.room, question, signal);
    // It is stopped where, as fast as it goes, nothing more would be found: the pieces behind it are no faster.
    const budgetSeconds = enough.leftForOne(outlook?.forecast?.boundSeconds);
    const own = deadlineOf({ ...work, outlook, budgetSeconds }, signal);
    const said = await own.over(work.room, (room, stop) => ask(room, question, stop));
    late ??= own.failure;
    answers[place] = said;
    enough.noteAnswer();
    const kind = said.failure?.kind;
    failed = !kind ? 0 : HOPELESS.includes(kind) ? MOST_FAILURES : failed + 1;
  };
  for (let next = 0; next < pieces.length && failed < MOST_FAILURES && !signal.aborted; ) {
    if (underWay.size >= atOnce(work)) {
      await Promise.race(underWay);
      continue;
    }
    const asking: Promise<void> = askOne(next++).finally(() => underWay.delete(asking));
    underWay.add(asking);
  }
  await Promise.all(underWay);
  enough.close();
  const found = answers.flatMap((said, place) => findingIn(said, pieces[place]!));
  const ended = enough.signal.aborted || (deadline.failure ?? late);
  const failure = found.length === 0 ? late : undefined;
  const stopped = ended ? (found.length > 0 ? NO_TIME : (late?.message ?? NOTHING_IN_TIME)) : undefined;
  const missed = pieces.flatMap((piece, place) => {
    const why = whyMissed(answers[place], stopped);
    return why === undefined ? [] : [{ piece, why }];
  });
  return {
    found,
    failure,
    missing: namesOf([
      ...missed,
      ...leftOut.map((piece) => ({ piece, why: 'the line is longer than the window' })),
    ]),
    exchanges: answers.filter((said) => said !== undefined),
  };
}

/** Ends the asking about pieces while there is time left to put together what was found. */
class Enough {
  readonly #clock: Clock;
  readonly #plan: SplitPlan;
  readonly #startedAt: number;
  readonly #seconds: number;
  readonly #stop = new AbortController();
  #answered = 0;
  #off = () => {};

  constructor(clock: Clock, plan: SplitPlan, seconds: number) {
    this.#clock = clock;
    this.#plan = plan;
    this.#startedAt = clock.now();
    this.#seconds = seconds;
    this.#wait();
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  noteAnswer(): void {
    this.#answered++;
    this.#wait();
  }

  close(): void {
    this.#off();
  }

  /**
   * Seconds. What putting together is expected to take is kept for it; more where the pieces took longer than they were to.
   */
  get left(): number {
    const { course } = this.#plan;
    const elapsed = (this.#clock.now() - this.#startedAt) / 1000;
    if (!course) return this.#seconds - elapsed;
    const { loadSeconds, roundSeconds, atOnce, togetherSeconds } = course;
    const expected = loadSeconds + Math.ceil(this.#answered / atOnce) * roundSeconds;
    const slowness = this.#answered > 0 ? Math.max(1, elapsed / expected) : 1;
    return Math.max(0, this.#seconds - togetherSeconds * slowness - elapsed);
  }

  /** For a piece: where half of the time does not do for the first, too little would be found. @param bound of it. */
  leftForOne(bound = this.left): number {
    return this.#answered > 0 ? this.left : Math.min(this.left, Math.max(this.left / 2, 2 * bound));
  }

  #wait(): void {
    this.#off();
    if (!this.#plan.course || !Number.isFinite(this.#seconds)) return;
    this.#off = this.#clock.after(this.left * 1000, () => this.#stop.abort());
  }
}

function puttingTogether({ order, question }: Work, found: readonly string[]): Question {
  const text = found.length > 0 ? found.join('\n\n') : 'Of all parts: nothing found.';
  const task = `Put these findings together into one answer to: ${order.task} Keep each place as path:line. Leave out what is said twice.`;
  return { ...question, messages: workerMessages({ text, images: [] }, { ...order, task }) };
}

/** Where it is not known, two at once find out, and lose nothing. */
function atOnce({ room, outlook }: Work): number {
  return outlook ? (room.local?.machine.worthSending(outlook.prospect.host) ?? 1) : 2;
}

function findingIn(said: Exchanged | undefined, piece: Piece): string[] {
  const text = said?.message ? textOf(said.message).trim() : '';
  if (text === '' || NOTHING.test(text)) return [];
  return [`From ${placesOf(piece)}${said?.failure ? ', cut short' : ''}:\n${text}`];
}

/** Undefined where it was read to the end. @param stopped why those were not that Parley stopped by itself. */
function whyMissed(said: Exchanged | undefined, stopped: string | undefined): string | undefined {
  if (said && !said.failure) return undefined;
  if (said?.failure && said.failure.kind !== 'stopped') return said.failure.message.replace(/\.$/, '');
  return stopped?.replace(/\.$/, '') ?? (said ? 'stopped' : 'not asked any more');
}

/** Each reason once, behind all that it holds for. */
function namesOf(missed: readonly { piece: Piece; why: string }[]): string[] {
  const byReason = Map.groupBy(missed, ({ why }) => why);
  return [...byReason].map(([why, all]) => `${all.map(({ piece }) => placesOf(piece)).join(', ')}: ${why}`);
}

function placesOf({ parts }: Piece): string {
  return parts.map(({ path, from, to }) => `${path}:${from}-${to}`).join(', ');
}
