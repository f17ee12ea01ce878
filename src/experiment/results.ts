/** What came of the runs of an experiment, kept line by line as they end. */
import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../conversation/failure.ts';
import type { Experiment, Run, Strategy } from './plan.ts';

/** One delegation of a run, in the order in which they were asked for. */
export interface DelegationResultLine {
  status: 'done' | 'partial' | 'refused' | 'failed';
  seconds: number;
  budgetSeconds?: number;
  forecastSeconds?: number;
  /** Done, within its budget. */
  inTime: boolean;
}

export interface RunResult {
  task: string;
  strategy: Strategy;
  repeat: number;
  /** Milliseconds since 1970. */
  at: number;
  /** The check command succeeded. */
  passed: boolean;
  /** The end of what the check said, where it failed. */
  detail?: string;
  outcome: 'answered' | 'stopped' | 'failed' | 'step-limit';
  /** Why the turn failed. */
  failure?: string;
  /** Of the turn, without the check. */
  seconds: number;
  /** Dollars; absent where a price is unknown. */
  cost?: number;
  exchanges: number;
  localTokens: number;
  remoteTokens: number;
  delegations: DelegationResultLine[];
  /** |forecast − fact| / fact of each delegated local exchange that had a forecast, in order. */
  forecastErrors: number[];
}

interface Head {
  experiment: string;
  fingerprint: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** The folder of results: `runs.jsonl`, the events of each run, the page, and what each strategy learnt. */
export class Results {
  readonly folder: string;
  readonly runs: RunResult[];

  private constructor(folder: string, runs: RunResult[]) {
    this.folder = folder;
    this.runs = runs;
  }

  /**
   * @param resume goes on where runs are kept already; without it there may be none.
   * @throws {Failure} `usage` where they belong to another plan, or would be begun anew unasked.
   */
  static async open(folder: string, experiment: Experiment, { resume, at }: { resume: boolean; at: number }) {
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'runs.jsonl');
    const text = await readFile(path, 'utf8').catch(() => '');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const [head, ...runs] = linesOf(whole, path);
    if (!head) {
      const first: Head = { experiment: experiment.name, fingerprint: experiment.fingerprint, at };
      await appendFile(path, `${JSON.stringify(first)}\n`, { mode: 0o600 });
      return new Results(folder, []);
    }
    if (!resume)
      throw new Failure(
        'usage',
        `${folder} holds ${runs.length} runs already: go on with --resume, or remove it to begin anew.`,
      );
    if ((head as Head).fingerprint !== experiment.fingerprint)
      throw new Failure(
        'usage',
        `${experiment.shown} was changed since the runs in ${folder}: put it back, or remove that folder to begin anew.`,
      );
    // A line that was cut off by a crash is made again.
    if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
    return new Results(folder, runs as RunResult[]);
  }

  has({ task, strategy, repeat }: Run): boolean {
    return this.runs.some(
      (run) => run.task === task.name && run.strategy === strategy && run.repeat === repeat,
    );
  }

  async add(result: RunResult): Promise<void> {
    this.runs.push(result);
    await appendFile(join(this.folder, 'runs.jsonl'), `${JSON.stringify(result)}\n`);
  }
}

function linesOf(text: string, path: string): (Head | RunResult)[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line, place) => {
    try {
      return JSON.parse(line) as Head | RunResult;
    } catch (error) {
      throw new Failure('usage', `${path}:${place + 1} is no JSON. Mend or remove that line.`, {
        cause: error,
      });
    }
  });
}
