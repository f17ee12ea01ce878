import type { Fault, KeyPath } from '../../yaml/fault.ts';
import type { AskStep, VoteStep, WrittenStep } from './schema.ts';

/** What is wrong with a pattern, and where in its file. */
export class PatternFault extends Error {
  readonly fault: Fault;

  constructor(path: KeyPath, message: string, more: Partial<Fault> = {}) {
    super(message);
    this.fault = { path, message, inKey: false, ...more };
  }
}

/** What can be named at a place. */
export interface Scope {
  roles: readonly string[];
  /** Steps that have spoken for certain, or were skipped by their own `when`. */
  spoken: ReadonlyMap<string, AskStep | VoteStep>;
  /** Steps of the repeat around, which have spoken from its second round on. */
  inRepeat: readonly string[];
  /** All steps of the pattern, to say which of them come too late. */
  all: ReadonlyMap<string, WrittenStep<'ask'> | WrittenStep<'vote'>>;
  repeats: number;
  parallel: boolean;
}
