import { expect, onTestFinished, test } from 'vitest';
import { patientFetch, Redirected } from '../../src/providers/patient-fetch.ts';
import { listen } from '../../src/simulation/http.ts';
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

test.each([301, 302, 303, 307, 308])('does not follow where a %d leads', async (status) => {
  const elsewhere = await answerWith(['hello'], { contentType: 'text/plain' });
  const location = `${elsewhere.url.replace('127.0.0.1', 'localhost')}/login?token=1`;
  const server = await listen((_incoming, response) => response.writeHead(status, { location }).end('moved'));
  onTestFinished(server.close);
  const error = await patientFetch(server.url, {
    method: 'POST',
    headers: { 'x-goog-api-key': 'secret' },
  }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(Redirected);
  expect(error).toMatchObject({ statusCode: status, location: location.replace('?token=1', '') });
  expect(elsewhere.requests).toEqual([]);
});
