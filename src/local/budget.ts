/** What fits into so many seconds: the forecast, asked the other way round. */
import { type Forecast, forecast, type Load, mostWithin } from './forecast.ts';
import type { Rig } from './rig.ts';

/** Tokens that a model reads, fresh, and writes within so many seconds, nine times of ten. */
export interface Fit {
  seconds: number;
  /** Where it writes {@link USUAL_WRITTEN} tokens. */
  promptTokens: number;
  /** Where it reads {@link USUAL_PROMPT} tokens. */
  writtenTokens: number;
  /** So much is read in a window of which nobody knows whether it leaves room for the model on the GPU. */
  guessed?: boolean;
  /** So much is written in such a window. */
  writtenGuessed?: boolean;
}

export const USUAL_WRITTEN = 200;
export const USUAL_PROMPT = 500;

/** A request of a loaded model, nothing of it cached. */
export function freshLoad(promptTokens: number, writtenTokens: number): Load {
  const written = { tokens: writtenTokens, boundTokens: writtenTokens };
  return { promptTokens, cachedTokens: 0, written, loaded: true };
}

/** Undefined where the model was not measured. */
export function fitWithin(rig: Rig, seconds: number, window: number): Fit | undefined {
  if (!rig.reading || !rig.writing) return undefined;
  const takes = (prompt: number, written: number) => forecast(rig, freshLoad(prompt, written))?.boundSeconds;
  return {
    seconds,
    promptTokens: mostWithin(seconds, Math.max(0, window - USUAL_WRITTEN), (prompt) =>
      takes(prompt, USUAL_WRITTEN),
    ),
    writtenTokens: mostWithin(seconds, Math.max(0, window - USUAL_PROMPT), (written) =>
      takes(USUAL_PROMPT, written),
    ),
  };
}

/** A rig with a window, and whether it is known where the model lies with that. */
export interface Windowed {
  contextSize: number;
  rig: Rig;
  guessed: boolean;
}

/** The same where the window grows with what is asked. @param windows smallest first. */
export function fitWithinWindows(seconds: number, windows: readonly Windowed[]): Fit | undefined {
  let best: Fit | undefined;
  for (const { contextSize, rig, guessed } of windows) {
    const fit = fitWithin(rig, seconds, contextSize);
    if (!fit) return undefined;
    best ??= fit;
    if (fit.promptTokens > best.promptTokens) best = { ...best, promptTokens: fit.promptTokens, guessed };
    if (fit.writtenTokens > best.writtenTokens)
      best = { ...best, writtenTokens: fit.writtenTokens, writtenGuessed: guessed };
  }
  return best;
}

/** How a request that takes too long could be made to fit. */
export interface Remedy {
  /** The most that it may write as it stands; 0 where reading alone takes too long. */
  writtenTokens: number;
  /** The most that it may read if it writes as much; 0 where writing alone takes too long. */
  promptTokens: number;
  /** Less of both, in proportion. */
  both: { promptTokens: number; writtenTokens: number };
}

/**
 * @param boundOf the seconds that nine of ten such requests do not pass; undefined where that is not known.
 * @param around tokens of the prompt that stay, however little is asked about.
 */
export function remedyFor(
  load: Load,
  seconds: number,
  boundOf: (load: Load) => number | undefined,
  around = 0,
): Remedy {
  const takes = (change: Partial<Load>) => boundOf({ ...load, ...change });
  const reading = (promptTokens: number) => {
    return { promptTokens, cachedTokens: Math.min(load.cachedTokens, promptTokens) };
  };
  // Of a shorter reply nothing is known but that it ends at its limit.
  const writing = (tokens: number) => {
    const { tokens: expected } = load.written;
    return { written: { tokens: Math.min(expected, tokens), boundTokens: tokens } };
  };
  const limit = load.written.boundTokens;
  const share = (permille: number) => {
    const of = (tokens: number) => Math.floor((tokens * permille) / 1000);
    return { promptTokens: around + of(load.promptTokens - around), writtenTokens: of(limit) };
  };
  return {
    both: share(
      mostWithin(seconds, 1000, (permille) => {
        const { promptTokens, writtenTokens } = share(permille);
        return takes({ ...reading(promptTokens), ...writing(writtenTokens) });
      }),
    ),
    writtenTokens: mostWithin(seconds, limit, (tokens) => takes(writing(tokens))),
    promptTokens: mostWithin(seconds, load.promptTokens, (tokens) => takes(reading(tokens))),
  };
}

/** Tokens a second in a usual request, for those who like to read it that way. */
export function speedsOf(rig: Rig): { readPerSecond: number; writePerSecond: number } | undefined {
  const { reading, writing } = rig;
  if (!reading || !writing) return undefined;
  const [prompt, written] = [1000, 200];
  const usual = forecast(rig, freshLoad(prompt, written)) as Forecast;
  return { readPerSecond: prompt / usual.readSeconds, writePerSecond: (written - 1) / usual.writeSeconds };
}
