import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DelegationOrder } from '../../../src/patterns/delegation/order.ts';
import { type Lines, type PatternSceneOptions, patternScene, QWEN } from '../../support/pattern-scene.ts';

type Script = Lines[string];

/** A worker that answers this, on a file; what the file holds afterwards. */
async function written(
  answer: Script,
  before: string | Buffer,
  order: Partial<DelegationOrder>,
  options: PatternSceneOptions = {},
) {
  const scene = await patternScene({ 'qwen2.5': answer }, options);
  const path = order.writeTo?.replace(/:.*/, '') ?? 'a.js';
  await writeFile(join(scene.workspace, path), before);
  const result = await scene.agent.delegate({
    task: 'x',
    model: QWEN,
    files: [path],
    writeTo: path,
    ...order,
  });
  const after = (await readFile(join(scene.workspace, path))).toString();
  const ended = scene.seen('delegation.ended');
  expect([scene.seen('delegation.started').length, ended.length]).toEqual([1, 1]);
  return { scene, result, after, ended: ended[0]! };
}

const block = (code: string) => `\`\`\`js\n${code}\n\`\`\``;
const inTurn =
  (...answers: string[]): Script =>
  (_request, n) => ({ text: answers[n]! });

describe('lines that are replaced', () => {
  test('are the same ones after a check failed, however many the first answer had', async () => {
    const before = 'l1\nl2\nl3\nl4\nl5\nl6\n';
    const answers = inTurn(block('BAD'), block('GOOD'));
    const check = '! grep -q BAD a.js';
    const { scene, result, after, ended } = await written(answers, before, { writeTo: 'a.js:2-3', check });
    expect(after).toBe('l1\nGOOD\nl4\nl5\nl6\n');
    expect(result).toMatchObject({
      status: 'done',
      checks: [
        { what: 'syntax', passed: true },
        { what: check, passed: true },
      ],
    });
    // Against what stood there at first, not against the first answer.
    expect(result.written).toMatchObject([{ path: 'a.js', added: 1, removed: 2 }]);
    expect(ended.diffs).toEqual(result.written);
    await scene.agent.undo();
    expect(await readFile(join(scene.workspace, 'a.js'), 'utf8')).toBe(before);
  });

  test.each([
    ['l1\nl2\nl3\r\nl4\n', 'a.js:2', 'l1\nA\nB\nl3\r\nl4\n'],
    ['l1\nl2\r\nl3\n', 'a.js:2', 'l1\nA\r\nB\r\nl3\n'],
    ['l1\nl2', 'a.js:2', 'l1\nA\nB'],
    ['l1\rl2\rl3', 'a.js:2', 'l1\rA\rB\rl3'],
    ['l1\r\nl2\r\n', 'a.js', 'A\r\nB\r\n'],
  ])('in %j at %s leave all else as it is', async (before, writeTo, after) => {
    expect((await written(block('A\nB'), before, { writeTo })).after).toBe(after);
  });

  test('are replaced again after a check that changed the file itself, as a formatter does', async () => {
    const answers = inTurn(block('bad'), block('good'));
    const check = "sed -i 's/bad/ugly/; s/good/fine/' a.js && ! grep -q ugly a.js";
    const { scene, result, after, ended } = await written(answers, 'l1\nl2\nl3\n', {
      writeTo: 'a.js:2',
      check,
    });
    expect([result.status, after]).toEqual(['done', 'l1\nfine\nl3\n']);
    expect(result.written![0]!.patch).toContain('+fine');
    expect(ended.failure).toBeUndefined();
    expect(scene.sentTo('qwen')).toHaveLength(2);
    // What the caller reads is what stands there now, and all of it is undone.
    expect(result.text).toContain('It begins:\nfine');
    await scene.agent.undo();
    expect(await readFile(join(scene.workspace, 'a.js'), 'utf8')).toBe('l1\nl2\nl3\n');
  });

  test('that a check deletes with their file are said to be gone, and come back', async () => {
    const scene = await patternScene({ 'qwen2.5': block('A') }, { files: { 'a.js': 'l1\nl2\n' } });
    const order = { task: 'x', model: QWEN, files: ['a.js'], writeTo: 'a.js', check: 'rm a.js' };
    const result = await scene.agent.delegate(order);
    expect(result.text).not.toContain('It begins');
    await scene.agent.undo();
    expect(await readFile(join(scene.workspace, 'a.js'), 'utf8')).toBe('l1\nl2\n');
  });

  test('have to be there', async () => {
    const scene = await patternScene({ 'qwen2.5': block('A') }, { files: { 'a.js': 'l1\nl2\n' } });
    const order = { task: 'x', model: QWEN, files: ['a.js'], writeTo: 'a.js:2-3' };
    await expect(scene.agent.delegate(order)).rejects.toThrow('a.js has 2 lines; there is no 2-3.');
    expect(scene.seen('delegation.started')).toEqual([]);
  });
});

describe('what does not look like the content of a file', () => {
  test('does not take its place: an excuse', async () => {
    const { result, after, scene } = await written('I cannot do that, sorry.', 'precious\n', {});
    expect(after).toBe('precious\n');
    expect(result).toMatchObject({ status: 'failed', checks: [{ what: 'form', passed: false }] });
    expect(result.text).toBe('I cannot do that, sorry.');
    expect(scene.sentTo('qwen')[1]!.messages.at(-1)!.text).toMatch('there is no code block in the answer');
  });

  test.each([['length', 'was cut off at max_output 300: ask for less, or allow more.']])(
    'does not take its place: a reply that was cut (%s)',
    async (stop, why) => {
      const cut: Script = () => ({ text: block('const a = 1;'), stop });
      const { result, after, scene } = await written(cut, 'precious\n', { maxOutputTokens: 300 });
      expect(after).toBe('precious\n');
      expect(result).toMatchObject({ status: 'partial', checks: [], written: undefined });
      expect(result.text).toBe(`${block('const a = 1;')}\n[partial: ${QWEN} ${why}]`);
      expect(scene.sentTo('qwen')).toHaveLength(1);
    },
  );

  test('does not take its place: word that nothing was found', async () => {
    const { result, after } = await written('Nothing found.', 'precious\n', { writeTo: 'NOTES.md' });
    expect(after).toBe('precious\n');
    expect(result).toMatchObject({ status: 'failed', checks: [{ what: 'form', passed: false }] });
  });

  test('does not take its place: lines that would break the file around them', async () => {
    const before = 'function f() {\n  return 1;\n}\n';
    const order = { writeTo: 'a.js:2' };
    const { result, after } = await written(block('  return 1; }}}} ('), before, order);
    expect(after).toBe(before);
    expect(result.checks).toMatchObject([{ what: 'syntax', passed: false }]);
    const broken = 'function f( {\n  return 1;\n}\n';
    const mended = await written(block('  return 2;'), broken, order);
    // It was broken before, elsewhere: that is not the worker's fault.
    expect(mended.result).toMatchObject({ status: 'done', checks: [] });
  });

  test('takes its place and is said to have failed, where a check fails to the end', async () => {
    const answers = inTurn(block('BAD'), block('BAD AGAIN;'));
    const check = '! grep -q BAD notes.cfg';
    const { result, after } = await written(answers, 'old\n', { writeTo: 'notes.cfg', check });
    expect(after).toBe('BAD AGAIN;\n');
    expect(result).toMatchObject({
      status: 'failed',
      written: [{ path: 'notes.cfg', added: 1, removed: 1 }],
      checks: [{ what: check, passed: false }],
    });
    expect(result.text).toMatch(/^Written to notes\.cfg: \+1 −1\. It begins:\nBAD AGAIN/);
  });

  test.each([
    ['Just *words*.', 'Just *words*.\n'],
    ['Before\n```sh\nnpm i\n```\nafter', 'Before\n```sh\nnpm i\n```\nafter\n'],
    ['```markdown\n# Title\n```sh\nnpm i\n```\nend\n```', '# Title\n```sh\nnpm i\n```\nend\n'],
    ['```sh\na\n```\nand\n```sh\nb\n```', '```sh\na\n```\nand\n```sh\nb\n```\n'],
  ])('may be prose in a file of prose: %j', async (answer, after) => {
    expect((await written(answer, 'old\n', { writeTo: 'NOTES.md' })).after).toBe(after);
  });

  test('is the largest of several blocks, and the caller is told that the others went nowhere', async () => {
    const { result, after } = await written(`${block('a();')}\nand\n${block('longer();')}`, 'old\n', {});
    expect(after).toBe('longer();\n');
    expect(result.text).toMatch(
      /^Written to a\.js: \+1 −1\. The answer had 2 code blocks: only the largest was written\. It begins:/,
    );
  });

  test('is asked for as a code block, without the leader saying so', async () => {
    const { scene } = await written(block('A'), 'x\n', {});
    expect(scene.sentTo('qwen')[0]!.messages.at(-1)!.text).toContain('Form: one code block with the whole');
  });
});

describe('whatever goes wrong after the worker answered', () => {
  test('its text is kept: a character that the file cannot hold', async () => {
    const latin = Buffer.from('caf\xe9\n', 'latin1');
    const { result, ended } = await written(block('// →'), latin, {});
    expect(result.status).toBe('failed');
    expect(result.text).toMatch(/Windows-1252.*has no "→"\.\nWhat the worker said:\n```js\n\/\/ →/s);
    expect(ended.failure).toMatchObject({ kind: 'bad-request' });
  });

  test('what was written is told: a check that is not allowed', async () => {
    const options = { agent: { approve: ['edits' as const] } };
    const { result, after, ended } = await written(block('NEW'), 'old\n', { check: 'true' }, options);
    expect(after).toBe('NEW\n');
    expect(result).toMatchObject({ status: 'failed', written: [{ path: 'a.js', added: 1, removed: 1 }] });
    expect(result.text).toMatch(/^Written to a\.js: \+1 −1\.\nNot allowed: true/);
    expect(ended.diffs).toEqual(result.written);
  });

  test('what was written and checked is told: a worker that fails at the second attempt', async () => {
    const script: Script = (_request, n) =>
      n === 0 ? { text: block('x') } : { fault: { type: 'status', status: 400, message: 'no' } };
    const { result, ended } = await written(script, 'old\n', { check: 'false' });
    expect(result).toMatchObject({
      status: 'partial',
      written: [{ path: 'a.js' }],
      checks: [{ what: 'syntax' }, { what: 'false', passed: false }],
    });
    expect(result.text).toMatch(/^Written to a\.js: \+1 −1\.\n/);
    expect(ended.checks).toEqual(result.checks);
  });
});

describe('the files of a piece of work', () => {
  test('are not waited for: a named pipe', { timeout: 10_000 }, async () => {
    const scene = await patternScene({ 'qwen2.5': 'x' });
    execFileSync('mkfifo', [join(scene.workspace, 'pipe')]);
    const order = { task: 'x', model: QWEN, files: ['pipe'] };
    await expect(scene.agent.delegate(order)).rejects.toThrow('pipe cannot be read: it is no ordinary file.');
    await expect(scene.agent.delegate({ ...order, files: [], writeTo: 'pipe' })).rejects.toThrow(
      'pipe cannot be written: it is no ordinary file.',
    );
  });

  test('are no more than a model reads', async () => {
    const scene = await patternScene(
      { 'qwen2.5': 'x' },
      { files: { 'large.txt': 'line of text\n'.repeat(400_000), 'huge.txt': 'x'.repeat(11 * 1024 * 1024) } },
    );
    const order = (files: string[]) => ({ task: 'x', model: QWEN, files });
    await expect(scene.agent.delegate(order(['large.txt']))).rejects.toThrow(
      'With large.txt it is more than any model reads: name lines of it, as in path:10-80.',
    );
    await expect(scene.agent.delegate(order(['huge.txt']))).rejects.toThrow(
      'it has 11 MB, which is too large',
    );
    expect((await scene.agent.delegate(order(['large.txt:10-12']))).status).toBe('done');
  });

  test('hold a key of the human by its name alone, and keep it', async () => {
    const key = 'sk-router-0123456789abcdef';
    const { scene, after } = await written(block("k = '[ROUTER_KEY]'\na = 2"), `k = '${key}'\na = 1\n`, {});
    expect(scene.sentTo('qwen')[0]!.messages.at(-1)!.text).toContain("k = '[ROUTER_KEY]'");
    expect(after).toBe(`k = '${key}'\na = 2\n`);
    expect(JSON.stringify(scene.agent.history.events)).not.toContain(key);
  });
});
