import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodingAgent } from '../agent.ts';
import { OPTIONS, QUESTION, REFINED_TASK } from '../demo/room.ts';
import { createSampleProject } from '../demo/sample-project.ts';
import { CLAUDE, GEMINI, QWEN, SCENES } from '../demo/scenes.ts';
import { type DemoServices, startDemoServices } from '../demo/services.ts';
import { ConsoleDisplay } from '../display/console.ts';
import { colourDepthOf, createTheme } from '../display/theme.ts';
import type { Environment } from '../environment.ts';
import { command } from './command-line.ts';
import { EXIT, stopOnSignals } from './exit.ts';
import { flowLines } from './flow-lines.ts';
import { ledgerLines } from './ledger-lines.ts';

const WELCOME = [
  'The models of this demo are simulated: servers on loopback that follow a',
  'script and speak the real protocols to the real SDKs. All else really',
  'happens: the tools, the edits, the test runs, the times, tokens and prices.',
].join('\n');

export const demoCommand = command({
  options: {
    repl: { type: 'boolean', about: 'to play with, at the prompt' },
    experiment: { type: 'boolean', about: 'the experiment of examples/experiment.yaml' },
  },
  common: [],
  run: ({ values: { repl = false, experiment } }) =>
    experiment ? demonstrateExperiment() : runDemo({ repl }),
});

/**
 * Shows the whole of Parley with no key, no network and no Ollama, on a sample project in a temporary folder.
 * @returns the exit code: 0 when every scene came to its answer.
 */
export async function runDemo({ repl }: { repl: boolean }): Promise<number> {
  const project = goneAtExit(await createSampleProject());
  const home = goneAtExit(await mkdtemp(join(tmpdir(), 'parley-demo-home-')));
  const services = await startDemoServices();
  const env = { ...inherited(), ...services.env, HOME: home };
  try {
    await services.rehearse(project, env);
    return repl ? await playRepl(project, env) : await playScenes(project, env, services);
  } finally {
    await services.close();
  }
}

/** The folder is removed however the process ends of itself: done, stopped or failed. */
function goneAtExit(folder: string): string {
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function playScenes(project: string, env: Environment, services: DemoServices): Promise<number> {
  const { signal, exitCode } = stopOnSignals();
  const display = new ConsoleDisplay();
  const agent = new CodingAgent({ workspace: project, env, display, approve: ['all'] });
  display.showText(WELCOME);
  let answered = 0;
  for (const scene of SCENES) {
    if (signal.aborted) break;
    await agent.useModel(scene.model);
    const turn = await agent.chat(scene.task, { signal }).catch((error) => {
      if (!signal.aborted) throw error;
    });
    if (turn?.outcome === 'answered') answered += 1;
  }
  const together = !signal.aborted && (await playTogether(agent, signal));
  const stopped = exitCode();
  if (stopped !== undefined) {
    await display.close();
    return stopped;
  }
  const exchanges = agent.history.of('exchange.ended').length;
  const wire = `${services.requestsOnTheWire()} requests on the wire, ${exchanges} exchanges in the log.`;
  const theme = createTheme(colourDepthOf(process.stdout, env));
  const width = Math.min(process.stdout.columns ?? 100, 120) - 1;
  const flow = flowLines(agent.summary(), theme, width);
  display.showLines([...flow, '', ...ledgerLines(agent.ledger, { width }), '', wire]);
  await display.close();
  return together && answered === SCENES.length && services.requestsOnTheWire() === exchanges ? 0 : 1;
}

/** Models in one room: a consultation, a vote with a dissent, and a refinement that ends in agreement. */
async function playTogether(agent: CodingAgent, signal: AbortSignal): Promise<boolean> {
  const models = [CLAUDE, GEMINI, QWEN];
  await agent.consult({ question: QUESTION, models, synthesis: false }, { signal });
  const balloting = { question: QUESTION, models, vote: { options: OPTIONS } };
  const { vote } = await agent.consult(balloting, { signal });
  const reviewers = [CLAUDE, GEMINI];
  const files = ['src/duration.js:3-10'];
  const { outcome } = await agent.refine({ task: REFINED_TASK, author: QWEN, reviewers, files }, { signal });
  return vote?.winner !== undefined && vote.dissent.length > 0 && outcome === 'agreed';
}

async function playRepl(project: string, env: Environment): Promise<number> {
  const { runRepl } = await import('./repl.ts');
  const agent = new CodingAgent({ workspace: project, env });
  await agent.useModel(SCENES[0]!.model);
  return runRepl(agent, { greeting: `${WELCOME}\nTry: ${SCENES[0]!.task}` });
}

/** Of the human's environment only what a terminal and the tools need: no key of theirs, no settings. */
function inherited(): Environment {
  const names = [
    'PATH',
    'TERM',
    'COLORTERM',
    'LANG',
    'LC_ALL',
    'NO_COLOR',
    'FORCE_COLOR',
    'TMPDIR',
    'SystemRoot',
  ];
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

/** The experiment with simulated models, in a temporary folder that stays, for its page is there. */
async function demonstrateExperiment(): Promise<number> {
  const [
    { examplePlan, simulateLaboratory },
    { readExperiment },
    { Results },
    { conductAloud, summaryLines },
  ] = await Promise.all([
    import('../demo/experiment.ts'),
    import('../experiment/plan.ts'),
    import('../experiment/results.ts'),
    import('./experiment.ts'),
  ]);
  const remark =
    'The models are simulated, and so is the time of the local machine. How the leader asks follows a script, which reads nothing but its requests.';
  process.stdout.write(`${remark}\n`);
  const { signal, exitCode } = stopOnSignals();
  const home = goneAtExit(await mkdtemp(join(tmpdir(), 'parley-demo-home-')));
  const folder = await mkdtemp(join(tmpdir(), 'parley-demo-experiment-'));
  const experiment = await readExperiment(examplePlan());
  const laboratory = await simulateLaboratory(home);
  try {
    const results = await Results.open(folder, experiment, { resume: false, at: Date.now() });
    await conductAloud(experiment, results, { folder, approve: [], ...laboratory }, signal, [remark]);
    process.stdout.write(`${summaryLines(experiment, results).join('\n')}\n`);
    return exitCode() ?? EXIT.success;
  } finally {
    await laboratory.close();
  }
}
