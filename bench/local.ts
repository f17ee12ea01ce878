/**
 * How good are the forecasts? Machines that are drawn by chance, whose truth no forecast knows, are calibrated and
 * then worked on; forecast and fact of each request are compared, beside the usual "mean tokens per second" on the
 * very same requests. With OLLAMA_BASE_URL set, the same series runs against that server.
 *
 *   node bench/local.ts [MODEL]
 */
import { exchange } from '../src/conversation/exchange.ts';
import { calibrate } from '../src/local/calibration.ts';
import { quantile } from '../src/local/speed.ts';
import { type Machine, randomMachine } from '../src/simulation/ollama/ground-truth.ts';
import { openMachine, type UnderTest } from './local/machine-under-test.ts';
import { materials } from './local/materials.ts';
import { UsualForecast } from './local/usual-forecast.ts';
import { limitSteps, StalledStep } from './local/watchdog.ts';
import { type WorkloadShape, workload } from './local/workload.ts';

/** One request: seconds as forecast, as forecast in the usual way, and as they were. */
interface Case {
  parley?: number;
  bound?: number;
  usual?: number;
  fact: number;
}

const AIMS = { median: 0.06, ninth: 0.15, afterChange: 0.1, timesBetter: 4 };
const MODELS = ['qwen2.5-coder:7b', 'llama3.2:3b'];
/** Machines drawn by chance; servers of some do not say what was cached, or count it differently. */
const MACHINES = [
  { seed: 101, server: 'current' },
  { seed: 102, server: 'current' },
  { seed: 103, server: 'old' },
  { seed: 104, server: 'current' },
  { seed: 105, server: 'current' },
  { seed: 106, server: '0.30.0' },
  { seed: 107, server: 'old' },
  { seed: 108, server: 'current' },
] as const;
/**
 * Short questions and long answers, most on what was read before; and what agents ask of local models most: much to
 * read, little to write (87 to 93 % of a turn is reading, hermes-agent#109606).
 */
const WORKLOADS = {
  mixed: { cachedShare: 0.7, shortest: 300, longest: 16_000, shortestReply: 16, longestReply: 300 },
  'reading, with cached beginnings': {
    ...{ cachedShare: 0.7, shortest: 4000, longest: 60_000 },
    ...{ shortestReply: 8, longestReply: 48 },
  },
};
const SETTLING = 10;
const CASES = 40;
const CHANGE = { factor: 1.6, settling: 10, cases: 15 };
/** Requests that came to nothing; with more of them a rig is given up. */
const LOST_AT_MOST = 20;

/** What became of the requests to one model on one machine. */
interface Rig {
  cases: Case[];
  /** Sent, and no fact to compare with: an older server cut the prompt, or half an hour was not enough. */
  lost: number;
  /** Why not all requests were made. */
  ended?: string;
}

const texts = await materials();
const real = process.env.OLLAMA_BASE_URL;
const limited = limitSteps(real !== undefined);
if (real) await onRealMachine(real, process.argv[2]).catch(tell);
else await onSimulatedMachines();

async function onSimulatedMachines(): Promise<void> {
  let reached = true;
  for (const name of Object.keys(WORKLOADS) as (keyof typeof WORKLOADS)[]) {
    console.log(`\nWorkload: ${name}`);
    const rigs: Rig[] = [];
    for (const { seed, server } of MACHINES) {
      for (const model of MODELS) {
        const factor = seed % 2 ? CHANGE.factor : 1 / CHANGE.factor;
        const machine: Machine = randomMachine(seed);
        const under = await openMachine({ machine, models: MODELS, seed, server });
        const count = SETTLING + CASES + CHANGE.settling + CHANGE.cases;
        const rig = await measure(under, {
          ...{ model, seed, count, shape: WORKLOADS[name] },
          after: (done) => {
            if (done === SETTLING + CASES) machine.change = { afterCalls: 0, factor };
          },
        });
        await under.close();
        rigs.push(rig);
        const gpu = machine.gpu ? `GPU of ${(machine.vramBytes / 1e9).toFixed(0)} GB` : 'no GPU';
        console.log(`  machine ${seed} (${gpu}, server ${server}), ${model}: ${summaryOf(rig)}`);
      }
    }
    reached = judge(rigs, name !== 'mixed') && reached;
  }
  // What hangs may hold a connection open: there is nothing to wait for.
  process.exit(reached ? 0 : 1);
}

function settledOf({ cases }: Rig): Case[] {
  return cases.slice(SETTLING, SETTLING + CASES);
}

function judge(rigs: readonly Rig[], againstUsual: boolean): boolean {
  const settled = rigs.flatMap(settledOf);
  const changed = rigs.flatMap(({ cases }) => cases.slice(SETTLING + CASES + CHANGE.settling));
  const unfinished = rigs.filter(({ ended }) => ended !== undefined).length;
  if (unfinished > 0) console.log(`  MISSED: ${unfinished} of ${rigs.length} series came to no end`);
  if (settled.length === 0 || changed.length === 0) return false;
  const parley = errors(settled, 'parley');
  const usual = errors(settled, 'usual');
  const within = settled.filter(({ bound, fact }) => bound !== undefined && fact <= bound).length;
  console.log(`  ${settled.length} requests after calibration and ${SETTLING} calls:`);
  const results = [
    say('median error', quantile(parley, 0.5), AIMS.median),
    say('90th percentile', quantile(parley, 0.9), AIMS.ninth),
    say(
      'median from 10 calls after a sudden change on',
      quantile(errors(changed, 'parley'), 0.5),
      AIMS.afterChange,
    ),
  ];
  const spread = (share: number) => {
    const measured = rigs.map(settledOf).filter((cases) => cases.length > 0);
    const each = measured.map((cases) => quantile(errors(cases, 'parley'), share));
    return `${percent(Math.min(...each))} to ${percent(Math.max(...each))}`;
  };
  console.log(`    by machine and model: median ${spread(0.5)}, 90th percentile ${spread(0.9)}`);
  console.log(`    within the 90 % bound: ${percent(within / settled.length)}`);
  const [middle, ninth] = [quantile(usual, 0.5), quantile(usual, 0.9)];
  console.log(`    mean tokens per second: median ${percent(middle)}, 90th percentile ${percent(ninth)}`);
  const lost = rigs.reduce((sum, rig) => sum + rig.lost, 0);
  if (lost > 0) console.log(`    ${lost} requests came to nothing and are not counted`);
  const reached = unfinished === 0 && results.every(Boolean);
  if (!againstUsual) return reached;
  const times = middle / quantile(parley, 0.5);
  console.log(`    ${times.toFixed(1)} times better than that at the median (aim ${AIMS.timesBetter})`);
  return reached && times >= AIMS.timesBetter;
}

async function onRealMachine(baseUrl: string, named: string | undefined): Promise<void> {
  const under = await openMachine({ baseUrl });
  const model = named ?? (await under.provider.getDefaultModel());
  if (!model) throw new Error(`${baseUrl} has no model.`);
  const series = { model, seed: Date.now() % 1e6, count: SETTLING + CASES, shape: WORKLOADS.mixed };
  const rig = await measure(under, series);
  console.log(`${model} at ${baseUrl}: ${summaryOf(rig)}`);
  await under.close();
  process.exit(rig.ended === undefined ? 0 : 1);
}

/** A server that is not there, or has no such model, needs no stack to be understood. */
function tell(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

/** Requests of one shape to one model. */
interface Series {
  model: string;
  seed: number;
  /** Of those that come to something. */
  count: number;
  shape: WorkloadShape;
  after?(done: number): void;
}

async function measure(under: UnderTest, series: Series): Promise<Rig> {
  const rig: Rig = { cases: [], lost: 0 };
  try {
    await measureInto(rig, under, series);
  } catch (error) {
    if (!(error instanceof StalledStep)) throw error;
    rig.ended = error.message;
  }
  return rig;
}

async function measureInto(rig: Rig, under: UnderTest, series: Series): Promise<void> {
  const { model, seed, count, shape, after } = series;
  const { door, provider, clock, local, host } = under;
  const order = { model, secondsAtMost: 240, seed };
  const calibrated = await limited('calibration', (signal) => calibrate(door, provider, order, signal));
  if (calibrated.failure) throw calibrated.failure;
  const usual = new UsualForecast(local.observations(host));
  const { cases } = rig;
  for (const { messages, maxOutputTokens } of workload(texts, seed, shape)) {
    const request = { model, messages, maxOutputTokens };
    const rival = usual.expect(request);
    const started = clock.now();
    const said = await limited(`request ${cases.length + rig.lost + 1}`, (signal) =>
      exchange({ ...door, kind: 'question' }, provider, request, signal),
    );
    const fact = (clock.now() - started) / 1000;
    if (!said.profile || ['context-exceeded', 'stalled'].includes(said.failure?.kind ?? '')) {
      rig.lost++;
      if (rig.lost > LOST_AT_MOST) {
        rig.ended = `given up after ${rig.lost} requests that came to nothing`;
        return;
      }
      continue;
    }
    if (said.failure) throw said.failure;
    usual.learn(said.profile);
    const { seconds: parley, boundSeconds: bound } = said.forecast ?? {};
    cases.push({ parley, bound, usual: rival, fact });
    if (cases.length === count) return;
    after?.(cases.length);
  }
}

function errors(cases: readonly Case[], whose: 'parley' | 'usual'): number[] {
  return cases.map((one) => {
    const expected = one[whose];
    return expected === undefined ? Number.POSITIVE_INFINITY : Math.abs(expected - one.fact) / one.fact;
  });
}

function summaryOf(rig: Rig): string {
  const { lost, ended } = rig;
  const cases = settledOf(rig);
  const [parley, usual] = [errors(cases, 'parley'), errors(cases, 'usual')];
  const figures = `median ${percent(quantile(parley, 0.5))}, 90th ${percent(quantile(parley, 0.9))} (usual ${percent(quantile(usual, 0.5))}, ${percent(quantile(usual, 0.9))})`;
  return [cases.length > 0 && figures, lost > 0 && `${lost} came to nothing`, ended && `MISSED: ${ended}`]
    .filter(Boolean)
    .join('; ');
}

function say(what: string, value: number, aim: number): boolean {
  console.log(`    ${what}: ${percent(value)} (aim ${percent(aim)})${value <= aim ? '' : '  MISSED'}`);
  return value <= aim;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
