import { expect, test } from 'vitest';
import { ollamaUrl } from '../../src/providers/ollama/host.ts';

test.each([
  ['', 'http://127.0.0.1:11434'],
  ['localhost', 'http://localhost:11434'],
  ['gpu-box', 'http://gpu-box:11434'],
  ['gpu-box:1234', 'http://gpu-box:1234'],
  [':1234', 'http://127.0.0.1:1234'],
  ['0.0.0.0', 'http://127.0.0.1:11434'],
  ['0.0.0.0:8080', 'http://127.0.0.1:8080'],
  ['http://0.0.0.0:11434', 'http://127.0.0.1:11434'],
  ['::', 'http://[::1]:11434'],
  ['::1', 'http://[::1]:11434'],
  ['[::1]:8080', 'http://[::1]:8080'],
  ['[fd00::7]', 'http://[fd00::7]:11434'],
  ['http://gpu-box', 'http://gpu-box'],
  ['https://ollama.example.com', 'https://ollama.example.com'],
  ['https://ollama.example.com:443', 'https://ollama.example.com'],
  ['gpu-box:80', 'http://gpu-box:80'],
  ['http://gpu-box:11434/', 'http://gpu-box:11434'],
  ['http://gpu-box:11434/v1', 'http://gpu-box:11434'],
  ['http://gpu-box:11434/api/', 'http://gpu-box:11434'],
  ['https://example.com/ollama', 'https://example.com/ollama'],
  [' "gpu-box:1234" ', 'http://gpu-box:1234'],
  ['not an address', 'not an address'],
])('OLLAMA_HOST=%s means %s', (host, url) => {
  expect(ollamaUrl(host)).toBe(url);
});
