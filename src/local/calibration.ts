/**
 * A short series of requests that shows what a rig can do, so that forecasts are good from the first day: depths by
 * lengths, with and without a cached beginning, cold and warm. Each reading is measured at several lengths and each
 * writing at several depths, for these decide the coefficients of `rig.ts`.
 */
import { type Door, type Exchanged, exchange } from '../conversation/exchange.ts';
import type { Failure } from '../conversation/failure.ts';
import { userMessage } from '../conversation/message.ts';
import type { LLMProvider } from '../providers/base.ts';
import { calibrationText, type TextSort } from './calibration-text.ts';

/** One request of the series. Tokens, about. */
export interface CalibrationStep {
  /** What it is for, in a few words for the human. */
  what: string;
  promptTokens: number;
  writtenTokens: number;
  /** `code` where left out. */
  sort?: TextSort;
  /** Begins like the step before, and adds so much to it. */
  behind?: boolean;
  cold?: boolean;
}

const SERIES: readonly CalibrationStep[] = [
  { what: 'loading', promptTokens: 40, writtenTokens: 4, cold: true },
  { what: 'loading again', promptTokens: 40, writtenTokens: 4, cold: true },
  { what: 'a short question', promptTokens: 60, writtenTokens: 24 },
  { what: 'a short question', promptTokens: 150, writtenTokens: 64, sort: 'languages' },
  { what: 'reading a page', promptTokens: 700, writtenTokens: 12 },
  { what: 'a question on that page', promptTokens: 60, writtenTokens: 48, behind: true },
  { what: 'reading numbers', promptTokens: 500, writtenTokens: 24, sort: 'numbers' },
  { what: 'reading a file', promptTokens: 2000, writtenTokens: 16 },
  { what: 'a question on that file', promptTokens: 150, writtenTokens: 64, behind: true },
  { what: 'reading a long file', promptTokens: 5000, writtenTokens: 12 },
  { what: 'a question behind it', promptTokens: 100, writtenTokens: 32, behind: true },
  { what: 'more text behind it', promptTokens: 900, writtenTokens: 40, behind: true },
  { what: 'a page in other alphabets', promptTokens: 700, writtenTokens: 48, sort: 'languages' },
  { what: 'a short question', promptTokens: 90, writtenTokens: 96 },
];
/** A single step may take so long; what would take longer is left out. */
const LONGEST_STEP_SECONDS = 45;
/** Room in the window for the template and the reply. */
const ROOM = 400;

export interface CalibrationProgress {
  step: number;
  of: number;
  what: string;
  /** Undefined while it is under way, or left out. */
  done?: Exchanged;
  /** Why it was left out. */
  leftOut?: string;
}

export interface Calibration {
  exchanges: Exchanged[];
  /** Stopped by the human, or by the limit on seconds. */
  cutShort: boolean;
  failure?: Failure;
}

/**
 * @param order.secondsAtMost for the whole series.
 * @param order.seed makes texts that no earlier prompt began with.
 */
export async function calibrate(
  door: Door,
  provider: LLMProvider,
  order: {
    model: string;
    secondsAtMost: number;
    seed: number;
    progress?: (progress: CalibrationProgress) => void;
  },
  signal: AbortSignal,
): Promise<Calibration> {
  const { model, secondsAtMost, seed, progress } = order;
  const { clock, foresight } = door;
  const started = clock.now();
  const exchanges: Exchanged[] = [];
  const info = await provider.describeModel(model, signal).catch(() => undefined);
  const window = info?.contextTokens ?? Number.POSITIVE_INFINITY;
  let text = '';
  for (const [place, step] of SERIES.entries()) {
    const report = (more: Partial<CalibrationProgress>) =>
      progress?.({ step: place + 1, of: SERIES.length, what: step.what, ...more });
    if (signal.aborted) return { exchanges, cutShort: true };
    const next =
      (step.behind ? text : '') + calibrationText(seed * 1000 + place, step.promptTokens, step.sort);
    const messages = [userMessage(next)];
    const request = { model, messages, maxOutputTokens: step.writtenTokens };
    const left = secondsAtMost - (clock.now() - started) / 1000;
    const foreseen = await foresight?.foresee(provider, request, 'calibration', signal);
    const takes = foreseen?.forecast?.seconds ?? 0;
    foreseen?.forget();
    if (left <= 0) return { exchanges, cutShort: true };
    if (takes > Math.min(LONGEST_STEP_SECONDS, left) || step.promptTokens + ROOM > window) {
      report({
        leftOut: step.promptTokens + ROOM > window ? 'larger than its window' : 'would take too long',
      });
      continue;
    }
    report({});
    if (step.cold) await provider.unload(model, signal).catch(() => {});
    const said = await exchange({ ...door, kind: 'calibration' }, provider, request, signal);
    if (said.failure) {
      return said.failure.kind === 'stopped'
        ? { exchanges, cutShort: true }
        : { exchanges, cutShort: false, failure: said.failure };
    }
    text = next;
    exchanges.push(said);
    report({ done: said });
  }
  return { exchanges, cutShort: false };
}
