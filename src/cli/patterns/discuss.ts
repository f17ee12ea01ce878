import { endedWell, LIMITS, MODELS, modelsIn, ROUNDS, readLimits, readPairs, verb } from './verb.ts';

export const discuss = verb({
  name: 'discuss',
  argument: 'topic',
  summary: 'models in one room who answer each other',
  options: {
    ...MODELS,
    role: {
      type: 'string',
      multiple: true,
      value: 'ROLE=MODEL',
      about: 'who stands for what: for=sonnet; two sides and --judge make a debate',
    },
    moderator: { type: 'string', value: 'MODEL', about: 'gives the floor and ends the discussion' },
    judge: { type: 'string', value: 'MODEL', about: 'decides at the end' },
    ...ROUNDS,
    ...LIMITS,
  },
  examples: [
    'parley discuss "Monorepo or not?" -m sonnet -m gemini --moderator qwen',
    'parley discuss "Rewrite it in Rust." --role for=sonnet --role against=gemini --judge qwen',
  ],
  async run(agent, { text, files, values }, options) {
    const { moderator, judge } = values;
    const limits = readLimits(values);
    const sides = readPairs('--role', values.role).map(({ name, value }) => ({ role: name, model: value }));
    const named = (modelsIn(values.model) ?? []).map((model) => ({ model }));
    const participants = sides.length + named.length > 0 ? [...sides, ...named] : undefined;
    const result = await agent.discuss(
      { topic: text, participants, moderator, judge, files, limits },
      options,
    );
    const { id, outcome, seconds } = result;
    return { id, outcome, good: endedWell(outcome), answer: result.text, watched: true, seconds, result };
  },
});
