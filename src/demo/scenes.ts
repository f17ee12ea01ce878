/**
 * What the simulated models of the demo say. Only their words are written here: the tools that they call,
 * the test runs, the times, tokens and costs on the screen are real.
 */

import type { Script, ScriptedReply, SeenRequest } from '../simulation/script.ts';
import { roomReply } from './room.ts';

export const CLAUDE = 'anthropic:claude-sonnet-5-5';
export const QWEN = 'ollama:qwen2.5-coder:7b';
export const GEMINI = 'gemini:gemini-3.5-flash';

export interface Scene {
  /** Who answers. */
  model: string;
  /** What the human says, word by word. */
  task: string;
  /** One reply for each exchange of the turn, in order. */
  replies: (ScriptedReply | ((request: SeenRequest) => ScriptedReply))[];
}

/** Milliseconds between deltas, so that the screen shows how replies arrive. */
const FRONTIER_PACE = { firstDelayMs: 120, pieceDelayMs: 5, pieceLength: 10 };

const ALL_TESTS_TASK = 'Write tests for every case of both functions, each with a comment that explains it.';
const TESTS_TASK = 'Write three short tests for formatDuration, importing it from ../src/duration.js.';

const TESTS = [
  "import assert from 'node:assert/strict';",
  "import { test } from 'node:test';",
  "import { formatDuration } from '../src/duration.js';",
  '',
  "test('nothing', () => assert.equal(formatDuration(0), '0s'));",
  "test('only seconds', () => assert.equal(formatDuration(59), '59s'));",
  "test('all units', () => assert.equal(formatDuration(3661), '1h 1m 1s'));",
];
/** With all that nobody needs. */
const ALL_TESTS = [
  ...TESTS,
  ...Array.from({ length: 60 }, (_, minute) => [
    '',
    `// A duration of ${minute} minutes is written with its minutes alone, or as nothing.`,
    `test('${minute} minutes', () => assert.equal(formatDuration(${minute * 60}), '${minute ? `${minute}m` : '0s'}'));`,
  ]).flat(),
];

/** What the local model answers when another model gives it work; found by the words of the task. */
const WORK: { task: string; code: string[] }[] = [
  { task: ALL_TESTS_TASK, code: ALL_TESTS },
  { task: TESTS_TASK, code: TESTS },
];

export const SCENES: Scene[] = [
  {
    model: CLAUDE,
    task: 'A test fails. Find out why, fix it, and run the tests.',
    replies: [
      {
        ...FRONTIER_PACE,
        thinking: 'I should see the tests and the code that they test before I change anything.',
        text: 'I read the code and its tests first.',
        toolCalls: [
          { name: 'read', args: { path: 'src/duration.js' } },
          { name: 'read', args: { path: 'test/duration.test.js' } },
        ],
      },
      {
        ...FRONTIER_PACE,
        text: 'Now the failure itself.',
        toolCalls: [{ name: 'shell', args: { command: 'npm test --silent' } }],
      },
      {
        ...FRONTIER_PACE,
        text: 'A minute counts **6** seconds in `SECONDS`. One character is missing.',
        toolCalls: [
          {
            name: 'edit',
            args: { path: 'src/duration.js', edits: [{ old: 'm: 6,', new: 'm: 60,' }] },
          },
        ],
      },
      { ...FRONTIER_PACE, toolCalls: [{ name: 'shell', args: { command: 'npm test --silent' } }] },
      {
        ...FRONTIER_PACE,
        text: [
          'All three tests pass now.',
          '',
          '- **Cause:** `src/duration.js:1` gave a minute 6 seconds instead of 60, so `1h 30m` was 3,780 s.',
          '- **Fix:** one constant; both directions use it, so `formatDuration` is right again as well:',
          '',
          '```js',
          'const SECONDS = { h: 3600, m: 60, s: 1 };',
          '```',
        ].join('\n'),
      },
    ],
  },
  {
    model: QWEN,
    task: 'Write the entry for this fix to CHANGELOG.md.',
    replies: [
      {
        toolCalls: [
          {
            name: 'write',
            args: {
              path: 'CHANGELOG.md',
              content: '# Changelog\n\n## Unreleased\n\n- Fixed: a minute counted 6 seconds instead of 60.\n',
            },
          },
        ],
      },
      { text: 'I wrote `CHANGELOG.md` with one line about the fix.' },
    ],
  },
  {
    model: CLAUDE,
    task: 'Let the local model write tests for formatDuration.',
    replies: [
      {
        ...FRONTIER_PACE,
        text: 'I hand that over.',
        toolCalls: [
          {
            name: 'delegate',
            args: {
              task: ALL_TESTS_TASK,
              files: ['src/duration.js', 'test/duration.test.js'],
              kind: 'tests',
              write_to: 'test/format.test.js',
              max_output: 4000,
              seconds: 5,
            },
          },
        ],
      },
      {
        ...FRONTIER_PACE,
        text: 'Too much for five seconds. Only what is missing, and a third of the reading:',
        toolCalls: [
          {
            name: 'delegate',
            args: {
              task: TESTS_TASK,
              files: ['src/duration.js:12-21'],
              kind: 'tests',
              write_to: 'test/format.test.js',
              check: 'npm test --silent',
              max_output: 140,
              seconds: 5,
            },
          },
        ],
      },
      judging,
      {
        ...FRONTIER_PACE,
        text: 'The local model wrote three tests to `test/format.test.js`, and they pass. It cost nothing.',
      },
    ],
  },
  {
    model: GEMINI,
    task: 'Look over the whole change before I commit it.',
    replies: [
      {
        ...FRONTIER_PACE,
        toolCalls: [
          { name: 'git_diff', args: {} },
          { name: 'read', args: { path: 'CHANGELOG.md' } },
        ],
      },
      {
        ...FRONTIER_PACE,
        text: [
          '**Good to commit.** The constant is right, and the tests cover both directions.',
          '',
          'One thing that is not covered: `parseDuration("90")` is `0`, because a number without a unit matches',
          'nothing. That was so before; an error would be kinder.',
        ].join('\n'),
      },
    ],
  },
];

/** What the leader makes of the tests that it got. */
function judging({ messages }: SeenRequest): ScriptedReply {
  const said = messages.at(-1)?.text ?? '';
  const [, delegation] = /\[(d\d+) tests by \S+ done/.exec(said) ?? [];
  if (!delegation)
    return {
      ...FRONTIER_PACE,
      text: `It came to no good end. While a test of this project fails, no other passes the check: try \`${SCENES[0]!.task}\` first.`,
    };
  const lesson = 'Writes good small tests when it is given the function alone.';
  const args = { delegation, outcome: 'accepted', lesson, model: QWEN };
  return { ...FRONTIER_PACE, toolCalls: [{ name: 'judge', args }] };
}

const OUT_OF_SCRIPT: ScriptedReply = {
  ...FRONTIER_PACE,
  text: [
    'I am a simulated model and know only these tasks:',
    '',
    ...SCENES.map((scene) => `- \`${scene.task}\` as \`${scene.model}\``),
    '',
    'Change the model with `/model`. With a key or a running Ollama, `parley` works on your own code.',
  ].join('\n'),
};

/** The scene whose task this is, as it stands or shortened: whoever asks something else uses other words as well. */
function sceneOf(said: string): Scene | undefined {
  const words = wordsOf(said);
  const shared = ({ task }: Scene) => words.intersection(wordsOf(task)).size;
  const [nearest] = SCENES.toSorted((a, b) => shared(b) - shared(a));
  return shared(nearest!) >= 4 && words.size - shared(nearest!) <= 1 ? nearest : undefined;
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\w.]*\w/g));
}

/** Answers as the scene whose task was asked last; its n-th reply after n−1 replies since. */
export const demoScript: Script = (request) => {
  const together = roomReply(request);
  if (together) return together;
  const { messages } = request;
  // Told that a check failed, the local model knows no better.
  const work = WORK.find(({ task }) => messages.some(({ text }) => text.includes(`Task: ${task}`)));
  if (work) return { text: ['```js', ...work.code, '```'].join('\n') };
  const place = messages.findLastIndex(({ text }) => sceneOf(text) !== undefined);
  const scene = sceneOf(messages[place]?.text ?? '');
  const spoken = messages.slice(place).filter(({ role }) => role === 'assistant' || role === 'model');
  const reply = scene?.replies[spoken.length] ?? OUT_OF_SCRIPT;
  return typeof reply === 'function' ? reply(request) : reply;
};
