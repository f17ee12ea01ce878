import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { styleText } from 'node:util';
import { Failure } from '../conversation/failure.ts';
import { duration, money, plural } from '../display/figures.ts';
import { inLine } from '../display/printable.ts';
import { tableLines } from '../display/table-lines.ts';
import { type Conclusion, conduct, type Progress } from '../experiment/conduct.ts';
import { type Experiment, readExperiment, runsOf } from '../experiment/plan.ts';
import { experimentReport, localTable, strategyTable, taskTable } from '../experiment/report.ts';
import { Results } from '../experiment/results.ts';
import type { Laboratory } from '../experiment/run.ts';
import { summarise } from '../experiment/summary.ts';
import { command } from './command-line.ts';
import { EXIT, stopOnSignals } from './exit.ts';
import type { CommonOptions } from './options.ts';
import { dateOf } from './profile-lines.ts';

export const experimentCommand = command({
  options: {
    resume: { type: 'boolean', about: 'go on with the runs that are not made yet' },
    'dry-run': { type: 'boolean', about: 'say which runs it would make, and make none' },
    json: { type: 'boolean', about: 'the summary for scripts' },
  },
  common: ['approve', 'config'],
  takes: 1,
  examples: [
    'parley experiment examples/experiment.yaml --approve commands',
    'parley experiment mine.yaml --resume',
  ],
  async run({ words: [file], values, common }) {
    if (file === undefined)
      throw new Failure('usage', 'Name the file of the experiment: parley experiment FILE.yaml');
    const { resume = false, json = false, 'dry-run': dry = false } = values;
    return runExperiment({ ...common, file, resume, json, dry });
  },
});

export interface ExperimentOptions extends CommonOptions {
  file: string;
  resume: boolean;
  json: boolean;
  dry: boolean;
}

/** `parley experiment FILE`: tasks by strategies by repeats, on the human's own models. */
export async function runExperiment(options: ExperimentOptions): Promise<number> {
  const experiment = await readExperiment(options.file);
  const { signal, exitCode } = stopOnSignals();
  const folder = resolve(`${options.file.replace(/\.ya?ml$/, '')}.results`);
  for (const line of announcement(experiment, folder, options)) process.stderr.write(`${line}\n`);
  if (options.dry) return EXIT.success;
  const results = await Results.open(folder, experiment, { resume: options.resume, at: Date.now() });
  const laboratory = { folder, env: process.env, approve: options.approve ?? [], configPath: options.config };
  const conclusion = await conductAloud(experiment, results, laboratory, signal);
  if (results.runs.length > 0) {
    const summaries = summarise(results.runs, experiment.strategies);
    const text = options.json
      ? JSON.stringify({ experiment: experiment.name, ...conclusion, summaries, runs: results.runs }, null, 2)
      : summaryLines(experiment, results).join('\n');
    process.stdout.write(`${text}\n`);
  }
  return exitCode() ?? (conclusion.outcome === 'complete' ? EXIT.success : EXIT.failed);
}

/** What it will do, before it does anything: money is spent and commands are run. */
function announcement(
  { name, leader, worker, strategies, tasks, limits, repeats }: Experiment,
  folder: string,
  { approve = [], dry }: ExperimentOptions,
): string[] {
  const runs = strategies.length * tasks.length * repeats;
  const may = approve.some((rule) => rule !== 'edits');
  const most = [
    limits.dollars !== undefined && `$${limits.dollars}`,
    limits.seconds !== undefined && duration(limits.seconds),
  ].filter(Boolean);
  return [
    `${name}: ${plural(runs, 'run')} ${dry ? 'would be made' : 'to make'} = ${plural(tasks.length, 'task')} × ${plural(strategies.length, 'strategy', 'strategies')} × ${plural(repeats, 'repeat')}; leader ${leader}, local ${worker}.`,
    `Each in a temporary folder, in which models edit files${may ? ' and run commands without asking' : '; commands of theirs are refused (--approve commands allows them)'}. Results: ${folder}`,
    most.length > 0 ? `It stops after ${most.join(' or ')}.` : 'It has no limit of money or time.',
  ];
}

/** Conducts it with a line for each run on standard error, and writes the page, whatever happens. */
export async function conductAloud(
  experiment: Experiment,
  results: Results,
  laboratory: Laboratory,
  signal: AbortSignal,
  remarks: readonly string[] = [],
): Promise<Conclusion> {
  const kept = results.runs.length;
  if (kept > 0) process.stderr.write(`${plural(kept, 'run')} of ${runsOf(experiment).length} made before.\n`);
  try {
    const conclusion = await conduct(experiment, results, laboratory, PROGRESS, signal);
    if (conclusion.outcome === 'limit')
      process.stderr.write(`Ended because ${conclusion.why}; raise it and go on with --resume.\n`);
    if (conclusion.outcome === 'incomplete')
      process.stderr.write(
        `${plural(conclusion.skipped, 'run')} could not be made; --resume makes them again.\n`,
      );
    if (conclusion.outcome === 'stopped') process.stderr.write('Stopped; --resume goes on.\n');
    return conclusion;
  } finally {
    if (results.runs.length > 0) await writePage(experiment, results, remarks);
  }
}

async function writePage(experiment: Experiment, { folder, runs }: Results, remarks: readonly string[]) {
  const { reportPage } = await import('../display/report/page.ts');
  const report = experimentReport(experiment, runs, { at: dateOf(Date.now()), remarks });
  const path = join(folder, 'report.html');
  await writeFile(path, reportPage(report));
  process.stderr.write(`The report is in ${path} (${pathToFileURL(path)}).\n`);
}

const PROGRESS: Progress = {
  skipped({ place, task, strategy, repeat }, failure, of) {
    process.stderr.write(
      `${place}/${of}  ${task.name} · ${strategy} · ${repeat}  not made: ${inLine(failure.message)}\n`,
    );
  },
  begins({ place, task, strategy, repeat }, of) {
    if (process.stderr.isTTY)
      process.stderr.write(`${place}/${of}  ${task.name} · ${strategy} · ${repeat} …\r`);
  },
  ended({ place, task, strategy, repeat }, result, of) {
    const { passed, seconds, cost, localTokens, remoteTokens, failure } = result;
    const all = localTokens + remoteTokens;
    const verdict = passed ? styleText('green', 'passed') : styleText('red', 'failed');
    const local = all > 0 ? ` · ${Math.round((localTokens / all) * 100)} % local` : '';
    const clear = process.stderr.isTTY ? '\x1b[K' : '';
    process.stderr.write(
      `${clear}${place}/${of}  ${task.name} · ${strategy} · ${repeat}  ${verdict}  ${duration(seconds)} · ${money(cost)}${local}${failure ? ` · ${inLine(failure)}` : ''}\n`,
    );
  },
};

/** The tables that are read first. */
export function summaryLines(experiment: Experiment, { runs }: Results): string[] {
  const summaries = summarise(runs, experiment.strategies);
  const tables = [strategyTable(summaries), localTable(summaries), taskTable(experiment, runs)];
  return tables.flatMap((table, place) => {
    const [head, ...rows] = tableLines(table);
    const note = table.note ? [styleText('dim', table.note)] : [];
    return [
      ...(place > 0 ? [''] : []),
      styleText('bold', table.title),
      styleText('dim', head!),
      ...rows,
      ...note,
    ];
  });
}
