/**
 * Answers without their authors' names, for a vote. Each judge gets the others' answers in an order of its own, so
 * that a liking for the first place, or for «A», helps nobody (Zheng et al., arXiv 2306.05685, on position bias),
 * and never its own, which models prefer (Panickssery et al., arXiv 2404.13076).
 *
 * The texts stay as they are. Wording can give a model away, and a line such as «As Claude, I …» certainly does: to
 * cut it would be to judge another text than the one that was written.
 */
import { createHash } from 'node:crypto';

/** An answer that can be voted for. The candidate is the name of the voter who wrote it. */
export interface Answer {
  candidate: string;
  text: string;
}

export interface Labelled extends Answer {
  /** A, B, C …, then AA, AB … The candidate beside it is not for the judge's eyes. */
  label: string;
}

/** The answers for one judge, in the order in which it sees them. */
export function anonymise(answers: readonly Answer[], voter: string, seed: string): Labelled[] {
  return label(shuffled(answers, voter, seed, 0));
}

/**
 * The same for all judges: no two of them get the same order, as long as there are enough orders. Does not depend
 * on the order of answers or voters, so that a session that is resumed shows the same.
 */
export function anonymiseForAll(
  answers: readonly Answer[],
  voters: readonly string[],
  seed: string,
): Map<string, Labelled[]> {
  const given = new Set<string>();
  const sheets = new Map<string, Labelled[]>();
  for (const voter of voters.toSorted(byCodeUnit)) {
    let order = shuffled(answers, voter, seed, 0);
    for (let attempt = 1; given.has(keyOf(order)) && attempt < 100; attempt++)
      order = shuffled(answers, voter, seed, attempt);
    given.add(keyOf(order));
    sheets.set(voter, label(order));
  }
  return sheets;
}

/** Who is behind a label, if it was given out. */
export function candidateOf(sheet: readonly Labelled[], label: string): string | undefined {
  return sheet.find((answer) => answer.label === label)?.candidate;
}

/** A ballot with candidates where the judge wrote labels, and beside them in its reason. @throws {RangeError} for an unknown label. */
export function unmask<
  B extends { reason?: string; choice?: string; approved?: string[]; ranking?: string[] },
>(ballot: B, sheet: readonly Labelled[]): B {
  const behind = (label: string) => {
    const candidate = candidateOf(sheet, label);
    if (candidate === undefined) throw new RangeError(`No answer has the label ${label}.`);
    return candidate;
  };
  const { reason, choice, approved, ranking } = ballot;
  return {
    ...ballot,
    ...(reason !== undefined && { reason: namedIn(reason, sheet) }),
    ...(choice !== undefined && { choice: behind(choice) }),
    ...(approved && { approved: approved.map(behind) }),
    ...(ranking && { ranking: ranking.map(behind) }),
  };
}

/** `Answer B` is another answer for each judge. */
function namedIn(reason: string, sheet: readonly Labelled[]): string {
  return reason.replace(/\banswers? ([A-Z]{1,2})\b/gi, (words, label: string) => {
    const candidate = candidateOf(sheet, label);
    return candidate === undefined ? words : `${words} (${candidate})`;
  });
}

/** In the order of a hash of the names, which is as good as a shuffle and the same on every machine. */
function shuffled(answers: readonly Answer[], voter: string, seed: string, attempt: number): Answer[] {
  const keyed = answers
    .filter(({ candidate }) => candidate !== voter)
    .map((answer) => ({ answer, key: hashOf([seed, voter, attempt, answer.candidate]) }));
  return keyed.sort((a, b) => byCodeUnit(a.key, b.key)).map(({ answer }) => answer);
}

function hashOf(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function keyOf(order: readonly Answer[]): string {
  return JSON.stringify(order.map(({ candidate }) => candidate));
}

function label(order: readonly Answer[]): Labelled[] {
  return order.map(({ candidate, text }, place) => ({ label: labelAt(place), candidate, text }));
}

/** A, B, C …, then AA, AB … */
export function labelAt(place: number): string {
  const letter = String.fromCharCode(65 + (place % 26));
  return place < 26 ? letter : labelAt(Math.floor(place / 26) - 1) + letter;
}

/** Not by the language of the machine. */
function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
