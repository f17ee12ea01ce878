import type { VoteReport } from '../../conversation/event.ts';
import type { ModelReference } from '../../conversation/message.ts';
import type { Closing, Ending } from '../frame.ts';
import type { Limits } from '../settings.ts';
import type { Voice } from './said.ts';

/** What a pattern of the human's own is to be run on. */
export interface CustomOrder {
  /** What the human wants done; some patterns need none. */
  task?: string;
  /** What its models read: `src/a.ts`, `src/a.ts:10-80`. */
  files?: readonly string[];
  /** Models, short names or panels that play a role instead of those that the pattern names. */
  roles?: Readonly<Record<string, string | readonly string[]>>;
  limits?: Limits;
  /** Plays the roles for which nobody is named. */
  model?: ModelReference;
}

/** What came of it, as far as the pattern itself knows. */
export interface CustomEnding extends Ending {
  name: string;
  /** Whether the pattern's own `agreed` holds; undefined where it has none. */
  agreed?: boolean;
  /** Every answer, in order, rounds after one another. */
  steps: Voice[];
  votes: { step: string; vote: VoteReport }[];
  /** What was said last. */
  answer: string;
  rounds: number;
}

export type CustomResult = CustomEnding & Closing;
