/** Models vote: on options that are given, or on each other's answers, which they see without names. */
import type { VoteReport } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import { type ModelReference, textOf, userMessage } from '../conversation/message.ts';
import { membersOf } from './panel.ts';
import { ask, type Room } from './room.ts';
import { type Answer, anonymiseForAll, type Labelled, unmask } from './voting/anonymous.ts';
import { BALLOT_FOR, type BallotKind, type Ballots, ballotSchema, readBallot } from './voting/ballot.ts';
import { approval, borda, breakTie, type Count, condorcet, plurality, type Rule } from './voting/count.ts';
import { kinships } from './voting/families.ts';

export type VoteRule = Rule | 'judge';

export const VOTE_RULES: readonly VoteRule[] = ['plurality', 'borda', 'condorcet', 'approval', 'judge'];

export interface VoteOrder {
  /** Left out: Condorcet between answers, plurality over options. */
  rule?: VoteRule;
  /** What can be voted for; the voters' own answers where left out. */
  options?: readonly string[];
  /** Decides alone (rule `judge`), or where there is a tie. */
  judge?: string;
}

interface Vote extends VoteOrder {
  question: string;
  /** The pattern that it belongs to. */
  pattern: string;
  voters: readonly ModelReference[];
  answers: readonly { model: ModelReference; text: string }[];
}

interface Cast {
  voter: ModelReference;
  reason: string;
  /** Best first; of an approval, all that are good enough. */
  named: string[];
}

const VOTER = `You are a voter. Judge by the question alone: what is right, what works, what is missing. Length and tone are worth nothing. Say why first, in a sentence or two, then vote. Answer with JSON only.`;

/**
 * A sentence where a vote could decide nothing, undefined where it can.
 * @param voters how many there are, who are also the authors where there are no options.
 */
export function cannotDecide({ rule, options, judge }: VoteOrder, voters: number): string | undefined {
  if (rule === 'judge' && !judge) return 'A judge decides: name one.';
  if (options) return new Set(options).size < 2 ? 'A vote needs at least two options.' : undefined;
  if (rule !== 'judge' && voters < 3)
    return 'Two models that leave out their own answers can only tie: name a third, a judge with the rule "judge", or options.';
  return voters < 2 ? 'A vote needs at least two answers.' : undefined;
}

/** @throws {Failure} where it could decide nothing. */
export async function holdVote(room: Room, vote: Vote, signal: AbortSignal): Promise<VoteReport> {
  const { options, answers, voters, question, pattern } = vote;
  const rule = vote.rule ?? (options ? 'plurality' : 'condorcet');
  const candidates = options ? [...new Set(options)] : answers.map(({ model }) => model);
  if (candidates.length < 2)
    throw new Failure('usage', 'A vote needs at least two things to choose between.');
  const [judge] = vote.judge ? await membersOf(room, [vote.judge], {}, 1, signal) : [];
  const asked = rule === 'judge' ? [judge!] : voters;
  const kind = rule === 'judge' ? 'choice' : BALLOT_FOR[rule];
  const texts: Answer[] = answers.map(({ model, text }) => ({ candidate: model, text }));
  const sheets = options ? undefined : anonymiseForAll(texts, asked, room.session);
  const cast: Cast[] = [];
  const spoilt: VoteReport['spoilt'] = [];
  await Promise.all(
    asked.map(async (voter) => {
      const one = await ballotOf(
        room,
        { voter, kind, question, options: candidates, sheet: sheets?.get(voter) },
        signal,
      );
      if ('spoilt' in one) spoilt.push({ voter, reason: one.spoilt });
      else cast.push(one);
    }),
  );
  const ordered = cast.toSorted((a, b) => asked.indexOf(a.voter) - asked.indexOf(b.voter));
  const counted = breakTie(
    countOf(rule, candidates, ordered, options !== undefined),
    chairRanking(ordered, judge),
  );
  const { winner } = counted;
  const approves = rule === 'approval';
  const wants = ({ named }: Cast) => (approves ? named : named.slice(0, 1));
  const ballots = (some: readonly Cast[]) =>
    some.map(({ voter, reason, named }) => ({ voter, choice: named.join(approves ? ', ' : ' > '), reason }));
  const report: VoteReport = {
    rule,
    scores: counted.scores,
    winner,
    tied: counted.tied,
    settledBy: counted.settledBy,
    agreement: counted.agreement,
    ballots: ballots(ordered),
    spoilt,
    // Nobody could vote for their own answer, so its author is of no other mind.
    dissent: ballots(
      winner === undefined
        ? []
        : ordered.filter((one) => !wants(one).includes(winner) && one.voter !== winner),
    ),
    kin: kinships(asked),
  };
  room.door.emit({ type: 'vote.counted', pattern, vote: report });
  return report;
}

interface BallotPaper {
  voter: ModelReference;
  kind: BallotKind;
  question: string;
  options: readonly string[];
  /** Answers without names; absent where options are voted on. */
  sheet?: Labelled[];
}

async function ballotOf(
  room: Room,
  paper: BallotPaper,
  signal: AbortSignal,
): Promise<Cast | { spoilt: string }> {
  const { voter, kind, question, options, sheet } = paper;
  const labels = sheet ? sheet.map(({ label }) => label) : options;
  const choices = sheet
    ? sheet.map(({ label, text }) => `Answer ${label}:\n${text}`).join('\n\n')
    : `To choose from: ${options.map((option) => JSON.stringify(option)).join(', ')}`;
  const form = formOf(kind, labels);
  const parts = [question, choices, room.human.heardBy(voter), form];
  const messages = [userMessage(parts.filter(Boolean).join('\n\n'))];
  const said = await ask(
    room,
    { model: voter, system: VOTER, messages, format: ballotSchema(kind, labels) },
    signal,
  );
  if (said.failure || !said.message) return { spoilt: said.failure?.message ?? 'It said nothing.' };
  const read = readBallot(kind, textOf(said.message), labels);
  if (read.spoilt !== undefined) return { spoilt: read.spoilt };
  const ballot = sheet ? unmask(read.ballot, sheet) : read.ballot;
  return { voter, reason: ballot.reason, named: namedOn(ballot) };
}

/** No example that could be a ballot: it would lean towards the label that it shows. */
function formOf(kind: BallotKind, labels: readonly string[]): string {
  const list = labels.map((label) => JSON.stringify(label)).join(', ');
  const field = {
    choice: `"choice": one of ${list}`,
    approval: `"approved": a list of all of ${list} that are good enough`,
    ranking: `"ranking": a list of ${list}, best first`,
  }[kind];
  return `Answer with one JSON object: "reason": why, then ${field}.`;
}

function namedOn(ballot: Ballots[BallotKind]): string[] {
  if ('choice' in ballot) return [ballot.choice];
  return 'approved' in ballot ? ballot.approved : ballot.ranking;
}

function countOf(
  rule: VoteRule,
  candidates: readonly string[],
  cast: readonly Cast[],
  options: boolean,
): Count {
  const ranked = cast.map(({ voter, named }) => ({
    voter,
    ranking: named,
    ...(!options && { excluded: voter }),
  }));
  switch (rule) {
    case 'approval':
      return approval(
        candidates,
        cast.map(({ voter, named }) => ({ voter, approved: named })),
      );
    case 'borda':
      return borda(candidates, ranked);
    case 'condorcet':
      return condorcet(candidates, ranked);
    default:
      return plurality(
        candidates,
        cast.map(({ voter, named }) => ({ voter, choice: named[0]! })),
      );
  }
}

/** A tie is settled by the chair's own ballot, where there is a chair who voted. */
function chairRanking(cast: readonly Cast[], judge: ModelReference | undefined): string[] {
  return cast.find(({ voter }) => voter === judge)?.named ?? [];
}
