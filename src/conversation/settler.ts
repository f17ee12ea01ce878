import type { VoteReport } from './event.ts';

/** What settled a tie: `condorcet`, `the judge a:one`. */
export function settlerOf({ settledBy = '', judgement }: VoteReport): string {
  return settledBy === 'judge' ? ['the judge', judgement?.voter].filter(Boolean).join(' ') : settledBy;
}
