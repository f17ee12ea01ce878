/** One run of an experiment: a task, done in one way, in a folder of its own, and checked. */
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CodingAgentOptions } from '../agent/options.ts';
import { CodingAgent } from '../agent.ts';
import { type Clock, realClock } from '../conversation/clock.ts';
import type { ParleyEvent } from '../conversation/event.ts';
import { Failure, type FailureKind } from '../conversation/failure.ts';
import type { Environment } from '../environment.ts';
import { type ApprovalRule, Approver } from '../safety/approval.ts';
import { Commands } from '../safety/commands.ts';
import { Workspace } from '../safety/workspace.ts';
import type { Experiment, Run, Strategy, Task } from './plan.ts';
import type { DelegationResultLine, RunResult } from './results.ts';

/** What runs take place in. */
export interface Laboratory {
  /** Where results are kept, and what each strategy learns. */
  folder: string;
  env: Environment;
  /** What models may do without asking: there is nobody to ask. Edits of the temporary folder always. */
  approve: readonly ApprovalRule[];
  /** Read instead of the human's own config.yaml. */
  configPath?: string;
  clock?: Clock;
  /** Makes the agent of a run; a `CodingAgent` as it is when left out. */
  createAgent?(options: CodingAgentOptions): CodingAgent;
}

const COMPANY: Record<Strategy, CodingAgentOptions['company']> = {
  'leader alone': 'none',
  'local alone': 'none',
  'delegation without advice': 'unadvised',
  'delegation with advice': 'all',
};
const SERVICE_FAULTS: ReadonlySet<FailureKind> = new Set([
  'no-key',
  'not-authorised',
  'no-credit',
  'unreachable',
  'rate-limited',
  'overloaded',
  'server-error',
  'connection-lost',
]);
const CHECK_MS = 300_000;
const DETAIL_CHARACTERS = 1_000;

/** A failure that no strategy could have helped. */
export function isServiceFault({ kind }: Failure): boolean {
  return SERVICE_FAULTS.has(kind);
}

/** @throws {Failure} where it could not be made: a model that is not there, a stop by the human. */
export async function makeRun(
  { leader, worker }: Experiment,
  { task, strategy, repeat, place }: Run,
  laboratory: Laboratory,
  signal: AbortSignal,
): Promise<RunResult> {
  const {
    folder,
    env,
    approve,
    clock = realClock,
    createAgent = (options) => new CodingAgent(options),
  } = laboratory;
  const workspace = await workspaceFor(task);
  try {
    // What one strategy learns of the local machine must not help another.
    const ownEnv = { ...env, XDG_STATE_HOME: join(folder, 'learnt', strategy.replaceAll(' ', '-')) };
    const agent = createAgent({
      workspace,
      env: ownEnv,
      approve: ['edits', ...approve],
      company: COMPANY[strategy],
      clock,
    });
    const config = await agent.loadConfig(laboratory.configPath);
    await agent.useModel(strategy === 'local alone' ? worker : leader);
    const at = clock.wallTime();
    const late = new AbortController();
    const off = clock.after(task.seconds * 1000, () =>
      late.abort(new Failure('stopped', `Stopped: its ${task.seconds} seconds are over.`)),
    );
    const turn = await agent.chat(task.prompt, { signal: AbortSignal.any([signal, late.signal]) });
    off();
    if (signal.aborted) throw Failure.stopped();
    if (turn.failure && isServiceFault(turn.failure)) throw turn.failure;
    await keepEvents(join(folder, 'events'), place, agent.history.events);
    const checked = await check(task, { workspace, env, keys: config.keys }, signal);
    const { outcome, failure, seconds, cost } = turn;
    return {
      task: task.name,
      strategy,
      repeat,
      at,
      ...checked,
      outcome,
      ...(failure && { failure: failure.message }),
      seconds,
      ...(cost !== undefined && { cost: agent.ledger.totalCost() }),
      ...countedIn(agent.history.events),
    };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function workspaceFor({ folder, files }: Task): Promise<string> {
  const workspace = await realpath(await mkdtemp(join(tmpdir(), 'parley-experiment-')));
  if (folder) await cp(folder, workspace, { recursive: true, verbatimSymlinks: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    await writeFile(join(workspace, path), content);
  }
  return workspace;
}

/** The check is the human's own command, so that nobody is asked; keys it gets none. */
async function check(
  task: Task,
  { workspace, env, keys }: { workspace: string; env: Environment; keys: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<Pick<RunResult, 'passed' | 'detail'>> {
  const spillFolder = await mkdtemp(join(tmpdir(), 'parley-check-'));
  try {
    const commands = new Commands({
      workspace: await Workspace.open(workspace, {}),
      approver: new Approver({ emit: () => {}, rules: ['commands'] }),
      env,
      keys,
      spillFolder,
    });
    const ran = await commands.run(task.check, { speaker: 'human', signal, timeoutMs: CHECK_MS, ask: false });
    if (signal.aborted) throw Failure.stopped();
    if (ran.exitCode === 0) return { passed: true };
    const ending = ran.timedOut ? 'took too long' : `exit code ${ran.exitCode ?? 'none'}`;
    return { passed: false, detail: `${ending}\n${ran.output.trim().slice(-DETAIL_CHARACTERS)}` };
  } finally {
    await rm(spillFolder, { recursive: true, force: true });
  }
}

async function keepEvents(folder: string, place: number, events: readonly ParleyEvent[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const lines = events.map((event) => JSON.stringify(event));
  await writeFile(join(folder, `${String(place).padStart(4, '0')}.jsonl`), `${lines.join('\n')}\n`, {
    mode: 0o600,
  });
}

function countedIn(
  events: readonly ParleyEvent[],
): Pick<RunResult, 'exchanges' | 'localTokens' | 'remoteTokens' | 'delegations' | 'forecastErrors'> {
  const counted = { exchanges: 0, localTokens: 0, remoteTokens: 0 };
  const delegations: DelegationResultLine[] = [];
  const forecastErrors: number[] = [];
  const begun = new Map<string, { budgetSeconds?: number; forecastSeconds?: number }>();
  for (const event of events) {
    if (event.type === 'exchange.ended') {
      const { usage, profile, forecast, within } = event;
      counted.exchanges++;
      const tokens = usage ? usage.inputTokens + usage.outputTokens : 0;
      counted[profile?.local ? 'localTokens' : 'remoteTokens'] += tokens;
      const delegated = within !== undefined && begun.has(within);
      if (delegated && profile?.local && profile.complete && forecast && profile.wallSeconds > 0)
        forecastErrors.push(Math.abs(forecast.seconds - profile.wallSeconds) / profile.wallSeconds);
    }
    if (event.type === 'delegation.started')
      begun.set(event.delegation, {
        budgetSeconds: event.budgetSeconds,
        forecastSeconds: event.forecast?.seconds,
      });
    if (event.type === 'delegation.ended') {
      const { status, seconds } = event;
      const { budgetSeconds, forecastSeconds } = begun.get(event.delegation) ?? {};
      const inTime = status === 'done' && seconds <= (budgetSeconds ?? Number.POSITIVE_INFINITY);
      delegations.push({ status, seconds, budgetSeconds, forecastSeconds, inTime });
    }
  }
  return { ...counted, delegations, forecastErrors };
}
