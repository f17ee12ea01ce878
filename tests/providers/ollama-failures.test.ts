import { expect, onTestFinished, test } from 'vitest';
import type { Failure } from '../../src/conversation/failure.ts';
import { userMessage } from '../../src/conversation/message.ts';
import type { ReplyDelta } from '../../src/conversation/reply.ts';
import { readError } from '../../src/providers/ollama/failure.ts';
import { OllamaProvider } from '../../src/providers/ollama.ts';
import { listen } from '../../src/simulation/http.ts';
import { MACHINES } from '../../src/simulation/ollama/ground-truth.ts';
import { type Fault, inOrder } from '../../src/simulation/script.ts';
import { ollamaScene } from '../support/ollama-scene.ts';

const READ = { name: 'read', description: 'Reads.', parameters: { type: 'object' } };

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => expect.fail('nothing failed'),
    (error: Failure) => error,
  );
}

async function failureBy(fault: Fault, model?: string): Promise<Failure> {
  const { say } = await ollamaScene({ script: inOrder({ text: 'Some of it', fault }) });
  return failureOf(say('Hello', model ? { model } : {}));
}

test('Ollama that is not running: how to start it, and where it was looked for', async () => {
  const { machine, provider, request } = await ollamaScene();
  await machine.close();
  const ways = [
    () => provider.chat(request('Hello')),
    () => provider.listModels(),
    () => provider.getDefaultModel(),
  ];
  for (const ask of ways) {
    const failure = await failureOf(ask());
    expect(failure.kind).toBe('unreachable');
    expect(failure.message).toContain('ollama serve');
    expect(failure.message).toContain(machine.url);
    expect(failure.message).toContain('OLLAMA_BASE_URL');
  }
});

test('an instance of its own that is not running: where its address is set', async () => {
  const { machine } = await ollamaScene();
  await machine.close();
  const provider = new OllamaProvider({ name: 'gpu-box', baseUrl: machine.url });
  const failure = await failureOf(provider.chat({ model: 'qwen3:8b', messages: [userMessage('Hello')] }));
  expect(failure.message).toContain('base_url of gpu-box');
  expect(failure.message).not.toContain('OLLAMA_BASE_URL');
});

test('a proxy that takes no request of that size is no reason for a larger window', async () => {
  const fault = {
    type: 'status',
    status: 413,
    body: '<html><h1>Request Entity Too Large</h1></html>',
  } as const;
  const { say, sent } = await ollamaScene({ script: inOrder({ fault }, { text: 'Well.' }) });
  const failure = await failureOf(say('Hello'));
  expect(failure).toMatchObject({ kind: 'context-exceeded', status: 413, retryable: false });
  await say('Hello');
  expect(sent(1).options.num_ctx).toBe(sent(0).options.num_ctx);
});

test('a model that is not there: the line that gets it, and near names', async () => {
  const { say } = await ollamaScene();
  const failure = await failureOf(say('Hello', { model: 'qwen2.5-code:7b' }));
  expect(failure.kind).toBe('model-not-found');
  expect(failure.message).toContain('`ollama pull qwen2.5-code:7b`');
  expect(failure.message).toContain('Installed are qwen2.5-coder:7b');
  expect(failure.retryable).toBe(false);
});

test('a model without tools', async () => {
  const { say } = await ollamaScene();
  const failure = await failureOf(say('Hello', { model: 'gemma3:4b', tools: [READ] }));
  expect(failure.kind).toBe('no-tool-support');
  expect(failure.message).toContain('ollama:gemma3:4b cannot call tools');
});

test.each([
  [400, 'this model does not support images'],
  [500, 'this model is missing data required for image input'],
])('a model that cannot see, told with %i, is not asked again', async (status, message) => {
  const failure = await failureBy({ type: 'status', status, message });
  expect(failure).toMatchObject({ kind: 'bad-request', status, retryable: false });
  expect(failure.message).toContain('cannot see images');
});

test('a model that is too large for the machine is not asked again', async () => {
  const { say } = await ollamaScene({ machine: { ...MACHINES.laptop, ramBytes: 3e9 } });
  const failure = await failureOf(say('Hello'));
  expect(failure).toMatchObject({ kind: 'server-error', status: 500, retryable: false });
  expect(failure.message).toMatch(/does not fit into the memory .*GiB/);
});

test('a full queue passes', async () => {
  const failure = await failureBy({ type: 'status', status: 503, message: 'server busy' });
  expect(failure).toMatchObject({ kind: 'overloaded', retryable: true });
  expect(failure.message).toContain('OLLAMA_MAX_QUEUE');
});

test('a cloud that is out of reach, or lets nobody in', async () => {
  const cloud = 'gpt-oss:120b-cloud';
  const gone = await failureBy({ type: 'status', status: 502, message: 'connection refused' }, cloud);
  expect(gone).toMatchObject({ kind: 'server-error', retryable: true });
  expect(gone.message).toContain('could not reach its cloud');
  const body = JSON.stringify({ error: 'unauthorized', signin_url: 'https://ollama.com/connect' });
  const closed = await failureBy({ type: 'status', status: 401, body }, cloud);
  expect(closed.kind).toBe('not-authorised');
  expect(closed.message).toContain('ollama signin');
});

test('bad options, in the server’s words', async () => {
  const failure = await failureBy({ type: 'status', status: 400, message: 'invalid option provided: top_k' });
  expect(failure.kind).toBe('bad-request');
  expect(failure.message).toContain('invalid option provided: top_k');
});

test('an address that leads to something else', async () => {
  const server = await listen((request, response) => {
    request.resume();
    if (request.url === '/moved/api/chat')
      response.writeHead(301, { location: 'https://box/api/chat' }).end();
    else response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not here</h1>');
  });
  onTestFinished(server.close);
  const ask = (path: string) => {
    const provider = new OllamaProvider({ name: 'box', baseUrl: server.url + path });
    return failureOf(provider.chat({ model: 'm', messages: [userMessage('Hello')] }));
  };
  expect(await ask('')).toMatchObject({ kind: 'bad-config' });
  expect((await ask('')).message).toContain('Check base_url');
  expect((await ask('/moved')).message).toContain('https://box/api/chat');
});

test('an error in mid-stream keeps what was said before it', async () => {
  const fault = { type: 'error-event', message: 'llama runner process has terminated' } as const;
  const { provider, request } = await ollamaScene({
    script: inOrder({ text: 'The beginning of it', fault }),
  });
  const heard: ReplyDelta[] = [];
  const listening = (async () => {
    for await (const delta of provider.stream(request('Hello'))) heard.push(delta);
  })();
  const failure = await failureOf(listening);
  expect(failure.kind).toBe('server-error');
  expect(failure.message).toContain('llama runner process has terminated');
  expect(heard.map((delta) => (delta.type === 'text' ? delta.text : '')).join('')).toMatch(/^The be/);
  expect(failure.profile?.complete).toBe(false);
});

test('a tool call that the server could not parse is the model’s mistake, to be told to it', async () => {
  const fault = { type: 'error-event', message: 'XML syntax error on line 3: unexpected EOF' } as const;
  const { say } = await ollamaScene({ script: inOrder({ text: 'I call a tool', fault }) });
  const reply = await say('Hello', { tools: [READ] });
  expect(reply.stop).toBe('malformed-call');
  expect(reply.stopDetail).toContain('XML syntax error');
  expect(reply.profile?.complete).toBe(false);
});

test('a stream that ends without its last line says what that may mean', async () => {
  const failure = await failureBy({ type: 'no-end' });
  expect(failure.kind).toBe('cut-off');
  expect(failure.message).toContain('repeats itself');
});

test('errors are read through all their wrappings', () => {
  const inner = {
    code: 400,
    message: 'request (302 tokens) exceeds the available context size (256 tokens)',
  };
  const exact = { tokens: 302, contextSize: 256 };
  expect(readError(JSON.stringify({ error: JSON.stringify({ error: inner }) }))).toMatchObject(exact);
  expect(readError(JSON.stringify({ error: inner.message }))).toMatchObject(exact);
  expect(
    readError(
      '{"error":"input length (9000 tokens) exceeds the model\'s maximum context length (4096 tokens)"}',
    ),
  ).toMatchObject({ tokens: 9000, contextSize: 4096 });
  expect(readError('plain words')).toEqual({ words: 'plain words' });
  expect(readError('{"error":{"nested":{}}}')).toMatchObject({ words: '{"error":{"nested":{}}}' });
});
