import { expect, test } from 'vitest';
import { nearestNames } from '../../src/conversation/nearest.ts';

test('a slip of the pen finds its name', () => {
  expect(nearestNames('show_delegation', ['show_delegations', 'show_thinking'])).toEqual([
    'show_delegations',
  ]);
  expect(nearestNames('modle', ['model', 'models', 'quit'])).toEqual(['model', 'models']);
});

test('a name inside a longer one is near, whichever is longer', () => {
  expect(nearestNames('read_file', ['read', 'write'])).toEqual(['read']);
  expect(nearestNames('qwen', ['qwen2.5-coder:7b', 'llama3.2:3b'])).toEqual(['qwen2.5-coder:7b']);
});

test('a slip of one letter is nearer than a part of the name', () => {
  expect(nearestNames('gpubox:qwen3', ['qwen3', 'gpu-box:qwen3'])).toEqual(['gpu-box:qwen3', 'qwen3']);
});

test('what is far from everything finds nothing', () => {
  expect(nearestNames('banana', ['read', 'write', 'edit'])).toEqual([]);
});
