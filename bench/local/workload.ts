/** Requests as an agent's local workers see them, drawn by chance but the same for a seed. */
import { readFile } from 'node:fs/promises';
import type { Message } from '../../src/conversation/message.ts';
import { userMessage } from '../../src/conversation/message.ts';
import { seededRandom } from '../../src/simulation/ollama/ground-truth.ts';

export interface WorkItem {
  messages: Message[];
  maxOutputTokens: number;
}

/** Real code and real prose: this project's own. */
const SOURCES = [
  'src/agent.ts',
  'src/conversation/exchange.ts',
  'src/providers/ollama.ts',
  'src/cli/repl/session.ts',
  'src/display/console.ts',
  'src/simulation/ollama/generation.ts',
  'docs/providers.md',
  'README.md',
  'CHANGELOG.md',
  'package.json',
];
const QUESTIONS = [
  'Which of these functions can fail, and how is it told?',
  'Write a test for the longest function here. Answer with the code only.',
  'List every name that is exported, one on a line, with what it is for.',
  'Is there a place where a number is rounded? Name the line.',
  'Rewrite the first paragraph in half of the words.',
];

export async function sourceText(): Promise<string> {
  const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
  return (await Promise.all(SOURCES.map(read))).join('\n');
}

export interface WorkloadShape {
  /** Share of the questions that are about the same material as the one before. */
  cachedShare: number;
  /** Of the material, characters. */
  shortest: number;
  longest: number;
  /** Tokens. */
  shortestReply: number;
  longestReply: number;
}

/** Some questions on fresh material, the others on material that was read before. */
export function* workload(text: string, seed: number, shape: WorkloadShape): Generator<WorkItem, never> {
  const random = seededRandom(seed);
  const between = (low: number, high: number) => Math.round(low * (high / low) ** random());
  let material = '';
  for (let n = 0; ; n++) {
    if (material === '' || random() >= shape.cachedShare) {
      const length = Math.min(between(shape.shortest, shape.longest), text.length);
      const from = Math.floor(random() * (text.length - length + 1));
      material = `Material ${seed}.${n}\n${text.slice(from, from + length)}`;
    }
    const question = QUESTIONS[Math.floor(random() * QUESTIONS.length)]!;
    yield {
      messages: [userMessage(`${material}\n\n${question}`)],
      maxOutputTokens: between(shape.shortestReply, shape.longestReply),
    };
  }
}
