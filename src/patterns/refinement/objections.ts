/** Reviews in a form that can be followed from round to round. */
import type { ObjectionReport } from '../../conversation/event.ts';
import type { ModelReference } from '../../conversation/message.ts';
import type { JsonSchema } from '../../providers/base.ts';
import { jsonIn } from '../delegation/answer.ts';

/** What a reviewer answers. */
export interface Review {
  approve: boolean;
  /** New objections. */
  objections: Pick<ObjectionReport, 'severity' | 'place' | 'wrong' | 'todo'>[];
  /** Ids of objections of its own that it holds to be met. */
  resolved: string[];
}

const SEVERITIES = ['blocker', 'major', 'minor'];

export const REVIEW_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    approve: { type: 'boolean' },
    objections: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          severity: { type: 'string', enum: SEVERITIES },
          place: { type: 'string' },
          wrong: { type: 'string' },
          todo: { type: 'string' },
        },
        required: ['severity', 'place', 'wrong', 'todo'],
        additionalProperties: false,
      },
    },
    resolved: { type: 'array', items: { type: 'string' } },
  },
  required: ['approve', 'objections', 'resolved'],
  additionalProperties: false,
};

/** @returns a sentence where the text is no review. */
export function readReview(text: string): Review | string {
  let value: unknown;
  try {
    value = jsonIn(text);
  } catch {
    return 'the review is no JSON';
  }
  if (typeof value !== 'object' || value === null) return 'the review is no object';
  const { approve, objections = [], resolved = [] } = value as Record<string, unknown>;
  if (typeof approve !== 'boolean') return '"approve" is neither true nor false';
  if (!Array.isArray(objections) || !objections.every(isObjection))
    return 'an objection lacks severity, place, wrong or todo';
  return { approve, objections, resolved: Array.isArray(resolved) ? resolved.map(String) : [] };
}

function isObjection(value: unknown): value is Review['objections'][number] {
  if (typeof value !== 'object' || value === null) return false;
  const { severity, place, wrong, todo } = value as Record<string, unknown>;
  return (
    SEVERITIES.includes(String(severity)) && [place, wrong, todo].every((text) => typeof text === 'string')
  );
}

/** What was objected to, and what became of it. */
export class Objections {
  readonly all: ObjectionReport[] = [];

  get open(): ObjectionReport[] {
    return this.all.filter(({ state }) => state !== 'resolved');
  }

  /** A reviewer approves of what it does not object to: its open objections are met then. */
  hear(by: ModelReference, review: Review): void {
    for (const objection of this.all) {
      if (objection.by !== by || objection.state === 'resolved') continue;
      if (review.approve || review.resolved.includes(objection.id)) objection.state = 'resolved';
    }
    if (review.approve) return;
    for (const objection of review.objections)
      this.all.push({ ...objection, id: `o${this.all.length + 1}`, by, state: 'open' });
  }

  /** What the author says to each: done, or why not. */
  answer(answers: ReadonlyMap<string, { disputed: boolean; why: string }>): void {
    for (const objection of this.open) {
      const answer = answers.get(objection.id);
      if (!answer) continue;
      objection.answer = answer.why;
      objection.state = answer.disputed ? 'disputed' : 'open';
    }
  }

  /** For the author and the reviewers. */
  listed(of: readonly ObjectionReport[] = this.open): string {
    return of
      .map(({ id, by, severity, place, wrong, todo, answer }) => {
        const said = answer ? ` Author: ${answer}` : '';
        return `${id} (${severity}, ${by}) ${place}: ${wrong} To do: ${todo}${said}`;
      })
      .join('\n');
  }
}
