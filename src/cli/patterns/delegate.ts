/** Work for one model: the one that is named, or the one that fits. */
import { WORK_KINDS } from '../../conversation/work.ts';
import { readOneOf, readWhole, type Values } from '../options.ts';
import { endedWell, LIMITS, readAmount, readLimits, verb } from './verb.ts';

const WORK = {
  kind: {
    type: 'string',
    value: 'KIND',
    about: WORK_KINDS.filter((kind) => kind !== 'calibration').join(', '),
  },
  budget: { type: 'string', value: 'SECONDS', about: 'not begun where it would take longer' },
  'max-output': { type: 'string', value: 'TOKENS', about: 'the most that it may write' },
  form: { type: 'string', value: 'FORM', about: 'text, code or json' },
  'write-to': { type: 'string', value: 'FILE', about: 'the code goes into this file, or these lines of it' },
  check: { type: 'string', value: 'COMMAND', about: 'has to succeed with what was written' },
  ...LIMITS,
} as const;

export const delegate = verb({
  name: 'delegate',
  argument: 'task',
  summary: 'give a piece of work to a model, by default the best local one',
  options: {
    model: { type: 'string', short: 'm', value: 'MODEL', about: 'who does it; left out, the best local one' },
    ...WORK,
    again: {
      type: 'string',
      value: 'ID',
      onlyInRepl: true,
      about: 'd3, whose worker answers again; the task is your objection',
    },
    tools: { type: 'boolean', about: 'it may read, list and search files by itself' },
    insist: { type: 'boolean', about: 'send it whatever the forecast says' },
  },
  examples: [
    'parley delegate "List the callers of parse, with their lines." --files src/a.ts --files src/b.ts',
    'parley delegate "Write tests for every case." --files src/a.ts --write-to test/a.test.ts --check "npm test"',
  ],
  async run(agent, { text, files, values }, options) {
    const { model, again, tools, insist } = values;
    const result = await agent.delegate(
      { task: text, model, files, again, tools, insist, ...readWork(values) },
      options,
    );
    const { id, status, seconds, failure } = result;
    const good = status === 'done' && result.checks.every(({ passed }) => passed);
    const outcome = status === 'failed' && failure?.kind === 'stopped' ? 'stopped' : status;
    return { id, outcome, good, answer: result.text, watched: !values['write-to'], seconds, result };
  },
});

export const route = verb({
  name: 'route',
  argument: 'task',
  summary: 'choose the model for a piece of work, and let it work',
  options: {
    ...WORK,
    private: { type: 'boolean', about: 'only local models may see it' },
    chooser: { type: 'string', value: 'MODEL', about: 'is asked where no rule fits' },
  },
  examples: [
    'parley route "Fix the query." --files db/report.sql --kind code',
    'parley route "Summarise these letters." --files letters.txt --private',
  ],
  async run(agent, { text, files, values }, options) {
    const { chooser } = values;
    const order = {
      task: text,
      files,
      private: values.private,
      ...(chooser && { chooser }),
      ...readWork(values),
    };
    const result = await agent.route(order, options);
    const { id, outcome, seconds } = result;
    return {
      id,
      outcome,
      good: endedWell(outcome),
      answer: result.text,
      watched: !values['write-to'],
      seconds,
      result,
    };
  },
});

function readWork(values: Values<typeof WORK>) {
  const { kind, budget, 'max-output': most, form, 'write-to': writeTo, check } = values;
  return {
    kind: kind === undefined ? undefined : readOneOf('--kind', kind, WORK_KINDS),
    budgetSeconds: readAmount('--budget', budget),
    maxOutputTokens: most === undefined ? undefined : readWhole('--max-output', most),
    form: form === undefined ? undefined : readOneOf('--form', form, ['text', 'code', 'json']),
    writeTo,
    check,
    limits: readLimits(values),
  };
}
