/**
 * How much of the work stays local, and is it in time? 200 pieces of work with budgets, given to the same machine by
 * four policies, beside an oracle: what the machine can do in time, as its truth says or as one of the policies showed.
 *
 *   node bench/offload.ts
 */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodingAgent } from '../src/agent.ts';
import { openDoor } from '../src/conversation/exchange.ts';
import { userMessage } from '../src/conversation/message.ts';
import { calibrate } from '../src/local/calibration.ts';
import { OllamaProvider } from '../src/providers/ollama.ts';
import { type Machine, randomMachine, seededRandom } from '../src/simulation/ollama/ground-truth.ts';
import { clockOf } from '../src/simulation/ollama/machine-clock.ts';
import { catalogued } from '../src/simulation/ollama/models.ts';
import { simulateOllama } from '../src/simulation/ollama/server.ts';
import { tokensOf } from '../src/simulation/ollama/tokens.ts';
import type { SeenRequest } from '../src/simulation/script.ts';
import { chosen, materials } from './local/materials.ts';
import { type Asked, Truth } from './local/oracle.ts';
import { UsualForecast } from './local/usual-forecast.ts';
import { limitSteps, StalledStep } from './local/watchdog.ts';

const AIMS = { inTime: 0.95, ofOracle: 0.9 };
const MODEL = 'qwen2.5-coder:7b';
const PIECES = 200;
const CONTEXT = 32_768;
const SEEDS = [201, 202, 203, 204, 205, 206];
const limited = limitSteps(false);

interface Piece extends Asked {
  budgetSeconds: number;
}

interface Tally {
  sent: number;
  inTime: Piece[];
  waitedSeconds: number;
  /** Why not all pieces were given to it. */
  ended?: string;
}

type Policy = 'send everything' | 'gate by mean speed' | 'Parley without splitting' | 'Parley';
const POLICIES: Policy[] = ['send everything', 'gate by mean speed', 'Parley without splitting', 'Parley'];

const texts = await materials();
let unfinished = 0;
/** Of Parley, over all machines. */
const all = { sent: 0, inTime: 0, localTokens: 0, oracleTokens: 0 };
for (const seed of SEEDS) {
  const machine = randomMachine(seed);
  const gpu = machine.gpu ? `GPU of ${(machine.vramBytes / 1e9).toFixed(0)} GB` : 'no GPU';
  const truth = new Truth(machine, catalogued(MODEL), CONTEXT);
  const work = piecesOfWork(seed, truth);
  const tallies = new Map<Policy, Tally>();
  for (const policy of POLICIES) tallies.set(policy, await runPolicy(policy, machine, seed, work));
  // Chance may be kinder than the truth is.
  const shown = new Set([...tallies.values()].flatMap((tally) => tally.inTime));
  const oracle = tokensIn(
    work.filter((piece) => shown.has(piece) || truth.secondsFor(piece) <= piece.budgetSeconds),
  );
  const tokens = tokensIn(work);
  console.log(
    `\nmachine ${seed} (${gpu}), ${MODEL}, ${PIECES} pieces of work, ${tokens.toLocaleString('en')} tokens`,
  );
  console.log(`  oracle: ${percent(oracle / tokens)} of the tokens stay local`);
  for (const [policy, { sent, inTime, waitedSeconds, ended }] of tallies) {
    if (ended) {
      unfinished++;
      console.log(`  MISSED: ${policy} came to no end: ${ended}`);
    }
    const local = tokensIn(inTime);
    const share = sent === 0 ? 1 : inTime.length / sent;
    console.log(
      `  ${policy}: sent ${sent}, ${percent(share)} in time, ${percent(local / tokens)} of the tokens local in time (${percent(local / oracle)} of the oracle's), waited ${Math.round(waitedSeconds).toLocaleString('en')} s`,
    );
    if (policy !== 'Parley') continue;
    all.sent += sent;
    all.inTime += inTime.length;
    all.localTokens += local;
    all.oracleTokens += oracle;
  }
}
const inTime = all.inTime / all.sent;
const ofOracle = all.localTokens / all.oracleTokens;
console.log(
  `\nParley on all machines: ${percent(inTime)} of what it sent in time (aim ${percent(AIMS.inTime)}), ${percent(ofOracle)} of the oracle's tokens (aim ${percent(AIMS.ofOracle)})`,
);
// What hangs may hold a connection open: there is nothing to wait for.
process.exit(unfinished === 0 && inTime >= AIMS.inTime && ofOracle >= AIMS.ofOracle ? 0 : 1);

async function runPolicy(
  policy: Policy,
  machine: Machine,
  seed: number,
  work: readonly Piece[],
): Promise<Tally> {
  const lengths = new Map(work.map(({ file, written }) => [file, written]));
  const script = ({ messages }: SeenRequest) => {
    const text = messages.at(-1)!.text;
    const file = (/=== (\S+), lines/.exec(text) ?? /From (\S+):\d+-\d+/.exec(text))?.[1];
    // A part of a file has as much to say as its share of it, a calibration as much as it may.
    const whole = file === undefined ? undefined : lengths.get(file);
    const wanted = whole === undefined ? 400 : text.includes('You have part') ? Math.min(whole, 40) : whole;
    return { text: 'word '.repeat(wanted).trim() };
  };
  const simulation = await simulateOllama({
    machine,
    models: [MODEL],
    seed,
    speed: Number.POSITIVE_INFINITY,
    script,
  });
  const clock = clockOf(simulation.clock);
  const [workspace, home] = await Promise.all([temporary(), temporary()]);
  await Promise.all(work.map(({ file, text }) => writeFile(join(workspace, file), text)));
  const env = { HOME: home, PATH: process.env.PATH, OLLAMA_BASE_URL: simulation.url };
  const agent = new CodingAgent({ workspace, env, clock, prices: false });
  await agent.loadConfig();
  const provider = new OllamaProvider(
    { name: 'ollama', baseUrl: simulation.url, contextSize: CONTEXT },
    clock,
  );
  agent.addProvider(provider);
  await agent.useModel(`ollama:${MODEL}`);
  const { machine: foresight } = await agent.local();
  const door = openDoor(() => {}, clock, { foresight, prices: false });
  const tally: Tally = { sent: 0, inTime: [], waitedSeconds: 0 };
  try {
    const order = { model: MODEL, secondsAtMost: 600, seed };
    await limited('calibration', (signal) => calibrate(door, provider, order, signal));
    const usual = new UsualForecast(foresight.observations(simulation.url));
    for (const [n, piece] of work.entries())
      await limited(`piece ${n + 1}`, (signal) => giveOut(piece, { policy, agent, usual, tally, signal }));
  } catch (error) {
    if (!(error instanceof StalledStep)) throw error;
    tally.ended = error.message;
  }
  await simulation.close();
  return tally;
}

async function giveOut(
  piece: Piece,
  to: { policy: Policy; agent: CodingAgent; usual: UsualForecast; tally: Tally; signal: AbortSignal },
): Promise<void> {
  const { policy, agent, usual, tally, signal } = to;
  const { order, budgetSeconds, text } = piece;
  const request = { model: MODEL, messages: [userMessage(text)], maxOutputTokens: order.maxOutputTokens };
  const insist = policy === 'send everything' || policy === 'gate by mean speed';
  if (policy === 'gate by mean speed' && usual.expect(request) > budgetSeconds) return;
  const split = policy === 'Parley' && piece.splittable;
  const asked = { ...order, model: `ollama:${MODEL}`, budgetSeconds, insist, split };
  const result = await agent.delegate(asked, { signal });
  // What is insisted on and not sent has no room in any window: it was tried, and not done.
  if (result.status === 'refused' && !insist) return;
  if (result.profile) usual.learn(result.profile);
  tally.sent++;
  tally.waitedSeconds += result.seconds;
  if (result.status === 'done' && result.seconds <= budgetSeconds) tally.inTime.push(piece);
}

/** Budgets from a quarter to four times of what the work really takes: about half of it fits, so choosing matters. */
function piecesOfWork(seed: number, truth: Truth): Piece[] {
  const random = seededRandom(seed);
  const between = (low: number, high: number) => low * (high / low) ** random();
  return Array.from({ length: PIECES }, (_, n): Piece => {
    const splittable = random() < 0.5;
    const source = chosen(texts, random());
    const length = Math.min(source.length, Math.round(between(400, splittable ? 200_000 : 60_000)));
    const from = Math.floor(random() * Math.max(1, source.length - length));
    const written = Math.round(between(12, splittable ? 80 : 300));
    const asked: Asked = {
      file: `piece-${n}.txt`,
      text: source.slice(from, from + length),
      written,
      splittable,
      order: {
        task: `Question ${n}: what stands out?`,
        files: [`piece-${n}.txt`],
        kind: splittable ? 'extract' : 'question',
        maxOutputTokens: Math.ceil(written * 1.3) + 8,
      },
    };
    const seconds = truth.secondsFor(asked);
    // What fits no window can be done in no time.
    const usual = Number.isFinite(seconds) ? seconds : truth.secondsFor({ ...asked, splittable: true });
    return { ...asked, budgetSeconds: usual * between(0.25, 4) };
  });
}

function tokensIn(pieces: readonly Piece[]): number {
  const { vocabulary } = catalogued(MODEL);
  return pieces.reduce((sum, { text, written }) => sum + tokensOf(text, vocabulary).length + written, 0);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'));
  await mkdir(folder, { recursive: true });
  return folder;
}
