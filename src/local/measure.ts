/** Measures a model, then tries what was learnt: requests that it has not seen, with the forecast beside the fact. */
import { type Door, type Exchanged, exchange } from '../conversation/exchange.ts';
import { Failure } from '../conversation/failure.ts';
import { type ModelReference, splitReference, userMessage } from '../conversation/message.ts';
import { resolveReference } from '../providers/catalog.ts';
import type { Roster } from '../providers/roster.ts';
import { type Calibration, type CalibrationProgress, calibrate } from './calibration.ts';
import { calibrationText } from './calibration-text.ts';

export interface MeasureOrder {
  /** A reference or a short name. */
  model: string;
  /** For all of it. */
  seconds: number;
  progress?: (progress: CalibrationProgress) => void;
}

export interface Measurement {
  model: ModelReference;
  series: Calibration;
  /** Those of the trials that came to their end. */
  trials: Exchanged[];
}

/** Tokens, about. */
const TRIALS = [
  { what: 'trying the forecast, a function', promptTokens: 400, writtenTokens: 60 },
  { what: 'trying the forecast, a file', promptTokens: 1500, writtenTokens: 24 },
  { what: 'trying the forecast, a question', promptTokens: 120, writtenTokens: 90 },
];
/** Of the time, so much is for the series. */
const SERIES_SHARE = 0.85;
/** Seeds repeat after so many seconds, about a day. */
const SEEDS = 100_000;

/** @throws {Failure} where there is no such model, or it is not local. */
export async function measure(
  surroundings: { door: Door; roster: Roster },
  { model: name, seconds, progress }: MeasureOrder,
  signal: AbortSignal,
): Promise<Measurement> {
  const { door, roster } = surroundings;
  const reference = await resolveReference(name, roster, signal);
  const { provider: host, model } = splitReference(reference);
  const provider = await roster.get(host);
  const prospect = await provider.prospect({ model, messages: [userMessage('.')] }, signal);
  if (signal.aborted) throw Failure.stopped();
  if (!prospect)
    throw new Failure('usage', `${reference} cannot be measured: only local models of an Ollama server can.`);
  const seed = Math.floor(door.clock.wallTime() / 1000) % SEEDS;
  const started = door.clock.now();
  let steps = 0;
  const ofAll = (report: CalibrationProgress) => {
    steps = report.of;
    progress?.({ ...report, of: steps + TRIALS.length });
  };
  const order = { model, seed, secondsAtMost: seconds * SERIES_SHARE, progress: ofAll };
  const series = await calibrate(door, provider, order, signal);
  const trials: Exchanged[] = [];
  for (const [place, { what, promptTokens, writtenTokens }] of TRIALS.entries()) {
    if (series.failure || signal.aborted) break;
    const report = { step: steps + place + 1, of: steps + TRIALS.length, what };
    const text = calibrationText((seed + SEEDS) * 1000 + place, promptTokens);
    const request = { model, messages: [userMessage(text)], maxOutputTokens: writtenTokens };
    const left = seconds - (door.clock.now() - started) / 1000;
    const foreseen = await door.foresight?.foresee(provider, request, 'calibration', signal);
    foreseen?.forget();
    if ((foreseen?.forecast?.seconds ?? 0) > left) {
      progress?.({ ...report, leftOut: 'would take too long' });
      continue;
    }
    progress?.(report);
    const said = await exchange({ ...door, kind: 'calibration' }, provider, request, signal);
    if (said.failure) break;
    trials.push(said);
    progress?.({ ...report, done: said });
  }
  return { model: reference, series, trials };
}
