/**
 * Rules for counting votes. None of them looks at the order of ballots or of candidates, or at a name. A tie is said
 * to be one; `breakTie` ends it, if it is wanted, and the result says by what.
 */
import {
  agreementOf,
  comparePairs,
  condorcetWinner,
  copelandScore,
  type Pair,
  prefers,
  type RankedBallot,
  smithSet,
} from './pairwise.ts';

export type { Pair, RankedBallot } from './pairwise.ts';

export type Rule = 'plurality' | 'approval' | 'borda' | 'condorcet';

export interface ChoiceBallot {
  voter: string;
  choice: string;
  /** The voter's own candidate, which it could not name. */
  excluded?: string;
}

export interface ApprovalBallot {
  voter: string;
  approved: readonly string[];
  excluded?: string;
}

export interface Score {
  candidate: string;
  /** Plurality and approval: votes. Borda: average points, 0 to 1. Condorcet: candidates beaten, a half for a draw. */
  score: number;
  /** Ballots on which it could be named at all. */
  ballots: number;
}

export interface Count {
  rule: Rule;
  /** Best first, equal ones as the candidates were given. */
  scores: Score[];
  /** Missing where the first place is shared, until a rule settles that. */
  winner?: string;
  /** All that share the first place, where more than one does; stays when the tie was broken. */
  tied?: string[];
  /** What made one of the tied the winner. */
  settledBy?: 'condorcet' | 'judge';
  /** Of ranked ballots: every two candidates compared. */
  pairwise?: Pair[];
  /**
   * From 0 to 1. Plurality and approval: the share for the first place of the voters that could name it.
   * Ranked ballots: how often two voters agree on two candidates, see `agreementOf`. Undefined where nothing can be
   * said: no ballots, or no two voters that compared the same two.
   */
  agreement?: number;
}

/** One vote for each ballot; counted as `approval` counts. @throws {RangeError} for ballots that cannot be counted. */
export function plurality(candidates: readonly string[], ballots: readonly ChoiceBallot[]): Count {
  const named = ballots.map(({ choice, ...rest }) => ({ ...rest, approved: [choice] }));
  return { ...approval(candidates, named), rule: 'plurality' };
}

/**
 * One vote for each candidate that a ballot approves of. The largest share wins of the ballots on which a candidate
 * could be named: to count votes alone would reward whose own ballot is spoilt, for it lacks nobody's vote.
 * @throws {RangeError} for ballots that cannot be counted.
 */
export function approval(candidates: readonly string[], ballots: readonly ApprovalBallot[]): Count {
  refuseUncountable(candidates, ballots, ({ approved }) => approved);
  const scores = candidates.map((candidate): Score => {
    const able = ballots.filter(({ excluded }) => excluded !== candidate);
    const score = able.filter(({ approved }) => approved.includes(candidate)).length;
    return { candidate, score, ballots: able.length };
  });
  const share = ({ score, ballots: able }: Score) => (able === 0 ? 0 : score / able);
  const agreement = ballots.length > 0 && candidates.length > 0 ? Math.max(...scores.map(share)) : undefined;
  return { rule: 'approval', ...placed(scores, share), agreement };
}

/**
 * Borda's count for voters that leave out their own candidate.
 *
 * On a ballot with k eligible candidates the one in place p is before k − p of its k − 1 rivals. It gets that share,
 *     points = (k − p) / (k − 1),
 * which is Borda's k − p, scaled so that first and last place are worth the same on a ballot with one candidate
 * fewer. The u eligible candidates that a ballot does not rank share the places that are left, on average the place
 * k − (u − 1) / 2, so that each gets (u − 1) / 2 / (k − 1). The score is
 *     score = sum of points / number of ballots on which the candidate was eligible:
 * the chance that a voter, drawn from those that could rank it, puts it before a rival drawn from that ballot (a tie
 * being half). A sum would punish the authors who vote, for they lack a ballot. Where nobody leaves out anything the
 * order is that of Borda (Mémoire sur les élections au scrutin, 1781). A ballot with one eligible candidate compares
 * nothing and is left out.
 * @throws {RangeError} for ballots that cannot be counted.
 */
export function borda(candidates: readonly string[], ballots: readonly RankedBallot[]): Count {
  refuseUncountable(candidates, ballots, ({ ranking }) => ranking);
  // k is all candidates or one fewer. Points are counted in whole units, or equal scores would differ by rounding.
  const most = candidates.length - 1;
  const units = 2 * most * Math.max(1, most - 1);
  const scores = candidates.map((candidate): Score => {
    let [sum, able] = [0, 0];
    for (const ballot of ballots) {
      const rivals = eligible(candidates, ballot).filter((other) => other !== candidate);
      if (candidate === ballot.excluded || rivals.length === 0) continue;
      const behind = rivals.filter((rival) => prefers(ballot, candidate, rival)).length;
      const ahead = rivals.filter((rival) => prefers(ballot, rival, candidate)).length;
      sum += (rivals.length + behind - ahead) * (units / (2 * rivals.length));
      able += 1;
    }
    return { candidate, score: able === 0 ? 0 : sum / (units * able), ballots: able };
  });
  const pairwise = comparePairs(candidates, ballots);
  return { rule: 'borda', ...placed(scores), pairwise, agreement: agreementOf(pairwise) };
}

/**
 * The winner beats every other candidate: of the ballots on which both were eligible, more put it first. Where there
 * is none, the tied are the Smith set: those in the circle or the draw at the top.
 * @throws {RangeError} for ballots that cannot be counted.
 */
export function condorcet(candidates: readonly string[], ballots: readonly RankedBallot[]): Count {
  refuseUncountable(candidates, ballots, ({ ranking }) => ranking);
  const pairwise = comparePairs(candidates, ballots);
  const scores = candidates.map((candidate): Score => {
    const able = ballots.filter((ballot) => eligible(candidates, ballot).includes(candidate)).length;
    return { candidate, score: copelandScore(candidate, candidates, pairwise), ballots: able };
  });
  const { scores: ordered } = placed(scores);
  const first = firstOf(smithSet(candidates, pairwise));
  return { rule: 'condorcet', scores: ordered, ...first, pairwise, agreement: agreementOf(pairwise) };
}

/**
 * Ends a tie: first by who of the tied beats all other tied in pairs, where the ballots ranked them; then by the
 * judge's ranking (a single choice is a ranking of one), of which the first that is tied wins. Else it stays a tie.
 */
export function breakTie(count: Count, judge: readonly string[] = []): Count {
  const { tied, pairwise } = count;
  if (!tied || count.winner !== undefined) return count;
  const beatsAll = pairwise && condorcetWinner(tied, pairwise);
  if (beatsAll !== undefined) return { ...count, winner: beatsAll, settledBy: 'condorcet' };
  const chosen = judge.find((candidate) => tied.includes(candidate));
  return chosen === undefined ? count : { ...count, winner: chosen, settledBy: 'judge' };
}

function eligible(candidates: readonly string[], { excluded }: RankedBallot): string[] {
  return candidates.filter((candidate) => candidate !== excluded);
}

function placed(
  scores: readonly Score[],
  worth: (score: Score) => number = ({ score }) => score,
): Pick<Count, 'scores' | 'winner' | 'tied'> {
  const ordered = scores.toSorted((a, b) => worth(b) - worth(a));
  const first = scores.filter((one) => worth(one) === worth(ordered[0]!));
  return { scores: ordered, ...firstOf(first.map(({ candidate }) => candidate)) };
}

function firstOf(best: string[]): Pick<Count, 'winner' | 'tied'> {
  return best.length > 1 ? { tied: best } : { winner: best[0] };
}

/** Spoilt ballots are dealt with where they are read; one that gets here was mapped wrongly, which must not pass. */
function refuseUncountable<B extends { voter: string; excluded?: string }>(
  candidates: readonly string[],
  ballots: readonly B[],
  namesOn: (ballot: B) => readonly string[],
): void {
  const twice = (names: readonly string[]) => names.find((name, place) => names.indexOf(name) !== place);
  const refuse = (what: string): never => {
    throw new RangeError(`The votes cannot be counted: ${what}.`);
  };
  const candidate = twice(candidates);
  if (candidate !== undefined) refuse(`${candidate} is a candidate twice`);
  const voter = twice(ballots.map((ballot) => ballot.voter));
  if (voter !== undefined) refuse(`${voter} voted twice`);
  for (const ballot of ballots) {
    const names = namesOn(ballot);
    const stranger = names.find((name) => !candidates.includes(name));
    if (stranger !== undefined) refuse(`${ballot.voter} named ${stranger}, which is no candidate`);
    if (twice(names) !== undefined) refuse(`${ballot.voter} named ${twice(names)} twice`);
    if (names.some((name) => name === ballot.excluded)) refuse(`${ballot.voter} named its own candidate`);
  }
}
