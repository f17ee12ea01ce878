import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/conversation/failure.ts';
import { userMessage } from '../../src/conversation/message.ts';
import { createProvider, PROVIDER_KINDS, type ProviderEntry } from '../../src/providers/registry.ts';
import { answerWith } from './answer-with.ts';

async function failureOf(entry: ProviderEntry): Promise<Failure> {
  const provider = await createProvider('mine', entry);
  return provider.chat({ model: 'a-model', messages: [userMessage('Go')] }).then(
    () => expect.fail('nothing failed'),
    (error: Failure) => error,
  );
}

describe.each(PROVIDER_KINDS)('%s', (kind) => {
  test.each([
    ['sk-SECRETONE\nsk-two', 'a line break'],
    ['sk-SECRETONE\rsk-two', 'a line break'],
    ['“sk-SECRETONE”', 'the character ““”'],
    ['sk-🔑SECRETONE', 'the character “🔑”'],
    ['sk-SECRETONE\u0007', 'a control character'],
  ])('refuses the key %j before anything is sent, and names where it is', async (apiKey, what) => {
    const service = await answerWith([]);
    const failure = await failureOf({ kind, baseUrl: service.url, apiKey, keyVariable: 'MY_KEY' });
    expect(failure).toBeInstanceOf(Failure);
    expect(failure.kind).toBe('bad-config');
    expect(failure.message).toContain(`MY_KEY holds ${what}`);
    expect(failure.message).not.toContain('SECRETONE');
    expect(service.requests).toEqual([]);
  });

  test.each([
    [{ 'x-team': 'grün' }, 'the value of "x-team" holds the character “ü”'],
    [{ 'x team': 'green' }, '"x team" cannot be the name of a header'],
  ])('refuses the headers %j', async (headers, what) => {
    const failure = await failureOf({ kind, baseUrl: 'http://127.0.0.1:9', apiKey: 'a-good-key', headers });
    expect(failure).toMatchObject({ kind: 'bad-config', message: expect.stringContaining(what) });
  });

  test('takes the values of headers out of what a server says of them', async () => {
    const service = await answerWith(['The token very-secret-token is not known.'], {
      contentType: 'text/plain',
    });
    const baseUrl = `${service.url}/very-secret-token`;
    const headers = { authorization: 'Bearer very-secret-token' };
    const failure = await failureOf({
      kind,
      baseUrl,
      apiKey: kind === 'ollama' ? undefined : 'a-good-key',
      headers,
    });
    expect(failure.message).not.toContain('very-secret-token');
  });
});

test('an address that holds a password is a login for Ollama', async () => {
  const service = await answerWith(['{"message":{"content":"Hi."}}\n{"done":true}\n'], {
    contentType: 'text/plain',
  });
  const baseUrl = service.url.replace('http://', 'http://me:pa%20ss@');
  const ollama = await createProvider('mine', { kind: 'ollama', baseUrl });
  await ollama.chat({ model: 'a-model', messages: [userMessage('Go')] });
  const login = `Basic ${Buffer.from('me:pa ss').toString('base64')}`;
  expect(service.requests.map(({ headers }) => headers.authorization)).toEqual(
    service.requests.map(() => login),
  );
  const both = await failureOf({ kind: 'ollama', baseUrl, apiKey: 'a-good-key' });
  expect(both).toMatchObject({ kind: 'bad-config', message: expect.stringContaining('only one of them') });
});

test.each(PROVIDER_KINDS.filter((kind) => kind !== 'ollama'))(
  'an address that holds a password is refused by %s, and the password not shown',
  async (kind) => {
    const failure = await failureOf({
      kind,
      baseUrl: 'http://me:passw0rd@127.0.0.1:9',
      apiKey: 'a-good-key',
    });
    expect(failure).toMatchObject({
      kind: 'bad-config',
      message: expect.stringContaining('base_url of mine'),
    });
    expect(failure.message).not.toContain('passw0rd');
  },
);
