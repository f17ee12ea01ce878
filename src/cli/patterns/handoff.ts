import type { HandoffStep } from '../../patterns/handoff.ts';
import { endedWell, LIMITS, ROUNDS, readLimits, readPairs, verb } from './verb.ts';

/** What the usual roles may do; a role of the human's own may look. */
const TOOLS: Record<string, HandoffStep['tools']> = { build: 'all' };

export const handoff = verb({
  name: 'handoff',
  argument: 'task',
  summary: 'one plans, one builds, one reviews',
  options: {
    step: {
      type: 'string',
      multiple: true,
      value: 'ROLE=MODEL',
      about: 'the pipeline in order: plan, build, review, or roles of your own',
    },
    ...ROUNDS,
    ...LIMITS,
  },
  examples: [
    'parley handoff "Split src/big.ts in two." --step plan=sonnet --step build=qwen --step review=gemini',
    'parley handoff "Add a --quiet option." --approve all --rounds 2',
  ],
  async run(agent, { text, files, values }, options) {
    const limits = readLimits(values);
    const steps = values.step && stepsOf(values.step);
    const result = await agent.handoff({ task: text, steps, files, limits }, options);
    const { id, outcome, seconds } = result;
    return { id, outcome, good: endedWell(outcome), answer: result.text, watched: true, seconds, result };
  },
});

/** The last of the reviews decides whether the work goes back. */
function stepsOf(written: readonly string[]): HandoffStep[] {
  const pairs = readPairs('--step', written);
  const last = pairs.findLastIndex(({ name }) => name === 'review');
  return pairs.map(({ name, value }, place) => ({
    role: name,
    model: value,
    tools: TOOLS[name] ?? 'read',
    decides: place === last,
  }));
}
