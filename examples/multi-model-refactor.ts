/**
 * A refactoring by several models: a frontier model plans and reviews, a local one writes, and the tests decide.
 * In a clone, after `npm ci`, with keys and a running Ollama:
 *
 *   npx node --conditions parley-source examples/multi-model-refactor.ts src/big.ts "Split this file in two." "npm test"
 */
import { CodingAgent, ConsoleDisplay, Failure, planBuildReview } from 'parley';

const [file, task, check = 'npm test'] = process.argv.slice(2);
const leader = process.env.LEADER ?? 'anthropic';
const worker = process.env.WORKER ?? 'ollama';

try {
  if (!file || !task)
    throw new Failure(
      'usage',
      'Usage: multi-model-refactor.ts FILE "WHAT TO CHANGE" ["COMMAND THAT TESTS IT"]',
    );
  await refactor(file, task);
} catch (error) {
  // Nothing could begin, for instance because a model is not there.
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function refactor(file: string, task: string): Promise<void> {
  const agent = new CodingAgent({ display: new ConsoleDisplay(), approve: ['all'] });
  await agent.loadConfig();

  // What is to be changed is small enough for the local model where its forecast says that it is in time.
  const tests = await agent.delegate({
    task: `List what the tests of ${file} should still hold after this change: ${task}`,
    files: [file],
    kind: 'extract',
    model: worker,
    maxOutputTokens: 300,
    budgetSeconds: 60,
  });
  const steps = planBuildReview({ plan: leader, build: worker, review: leader });
  const work = await agent.handoff({
    task: `${task}\nRun: ${check}`,
    brief: tests.text,
    files: [file],
    steps,
    limits: { rounds: 2, dollars: 1 },
  });
  console.log(`\n${work.outcome} after ${work.rounds === 1 ? 'one round' : `${work.rounds} rounds`}`);

  for (const row of agent.ledger.rows())
    console.log(`${row.model}: ${row.exchanges} exchanges${row.local ? ', local' : ''}`);
  const share = agent.ledger.localShare();
  if (share !== undefined) console.log(`${Math.round(share * 100)} % of the tokens stayed local`);
  process.exitCode = work.outcome === 'agreed' ? 0 : 1;
}
