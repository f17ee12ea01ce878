import type { EventOf, FileDiff } from '../conversation/event.ts';
import type { ModelReference } from '../conversation/message.ts';
import { asksLines, checkLines, termsLines, troubleLines } from './delegation-lines.ts';
import { changeTitle, diffLines } from './diff-lines.ts';
import { draftDiff, draftTitle, objectionLines } from './draft-lines.ts';
import { ballotLines, floorLines, reviewLines } from './form-lines.ts';
import type { Nesting } from './nesting.ts';
import { INDENT, type Paper } from './paper.ts';
import {
  answerLines,
  consultationSummary,
  patternSummary,
  rolesLine,
  routeLines,
  stepTitle,
} from './pattern-lines.ts';
import { onOneLine, printable } from './printable.ts';
import type { Desk } from './speech.ts';
import type { Voice } from './transcript.ts';
import { voteLines } from './vote-lines.ts';

/** Lines of a diff that are shown without being asked for. */
const DIFF_LINES = 24;

/** Tells who asks whom for what, and what became of it: everything between models that is not said by one. */
export class PatternTalk {
  readonly #desk: Desk;
  readonly #nesting: Nesting;
  readonly #askedBy = new Map<string, ModelReference | 'human'>();
  /** Patches that the human saw when asked; not shown again. */
  readonly seenPatches = new Set<string>();

  constructor(desk: Desk, nesting: Nesting) {
    this.#desk = desk;
    this.#nesting = nesting;
  }

  voice({ within }: { within?: string }, speaker: ModelReference): Voice {
    return { id: `${within ?? ''} ${speaker}`, speaker, depth: this.#nesting.depthOf(within) };
  }

  delegation(event: EventOf<'delegation.started'>): void {
    const { delegation, from, to, task, within } = event;
    this.#askedBy.set(delegation, from);
    const paper = this.#paperFor(within);
    const terms = termsLines(event, paper);
    // What a routing was asked for was said when it began.
    if (this.#nesting.nameOf(within) === 'routing') this.#belongsTo(within, terms);
    else this.#begins(event, from, [...asksLines([to], task, paper), ...terms]);
  }

  delegationResult(event: EventOf<'delegation.ended'>): void {
    const paper = this.#paperFor(event.within);
    if (this.#askedBy.get(event.delegation) === 'human')
      this.#belongsTo(event.within, troubleLines(event, paper));
    this.#askedBy.delete(event.delegation);
    this.#belongsTo(event.within, checkLines(event, paper));
    for (const diff of event.diffs ?? []) this.diff(diff, (lines) => this.#belongsTo(event.within, lines));
  }

  consultation(event: EventOf<'consultation.started'>): void {
    this.#begins(event, event.by, asksLines(event.models, event.question, this.#paperFor(event.within)));
  }

  consultationResult(event: EventOf<'consultation.ended'>): void {
    const paper = this.#paperFor(event.consultation);
    this.#ends(event.consultation, consultationSummary(event), answerLines(event, paper));
  }

  ballot(event: EventOf<'ballot.cast'>): void {
    this.#says(event.pattern, event.voter, ballotLines(event, this.#paperFor(event.pattern)));
  }

  review(event: EventOf<'review.given'>): void {
    this.#says(event.pattern, event.reviewer, reviewLines(event, this.#paperFor(event.pattern)));
  }

  floor(event: EventOf<'floor.given'>): void {
    this.#says(event.pattern, event.by, floorLines(event, this.#paperFor(event.pattern)));
  }

  vote({ pattern, vote }: EventOf<'vote.counted'>): void {
    const lines = voteLines(vote, this.#paperFor(pattern));
    this.#desk.transcript.note('summary', lines, this.#nesting.depthOf(pattern));
  }

  pattern(event: EventOf<'pattern.started'>): void {
    const { name, task, roles, within } = event;
    const paper = this.#paperFor(within);
    const what = `${paper.theme.quiet('begins')} ${onOneLine(printable(name))}${paper.theme.quiet(':')} ${printable(task)}`;
    this.#begins(event, event.by, [...paper.paragraph(what), ...rolesLine(roles, paper)]);
  }

  step(event: EventOf<'pattern.step'>): void {
    this.#ends(event.pattern, stepTitle(event));
  }

  draft(event: EventOf<'draft.revised'>): void {
    // Its author has just said the first one.
    if (event.patch === '' && event.objections.length === 0) return;
    const paper = this.#paperFor(event.pattern);
    const title = draftTitle(event);
    const diff = this.#desk.folds.after(DIFF_LINES, title, () => draftDiff(event, paper), paper);
    this.#ends(event.pattern, title, [...diff, ...objectionLines(event.objections, paper)]);
  }

  route(event: EventOf<'route.chosen'>): void {
    const lines = routeLines(event, this.#paperFor(event.pattern));
    this.#desk.transcript.note('notice', lines, this.#nesting.depthOf(event.pattern));
  }

  patternResult(event: EventOf<'pattern.ended'>): void {
    this.#ends(event.pattern, patternSummary(event));
  }

  /** Once only: what the human was asked about they have seen. */
  diff(diff: FileDiff, say: (lines: string[]) => void): void {
    if (this.seenPatches.delete(diff.patch)) return;
    const { folds, paper } = this.#desk;
    const all = () => diffLines(diff, paper.theme).flatMap((line) => paper.hung(INDENT + INDENT + line));
    say(folds.after(DIFF_LINES, changeTitle(diff), all, paper));
  }

  #paperFor(within: string | undefined): Paper {
    return this.#desk.paper.inside(this.#nesting.depthOf(within));
  }

  #begins(event: { within?: string }, by: ModelReference | 'human', lines: string[]): void {
    const { transcript } = this.#desk;
    if (by === 'human') transcript.note('human', lines, this.#nesting.depthOf(event.within));
    else transcript.say(this.voice(event, by), 'tool', lines);
  }

  /** What a model wrote into a form, in words, under its name. */
  #says(within: string, speaker: ModelReference, lines: string[]): void {
    const { transcript } = this.#desk;
    const voice = this.voice({ within }, speaker);
    transcript.say(voice, 'detail', lines);
    transcript.finish(voice);
  }

  #belongsTo(within: string | undefined, lines: string[]): void {
    if (lines.length > 0) this.#desk.transcript.note('detail', lines, this.#nesting.depthOf(within));
  }

  /** A part of a pattern, or all of it, is over: a line across, and what belongs to it. */
  #ends(pattern: string, title: string, lines: string[] = []): void {
    const paper = this.#paperFor(pattern);
    const heading = paper
      .wrapped(title, 2)
      .map((line, row) => paper.theme.quiet(`${row === 0 ? '── ' : '   '}${line}`));
    this.#desk.transcript.note('summary', [...heading, ...lines], this.#nesting.depthOf(pattern));
  }
}
