/**
 * Several models are asked one question, vote on each other's answers without names, and discuss what is left.
 * In a clone, after `npm ci`, with keys and a running Ollama:
 *
 *   npx node --conditions parley-source examples/consultation-example.ts "Queue or cron for the nightly export?" anthropic gemini ollama
 */
import { CodingAgent, ConsoleDisplay, Failure } from 'parley';

const [question, ...models] = process.argv.slice(2);

try {
  if (!question) throw new Failure('usage', 'Usage: consultation-example.ts "QUESTION" [MODEL …]');
  await consult(question);
} catch (error) {
  // Nothing could begin, for instance because a model is not there.
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function consult(question: string): Promise<void> {
  const agent = new CodingAgent({ display: new ConsoleDisplay() });
  await agent.loadConfig();

  // With three or more, each ranks the others' answers; two could only tie.
  const vote = models.length > 2 ? { rule: 'condorcet' as const } : undefined;
  const consultation = await agent.consult({
    question,
    models,
    vote,
    deadlineSeconds: 120,
    limits: { dollars: 0.5 },
  });
  console.log(`\n${consultation.text}`);

  if (consultation.outcome === 'dissent') {
    const participants = models.map((model) => ({ model }));
    const discussion = await agent.discuss({ topic: question, brief: consultation.text, participants });
    console.log(`\n${discussion.minutes ?? discussion.text}`);
  }
  process.exitCode = consultation.outcome === 'failed' ? 1 : 0;
}
