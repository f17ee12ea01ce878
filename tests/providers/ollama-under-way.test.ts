import { expect, test } from 'vitest';
import { enter } from '../../src/providers/ollama/under-way.ts';

test('of two that are sent in the same moment none is ahead: the server may serve either first', () => {
  const one = enter('host', 'model', 1000);
  const other = enter('host', 'model', 1004);
  const third = enter('host', 'model', 3000);
  other.leave(4000);
  one.leave(6000);
  third.leave(9000);
  expect(one.company).toMatchObject({ requestsAhead: 0, parallelRequests: 3 });
  expect(other.company).toMatchObject({ requestsAhead: 0, parallelRequests: 3 });
  expect(third.company).toMatchObject({ requestsAhead: 2, aheadSeconds: 1 });
});
