/**
 * What Parley costs beside a floor that does the same wire traffic with bare fetch: wall time, CPU and memory
 * of the bundle in dist/, as ratios within one run. `npm run bench` builds the bundle first.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const RUN_DEADLINE_MS = 20_000;
const ROUNDS = Number(process.env.ROUNDS ?? 15);
/** Kernel ticks a second in /proc/self/stat; the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

interface Sample {
  wallMs: number;
  /** User and system time; undefined where the system does not tell. */
  cpuMs: number | undefined;
  /** Peak of resident memory. */
  peakMb: number | undefined;
}

interface Task {
  name: string;
  /** The largest ratio to the floor that we accept, wall and CPU. */
  aim: number | undefined;
  parley: string[];
  floor?: string[];
  /** How a run is over; left out, when the process ends. */
  until?: string;
  terminal?: boolean;
}

const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
const workspace = join(folder, 'workspace');
mkdirSync(workspace);
for (let n = 0; n < 10; n++) writeFileSync(join(workspace, `file-${n}.txt`), `file ${n}\n`.repeat(20));

const server = spawn(process.execPath, [join(import.meta.dirname, 'server.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = await once(server.stdout!, 'data');
const url = String(line).trim();
const parley = join(import.meta.dirname, '..', 'bin', 'parley.cjs');
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  ANTHROPIC_API_KEY: 'bench',
  ANTHROPIC_BASE_URL: url,
  TERM: 'xterm-256color',
};

const ask = (model: string) => [parley, '-p', 'What is it?', '-m', `anthropic:${model}`];
const floor = (name: string) => [join(import.meta.dirname, 'floor.mjs'), url, join(folder, `${name}.json`)];
const TASKS: Task[] = [
  { name: 'node itself', aim: undefined, parley: ['-e', '0'] },
  { name: '--version', aim: undefined, parley: [parley, '--version'], floor: ['-e', '0'] },
  {
    name: 'to the first prompt',
    aim: undefined,
    parley: [parley],
    until: '›',
    terminal: true,
    floor: ['-e', '0'],
  },
  { name: 'one answer', aim: 1.6, parley: ask('answer'), floor: floor('answer') },
  { name: 'ten tool calls', aim: 1.7, parley: ask('calls'), floor: floor('calls') },
  { name: '20,000 deltas', aim: 1.6, parley: ask('stream'), floor: floor('stream') },
];

try {
  for (const model of ['answer', 'calls', 'stream']) await recordBodies(model);
  console.log(
    `| task | floor ms | parley ms | wall | CPU | aim | peak MB |\n| --- | --- | --- | --- | --- | --- | --- |`,
  );
  for (const task of TASKS) console.log(await measure(task));
  console.log(`\nMedians of ${ROUNDS} runs each, alternating. ${await firstRequest()}`);
} finally {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}

/** Runs Parley once and keeps the bodies of its requests, which the floor then sends. */
async function recordBodies(model: string): Promise<void> {
  await fetch(`${url}/bodies`, { method: 'DELETE' });
  await run(ask(model), {});
  const bodies = await (await fetch(`${url}/bodies`)).text();
  if (bodies === '[]')
    throw new Error(`Parley sent nothing for ${model}: run \`node ${ask(model).join(' ')}\` to see why.`);
  writeFileSync(join(folder, `${model}.json`), bodies);
}

async function measure(task: Task): Promise<string> {
  const ours: Sample[] = [];
  const theirs: Sample[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (task.floor) theirs.push(await run(task.floor, {}));
    ours.push(await run(task.parley, task));
  }
  const cells = [
    task.name,
    task.floor ? median(theirs, 'wallMs').toFixed(0) : '',
    median(ours, 'wallMs').toFixed(0),
    task.floor ? (median(ours, 'wallMs') / median(theirs, 'wallMs')).toFixed(2) : '',
    task.floor && !task.terminal ? (mean(ours, 'cpuMs') / mean(theirs, 'cpuMs')).toFixed(2) : '',
    task.aim?.toFixed(1) ?? '',
    task.terminal ? '' : Math.max(...ours.map(({ peakMb }) => peakMb ?? Number.NaN)).toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
}

async function run(
  args: string[],
  { until, terminal }: { until?: string; terminal?: boolean },
): Promise<Sample> {
  const cpuBefore = cpuOfChildren();
  const started = performance.now();
  const child = terminal
    ? spawn('script', ['-qec', `${process.execPath} ${args.join(' ')}`, '/dev/null'], { cwd: workspace, env })
    : spawn(process.execPath, args, { cwd: workspace, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let peakMb: number | undefined;
  const watch = setInterval(() => {
    peakMb = peakOf(child) ?? peakMb;
  }, 4);
  const wallMs = await new Promise<number>((resolve, reject) => {
    let output = '';
    const deadline = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${args.join(' ')} did not come to its end. It said:\n${output.slice(-500)}`));
    }, RUN_DEADLINE_MS);
    child.stdout?.on('data', (data) => {
      output += data;
      if (until && output.includes(until)) {
        resolve(performance.now() - started);
        child.kill('SIGKILL');
      }
    });
    child.stderr?.resume();
    child.on('close', () => {
      clearTimeout(deadline);
      resolve(performance.now() - started);
    });
  }).finally(() => clearInterval(watch));
  if (child.exitCode === null && !child.killed) await once(child, 'close');
  const cpuAfter = cpuOfChildren();
  const cpuMs = cpuBefore !== undefined && cpuAfter !== undefined ? cpuAfter - cpuBefore : undefined;
  return { wallMs, cpuMs, peakMb };
}

/** CPU time of all children that have ended, in milliseconds (fields 16 and 17 of proc(5) stat). */
function cpuOfChildren(): number | undefined {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
    return ((Number(fields[13]) + Number(fields[14])) * 1000) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

function peakOf(child: ChildProcess): number | undefined {
  try {
    const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
    return found ? Number(found[1]) / 1024 : undefined;
  } catch {
    return undefined;
  }
}

function median(samples: Sample[], key: keyof Sample): number {
  const sorted = samples.map((sample) => sample[key] ?? Number.NaN).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The clock of the kernel is coarse; over many runs its rounding evens out. */
function mean(samples: Sample[], key: keyof Sample): number {
  return samples.reduce((sum, sample) => sum + (sample[key] ?? Number.NaN), 0) / samples.length;
}

/** The size of what a frontier model is sent before the human's first word. */
async function firstRequest(): Promise<string> {
  const [body] = JSON.parse(readFileSync(join(folder, 'answer.json'), 'utf8'));
  const characters = JSON.stringify(body.system).length + JSON.stringify(body.tools).length;
  return `First request: system prompt and tools ${characters.toLocaleString('en')} characters, about ${Math.round(characters / 4).toLocaleString('en')} tokens.`;
}
