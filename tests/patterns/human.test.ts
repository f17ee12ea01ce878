import { expect, test } from 'vitest';
import type { EventBody } from '../../src/conversation/event.ts';
import { HumanVoice } from '../../src/patterns/human.ts';

const CLAUDE = { model: 'anthropic:claude-sonnet-5-5' };
const QWEN = { model: 'ollama:qwen2.5-coder:7b', role: 'reviewer' };
const GPT = { model: 'router:gpt-5' };

function room() {
  const events: EventBody[] = [];
  const human = new HumanVoice((event) => void events.push(event));
  human.admit([CLAUDE, QWEN, GPT]);
  const hears = (listener: typeof CLAUDE) => human.newsFor(listener).text;
  return { human, events, hears };
}

test.each([
  ['@claude slower', [CLAUDE]],
  ['@claude, slower', [CLAUDE]],
  ['@Claude: slower', [CLAUDE]],
  ['@anthropic slower', [CLAUDE]],
  ['@qwen slower', [QWEN]],
  ['@qwen2.5-coder slower', [QWEN]],
  ['@ollama:qwen2.5-coder:7b slower', [QWEN]],
  ['@reviewer slower', [QWEN]],
  ['@gpt slower', [GPT]],
  ['@all slower', [CLAUDE, QWEN, GPT]],
  ['@everybody, slower', [CLAUDE, QWEN, GPT]],
  ['slower', [CLAUDE, QWEN, GPT]],
])('%s is heard by those it is for', (text, listeners) => {
  const { human, hears } = room();
  human.say(text);
  for (const listener of [CLAUDE, QWEN, GPT])
    expect(hears(listener)).toBe(
      !listeners.includes(listener)
        ? ''
        : listeners.length === 1
          ? 'The human says to you: slower'
          : 'The human says: slower',
    );
});

test.each(['@o slower', '@src/queue.ts look here', '@gemini, slower'])(
  '%s names nobody here, and is told at once instead of being lost',
  (text) => {
    const { human, events, hears } = room();
    human.say(text);
    expect([CLAUDE, QWEN, GPT].map(hears).join('')).toBe('');
    expect(events).toMatchObject([{ type: 'notice', level: 'warning' }]);
    expect(events[0]).toMatchObject({
      text: expect.stringContaining('Here are: anthropic:claude-sonnet-5-5'),
    });
    expect(human.takeUnheard()).toEqual([]);
  },
);

test('what was not answered was not heard', () => {
  const { human, hears } = room();
  human.say('slower');
  const failed = human.newsFor(CLAUDE);
  expect(failed.text).toBe('The human says: slower');
  expect(human.takeUnheard()).toEqual([{ text: 'slower', isPrivate: false }]);
  human.say('slower');
  const news = human.newsFor(CLAUDE);
  human.say('and louder');
  news.heard();
  expect(hears(CLAUDE)).toBe('The human says: and louder');
});

test('one model on two sides hears it on both', () => {
  const { human, hears } = room();
  human.say('be brief');
  const sides = [
    { ...GPT, role: 'for' },
    { ...GPT, role: 'against' },
  ];
  human.newsFor(sides[0]!).heard();
  expect(sides.map(hears)).toEqual(['', 'The human says: be brief']);
});

test('models come and go', () => {
  const human = new HumanVoice(() => {});
  expect(human.hasAudience).toBe(false);
  const outer = human.admit([CLAUDE]);
  const inner = human.admit([GPT]);
  inner();
  expect(human.hasAudience).toBe(true);
  outer();
  expect(human.hasAudience).toBe(false);
});
