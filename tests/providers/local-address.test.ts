import { expect, test } from 'vitest';
import { isLocalAddress, isLoopback } from '../../src/providers/local-address.ts';

test.each([
  ['http://127.0.0.1:11434', true, true],
  ['http://localhost', true, true],
  ['http://box.localhost', true, true],
  ['http://[::1]:8080/v1', true, true],
  ['http://0.0.0.0:11434', true, true],
  ['http://192.168.1.20', true, false],
  ['http://10.0.0.5', true, false],
  ['http://169.254.169.254', true, false],
  ['http://[fd00::1]', true, false],
  ['http://gpu-box', true, false],
  ['http://gpu-box.local', true, false],
  ['http://8.8.8.8', false, false],
  ['http://127.0.0.1@evil.example', false, false],
  ['http://localhost.evil.example', false, false],
  ['no address', false, false],
])('%s is in the network: %s, on this machine: %s', (url, local, loopback) => {
  expect([isLocalAddress(url), isLoopback(url)]).toEqual([local, loopback]);
});
