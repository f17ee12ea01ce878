import type { VoteReport } from '../conversation/event.ts';
import { settlerOf } from '../conversation/settler.ts';
import { INDENT, type Paper } from './paper.ts';
import { onOneLine, printable } from './printable.ts';
import type { Style } from './theme.ts';

const BAR_COLUMNS = 20;
/** Columns of a candidate's name at the most. */
const NAME_COLUMNS = 36;
/** With fewer columns of a name than this beside it, a bar is not worth its room. */
const NARROW_NAME = 12;

/** A vote as a small table: what it came to, the counts as bars, who was of another mind, what did not count. */
export function voteLines(vote: VoteReport, paper: Paper): string[] {
  const { theme } = paper;
  return [
    ...paper.marked(vote.winner ? '✓' : '=', verdict(vote), vote.winner ? theme.success : theme.warning),
    ...scoreLines(vote, paper),
    ...vote.dissent.flatMap((one) =>
      beside('≠', `${one.voter} is for ${one.choice}: ${one.reason}`, theme.warning, paper),
    ),
    ...vote.spoilt.flatMap((one) =>
      beside('✗', `spoilt ballot of ${one.voter}: ${one.reason}`, theme.failure, paper),
    ),
    ...vote.kin.flatMap(({ family, voters }) =>
      beside(
        '!',
        `${listed(voters)} are of one family (${family}) and tend to err together`,
        theme.warning,
        paper,
      ),
    ),
  ];
}

/** `claude wins the vote by condorcet · a tie, settled by the judge · agreement 67 %`. */
export function verdict(vote: VoteReport): string {
  const { rule, winner, tied = [], settledBy, agreement, ballots } = vote;
  const how = `by ${rule}`;
  const first =
    ballots.length === 0
      ? `the vote ${how} has no valid ballot`
      : winner
        ? `${winner} wins the vote ${how}`
        : `the vote ${how} is a tie: ${listed(tied)}`;
  const parts = [first];
  if (winner && settledBy) parts.push(`a tie of ${listed(tied)}, settled by ${settlerOf(vote)}`);
  if (agreement !== undefined) parts.push(`agreement ${Math.round(agreement * 100)} %`);
  return onOneLine(printable(parts.join(' · ')));
}

function scoreLines({ scores, rule, winner }: VoteReport, paper: Paper): string[] {
  const { theme } = paper;
  const names = scores.map(({ candidate }) => onOneLine(printable(candidate)));
  const widest = Math.min(NAME_COLUMNS, Math.max(0, ...names.map((name) => paper.columnsOf(name))));
  const rows = scores.map(({ candidate, score, ballots }) => {
    const full = mostPossible(rule, scores.length, ballots);
    return {
      candidate,
      share: full > 0 ? score / full : 0,
      figure: `${Number(score.toFixed(2))}${unitOf(rule, full)}`,
    };
  });
  // Where there is no room the figures stay, and what they are drawn as goes.
  const room = paper.width - INDENT.length - Math.max(0, ...rows.map(({ figure }) => figure.length + 2));
  const withBars = room >= BAR_COLUMNS + 1 + Math.min(widest, NARROW_NAME);
  const nameColumns = Math.min(widest, withBars ? room - BAR_COLUMNS - 1 : room);
  return rows.map(({ candidate, share, figure }, place) => {
    const name = paper.filled(names[place]!, nameColumns);
    const bar = withBars ? `${theme.speaker(candidate)(barOf(share).padEnd(BAR_COLUMNS))} ` : '';
    return paper.line(`${candidate === winner ? theme.strong(name) : name}  ${bar}${theme.quiet(figure)}`, 2);
  });
}

/** The score of a candidate for whom everything speaks. */
function mostPossible(rule: string, candidates: number, ballots: number): number {
  if (rule === 'condorcet') return candidates - 1;
  return rule === 'borda' ? 1 : ballots;
}

function unitOf(rule: string, full: number): string {
  if (rule === 'condorcet') return ` of ${full} beaten`;
  return rule === 'borda' ? ' of 1 point' : ` of ${full} ${full === 1 ? 'vote' : 'votes'}`;
}

function barOf(share: number): string {
  const halves = Math.round(Math.min(1, Math.max(0, share)) * BAR_COLUMNS * 2);
  return '█'.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? '▌' : '');
}

/** What belongs to the line above it, in the same words as they were said. */
export function beside(sign: string, sentence: string, style: Style, paper: Paper): string[] {
  return paper
    .wrapped(onOneLine(printable(sentence)), 3)
    .map((line, row) => `    ${style(row === 0 ? sign : ' ')} ${line}`);
}

/** `a, b and c`. */
function listed(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(names);
}
