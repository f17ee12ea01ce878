/**
 * The library in thirty lines: choose a model, give it a tool of your own, ask, see what it cost.
 * In a clone, after `npm ci`, with a key or a running Ollama:
 *
 *   npx node --conditions parley-source examples/basic-usage.ts "how many files are in src?"
 *
 * In a project that has `parley` and `zod` installed, `node basic-usage.ts` is enough.
 */
import { CodingAgent, ConsoleDisplay, defineTool, Failure } from 'parley';
import * as z from 'zod';

const agent = new CodingAgent({ display: new ConsoleDisplay(), approve: ['edits'] });

agent.addTool(
  defineTool({
    name: 'weekday',
    description: 'The day of the week of a date.',
    parameters: z.object({ date: z.string().describe('YYYY-MM-DD') }),
    conduct: 'read',
    execute: async ({ date }) => {
      const day = new Date(date).toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' });
      return { content: day, summary: day };
    },
  }),
);

try {
  await agent.loadConfig();
  // A reference (`ollama:qwen2.5-coder:7b`) or a short name (`sonnet`); left out, the first model that works.
  if (process.env.MODEL) await agent.useModel(process.env.MODEL);
  const turn = await agent.chat(process.argv[2] ?? 'What does this project do? Answer in one sentence.');
  for (const row of agent.ledger.rows()) {
    console.log(`${row.model}: ${row.exchanges} exchanges, ${row.inputTokens + row.outputTokens} tokens`);
  }
  process.exitCode = turn.outcome === 'answered' ? 0 : 1;
} catch (error) {
  // No turn could begin, for instance because there is no model. What goes wrong in a turn is shown with it.
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
