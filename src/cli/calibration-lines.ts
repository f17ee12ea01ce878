/** How the measuring of a model goes, and what came of it, as lines for a human. */

import type { Exchanged } from '../conversation/exchange.ts';
import { count, duration, localCost, plural, signedPercent, speed } from '../display/figures.ts';
import { inLine } from '../display/printable.ts';
import { tableLines } from '../display/table-lines.ts';
import type { CalibrationProgress } from '../local/calibration.ts';
import type { ModelCard } from '../local/field-guide.ts';
import type { Measurement } from '../local/measure.ts';
import { median } from '../local/speed.ts';

const BAR_WIDTH = 20;

/** Undefined for a step that only begins. */
export function stepLine({ step, of, what, done, leftOut }: CalibrationProgress): string | undefined {
  const name = `${String(step).padStart(String(of).length)}/${of} ${what}`;
  if (leftOut) return `${name}: left out, ${leftOut}`;
  if (!done) return undefined;
  return `${name}: ${done.profile ? localCost(done.profile, done.forecast) : duration(done.seconds)}`;
}

/** `███████░░░░░░░░░░░░░  6/16 reading a page 3 s`. @param seconds since the step began. */
export function barLine(model: string, { step, of, what }: CalibrationProgress, seconds: number): string {
  const full = Math.round(((step - 1) / of) * BAR_WIDTH);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
  return `${inLine(model)} ${bar} ${step}/${of} ${what} ${Math.floor(seconds)} s`;
}

/** What was measured, and how well that foretells what was not seen before. @param card as it is known now. */
export function measurementLines({ model, series, trials }: Measurement, card?: ModelCard): string[] {
  if (series.failure && series.exchanges.length === 0)
    return [`${inLine(model)} was not measured: ${inLine(series.failure.message)}`];
  const lines = [`${inLine(model)}: ${plural(series.exchanges.length, 'exchange')} measured${speeds(card)}.`];
  const tried = trials.flatMap(trialOf);
  if (tried.length > 0) {
    const head = ['tried on a new text', 'forecast', 'fact', 'error'];
    const rows = tried.map(({ what, expected, took, error }) => [
      what,
      duration(expected),
      duration(took),
      signedPercent(error),
    ]);
    lines.push(...tableLines({ title: '', head, rows }).map((line) => `  ${line}`));
    const errors = tried.map(({ error }) => Math.abs(error));
    lines.push(`  Median error ${Math.round(median(errors) * 100)} %.`);
  }
  if (series.failure) lines.push(`  ${inLine(series.failure.message)}`);
  else if (series.cutShort)
    lines.push(`  Cut short: what was measured is kept; calibrate ${inLine(model)} adds to it.`);
  return lines;
}

function speeds(card: ModelCard | undefined): string {
  if (!card?.speeds) return '';
  const { readPerSecond, writePerSecond } = card.speeds;
  return `; reads ${speed(readPerSecond)}/s, writes ${speed(writePerSecond)}/s`;
}

/** Nothing where no forecast could be made. */
function trialOf({ forecast, profile }: Exchanged) {
  if (!forecast || !profile?.complete) return [];
  const { promptTokens, writtenTokens, wallSeconds } = profile;
  const amount = (tokens: number | undefined) => (tokens === undefined ? 'an unknown number' : count(tokens));
  return [
    {
      what: `read ${amount(promptTokens)}, write ${amount(writtenTokens)}`,
      expected: forecast.seconds,
      took: wallSeconds,
      error: forecast.seconds / wallSeconds - 1,
    },
  ];
}
