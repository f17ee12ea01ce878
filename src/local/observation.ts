import type { FailureKind } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { ForecastFigures, Profile } from '../conversation/reply.ts';
import type { WorkKind } from '../conversation/work.ts';

export type { ForecastFigures, WorkKind };

/** Whether delegated work was accepted as it came, repaired, or thrown away. */
export type Outcome = 'accepted' | 'fixed' | 'rejected';

/** One exchange with a local model as it is kept. Times are seconds; what is not known is absent. */
export interface Observation extends Omit<Profile, 'local'> {
  /** Milliseconds since 1970. */
  at: number;
  session: string;
  exchange: string;
  model: ModelReference;
  kind: WorkKind;
  /** The prompt by the parts of `tokens.ts`, which its tokens are forecast from. */
  promptParts?: readonly number[];
  /**
   * Of one that was stopped, so that nobody counted: what its prompt was taken to have. `cachedTokens` are absent where
   * the server may have kept a part of a prompt that it was stopped at.
   */
  expectedPrompt?: { tokens: number; cachedTokens?: number };
  /** Number of weights, and bytes of the model's file, where the server told. */
  parameters?: number;
  bytes?: number;
  /** Share of the weights that work on a token, where not all do. */
  activeShare?: number;
  /** `cachedTokens` are what the server said, or what was inferred from the prompts before. */
  cachedFrom?: 'server' | 'prefix';
  forecast?: ForecastFigures;
  /** The limit on its output that the request carried, tokens. */
  outputLimit?: number;
}

/** A piece of work that was given to a model, and what became of it. */
export interface DelegationRecord {
  /** `d3`, counted in a session. */
  id: string;
  session: string;
  /** Milliseconds since 1970. */
  at: number;
  model: ModelReference;
  kind: WorkKind;
  local: boolean;
  status: 'done' | 'partial' | 'refused' | 'failed';
  seconds: number;
  budgetSeconds?: number;
  forecast?: ForecastFigures;
  /** Why it did not come to its end. */
  failure?: FailureKind;
  /** What checks by machine said; absent where nothing was checked. */
  checked?: boolean;
  outcome?: Outcome;
  why?: string;
}

/** What a session's models did, by where they did it. */
export interface SessionShare {
  session: string;
  /** Milliseconds since 1970, of its last exchange. */
  at: number;
  localTokens: number;
  remoteTokens: number;
  /** Of these, read from a cache. */
  localCached: number;
  remoteCached: number;
  /** Dollars; absent where a price was unknown. */
  cost?: number;
}

/** A sentence worth keeping for later sessions. */
export interface Lesson {
  id: number;
  /** Milliseconds since 1970. */
  at: number;
  /** A model reference, or absent for all. */
  model?: ModelReference;
  text: string;
}
