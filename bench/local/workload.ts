/** Requests as an agent's local workers see them, drawn by chance but the same for a seed. */
import type { Message } from '../../src/conversation/message.ts';
import { userMessage } from '../../src/conversation/message.ts';
import { seededRandom } from '../../src/simulation/ollama/ground-truth.ts';
import { chosen, type Material } from './materials.ts';

export interface WorkItem {
  messages: Message[];
  maxOutputTokens: number;
}

const QUESTIONS = [
  'Which of these functions can fail, and how is it told?',
  'Write a test for the longest function here. Answer with the code only.',
  'List every name that is exported, one on a line, with what it is for.',
  'Is there a place where a number is rounded? Name the line.',
  'Rewrite the first paragraph in half of the words.',
];

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
export function* workload(
  all: readonly Material[],
  seed: number,
  shape: WorkloadShape,
): Generator<WorkItem, never> {
  const random = seededRandom(seed);
  const between = (low: number, high: number) => Math.round(low * (high / low) ** random());
  let material = '';
  for (let n = 0; ; n++) {
    if (material === '' || random() >= shape.cachedShare) {
      const text = chosen(all, random());
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
