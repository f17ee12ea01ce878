/** What the leader is told: what a piece of work cost, what it was expected to cost, and how to ask next time. */
import type { ForecastFigures, Profile } from '../conversation/reply.ts';
import { remedyFor } from './budget.ts';
import type { Outlook } from './machine.ts';
import type { Rig } from './rig.ts';

/** A part that takes this share of the time dominates. */
const DOMINANT = 0.5;
/** Seconds of slack that are not worth a word. */
const TIGHT = 0.8;

/** Less than this is not worth asking for, tokens. */
const LEAST = { written: 16, prompt: 100 };

/** Why a request was not sent, and what would fit, in figures. @param other a model that would be in time. */
export function adviceBefore(
  { forecast, load }: Outlook,
  rig: Rig,
  budgetSeconds: number,
  other?: { model: string; boundSeconds?: number },
): string {
  if (!forecast) return 'How long it would take is not known: this model was never measured on this machine.';
  const over = forecast.boundSeconds - budgetSeconds;
  const parts = partsOf(forecast);
  const { writtenTokens, promptTokens, both } = remedyFor(rig, load, budgetSeconds);
  const ways: string[] = [];
  const prompt = (tokens: number) =>
    `a prompt of ${figure(tokens)} tokens instead of ${figure(load.promptTokens)} (${percent(tokens / load.promptTokens)} of the lines)`;
  const output = (tokens: number) =>
    `max_output ${figure(tokens)} instead of ${figure(load.written.boundTokens)}`;
  if (writtenTokens >= LEAST.written) ways.push(output(writtenTokens));
  if (promptTokens >= LEAST.prompt) ways.push(prompt(promptTokens));
  if (ways.length === 0 && both.promptTokens >= LEAST.prompt && both.writtenTokens >= LEAST.written)
    ways.push(`${prompt(both.promptTokens)} with ${output(both.writtenTokens)}`);
  if (other) ways.push(`model ${other.model} (up to ${seconds(other.boundSeconds)})`);
  ways.push(`seconds ${Math.ceil(forecast.boundSeconds)}`);
  return `It would take ${seconds(forecast.seconds)}, up to ${seconds(forecast.boundSeconds)}: ${seconds(over)} over the budget of ${seconds(budgetSeconds)} (${parts}). Would fit: ${ways.join(', or ')}.`;
}

/**
 * What it cost and what to change next time.
 * @param context.writtenAbout what was written of a reply that was stopped, in tokens, for its server tells none.
 */
export function adviceAfter(
  profile: Profile,
  context: {
    forecast?: ForecastFigures;
    rig?: Rig;
    outlook?: Outlook;
    budgetSeconds?: number;
    writtenAbout?: number;
  },
): string {
  const { forecast, rig, outlook, budgetSeconds, writtenAbout = 0 } = context;
  const lines = [`Cost: ${partsTaken(profile)}${forecastPart(profile, forecast)}.`];
  const next = nextTime(profile, budgetSeconds);
  if (next) lines.push(next);
  if (!profile.complete && writtenAbout >= LEAST.written)
    lines.push(
      `It was stopped with about ${figure(writtenAbout)} tokens written: ${seconds(profile.wallSeconds)} hold no more. Ask for less, or for it in pieces.`,
    );
  if (rig?.reading && rig.writing && outlook && budgetSeconds !== undefined) {
    const { writtenTokens } = remedyFor(
      rig,
      { ...outlook.load, loaded: true, written: ROOMY },
      budgetSeconds,
    );
    lines.push(`With this prompt, ${seconds(budgetSeconds)} hold ${figure(writtenTokens)} tokens of output.`);
  }
  return lines.join(' ');
}

const ROOMY = { tokens: 8192, boundTokens: 8192 };

function nextTime(profile: Profile, budgetSeconds: number | undefined): string | undefined {
  const {
    wallSeconds,
    loadSeconds = 0,
    readSeconds = 0,
    writeSeconds = 0,
    promptTokens = 0,
    cachedTokens = 0,
  } = profile;
  const share = (part: number) => part / wallSeconds;
  if (share(loadSeconds) > DOMINANT)
    return 'Loading dominated: the model is in memory now, the next call has it ready.';
  if (share(readSeconds) > DOMINANT) {
    const cached =
      cachedTokens > promptTokens / 2
        ? ''
        : ' The same files first in the next call are read from the cache.';
    return `Reading dominated (${percent(share(readSeconds))}): name fewer lines.${cached}`;
  }
  if (share(writeSeconds) > DOMINANT && budgetSeconds !== undefined && wallSeconds > TIGHT * budgetSeconds)
    return `Writing dominated (${percent(share(writeSeconds))}): ask for less, a list or a patch instead of prose or whole files.`;
  if (share(writeSeconds) > DOMINANT) return `Writing dominated (${percent(share(writeSeconds))}).`;
  return undefined;
}

function partsTaken(profile: Profile): string {
  const { promptTokens, cachedTokens, readSeconds, writtenTokens, writeSeconds, loadSeconds, wallSeconds } =
    profile;
  const parts: string[] = [];
  if (loadSeconds !== undefined && loadSeconds >= 0.5) parts.push(`load ${seconds(loadSeconds)}`);
  const cached = cachedTokens ? ` (${figure(cachedTokens)} cached)` : '';
  parts.push(`read ${figure(promptTokens)} tokens${cached} ${seconds(readSeconds)}`);
  const speed =
    writtenTokens && writeSeconds ? ` at ${((writtenTokens - 1) / writeSeconds).toFixed(0)}/s` : '';
  parts.push(`write ${figure(writtenTokens)}${speed} ${seconds(writeSeconds)}`);
  return `${seconds(wallSeconds)} = ${parts.join(' + ')}`;
}

function forecastPart({ wallSeconds, complete }: Profile, expected: ForecastFigures | undefined): string {
  if (!expected) return '; no forecast yet';
  if (!complete) return `; forecast ${seconds(expected.seconds)}`;
  return `; forecast ${seconds(expected.seconds)} (${signed(expected.seconds / wallSeconds - 1)})`;
}

function partsOf(forecast: NonNullable<Outlook['forecast']>): string {
  const { loadSeconds, readSeconds, promptTokens, cachedTokens, writeSeconds, writtenTokens } = forecast;
  const load = loadSeconds >= 0.5 ? `load ${seconds(loadSeconds)}, ` : '';
  const cached = cachedTokens > 0 ? ` (${figure(cachedTokens)} cached)` : '';
  return `${load}read ${figure(promptTokens)}${cached} ${seconds(readSeconds)}, write ${figure(writtenTokens)} ${seconds(writeSeconds)}`;
}

function figure(value: number | undefined): string {
  return value === undefined ? 'an unknown number of' : Math.round(value).toLocaleString('en');
}

function seconds(value: number | undefined): string {
  if (value === undefined) return 'in unknown time';
  return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} s`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function signed(share: number): string {
  const value = Math.round(share * 100);
  return `${value > 0 ? '+' : value < 0 ? '−' : '±'}${Math.abs(value)} %`;
}
