import { describe, expect, test } from 'vitest';
import { pipeIntoParley, type Ran, startParley } from '../support/command-scene.ts';
import { ballot, CLAUDE, GEMINI, type Lines, patternScene, QWEN } from '../support/pattern-scene.ts';

const all = ['-m', CLAUDE, '-m', GEMINI, '-m', QWEN];
const approve = { text: JSON.stringify({ approve: true, objections: [], resolved: [] }) };

async function parley(lines: Lines, args: string[], files?: Record<string, string>) {
  const scene = await patternScene(lines, { files });
  const ran = await startParley(args, { cwd: scene.workspace, env: scene.env }).ended;
  expect(ran.stderr).not.toMatch(/^\s+at /m);
  return { ...ran, scene };
}

function json({ stdout }: Ran): Record<string, unknown> {
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('parley consult', () => {
  test('prints all answers and what they come to; on the way it says who talks', async () => {
    const lines = { claude: 'A map.', gemini: 'An object.', qwen: 'A map!' };
    const ran = await parley(lines, ['consult', 'Map or object?', ...all, '--synthesis', 'none']);
    expect(ran.stdout).toBe(`${CLAUDE}:\nA map.\n\n${GEMINI}:\nAn object.\n\n${QWEN}:\nA map!\n`);
    expect(ran.stderr).toMatch(/asks .*: Map or object\?[\s\S]*3 of 3 answered/);
    expect(ran.code).toBe(0);
  });

  test('asks a model of each provider where nobody is named, and takes a text from a pipe', async () => {
    const scene = await patternScene({ claude: 'Good.', gemini: 'Bad.', qwen: 'Good.' });
    const args = ['consult', 'What of this?', '--synthesis', 'none', '--output-format', 'json'];
    const ran = await pipeIntoParley('a diff', args, { cwd: scene.workspace, env: scene.env });
    const { answers } = json(ran) as { answers: { model: string }[] };
    expect(answers.map(({ model }) => model.split(':')[0])).toEqual([
      'anthropic',
      'gemini',
      'ollama',
      'router',
    ]);
    expect(scene.sentTo('claude')[0]!.messages.at(-1)!.text).toBe('What of this?\n\na diff');
  });

  test('with files, a vote and events as lines', async () => {
    const say = ({ messages }: { messages: { text: string }[] }) =>
      messages.at(-1)!.text.includes('"ranking"')
        ? { text: ballot('It is short.', { ranking: ['A', 'B'] }) }
        : { text: 'Rename it.' };
    const args = ['consult', 'Which name?', ...all, '--files', 'a.ts:2', '--vote', 'borda'];
    const ran = await parley(
      { claude: say, gemini: say, qwen: say },
      [...args, '--output-format', 'stream-json'],
      {
        'a.ts': 'one\ntwo\nthree\n',
      },
    );
    const events = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['vote.counted', 'consultation.ended']),
    );
    expect(ran.scene.sentTo('qwen')[0]!.messages[0]!.text).toMatch(/two/);
    expect(ran.scene.sentTo('qwen')[0]!.messages[0]!.text).not.toMatch(/three/);
  });

  test('tells in its one object too that it may cost more than was set', async () => {
    const args = ['consult', 'Why?', '-m', CLAUDE, '--synthesis', 'none', '--dollars', '0.001'];
    const ran = await parley({ claude: 'Because.' }, [...args, '--output-format', 'json']);
    expect(json(ran).notices).toEqual([expect.stringMatching(/above your limit of \$0\.0010/)]);
  });

  test('ends with 1 where nobody answered', async () => {
    const fault = { fault: { type: 'status', status: 401 } } as const;
    const ran = await parley({ claude: fault, gemini: fault }, [
      'consult',
      'Why?',
      '-m',
      CLAUDE,
      '-m',
      GEMINI,
    ]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/parley: failed: nobody answered\n$/);
  });

  test('stopped by Ctrl-C it ends with 130 and keeps what was said', async () => {
    const slow = { text: 'word '.repeat(400), pieceDelayMs: 20 };
    const scene = await patternScene({ claude: 'Soon.', gemini: slow });
    const args = ['consult', 'Why?', '-m', CLAUDE, '-m', GEMINI, '--output-format', 'stream-json'];
    const { child, ended } = startParley(args, { cwd: scene.workspace, env: scene.env });
    child.stdout!.on('data', (data) => {
      if (String(data).includes('"type":"exchange.ended"')) child.kill('SIGINT');
    });
    const ran = await ended;
    const last = JSON.parse(ran.stdout.trim().split('\n').at(-1)!) as object;
    expect(ran.code).toBe(130);
    expect(last).toMatchObject({
      outcome: 'stopped',
      answers: [
        { model: CLAUDE, text: 'Soon.' },
        { model: GEMINI, text: expect.stringMatching(/^word word/) },
      ],
    });
  });
});

test('parley vote chooses between options', async () => {
  const vote = { text: ballot('It is near.', { choice: 'memory' }) };
  const args = [
    'vote',
    'Where?',
    '--option',
    'memory',
    '--option',
    'disk',
    ...all,
    '--output-format',
    'json',
  ];
  const ran = await parley({ claude: vote, gemini: vote, qwen: vote }, args);
  expect(json(ran)).toMatchObject({ outcome: 'agreed', vote: { winner: 'memory', agreement: 1 } });
});

test('parley refine prints the draft that all approve, beginning with one that is there', async () => {
  const lines = { claude: '<draft>\nBetter.\n</draft>', gemini: approve };
  const args = ['refine', 'Improve it.', '--author', CLAUDE, '-m', GEMINI, '--draft', 'a.md'];
  const ran = await parley(lines, args, { 'a.md': 'Good.\n' });
  expect([ran.code, ran.stdout]).toEqual([0, 'Good.\n']);
  const none = await parley(lines, args);
  expect([none.code, none.stderr]).toEqual([
    2,
    expect.stringMatching(/The draft cannot be read: there is no such file/),
  ]);
});

test('parley discuss gives each its side', async () => {
  const lines = { claude: 'Yes.\nPosition: agree', gemini: 'No.\nPosition: object', qwen: 'They differ.' };
  const sides = ['--role', `for=${CLAUDE}`, '--role', `against=${GEMINI}`, '--judge', QWEN, '--rounds', '1'];
  const ran = await parley(lines, ['discuss', 'Tabs?', ...sides, '--output-format', 'json']);
  expect(json(ran)).toMatchObject({ contributions: [{ role: 'for' }, { role: 'against' }], rounds: 1 });
  expect(ran.scene.sentTo('gemini')[0]!.system).toMatch(/against/);
});

test('parley handoff goes through the roles in order, and the review decides', async () => {
  const lines = { claude: 'Do it so.', qwen: 'Done.', gemini: 'Fine.\nVerdict: approve' };
  const steps = [`plan=${CLAUDE}`, `build=${QWEN}`, `review=${GEMINI}`].flatMap((step) => ['--step', step]);
  const ran = await parley(lines, ['handoff', 'Split it.', ...steps, '--output-format', 'json']);
  expect(json(ran)).toMatchObject({
    outcome: 'agreed',
    steps: [{ role: 'plan' }, { role: 'build' }, { role: 'review' }],
  });
  const tools = ran.scene.sentTo('qwen')[0]!.tools;
  expect(JSON.stringify(tools)).toMatch(/"edit"/);
});

test('parley route keeps private work on this machine', async () => {
  const args = ['route', 'Summarise.', '--files', 'a.txt', '--private', '--output-format', 'json'];
  const ran = await parley({ qwen: 'Short.' }, args, { 'a.txt': 'A long letter.' });
  expect(json(ran)).toMatchObject({ outcome: 'done', model: QWEN, text: expect.stringContaining('Short.') });
  expect(ran.scene.requests().every(({ model }) => model.includes('qwen'))).toBe(true);
});

test('parley delegate writes to a file, checks it, and says so by its exit code', async () => {
  const lines = { qwen: '```js\nexport const a = 1;\n```' };
  const args = ['delegate', 'Write a.', '-m', QWEN, '--write-to', 'a.js', '--approve', 'all'];
  const good = await parley(lines, [...args, '--check', 'node --check a.js']);
  expect(good.code).toBe(0);
  const bad = await parley(lines, [...args, '--check', 'false', '--output-format', 'json']);
  expect(bad.code).toBe(1);
  expect(json(bad)).toMatchObject({
    checks: expect.arrayContaining([expect.objectContaining({ passed: false })]),
  });
});

test('parley pattern lists what there is, and runs one', async () => {
  const list = await parley({}, ['pattern']);
  expect(list.stdout).toMatch(/^bug-hunt {2,}three models look for bugs/m);
  const reader = await parley({ gemini: 'Looks right.\nVerdict: approve' }, [
    'pattern',
    'second-opinion',
    '--role',
    `reader=${GEMINI}`,
  ]);
  expect([reader.code, reader.stdout]).toEqual([0, 'Looks right.\nVerdict: approve\n']);
});

describe('what cannot be understood', () => {
  test.each([
    [['consult'], 2, /No task\. Say what to do: parley consult "question"/],
    [['consult', 'a', 'b'], 2, /"b" is too much: put a text of several words in quotes/],
    [
      ['consult', 'a', '--vote', 'best'],
      2,
      /--vote takes plurality, borda, condorcet, approval or judge, not "best"/,
    ],
    [['consult', 'a', '--deadline', 'soon'], 2, /--deadline takes a number above 0, not "soon"/],
    [['consult', 'a', '--synthesys', 'x'], 2, /There is no option --synthesys\. Did you mean --synthesis\?/],
    [['consult', 'a', '-m', 'sonet'], 1, /No model is called "sonet"\. Did you mean/],
    [['vote', 'a', '--option', 'x', ...all], 2, /A vote needs at least two options/],
    [['refine', 'a', '--rounds', '0'], 2, /--rounds takes a whole number from 1 on/],
    [['discuss', 'a', '--role', 'for'], 2, /--role takes name=MODEL, not "for"/],
    [['handoff', 'a', '--step', 'plan:x'], 2, /--step takes name=MODEL/],
    [['route', 'a', '--kind', 'codes'], 2, /--kind takes question, .*, not "codes"/],
    [['delegate', 'a', '--files', 'none.ts'], 1, /none\.ts/],
    [['pattern', 'bug-hunk', 'x'], 2, /bug-hunt/],
  ])('is told in one sentence: %j', async (args, code, sentence) => {
    const ran = await parley({}, args);
    expect([ran.code, ran.stdout]).toEqual([code, '']);
    expect(ran.stderr).toMatch(sentence);
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('is one object where a script reads it', async () => {
    const ran = await parley({}, ['vote', 'a', '--option', 'x', ...all, '--output-format', 'json']);
    expect(json(ran)).toMatchObject({ type: 'run.failed', failure: { kind: 'usage' } });
    expect(ran.code).toBe(2);
  });
});

test.each(['consult', 'delegate', 'pattern', 'calibrate', 'models'])(
  'parley %s --help says its own',
  async (name) => {
    const ran = await parley({}, [name, '--help']);
    expect(ran.stdout).toMatch(new RegExp(`^parley ${name}`));
    expect(ran.stdout.split('\n').every((line) => line.length <= 110)).toBe(true);
    expect([ran.code, ran.stderr]).toEqual([0, '']);
  },
);
