import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../../conversation/failure.ts';
import { reasonOf } from '../../safety/reason.ts';
import { endedWell, LIMITS, MODELS, modelsIn, ROUNDS, readLimits, verb } from './verb.ts';

export const refine = verb({
  name: 'refine',
  argument: 'task',
  summary: 'one model drafts, others review, until they approve',
  options: {
    author: { type: 'string', value: 'MODEL', about: "who drafts; left out, the session's model" },
    ...MODELS,
    draft: { type: 'string', value: 'FILE', about: 'a draft that is there already' },
    ...ROUNDS,
    ...LIMITS,
  },
  examples: [
    'parley refine "Write the migration plan." --author sonnet -m gemini -m qwen --rounds 2',
    'parley refine "Make this readable." --draft NOTES.md -m gemini > NOTES.new.md',
  ],
  async run(agent, { text, files, values }, options) {
    const limits = readLimits(values);
    const { author } = values;
    const reviewers = modelsIn(values.model);
    const draft =
      values.draft === undefined ? undefined : await textOf(resolve(agent.workspace, values.draft));
    const result = await agent.refine({ task: text, author, reviewers, files, draft, limits }, options);
    const { id, outcome, seconds } = result;
    const good = endedWell(outcome);
    // What is asked for is the draft; where it was not agreed, why not is part of the answer.
    const answer = outcome === 'agreed' ? result.draft : result.text;
    return { id, outcome, good, answer, seconds, result };
  },
});

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Failure('usage', `The draft cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}
