/** Reviews in a form that can be followed from round to round. */
import type { ObjectionReport } from '../../conversation/event.ts';
import type { ModelReference } from '../../conversation/message.ts';
import type { JsonSchema } from '../../providers/base.ts';
import { objectWith, type Read } from '../json.ts';

/** What a reviewer answers. */
export interface Review {
  approve: boolean;
  /** New objections. */
  objections: Pick<ObjectionReport, 'severity' | 'place' | 'wrong' | 'todo'>[];
  /** Ids of objections of its own that it holds to be met. */
  resolved: string[];
}

type Severity = ObjectionReport['severity'];

const SEVERITIES: readonly Severity[] = ['blocker', 'major', 'minor'];
/** What models write instead. */
const SYNONYMS: Readonly<Record<string, Severity>> = {
  critical: 'blocker',
  high: 'major',
  medium: 'minor',
  low: 'minor',
  nit: 'minor',
  trivial: 'minor',
};

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

/** Reads a review: JSON, with or without a fence and text around it. Small slips in the form are set right. */
export function readReview(text: string): Read<Review> {
  const found = objectWith('approve', text);
  if (!found) return { fault: 'there is no JSON object with "approve".' };
  const { approve, objections, resolved } = found;
  if (typeof approve !== 'boolean') return { fault: '"approve" is neither true nor false.' };
  if (!Array.isArray(objections ?? [])) return { fault: '"objections" is no list.' };
  const read = ((objections ?? []) as unknown[]).map(objectionOf);
  const whole = read.filter((one) => one !== undefined);
  if (whole.length < read.length) return { fault: 'an objection does not say in "wrong" what is wrong.' };
  // Who does not approve has a reason, and the author cannot mend what is not said.
  if (!approve && whole.length === 0 && !Array.isArray(resolved))
    return { fault: 'it does not approve, and objects to nothing.' };
  return {
    value: { approve, objections: whole, resolved: Array.isArray(resolved) ? resolved.map(String) : [] },
  };
}

function objectionOf(value: unknown): Review['objections'][number] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { severity, place, wrong, todo } = value as Record<string, unknown>;
  if (typeof wrong !== 'string' || wrong.trim() === '') return undefined;
  const written = String(severity).toLowerCase();
  const known = SEVERITIES.find((one) => one === written) ?? SYNONYMS[written];
  return { severity: known ?? 'major', place: told(place), wrong, todo: told(todo) };
}

function told(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** What was objected to, and what became of it. */
export class Objections {
  readonly all: ObjectionReport[] = [];
  /** Whose last review approved. */
  readonly #approving = new Set<ModelReference>();

  get open(): ObjectionReport[] {
    return this.all.filter(({ state }) => state !== 'resolved');
  }

  /** Open ones that stand in the way of agreement: a minor one does not, where its reviewer approves. */
  get weighty(): ObjectionReport[] {
    return this.open.filter(({ severity, by }) => severity !== 'minor' || !this.#approving.has(by));
  }

  /**
   * Who approves holds its own earlier objections to be met. An approval that names a blocker or something major is
   * none: the objection counts.
   */
  hear(by: ModelReference, review: Review): void {
    const approves = review.approve && review.objections.every(({ severity }) => severity === 'minor');
    if (approves) this.#approving.add(by);
    else this.#approving.delete(by);
    for (const objection of this.all) {
      if (objection.by !== by || objection.state === 'resolved') continue;
      if (approves || review.resolved.some((id) => id.toLowerCase() === objection.id))
        objection.state = 'resolved';
    }
    const objections = [...review.objections];
    const stillObjects = this.open.some((objection) => objection.by === by);
    if (!review.approve && objections.length === 0 && !stillObjects)
      objections.push({
        severity: 'major',
        place: '',
        wrong: 'It does not approve, and does not say why.',
        todo: '',
      });
    for (const objection of objections)
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
        const where = place && ` ${place}`;
        const remedy = todo && ` To do: ${todo}`;
        const said = answer && ` Author: ${answer}`;
        return `${id} (${severity}, ${by})${where}: ${wrong}${remedy}${said ?? ''}`;
      })
      .join('\n');
  }
}
