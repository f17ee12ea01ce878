import { expect, test } from 'vitest';
import { statusFailure } from '../../src/providers/service-failure.ts';

test.each([
  [7_000, ''],
  [90_000, ' Come back in 2 min, or ask another model.'],
  [3_600_000, ' Come back in 1 h, or ask another model.'],
  [30_000_000, ' Come back in 9 h, or ask another model.'],
])('a service that asks for %d ms of rest', (retryAfterMs, told) => {
  const { message } = statusFailure({ status: 429, said: 'slow down', details: { retryAfterMs } }, 'claude');
  expect(message).toBe(`claude limits how much it is asked (429: slow down).${told}`);
});
