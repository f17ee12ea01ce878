import type { FailureReport, FileDiff } from '../../conversation/event.ts';
import type { ModelReference } from '../../conversation/message.ts';
import type { ForecastFigures, Profile } from '../../conversation/reply.ts';
import type { WorkKind } from '../../conversation/work.ts';
import type { JsonSchema } from '../../providers/base.ts';
import type { Limits } from '../settings.ts';

export type AnswerForm = 'text' | 'code' | 'json';

/** More is not waited for in one call. */
export const LONGEST_BUDGET_SECONDS = 3600;

/** A piece of work for another model. */
export interface DelegationOrder {
  task: string;
  /** A model reference; left out, the best local one for this kind of work. */
  model?: ModelReference;
  /** What it needs to read: `src/a.ts`, or lines of it, `src/a.ts:10-80`. */
  files?: readonly string[];
  /** What it needs to know of the conversation, in a few sentences. */
  brief?: string;
  /** A delegation whose answer is objected to: the task says what is wrong, its worker answers again. */
  again?: string;
  kind?: WorkKind;
  /** The most that it may write, tokens. */
  maxOutputTokens?: number;
  /** How long the caller is ready to wait. */
  budgetSeconds?: number;
  form?: AnswerForm;
  /** Of the answer, where the form is `json`. */
  schema?: JsonSchema;
  /** The code goes into this file, or in place of these lines of it. */
  writeTo?: string;
  /** A command that has to succeed with what was written. */
  check?: string;
  /** The worker may read, list and search files by itself. */
  tools?: boolean;
  /** Send it whatever the forecast says. */
  insist?: boolean;
  /** False keeps too large an input in one piece. */
  split?: boolean;
  /** False leaves the figures and the advice out of what the caller reads, for experiments. */
  advice?: boolean;
  limits?: Limits;
}

export type DelegationStatus =
  | 'done'
  /** Stopped at its bound, by the human or by a fault; what was written is kept. */
  | 'partial'
  /** Not sent: it would not have been done in time. */
  | 'refused'
  | 'failed';

export interface DelegationResult {
  id: string;
  model: ModelReference;
  kind: WorkKind;
  status: DelegationStatus;
  /** What the worker said; for a refusal, why. */
  text: string;
  /** That models were asked for: checks, and waiting for the human's yes, are not among them. */
  seconds: number;
  budgetSeconds?: number;
  forecast?: ForecastFigures;
  profile?: Profile;
  /** What it cost and how to ask next time, for the caller. */
  advice: string;
  /** What checks by machine found; empty where there were none. */
  checks: CheckResult[];
  written?: FileDiff[];
  failure?: FailureReport;
  /** How many pieces the work was cut into; 1 where it was not. */
  pieces: number;
  /** Dollars; undefined where a price is unknown. */
  cost?: number;
}

export interface CheckResult {
  what: string;
  passed: boolean;
  /** What it said where it failed, short. */
  detail?: string;
}
