import { describe, expect, test } from 'vitest';
import type { FileDiff } from '../../src/conversation/event.ts';
import { ConsoleDisplay, type ConsoleOptions } from '../../src/display/console.ts';
import { CLAUDE, exchangeOf, GEMINI, QWEN, tell } from '../support/told.ts';

type Told = Parameters<typeof tell>[1];

/** What a display prints on a stream that is no terminal. */
async function printed(events: Told[], options: ConsoleOptions = {}): Promise<string> {
  let output = '';
  const stream = {
    write(text: string) {
      output += text;
    },
  };
  const display = new ConsoleDisplay({ stream, env: {}, ...options });
  tell(display, ...events);
  await display.close();
  return output;
}

const asked: Told = { type: 'turn.started', text: 'Fix it.', images: 0, model: CLAUDE };
const diff: FileDiff = {
  path: 'src/a.js',
  change: 'changed',
  added: 1,
  removed: 1,
  patch: '@@ -9,3 +9,3 @@\n a\n-old\n+new\n b\n',
};

function toolCall(
  title: string,
  summary: string,
  more: Partial<Extract<Told, { type: 'tool.ended' }>> = {},
): Told[] {
  const content = [{ type: 'text' as const, text: summary }];
  const result = { type: 'tool-result' as const, callId: title, name: 'tool', content };
  return [
    { type: 'tool.started', call: title, name: 'tool', args: {}, title, speaker: CLAUDE },
    { type: 'tool.ended', call: title, name: 'tool', result, summary, seconds: 0.2, ...more },
  ];
}

test('a turn reads like a conversation: who speaks, what they do, what it cost', async () => {
  const output = await printed([
    asked,
    ...exchangeOf('exchange-1', CLAUDE, ['I ', 'read it.']),
    ...toolCall('read src/a.js', '22 lines'),
    ...toolCall('edit src/a.js', '+1 −1', { diffs: [diff] }),
    ...exchangeOf('exchange-2', CLAUDE, ['Do', 'ne.']),
    {
      type: 'turn.ended',
      outcome: 'answered',
      text: 'Done.',
      seconds: 4.4,
      usage: { inputTokens: 2_408, outputTokens: 186 },
      cost: 0.0082,
    },
  ]);
  expect(output).toBe(`› Fix it.

● ${CLAUDE}
  I read it.
  2.1 s · 1,204 in (806 cached) · 93 out · $0.0041

  ✓ read src/a.js · 22 lines
  ✓ edit src/a.js · +1 −1
     9   a
    10 - old
    10 + new
    11   b

  Done.
  2.1 s · 1,204 in (806 cached) · 93 out · $0.0041

── 4.4 s · 2 exchanges · 2,408 in · 186 out · $0.0082
`);
});

test('what several models say at once is printed one after the other, the first that is done before the others', async () => {
  const within = 'consult-1';
  const [claude, qwen, gemini] = [CLAUDE, QWEN, GEMINI].map((model, n) =>
    exchangeOf(`exchange-${n}`, model, [`${model} one\n\n`, 'two\n\n', 'three'], { within }),
  ) as [Told[], Told[], Told[]];
  const interleaved = claude.flatMap((event, n) => [gemini[n]!, event, qwen[n]!]);
  const output = await printed(interleaved);
  const order = output.split('\n').filter((line) => /^↳| one|two|three/.test(line));
  expect(order).toEqual(
    [GEMINI, CLAUDE, QWEN].flatMap((model) => [`↳ ${model}`, `  ${model} one`, '  two', '  three']),
  );
});

test('a local exchange shows its profile, and unknown figures are said to be unknown', async () => {
  const profile = {
    complete: true,
    host: 'http://127.0.0.1:11434',
    local: true,
    promptCharacters: 4_000,
    promptTokens: 1_204,
    cachedTokens: 806,
    writtenTokens: 402,
    readSeconds: 1.3,
    writeSeconds: 11.1,
    wallSeconds: 12.5,
    parallelRequests: 1,
  };
  const forecast = { seconds: 11.8, boundSeconds: 14 };
  const output = await printed([
    ...exchangeOf('exchange-1', QWEN, ['Hi.'], { profile, forecast, cost: 0 }),
    ...exchangeOf('exchange-2', GEMINI, ['Hi.'], { usage: undefined, cost: undefined }),
  ]);
  expect(output).toContain(
    '  12.5 s = read 1,204 (806 cached) 1.3 s + write 402 at 36/s 11.1 s · forecast 11.8 s (−6 %)\n',
  );
  expect(output).toContain('  2.1 s · tokens unknown · cost unknown\n');
});

test('thinking is one line, or in full where the settings say so', async () => {
  const events: Told[] = [
    {
      type: 'exchange.started',
      exchange: 'e',
      model: CLAUDE,
      attempt: 1,
      size: { messages: 1, characters: 1, tools: 0, tokens: 3 },
    },
    {
      type: 'exchange.delta',
      exchange: 'e',
      model: CLAUDE,
      delta: { type: 'thinking', text: 'First this,\n' },
    },
    { type: 'exchange.delta', exchange: 'e', model: CLAUDE, delta: { type: 'thinking', text: 'then that.' } },
    { type: 'exchange.delta', exchange: 'e', model: CLAUDE, delta: { type: 'text', text: 'So.' } },
    { type: 'exchange.ended', exchange: 'e', model: CLAUDE, seconds: 4 },
  ];
  expect(await printed(events)).toContain(`● ${CLAUDE}\n  thought for 2.0 s\n  So.\n`);
  expect(await printed(events, { showThinking: true })).toContain(
    '  thought for 2.0 s\n    First this,\n    then that.\n\n  So.\n',
  );
});

test('a tool that failed says why: one sentence to its end, of many lines those that look like the reason', async () => {
  const failed = (text: string) => {
    const content = [{ type: 'text' as const, text }];
    return { type: 'tool-result' as const, callId: 'c', name: 'tool', content, isError: true };
  };
  const sentence = `Not sent. ${'It would take long. '.repeat(9)}Would fit: max_output: 463; or seconds: 42.`;
  const log = Array.from({ length: 30 }, (_, n) => `line ${n}`).join('\n');
  const output = await printed([
    asked,
    ...exchangeOf('exchange-1', CLAUDE, ['So.']),
    ...toolCall('delegate tests', 'd1 not sent', { result: failed(sentence) }),
    ...toolCall('shell', 'exit 1', { result: failed(`${log}\nError: boom\n${log}`) }),
  ]);
  expect(output.replaceAll(/\s+/g, ' ')).toContain(sentence);
  expect(output).toMatch(/✗ shell · exit 1\n {4}Error: boom\n/);
});

test('a retry says why and how long it waits, a failed turn what to do', async () => {
  const output = await printed([
    asked,
    {
      type: 'exchange.retrying',
      exchange: 'e',
      model: CLAUDE,
      attempt: 2,
      of: 4,
      waitSeconds: 7,
      why: 'Anthropic is overloaded.',
    },
    {
      type: 'turn.ended',
      outcome: 'failed',
      text: '',
      failure: {
        kind: 'overloaded',
        message: 'Anthropic is overloaded. Wait a minute, or choose another model.',
      },
      seconds: 9,
      usage: { inputTokens: 0, outputTokens: 0 },
      cost: 0,
    },
  ]);
  expect(output).toContain('  ! Anthropic is overloaded.\n    Trying again in 7.0 s, attempt 2 of 4.\n');
  expect(output).toContain('  ✗ Anthropic is overloaded. Wait a minute, or choose another model.\n');
});

test('an approval shows the whole diff, which the result does not repeat', async () => {
  const request = {
    id: 'a',
    kind: 'edit' as const,
    title: 'change src/a.js',
    diffs: [diff],
    speaker: CLAUDE,
  };
  const [started, ended] = toolCall('edit src/a.js', '+1 −1', { diffs: [diff] }) as [Told, Told];
  const output = await printed([
    started,
    { type: 'approval.asked', request },
    { type: 'approval.answered', request: 'a', approval: { answer: 'no', reason: 'not now' }, by: 'human' },
    ended,
  ]);
  expect(output.match(/10 \+ new/g)).toHaveLength(1);
  expect(output).toContain('  ? change src/a.js · +1 −1\n');
  expect(output).toContain('    you said no: not now\n');
});

test('an answer stands below who asked, and says what it was to where others asked since', async () => {
  const asks = (id: string, title: string, speaker: string): Told => ({
    type: 'approval.asked',
    request: { id, kind: 'command', title, speaker },
  });
  const answered = (request: string): Told => ({
    type: 'approval.answered',
    request,
    approval: { answer: 'yes' },
    by: 'human',
  });
  const output = await printed([
    asks('a', 'npm test', CLAUDE),
    answered('a'),
    asks('b', 'npm run build', CLAUDE),
    asks('c', 'make', GEMINI),
    answered('b'),
    answered('c'),
  ]);
  expect(output).toBe(
    `● ${CLAUDE}
  ? npm test
    you said yes
  ? npm run build

● ${GEMINI}
  ? make

● ${CLAUDE}
    you said yes · npm run build

● ${GEMINI}
    you said yes · make
`,
  );
});

test('a long diff is folded and can be asked for', async () => {
  const lines = Array.from({ length: 100 }, (_, n) => `+line ${n + 1}`);
  const long = { ...diff, added: 100, removed: 0, patch: `@@ -0,0 +1,100 @@\n${lines.join('\n')}\n` };
  let output = '';
  const display = new ConsoleDisplay({
    stream: { write: (text) => (output += text) },
    env: {},
    unfoldKey: 'ctrl-o',
  });
  tell(display, ...toolCall('write src/a.js', '+100 −0', { diffs: [long] }));
  expect(output).toContain('… 76 more lines (ctrl-o shows all)');
  expect(output).not.toContain('line 99');
  display.unfold();
  expect(output).toContain('100 + line 100');
  await display.close();
});

describe('what others wrote cannot command the terminal', () => {
  const evil = 'a\x1b]0;title\x07b\x1b[2Jc\x9bd\u202ee';

  test('in replies, titles and results', async () => {
    const output = await printed([
      ...exchangeOf('exchange-1', CLAUDE, [...evil]),
      ...toolCall(evil, evil),
      { type: 'notice', level: 'info', text: evil },
      { ...asked, text: evil },
    ]);
    expect(output).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
  });

  test('and in what is to be approved nothing of it is hidden', async () => {
    const request = {
      id: 'a',
      kind: 'command' as const,
      title: 'run',
      detail: 'ls\x1b]8;;x\x07\r; rm',
      speaker: CLAUDE,
    };
    expect(await printed([{ type: 'approval.asked', request }])).toContain('    ls␛]8;;x␇␍; rm\n');
  });
});

test('colours are for terminals and for who forces them; NO_COLOR is the last word', async () => {
  const events = [asked, ...exchangeOf('exchange-1', CLAUDE, ['**bold**'])];
  expect(await printed(events, { env: { TERM: 'xterm-256color' } })).not.toContain('\x1b');
  const coloured = await printed(events, { env: { FORCE_COLOR: '3' } });
  expect(coloured).toContain('\x1b[1mbold\x1b[22m');
  expect(await printed(events, { env: { FORCE_COLOR: '3', NO_COLOR: '1' } })).not.toContain('\x1b');
});

test('files that were attached to a message are named, not printed', async () => {
  const text = 'Look at this.\n\n<file path="src/a.js">\none\ntwo\n</file>';
  expect(await printed([{ ...asked, text }])).toBe('› Look at this.\n  with src/a.js (2 lines)\n');
});
