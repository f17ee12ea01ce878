import type { CodingAgent } from '../agent.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { CalibrationProgress } from '../local/calibration.ts';
import type { Measurement } from '../local/measure.ts';
import { barLine, measurementLines, stepLine } from './calibration-lines.ts';
import { command } from './command-line.ts';
import { createAgent } from './create-agent.ts';
import { EXIT, stopOnSignals } from './exit.ts';
import { type CommonOptions, readWhole } from './options.ts';
import { NO_SERVER, ownOf } from './profile-lines.ts';

export const DEFAULT_SECONDS = 240;
const TICK_MS = 500;
/** Exchanges after which a model counts as measured: a series that was stopped halfway does not. */
const ENOUGH = 10;

/** What measuring needs of an agent. */
export type MeasuringAgent = Pick<CodingAgent, 'calibrate' | 'local' | 'listAllModels' | 'config'>;

export const calibrateCommand = command({
  options: {
    seconds: { type: 'string', value: 'N', about: `for all of it, ${DEFAULT_SECONDS} where left out` },
  },
  common: ['model', 'cwd', 'config'],
  takes: 1,
  run({ values, words: [model], common }) {
    const seconds = values.seconds === undefined ? undefined : readWhole('--seconds', values.seconds);
    return runCalibration({ ...common, named: model ?? common.model, seconds });
  },
});

export interface CalibrateOptions extends CommonOptions {
  /** A reference or a short name; every local model that was not measured yet when left out. */
  named?: string;
  /** For all models together; {@link DEFAULT_SECONDS} when left out. */
  seconds?: number;
}

/** `parley calibrate`: measures local models, and says how well it now foretells what they take. */
export async function runCalibration(options: CalibrateOptions): Promise<number> {
  const { signal, exitCode } = stopOnSignals();
  const agent = await createAgent(options);
  const progress = showProgress(process.stdout);
  const say = (lines: readonly string[]) => progress.say(lines);
  const failed = await calibrateAll(agent, options, { say, step: progress.step }, signal).finally(
    progress.end,
  );
  return exitCode() ?? (failed ? EXIT.failed : EXIT.success);
}

export interface Tell {
  say(lines: readonly string[]): void;
  step(model: ModelReference, progress: CalibrationProgress): void;
}

/**
 * Measures one model after the other and tells what came of each.
 * @returns whether one failed. @throws {Failure} where there is nothing to measure.
 */
export async function calibrateAll(
  agent: MeasuringAgent,
  { named, seconds = DEFAULT_SECONDS }: { named?: string; seconds?: number },
  tell: Tell,
  signal: AbortSignal,
): Promise<boolean> {
  const models = named ? [named] : await notMeasured(agent, signal);
  const { trouble } = (await agent.local()).store;
  if (trouble) tell.say([trouble]);
  if (models.length === 0 && !signal.aborted)
    tell.say(['All local models are measured. Name one to measure it again.']);
  const end = performance.now() + seconds * 1000;
  let failed = false;
  for (const [place, model] of models.entries()) {
    if (signal.aborted) break;
    const share = (end - performance.now()) / 1000 / (models.length - place);
    const step = (report: CalibrationProgress) => tell.step(model, report);
    const measurement = await agent.calibrate(model, { seconds: Math.max(0, share), progress: step, signal });
    const { failure, exchanges } = measurement.series;
    if (failure && exchanges.length === 0 && models.length === 1) throw failure;
    tell.say(measurementLines(measurement, await cardOf(agent, measurement)));
    failed ||= failure !== undefined;
  }
  return failed;
}

/** @throws {Failure} where no local model answers: with the reason, where a server gave one. */
async function notMeasured(agent: MeasuringAgent, signal: AbortSignal): Promise<ModelReference[]> {
  const { cards, store } = await agent.local();
  const offered = await cards(signal);
  if (offered.length === 0 && !signal.aborted) throw await whyNone(agent, signal);
  const seen = store.observations().filter(({ complete }) => complete);
  return offered.filter((card) => ownOf(card, seen).length < ENOUGH).map(({ info }) => info.reference);
}

async function whyNone(agent: MeasuringAgent, signal: AbortSignal): Promise<Failure> {
  const listings = await agent.listAllModels(signal);
  const ollama = listings.filter(({ provider }) => agent.config?.providers[provider]?.kind === 'ollama');
  return ollama.find(({ failure }) => failure)?.failure ?? new Failure('model-not-found', NO_SERVER);
}

/** As the model is known now; a server that was stopped with the work is not asked. */
async function cardOf(agent: MeasuringAgent, { model, series }: Measurement) {
  if (series.exchanges.length === 0) return undefined;
  const cards = await (await agent.local()).cards();
  return cards.find(({ info }) => info.reference === model);
}

type Screen = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>;

/** A bar that is drawn anew in its line on a terminal; a line for each step elsewhere. */
export function showProgress(screen: Screen): Tell & { end(): void } {
  let now: { model: ModelReference; progress: CalibrationProgress; since: number } | undefined;
  const draw = () => {
    if (!now) return;
    const line = barLine(now.model, now.progress, (performance.now() - now.since) / 1000);
    screen.write(`\r\x1b[K${line.slice(0, (screen.columns || 80) - 1)}`);
  };
  const ticking = screen.isTTY ? setInterval(draw, TICK_MS).unref() : undefined;
  const say = (lines: readonly string[]) => {
    if (now) screen.write('\r\x1b[K');
    now = undefined;
    for (const line of lines) screen.write(`${line}\n`);
  };
  return {
    say,
    step(model, progress) {
      const line = stepLine(progress);
      if (!screen.isTTY) {
        if (line) screen.write(`${line}\n`);
        return;
      }
      if (!line) now = { model, progress, since: performance.now() };
      draw();
    },
    end() {
      clearInterval(ticking);
      say([]);
    },
  };
}
