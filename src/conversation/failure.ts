import type { Profile, Usage } from './reply.ts';

/** Why something failed. A kind decides what Parley does next; the message is for the human. */
export type FailureKind =
  | 'no-key'
  | 'not-authorised'
  | 'no-credit'
  | 'unreachable'
  | 'model-not-found'
  | 'no-tool-support'
  | 'unsupported'
  | 'context-exceeded'
  | 'rate-limited'
  | 'overloaded'
  | 'server-error'
  | 'connection-lost'
  | 'cut-off'
  | 'stalled'
  | 'malformed'
  /** The model declined, or the provider's filter withheld the reply. */
  | 'refused'
  | 'bad-request'
  | 'bad-config'
  | 'usage'
  | 'stopped'
  | 'internal';

/** Failures that may pass by themselves, so that the same request is worth sending again. */
const PASSING: ReadonlySet<FailureKind> = new Set([
  'unreachable',
  'rate-limited',
  'overloaded',
  'server-error',
  'connection-lost',
  'cut-off',
]);

export interface FailureDetails {
  /** HTTP status, where there was one. */
  status?: number;
  /** How long the server asked us to wait, in milliseconds. */
  retryAfterMs?: number;
  /** Overrides what the kind says about trying again. */
  retryable?: boolean;
  /** What is known of a local exchange that did not come to its end. */
  profile?: Profile;
  /** Tokens that were counted before it failed: no more than a part of them. */
  usage?: Usage;
  cause?: unknown;
}

/**
 * An error made once, where its cause is known. `message` is one or two sentences for the human:
 * what failed, why, and what to do about it. It never holds a key.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly retryable: boolean;
  readonly profile: Profile | undefined;
  readonly usage: Usage | undefined;

  constructor(kind: FailureKind, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.profile = details.profile;
    this.usage = details.usage;
    this.retryable = details.retryable ?? PASSING.has(kind);
  }

  /** The failure itself, or an `internal` one that wraps whatever was thrown. */
  static from(thrown: unknown): Failure {
    if (thrown instanceof Failure) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new Failure('internal', message, { cause: thrown });
  }

  static stopped(): Failure {
    return new Failure('stopped', 'Stopped.');
  }

  /** All but kind and message, for a failure that is told in other words. */
  get details(): FailureDetails {
    const { status, retryAfterMs, retryable, profile, usage, cause } = this;
    return { status, retryAfterMs, retryable, profile, usage, cause };
  }

  /** The same failure, with more that is known of it. */
  with(more: FailureDetails): Failure {
    return new Failure(this.kind, this.message, { ...this.details, ...more });
  }

  /** The failure as plain data, for an event. */
  report(): { kind: FailureKind; message: string; status?: number } {
    return { kind: this.kind, message: this.message, status: this.status };
  }
}
