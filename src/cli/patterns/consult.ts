import type { ConsultationResult } from '../../patterns/consultation.ts';
import type { VoteRule } from '../../patterns/vote.ts';
import { readOneOf } from '../options.ts';
import { type Came, endedWell, LIMITS, MODELS, modelsIn, readAmount, readLimits, verb } from './verb.ts';

const RULES = ['plurality', 'borda', 'condorcet', 'approval', 'judge'] as const satisfies readonly VoteRule[];
const BALLOT = {
  option: {
    type: 'string',
    multiple: true,
    value: 'TEXT',
    about: 'one of the things to choose from; left out, their own answers',
  },
  judge: { type: 'string', value: 'MODEL', about: 'decides alone (rule judge), or where there is a tie' },
} as const;

export const consult = verb({
  name: 'consult',
  argument: 'question',
  summary: 'ask several models at once; with --vote let them choose',
  options: {
    ...MODELS,
    vote: { type: 'string', value: 'RULE', about: `let them vote: ${RULES.join(', ')}` },
    ...BALLOT,
    synthesis: { type: 'string', value: 'MODEL', about: 'who puts the answers together; none for nobody' },
    deadline: { type: 'string', value: 'SECONDS', about: 'answers that come later are left out' },
    ...LIMITS,
  },
  examples: [
    'parley consult "Queue or cron for the nightly export?" -m sonnet -m gemini -m qwen',
    'parley consult "Which of you is right?" -m council --vote condorcet --files src/queue.ts',
  ],
  async run(agent, { text, files, values }, options) {
    const { vote, option, judge, synthesis, deadline } = values;
    const votes = vote !== undefined || option !== undefined || judge !== undefined;
    const rule = vote === undefined ? undefined : readOneOf('--vote', vote, RULES);
    const order = {
      question: text,
      models: modelsIn(values.model),
      files,
      synthesis: synthesis === 'none' ? (false as const) : synthesis,
      deadlineSeconds: readAmount('--deadline', deadline),
      vote: votes ? { rule, options: option, judge } : undefined,
      limits: readLimits(values),
    };
    return cameOf(await agent.consult(order, options));
  },
});

export const vote = verb({
  name: 'vote',
  argument: 'question',
  summary: 'let models choose between options, or between their answers',
  options: {
    ...MODELS,
    ...BALLOT,
    rule: { type: 'string', value: 'RULE', about: RULES.join(', ') },
    ...LIMITS,
  },
  examples: [
    'parley vote "Where does the cache belong?" --option memory --option disk -m sonnet -m gemini -m qwen',
    'parley vote "Name this function." -m council --rule borda',
  ],
  async run(agent, { text, files, values }, options) {
    const { option, judge } = values;
    const rule = values.rule === undefined ? undefined : readOneOf('--rule', values.rule, RULES);
    const order = {
      question: text,
      models: modelsIn(values.model),
      files,
      synthesis: false as const,
      vote: { rule, options: option, judge },
      limits: readLimits(values),
    };
    return cameOf(await agent.consult(order, options));
  },
});

function cameOf(result: ConsultationResult): Came {
  const { id, outcome, text, seconds } = result;
  return { id, outcome, good: endedWell(outcome), answer: text, watched: true, seconds, result };
}
