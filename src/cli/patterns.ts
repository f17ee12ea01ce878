import { consult, vote } from './patterns/consult.ts';
import { delegate, route } from './patterns/delegate.ts';
import { discuss } from './patterns/discuss.ts';
import { handoff } from './patterns/handoff.ts';
import { refine } from './patterns/refine.ts';
import type { PatternVerb } from './patterns/verb.ts';

/** All that models can be asked to do together, for the command line and the REPL. */
export const patternVerbs: readonly PatternVerb[] = [
  consult,
  vote,
  refine,
  discuss,
  handoff,
  route,
  delegate,
];
