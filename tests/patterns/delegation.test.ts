import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ScriptedReply, SeenRequest } from '../../src/simulation/script.ts';
import { LEADER, linesOfCode, localScene, WORKER } from '../support/local-scene.ts';

const answer = (text: string) => (): ScriptedReply => ({ text });

describe('a delegation to a local model', () => {
  test('sends the files first and the task last, and brings back answer, cost and forecast', async () => {
    const scene = await localScene({
      files: { 'a.ts': linesOfCode(20) },
      ollama: { script: answer('a.ts:3 says so.') },
    });
    await scene.calibrate();
    const result = await scene.agent.delegate({
      task: 'Where is value2?',
      files: ['a.ts:1-5'],
      kind: 'extract',
      budgetSeconds: 60,
    });
    expect(result).toMatchObject({
      id: 'd1',
      model: WORKER,
      status: 'done',
      text: 'a.ts:3 says so.',
      pieces: 1,
      cost: 0,
    });
    const prompt = scene.machine.requests.at(-1)!.messages.at(-1)!.text;
    expect(prompt.indexOf('value2')).toBeLessThan(prompt.indexOf('Task: Where is value2?'));
    expect(prompt).toContain('3\texport const value2');
    expect(prompt).not.toContain('value5');
    expect(result.forecast!.boundSeconds).toBeGreaterThan(result.profile!.wallSeconds);
    expect(result.advice).toMatch(
      /^Cost: [\d.]+ s = read \d+ tokens.* s \+ write \d+ tokens at \d+\/s [\d.]+ s; forecast [\d.]+ s \([+−±]\d+ %\)/,
    );
  });

  test('reads the same files from the cache the second time', async () => {
    const scene = await localScene({
      files: { 'a.ts': linesOfCode(120) },
      ollama: { script: answer('nothing found') },
    });
    await scene.agent.delegate({ task: 'Is there a bug?', files: ['a.ts'], model: WORKER });
    await scene.agent.delegate({ task: 'Is there a name in it?', files: ['a.ts'], model: WORKER });
    const [first, second] = scene.machine.served.slice(-2);
    expect(first!.cachedTokens).toBeLessThan(100);
    expect(second!.cachedTokens).toBeGreaterThan(second!.promptTokens * 0.9);
  });

  test('is not begun where it would take too long; the caller reads by how much and what would fit', async () => {
    const scene = await localScene({ files: { 'a.ts': linesOfCode(300) }, ollama: { machine: 'laptop' } });
    await scene.calibrate();
    const before = scene.machine.requests.length;
    const order = { task: 'Rewrite it.', files: ['a.ts'], kind: 'transform', split: false } as const;
    const result = await scene.agent.delegate({ ...order, maxOutputTokens: 2000, budgetSeconds: 20 });
    expect(result.status).toBe('refused');
    expect(result.text).toMatch(
      /Not sent\. It would take [\d,.]+ s, up to [\d,.]+ s: [\d,.]+ s over the budget of 20 s \(read [\d,]+ /,
    );
    expect(result.text).toMatch(
      / Would fit: files: \["a\.ts:1-\d+"\], max_output: \d+; or seconds: \d+\. Or insist: true\.$/,
    );
    expect(scene.machine.requests.length).toBe(before);
    const judgement = { delegation: result.id, outcome: 'accepted' } as const;
    await expect(scene.agent.judge(judgement)).rejects.toThrow(`${result.id} was not sent`);
    const insisted = await scene.agent.delegate({
      ...order,
      maxOutputTokens: 16,
      budgetSeconds: 20,
      insist: true,
    });
    expect(insisted).toMatchObject({
      status: 'partial',
      text: expect.stringMatching(/cut off at max_output 16/),
    });
  });

  test('without any figures goes out unasked, and is measured', async () => {
    const scene = await localScene({ ollama: { script: answer('Yes.') } });
    const first = await scene.agent.delegate({ task: 'Is it so?' });
    expect([first.status, first.forecast]).toEqual(['done', undefined]);
    const second = await scene.agent.delegate({ task: 'Is it really so?' });
    expect(second.forecast).toBeDefined();
  });

  test('that is too large is cut, answered in pieces and put together', async () => {
    const script = ({ messages }: SeenRequest): ScriptedReply => {
      const text = messages.at(-1)!.text;
      if (text.includes('Put these findings together')) return { text: 'Together: a.ts:150.' };
      return { text: text.includes('value149 ') ? 'a.ts:150 computes 149' : 'nothing found' };
    };
    const scene = await localScene({
      files: { 'a.ts': linesOfCode(900) },
      ollama: { machine: 'laptop', script },
    });
    await scene.calibrate();
    const order = {
      task: 'Where is case 149?',
      files: ['a.ts'],
      kind: 'extract',
      maxOutputTokens: 64,
    } as const;
    const refused = await scene.agent.delegate({ ...order, budgetSeconds: 60 });
    const [, seconds, pieces] = /or seconds: (\d+) \(in (\d+) pieces\)\. Or/.exec(refused.text)!.map(Number);
    const result = await scene.agent.delegate({ ...order, budgetSeconds: seconds });
    expect(result).toMatchObject({ status: 'done', text: 'Together: a.ts:150.' });
    expect(result.pieces).toBe(pieces);
    const last = scene.machine.requests.at(-1)!.messages.at(-1)!.text;
    expect(last).toMatch(/From a\.ts:\d+-\d+:\na\.ts:150 computes 149/);
    expect(last).not.toContain('nothing found\n');
  });
});

describe('what a worker writes', () => {
  const code = '```ts\nexport const one = 1;\n```';

  test('goes to its file without passing through the leader, and can be undone', async () => {
    const scene = await localScene({ ollama: { script: answer(`Here:\n${code}\nDone.`) } });
    const result = await scene.agent.delegate({
      task: 'Write one.',
      writeTo: 'src/one.ts',
      check: 'grep -q one src/one.ts',
    });
    expect(result.status).toBe('done');
    expect(result.checks).toEqual([
      { what: 'syntax', passed: true },
      { what: 'grep -q one src/one.ts', passed: true },
    ]);
    expect(result.text).toBe('Written to src/one.ts: +1 −0. It begins:\nexport const one = 1;\n');
    expect(await readFile(join(scene.workspace, 'src/one.ts'), 'utf8')).toBe('export const one = 1;\n');
    expect(await scene.agent.undo()).toEqual(['src/one.ts']);
  });

  test('takes the place of the lines that were named, with the line endings of the file', async () => {
    const scene = await localScene({
      files: { 'a.txt': 'one\r\ntwo\r\nthree\r\n' },
      ollama: { script: answer('```\nTWO\nAND A HALF\n```') },
    });
    const result = await scene.agent.delegate({ task: 'Shout.', files: ['a.txt'], writeTo: 'a.txt:2-2' });
    expect([result.status, await readFile(join(scene.workspace, 'a.txt'), 'utf8')]).toEqual([
      'done',
      'one\r\nTWO\r\nAND A HALF\r\nthree\r\n',
    ]);
  });

  test('is told to the worker once where it is wrong, and then to the caller', async () => {
    const replies = ['```ts\nconst = ;\n```', '```ts\nconst a = 1;\n```'];
    const scene = await localScene({
      ollama: { script: (_request, n) => ({ text: replies[Math.min(n, 1)]! }) },
    });
    const mended = await scene.agent.delegate({ task: 'Write a.', writeTo: 'a.ts' });
    expect(mended.status).toBe('done');
    expect(scene.machine.requests.at(-1)!.messages.at(-1)!.text).toMatch(
      /^A check by machine failed: syntax: line 1/,
    );

    const stubborn = await localScene({ ollama: { script: answer('```ts\nconst = ;\n```') } });
    const result = await stubborn.agent.delegate({ task: 'Write a.', writeTo: 'a.ts' });
    expect([result.status, result.checks[0]]).toMatchObject(['failed', { what: 'syntax', passed: false }]);
    expect(stubborn.machine.requests).toHaveLength(2);
    await expect(readFile(join(stubborn.workspace, 'a.ts'))).rejects.toThrow('ENOENT');
  });

  test('may be JSON of a schema, which the server is told and Parley checks', async () => {
    const schema = {
      type: 'object',
      properties: { lines: { type: 'array', items: { type: 'number' } } },
      required: ['lines'],
    };
    const scene = await localScene({
      ollama: { script: (_request, n) => ({ text: n === 0 ? '{"lines": "all"}' : '{"lines": [3]}' }) },
    });
    const result = await scene.agent.delegate({ task: 'Which lines?', form: 'json', schema });
    expect([result.status, result.text]).toEqual(['done', '{"lines": [3]}']);
    expect((scene.machine.requests[0]!.body as { format?: unknown }).format).toEqual(schema);
  });
});

describe('a leader', () => {
  test('reads the field guide before it asks, and the advice after it did', async () => {
    const calls: ScriptedReply[] = [
      {
        toolCalls: [
          {
            name: 'delegate',
            args: {
              task: 'Rewrite all of it.',
              files: ['a.ts'],
              kind: 'transform',
              max_output: 4000,
              seconds: 10,
            },
          },
        ],
      },
      {
        toolCalls: [
          {
            name: 'delegate',
            args: {
              task: 'Name what is exported.',
              files: ['a.ts:1-10'],
              kind: 'extract',
              max_output: 32,
              seconds: 30,
            },
          },
        ],
      },
      {
        toolCalls: [
          {
            name: 'judge',
            args: { delegation: 'd2', outcome: 'accepted', lesson: 'Good at lists of names.', model: WORKER },
          },
        ],
      },
      { text: 'Done.' },
    ];
    const scene = await localScene({
      files: { 'a.ts': linesOfCode(200) },
      leader: (_request, n) => calls[Math.min(n, 3)]!,
      ollama: { machine: 'laptop', script: answer('value0, value1') },
    });
    await scene.calibrate();
    const turn = await scene.agent.chat('Get me the names.');
    expect(turn.outcome).toBe('answered');
    const requests = scene.frontier.requests;
    expect(requests[0]!.system).toMatch(
      /- ollama:qwen2\.5-coder:7b: window [\d,]+; reads \d+\/s, writes [\d.]+\/s; fits: 10 s /,
    );
    expect(new Set(requests.map(({ system }) => system)).size).toBe(1);
    const told = requests.map(({ messages }) => messages.at(-1)!.text);
    expect(told[1]).toMatch(
      /\[d1 transform by ollama:qwen2\.5-coder:7b: refused.*\nNot sent\. It would take/,
    );
    expect(told[2]).toMatch(/\[d2 extract by .*: done, [\d.]+ s\]\nvalue0, value1\n\[Cost: [\d.]+ s = read/);
    expect(told[3]).toContain('d2 counted as accepted; lesson kept.');
    expect(scene.seen('delegation.ended').map(({ status }) => status)).toEqual(['refused', 'done']);

    const later = await localScene({ home: scene.env.HOME });
    await later.agent.chat('Hello.');
    expect(later.frontier.requests[0]!.system).toContain(
      'Lessons:\n- ollama:qwen2.5-coder:7b: Good at lists of names.',
    );
  });

  test('is not its own worker', async () => {
    const scene = await localScene({
      leader: (request) =>
        request.messages.length === 1
          ? { toolCalls: [{ name: 'delegate', args: { task: 'Think for me.', model: LEADER } }] }
          : { text: 'Then not.' },
    });
    await scene.agent.chat('Go.');
    expect(scene.frontier.requests[1]!.messages.at(-1)!.text).toMatch(/cannot be its own worker/);
  });
});
