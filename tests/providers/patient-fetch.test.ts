import { expect, onTestFinished, test } from 'vitest';
import { patientFetch } from '../../src/providers/patient-fetch.ts';
import { answerWith } from './answer-with.ts';

const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

test('has no limits of its own on silence, and goes the way that was set for all requests', async () => {
  const service = await answerWith(['hello'], { contentType: 'text/plain' });
  const globals = globalThis as Record<symbol, { dispatch(options: object, handler: object): boolean }>;
  const original = globals[GLOBAL_DISPATCHER]!;
  onTestFinished(() => {
    globals[GLOBAL_DISPATCHER] = original;
  });
  const seen: object[] = [];
  globals[GLOBAL_DISPATCHER] = {
    dispatch(options, handler) {
      seen.push(options);
      return original.dispatch(options, handler);
    },
  };
  const response = await patientFetch(service.url, { method: 'POST', body: '{}' });
  expect(await response.text()).toBe('hello');
  expect(seen).toMatchObject([{ method: 'POST', headersTimeout: 0, bodyTimeout: 0 }]);
});
