import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { JsonDisplay, StreamJsonDisplay } from '../../src/display/structured.ts';
import { CLAUDE, patternScene, QWEN, ROUTER_KEY } from '../support/pattern-scene.ts';

const root = resolve(import.meta.dirname, '../..');

test('every type of event, and nothing else, is documented', async () => {
  const source = await readFile(resolve(root, 'src/conversation/event.ts'), 'utf8');
  const union = source.slice(
    source.indexOf('export type EventBody'),
    source.indexOf('export type ParleyEvent'),
  );
  const types = [...union.matchAll(/^ {2}\| \{\s+type: '([\w.]+)'/gm)].map(([, type]) => type!);
  const doc = await readFile(resolve(root, 'docs/events.md'), 'utf8');
  const documented = [...doc.matchAll(/^\| `(\w+\.\w+|notice)` \|/gm)].map(([, type]) => type!);
  expect(types.length).toBeGreaterThan(20);
  expect(documented.sort()).toEqual(types.sort());
});

test('the stream is one object a line, numbered without gaps, and never holds a key', async () => {
  const lines: string[] = [];
  const scene = await patternScene(
    {
      claude: (_request, n) =>
        n === 0 ? { toolCalls: [{ name: 'read', args: { path: 'a.txt' } }] } : { text: 'It held a secret.' },
    },
    { files: { 'a.txt': `It is ${ROUTER_KEY}.\n` } },
  );
  scene.agent.display = new StreamJsonDisplay((line) => lines.push(line));
  await scene.agent.chat('Read a.txt.');
  const events = lines.map((line) => JSON.parse(line) as { type: string; seq: number });
  expect(lines.every((line) => !line.includes('\n'))).toBe(true);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, place) => events[0]!.seq + place));
  expect(events.at(-1)!.type).toBe('turn.ended');
  expect(lines.join('\n')).toContain('It is ');
  expect(lines.join('\n')).not.toContain(ROUTER_KEY);
});

test('the one object says what came of it, what changed, and what was refused', async () => {
  const lines: string[] = [];
  const scene = await patternScene(
    {
      claude: (_request, n) =>
        n === 0
          ? { toolCalls: [{ name: 'write', args: { path: 'b.txt', content: 'b' } }] }
          : { text: 'Not allowed.' },
    },
    { agent: { approve: [] } },
  );
  scene.agent.display = new JsonDisplay((line) => lines.push(line));
  await scene.agent.chat('Write b.txt.');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    schema: 1,
    outcome: 'answered',
    result: 'Not allowed.',
    truncated: false,
    exchanges: 2,
    filesChanged: [],
    refused: ['create b.txt'],
  });
});

test('a reply that was cut at the limit on output is told in the one object and in the stream', async () => {
  const lines: string[] = [];
  const scene = await patternScene({ claude: () => ({ text: 'Half of', stop: 'max_tokens' }) });
  scene.agent.display = new JsonDisplay((line) => lines.push(line));
  await scene.agent.chat('Tell me all.');
  expect(JSON.parse(lines[0]!)).toMatchObject({
    outcome: 'answered',
    result: 'Half of',
    truncated: true,
    notices: [{ level: 'warning', text: expect.stringContaining('the reply ends early') }],
  });
  expect(scene.agent.history.of('turn.ended')[0]?.truncated).toBe(true);
});

test('a consultation is in the stream from its question to its answers', async () => {
  const lines: string[] = [];
  const scene = await patternScene({ claude: 'Yes.', qwen: 'No.' });
  scene.agent.display = new StreamJsonDisplay((line) => lines.push(line));
  await scene.agent.consult({ question: 'Is it so?', models: [CLAUDE, QWEN], synthesis: false });
  const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
  expect(types.filter((type) => type === 'exchange.ended')).toHaveLength(2);
  expect([types.includes('consultation.started'), types.at(-1)]).toEqual([true, 'consultation.ended']);
});
