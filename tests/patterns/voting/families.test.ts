import { describe, expect, test } from 'vitest';
import { familyOf, kinships } from '../../../src/patterns/voting/families.ts';

describe('the family of a model', () => {
  test.each([
    ['anthropic:claude-sonnet-4-5-20250929', 'claude'],
    ['anthropic:sonnet', 'claude'],
    ['gemini:gemini-2.5-pro', 'gemini'],
    ['gemini:gemma-3-27b-it', 'gemma'],
    ['ollama:codegemma:7b', 'gemma'],
    ['openai:gpt-5', 'gpt'],
    ['openai:o4-mini', 'gpt'],
    ['ollama:gpt-oss:20b', 'gpt'],
    ['ollama:llama3.2:3b', 'llama'],
    ['ollama:codellama', 'llama'],
    ['ollama:qwen2.5-coder:7b', 'qwen'],
    ['ollama:qwq', 'qwen'],
    ['ollama:hf.co/someone/Qwen3-GGUF:Q8_0', 'qwen'],
    ['hf.co/someone/Qwen3-GGUF:Q8_0', 'qwen'],
    ['gpu-box:hf.co/llama-fans/Devstral-Small-GGUF:Q4_K_M', 'mistral'],
    ['mistral:codestral-latest', 'mistral'],
    ['ollama:mixtral:8x7b', 'mistral'],
    ['ollama:mistral-nemo', 'mistral'],
    ['ollama:deepseek-r1:8b-llama-distill-q4_K_M', 'deepseek'],
    ['ollama:deepseek-r1-distill-qwen:7b', 'deepseek'],
    ['ollama:llama3-qwen-merge', 'llama'],
    ['ollama:phi4-mini', 'phi'],
    ['ollama:dolphin3:8b-llama3.1-q4_K_M', 'llama'],
    ['ollama:dolphin3:8b', 'dolphin'],
    ['openrouter:anthropic/claude-3-opus', 'claude'],
    ['openrouter:openai/o3', 'gpt'],
    ['llama-cpp:starcoder2', 'starcoder'],
    ['ollama:granite3.3:8b', 'granite'],
    ['ollama:glm-4.6', 'glm'],
    ['ollama:01-something', '01-something'],
    ['sonnet', 'claude'],
  ])('%s is %s', (reference, family) => expect(familyOf(reference)).toBe(family));
});

describe('kin among the voters', () => {
  test('are families with several of them, the largest first', () => {
    const voters = [
      'gemini:gemini-2.5-pro',
      'ollama:qwen3:8b',
      'anthropic:opus',
      'openai:gpt-5',
      'ollama:qwq',
      'anthropic:sonnet',
      'openrouter:qwen/qwen3-max',
    ];
    expect(kinships(voters)).toEqual([
      { family: 'qwen', voters: ['ollama:qwen3:8b', 'ollama:qwq', 'openrouter:qwen/qwen3-max'] },
      { family: 'claude', voters: ['anthropic:opus', 'anthropic:sonnet'] },
    ]);
  });

  test('are none where all differ, and a model that votes twice is its own', () => {
    expect(kinships(['gemini:pro-gemini', 'ollama:phi4'])).toEqual([]);
    expect(kinships(['ollama:phi4', 'ollama:phi4'])).toHaveLength(1);
  });
});
