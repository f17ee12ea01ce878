/** A model's vote, as it is asked for and as it is read. What is not plainly a ballot is spoilt, with the reason. */
import type { JsonSchema } from '../../providers/base.ts';
import { objectsIn } from '../json.ts';
import type { Rule } from './count.ts';

/** What a judge writes, with labels for the candidates and without its own name. */
export interface Ballots {
  choice: { reason: string; choice: string };
  approval: { reason: string; approved: string[] };
  ranking: { reason: string; ranking: string[] };
}

export type BallotKind = keyof Ballots;

export const BALLOT_FOR: Readonly<Record<Rule, BallotKind>> = {
  plurality: 'choice',
  approval: 'approval',
  borda: 'ranking',
  condorcet: 'ranking',
};

export type ReadBallot<K extends BallotKind> =
  | { ballot: Ballots[K]; spoilt?: undefined }
  | { ballot?: undefined; spoilt: string };

/** The property that makes an object a ballot of its kind. */
const FIELD = { choice: 'choice', approval: 'approved', ranking: 'ranking' } as const;

/**
 * What a model is asked to write, for `format`. Only what every provider understands: lengths and `uniqueItems` are
 * refused by some, so `readBallot` looks after them. The reason is first because models write in this order, and
 * one that was written after the vote can only defend it.
 */
export function ballotSchema(kind: BallotKind, labels: readonly string[]): JsonSchema {
  const label = { type: 'string', enum: [...labels] };
  const vote = {
    choice: { ...label, description: 'The label of the best answer.' },
    approval: { type: 'array', items: label, description: 'The labels of all answers that are good enough.' },
    ranking: { type: 'array', items: label, description: 'The labels, best first, each at most once.' },
  }[kind];
  return {
    type: 'object',
    properties: {
      reason: { type: 'string', description: 'Why, in a sentence or two.' },
      [FIELD[kind]]: vote,
    },
    required: ['reason', FIELD[kind]],
    additionalProperties: false,
  };
}

/**
 * Reads a ballot from a reply: JSON, with or without a fence and text around it. Nothing is guessed.
 * - There must be one JSON object with the field of this kind of ballot, once; none or two of either are spoilt.
 * - Labels are compared as they are; one that was not given out spoils the ballot.
 * - A ranking names at least one label and none twice. To approve of none is a vote, of one twice is to approve of it.
 * - Without a reason it is spoilt. Other fields are ignored.
 */
export function readBallot<K extends BallotKind>(
  kind: K,
  text: string,
  labels: readonly string[],
): ReadBallot<K> {
  const field = FIELD[kind];
  const found = objectsIn(text).filter(({ object }) => Object.hasOwn(object, field));
  if (!found[0]) return { spoilt: `The reply has no JSON object with "${field}".` };
  if (found.length > 1) return { spoilt: `The reply has ${found.length} ballots where one was asked for.` };
  const { object, fields } = found[0];
  // JSON.parse would silently take the last one.
  if (fields > Object.keys(object).length) return { spoilt: 'The ballot has the same field twice.' };
  const vote = object[field];
  const spoilt = flawOf(kind, vote, labels) ?? flawOfReason(object.reason);
  if (spoilt !== undefined) return { spoilt };
  const once = Array.isArray(vote) ? [...new Set(vote)] : vote;
  return { ballot: { reason: String(object.reason).trim(), [field]: once } as unknown as Ballots[K] };
}

function flawOf(kind: BallotKind, vote: unknown, labels: readonly string[]): string | undefined {
  if (kind === 'choice' ? typeof vote !== 'string' : !Array.isArray(vote))
    return `"${FIELD[kind]}" is not ${kind === 'choice' ? 'a label' : 'a list of labels'}.`;
  const named: unknown[] = Array.isArray(vote) ? vote : [vote];
  const strangers = named.filter((name) => !labels.includes(name as string));
  if (strangers.length > 0)
    return `${JSON.stringify(strangers[0])} is none of the labels ${labels.join(', ')}.`;
  if (kind !== 'ranking') return undefined;
  if (named.length === 0) return 'The ranking is empty.';
  const twice = named.find((name, place) => named.indexOf(name) !== place);
  return twice === undefined ? undefined : `${twice} has two places in the ranking.`;
}

function flawOfReason(reason: unknown): string | undefined {
  return typeof reason === 'string' && reason.trim() !== '' ? undefined : 'The ballot gives no reason.';
}
