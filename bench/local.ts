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
import { type WorkloadShape, workload } from './local/workload.ts';

/** One request: seconds as forecast, as forecast in the usual way, and as they were. */
interface Case {
  parley?: number;
  bound?: number;
  usual?: number;
  fact: number;
  loaded: boolean;
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
const never = new AbortController().signal;

const texts = await materials();
const real = process.env.OLLAMA_BASE_URL;
if (real) await onRealMachine(real, process.argv[2]);
else await onSimulatedMachines();

async function onSimulatedMachines(): Promise<void> {
  let reached = true;
  for (const name of Object.keys(WORKLOADS) as (keyof typeof WORKLOADS)[]) {
    console.log(`\nWorkload: ${name}`);
    const settled: Case[][] = [];
    const changed: Case[] = [];
    for (const { seed, server } of MACHINES) {
      for (const model of MODELS) {
        const factor = seed % 2 ? CHANGE.factor : 1 / CHANGE.factor;
        const machine: Machine = randomMachine(seed);
        const under = await openMachine({ machine, models: MODELS, seed, server });
        const count = SETTLING + CASES + CHANGE.settling + CHANGE.cases;
        const cases = await measure(under, model, seed, count, WORKLOADS[name], (done) => {
          if (done === SETTLING + CASES) machine.change = { afterCalls: 0, factor };
        });
        await under.close();
        const before = cases.slice(SETTLING, SETTLING + CASES);
        const after = cases.slice(SETTLING + CASES + CHANGE.settling);
        settled.push(before);
        changed.push(...after);
        const gpu = machine.gpu ? `GPU of ${(machine.vramBytes / 1e9).toFixed(0)} GB` : 'no GPU';
        console.log(`  machine ${seed} (${gpu}, server ${server}), ${model}: ${summaryOf(before)}`);
      }
    }
    reached = judge(settled, changed, name !== 'mixed') && reached;
  }
  process.exitCode = reached ? 0 : 1;
}

/** @param rigs the requests of each machine and model. */
function judge(rigs: readonly (readonly Case[])[], changed: readonly Case[], againstUsual: boolean): boolean {
  const settled = rigs.flat();
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
    const each = rigs.map((cases) => quantile(errors(cases, 'parley'), share));
    return `${percent(Math.min(...each))} to ${percent(Math.max(...each))}`;
  };
  console.log(`    by machine and model: median ${spread(0.5)}, 90th percentile ${spread(0.9)}`);
  console.log(`    within the 90 % bound: ${percent(within / settled.length)}`);
  const [middle, ninth] = [quantile(usual, 0.5), quantile(usual, 0.9)];
  console.log(`    mean tokens per second: median ${percent(middle)}, 90th percentile ${percent(ninth)}`);
  const times = middle / quantile(parley, 0.5);
  if (!againstUsual) return results.every(Boolean);
  console.log(`    ${times.toFixed(1)} times better than that at the median (aim ${AIMS.timesBetter})`);
  return results.every(Boolean) && times >= AIMS.timesBetter;
}

async function onRealMachine(baseUrl: string, named: string | undefined): Promise<void> {
  const under = await openMachine({ baseUrl });
  const model = named ?? (await under.provider.getDefaultModel());
  if (!model) throw new Error(`${baseUrl} has no model.`);
  const cases = await measure(under, model, Date.now() % 1e6, SETTLING + CASES, WORKLOADS.mixed);
  console.log(`${model} at ${baseUrl}: ${summaryOf(cases.slice(SETTLING))}`);
  await under.close();
}

async function measure(
  under: UnderTest,
  model: string,
  seed: number,
  count: number,
  kind: WorkloadShape,
  after: (done: number) => void = () => {},
): Promise<Case[]> {
  const { door, provider, clock } = under;
  await calibrate(door, provider, { model, secondsAtMost: 240, seed }, never);
  const usual = new UsualForecast(under.local.observations(under.host));
  const cases: Case[] = [];
  const items = workload(texts, seed, kind);
  for (const { messages, maxOutputTokens } of items) {
    const request = { model, messages, maxOutputTokens };
    const rival = usual.expect(request);
    const started = clock.now();
    const said = await exchange({ ...door, kind: 'question' }, provider, request, never);
    const fact = (clock.now() - started) / 1000;
    // An older server cut a prompt that its window turned out to be too small for, or half an hour was not enough:
    // there is no answer to wait for.
    if (!said.profile || ['context-exceeded', 'stalled'].includes(said.failure?.kind ?? '')) continue;
    if (said.failure) throw said.failure;
    usual.learn(said.profile);
    const { seconds: parley, boundSeconds: bound } = said.forecast ?? {};
    cases.push({ parley, bound, usual: rival, fact, loaded: !said.profile.loadedBefore });
    if (cases.length === count) return cases;
    after(cases.length);
  }
  return cases;
}

function errors(cases: readonly Case[], whose: 'parley' | 'usual'): number[] {
  return cases.map((one) => {
    const expected = one[whose];
    return expected === undefined ? Number.POSITIVE_INFINITY : Math.abs(expected - one.fact) / one.fact;
  });
}

function summaryOf(cases: readonly Case[]): string {
  const parley = errors(cases, 'parley');
  const usual = errors(cases, 'usual');
  return `median ${percent(quantile(parley, 0.5))}, 90th ${percent(quantile(parley, 0.9))} (usual ${percent(quantile(usual, 0.5))}, ${percent(quantile(usual, 0.9))})`;
}

function say(what: string, value: number, aim: number): boolean {
  console.log(`    ${what}: ${percent(value)} (aim ${percent(aim)})${value <= aim ? '' : '  MISSED'}`);
  return value <= aim;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
