import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { expectNothingLeftOn } from '../../src/conformance/expectations.ts';

test('a signal that fetch was given is said to keep its listener, and one made from it keeps none', async () => {
  const server = createServer((_request, response) => response.end('Yes.'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [given, spared] = [new AbortController().signal, new AbortController().signal];
  await (await fetch(url, { signal: given })).text();
  await (await fetch(url, { signal: AbortSignal.any([spared]) })).text();
  expect(() => expectNothingLeftOn(given)).toThrow(
    /leaves no listener .* give it AbortSignal\.any\(\[signal\]\)/,
  );
  expectNothingLeftOn(spared);
});
