import { describeConformance, type Subject } from '../../src/conformance.ts';
import { AnthropicProvider } from '../../src/providers/anthropic.ts';
import { GeminiProvider } from '../../src/providers/gemini.ts';
import { OllamaProvider } from '../../src/providers/ollama.ts';
import { OpenAICompatibleProvider } from '../../src/providers/openai-compatible.ts';
import { simulateAnthropic } from '../../src/simulation/anthropic.ts';
import { simulateGemini } from '../../src/simulation/gemini.ts';
import { simulateOllama } from '../../src/simulation/ollama/server.ts';
import { simulateOpenAI } from '../../src/simulation/openai.ts';

/** Google names the wait in the body. */
const GEMINI_QUOTA = {
  error: {
    code: 429,
    message: 'You exceeded your current quota. Please retry in 7s.',
    status: 'RESOURCE_EXHAUSTED',
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel', quotaValue: '10' }],
      },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' },
    ],
  },
};

const subjects: Record<string, Subject> = {
  anthropic: {
    model: 'claude-sonnet-5-5',
    simulate: simulateAnthropic,
    connect: (baseUrl, apiKey) => new AnthropicProvider({ name: 'claude', baseUrl, apiKey }),
    stops: {
      end_turn: 'end',
      stop_sequence: 'end',
      max_tokens: 'length',
      model_context_window_exceeded: 'context-full',
      pause_turn: 'pause',
      refusal: 'refusal',
    },
  },
  gemini: {
    model: 'gemini-3.5-flash',
    simulate: simulateGemini,
    connect: (baseUrl, apiKey) => new GeminiProvider({ name: 'google', baseUrl, apiKey }),
    stops: {
      STOP: 'end',
      MAX_TOKENS: 'length',
      SAFETY: 'blocked',
      RECITATION: 'blocked',
      PROHIBITED_CONTENT: 'blocked',
      OTHER: 'blocked',
      MALFORMED_FUNCTION_CALL: 'malformed-call',
      UNEXPECTED_TOOL_CALL: 'malformed-call',
      CONTINUATION: 'length',
      A_WORD_OF_TOMORROW: 'end',
    },
    rateLimit: { type: 'status', status: 429, body: JSON.stringify(GEMINI_QUOTA) },
  },
  ollama: {
    model: 'qwen3-vl:8b',
    simulate: (script) =>
      simulateOllama({
        script,
        speed: Number.POSITIVE_INFINITY,
        slots: 2,
        contextSize: 16_384,
        loaded: ['qwen3-vl:8b'],
      }),
    connect: (baseUrl, apiKey) => new OllamaProvider({ name: 'gpu-box', baseUrl, apiKey }),
    stops: { stop: 'end', length: 'length', a_word_of_tomorrow: 'end' },
    // It parses calls itself, and gives none that is not whole; it is silent until the first word.
    lacks: ['calls that are cut off', 'signs of life'],
  },
  'openai-compatible': {
    model: 'qwen3-coder-30b',
    simulate: simulateOpenAI,
    connect: (baseUrl, apiKey) => new OpenAICompatibleProvider({ name: 'box', baseUrl, apiKey }),
    stops: {
      stop: 'end',
      length: 'length',
      model_length: 'context-full',
      content_filter: 'blocked',
      a_word_of_tomorrow: 'end',
    },
  },
};

for (const [name, subject] of Object.entries(subjects)) describeConformance(name, subject);
