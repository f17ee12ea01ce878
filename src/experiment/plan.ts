/** An experiment as it is written in YAML, and the runs that it means. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, normalize, resolve } from 'node:path';
import * as z from 'zod';
import { Failure } from '../conversation/failure.ts';
import type { Fault } from '../yaml/fault.ts';
import { faultOf } from '../yaml/schema-fault.ts';
import { parseYaml } from '../yaml/source.ts';

/** Ways to do the same task. */
export const STRATEGIES = [
  'leader alone',
  'local alone',
  'delegation without advice',
  'delegation with advice',
] as const;
export type Strategy = (typeof STRATEGIES)[number];

const text = z.string().min(1, 'may not be empty');
const positive = z.number().positive();

const taskSchema = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/, 'is no name: letters, digits, ".", "_" and "-"'),
  prompt: text,
  files: z.record(z.string(), z.string()).optional(),
  folder: text.optional(),
  check: text,
  seconds: positive.optional(),
});

const experimentSchema = z.strictObject({
  name: text.optional(),
  leader: text,
  worker: text,
  strategies: z.array(z.enum(STRATEGIES)).min(1, 'there is no strategy').optional(),
  repeats: z.int().min(1).max(100).optional(),
  limits: z.strictObject({ dollars: positive.optional(), seconds: positive.optional() }).optional(),
  tasks: z.array(taskSchema).min(1, 'there is no task'),
});

export interface Task {
  name: string;
  prompt: string;
  /** By path: what the workspace holds. */
  files: Readonly<Record<string, string>>;
  /** Copied into the workspace first; absolute. */
  folder?: string;
  /** A command that succeeds where the task is done. */
  check: string;
  /** Stopped after this time; {@link TASK_SECONDS} where nothing is said. */
  seconds: number;
}

export interface Experiment {
  name: string;
  /** How its file is shown to the human. */
  shown: string;
  leader: string;
  worker: string;
  strategies: readonly Strategy[];
  repeats: number;
  limits: { dollars?: number; seconds?: number };
  tasks: readonly Task[];
  /** Of all that decides what a run means: results of another plan are not comparable. */
  fingerprint: string;
}

export interface Run {
  /** Counts from 1, in the order in which they are made. */
  place: number;
  task: Task;
  strategy: Strategy;
  /** From 1 on. */
  repeat: number;
}

const TASK_SECONDS = 600;
const REPEATS = 3;

/** @throws {Failure} `usage` where there is no file; `bad-config` with line and column of the first fault. */
export async function readExperiment(path: string): Promise<Experiment> {
  const shown = path;
  const source = await parseYaml(await textOf(path), shown);
  const parsed = experimentSchema.safeParse(source.plain ?? {});
  if (!parsed.success) throw source.failureAt(faultOf(parsed.error, source.plain, experimentSchema));
  const written = parsed.data;
  const fault = await faultIn(written, dirname(resolve(path)));
  if (fault) throw source.failureAt(fault);
  const tasks = written.tasks.map(({ files = {}, folder, seconds = TASK_SECONDS, ...task }) => ({
    ...task,
    files,
    ...(folder !== undefined && { folder: resolve(dirname(path), folder) }),
    seconds,
  }));
  const { name, leader, worker, strategies = STRATEGIES, repeats = REPEATS, limits = {} } = written;
  const decisive = JSON.stringify({ leader, worker, strategies, repeats, tasks });
  return {
    name: name ?? basename(path).replace(/\.ya?ml$/, ''),
    shown,
    leader,
    worker,
    strategies: [...new Set(strategies)],
    repeats,
    limits,
    tasks,
    fingerprint: createHash('sha256').update(decisive).digest('hex').slice(0, 16),
  };
}

/**
 * The runs, repeat by repeat, so that what is learnt can show; the strategies change places from task to task, so that
 * a machine that grows warm favours none.
 */
export function runsOf({ tasks, strategies, repeats }: Experiment): Run[] {
  const runs: Run[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const [place, task] of tasks.entries()) {
      const first = (place + repeat - 1) % strategies.length;
      const turned = [...strategies.slice(first), ...strategies.slice(0, first)];
      for (const strategy of turned) runs.push({ place: runs.length + 1, task, strategy, repeat });
    }
  }
  return runs;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read (${code}).`;
    throw new Failure('usage', why, { cause: error });
  }
}

/** What a schema cannot see. */
async function faultIn(
  { tasks }: z.output<typeof experimentSchema>,
  folder: string,
): Promise<Fault | undefined> {
  for (const [place, task] of tasks.entries()) {
    const wrong = (key: string, message: string, inKey = false): Fault => ({
      path: ['tasks', place, ...key.split('/')],
      inKey,
      message,
    });
    if (tasks.findIndex(({ name }) => name === task.name) < place)
      return wrong('name', `there are two tasks called ${task.name}.`);
    for (const path of Object.keys(task.files ?? {})) {
      const inside = normalize(path);
      if (isAbsolute(inside) || inside.startsWith('..'))
        return {
          ...wrong('files', `"${path}" is not inside the workspace.`),
          path: ['tasks', place, 'files', path],
        };
    }
    if (task.folder === undefined) continue;
    const found = await stat(resolve(folder, task.folder)).catch(() => undefined);
    if (!found?.isDirectory()) return wrong('folder', `there is no folder ${task.folder} beside this file.`);
  }
  return undefined;
}
