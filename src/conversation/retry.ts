import type { Failure } from './failure.ts';

export interface RetryPolicy {
  /** Requests altogether, the first included. */
  attempts: number;
  firstWaitMs: number;
  longestWaitMs: number;
  /** A server that asks for a longer wait than this is not waited for. */
  patienceMs: number;
  /** 0 to 1, for the jitter. */
  random: () => number;
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 5,
  firstWaitMs: 1_000,
  longestWaitMs: 30_000,
  patienceMs: 300_000,
  random: Math.random,
};

/**
 * How long to wait before the next attempt, in milliseconds; undefined where there should be none.
 * The server's own `retry-after` wins; else the wait doubles each time, less up to a quarter at random so
 * that several clients do not come back at the same moment.
 */
export function waitBeforeRetry(policy: RetryPolicy, failure: Failure, attempt: number): number | undefined {
  if (!failure.retryable || attempt >= policy.attempts) return undefined;
  if (failure.retryAfterMs !== undefined) {
    return failure.retryAfterMs <= policy.patienceMs ? failure.retryAfterMs : undefined;
  }
  const wait = Math.min(policy.firstWaitMs * 2 ** (attempt - 1), policy.longestWaitMs);
  return wait * (1 - policy.random() / 4);
}
