import type { Cost } from '../conversation/event.ts';
import type { ForecastFigures, Profile, Usage } from '../conversation/reply.ts';

/** `0.05 s`, `4.2 s`, `3 min 20 s`. */
export function duration(seconds: number): string {
  if (seconds < 0.095) return `${seconds.toFixed(2)} s`;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** `1,204`. */
export function count(number: number): string {
  return number.toLocaleString('en');
}

/** `950`, `12.3k`, `200k`, `1M`. */
export function roundCount(number: number): string {
  if (number < 1_000) return String(number);
  const [value, unit] = number < 999_500 ? [number / 1_000, 'k'] : [number / 1_000_000, 'M'];
  return `${value < 99.95 ? Number(value.toFixed(1)) : Math.round(value)}${unit}`;
}

/** What is done in a second: `4.3`, `36`, `12,884`. */
export function speed(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond));
}

/** `1 line`, `22 lines`. */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** `$0.0041`, `$12.30`; what is not known is said to be unknown. */
export function money(cost: Cost): string {
  if (cost === undefined) return 'cost unknown';
  if (cost === 0) return '$0';
  if (cost < 0.00005) return 'under $0.0001';
  return `$${cost.toFixed(cost < 1 ? 4 : 2)}`;
}

/** `1,204 in (806 cached) · 93 out`; what was cut off had at least so many. */
export function tokens(usage: Usage | undefined): string {
  const { inputTokens = 0, outputTokens = 0, atLeast } = usage ?? {};
  if (!usage || (atLeast && inputTokens + outputTokens === 0)) return 'tokens unknown';
  const cached = usage.cacheReadTokens ? ` (${count(usage.cacheReadTokens)} cached)` : '';
  return `${atLeast ? 'at least ' : ''}${count(inputTokens)} in${cached} · ${count(outputTokens)} out`;
}

/** Waits shorter than this are not worth a word, in seconds. */
const NOTABLE_WAIT = 0.5;

/** What a local exchange cost: `12.4 s = read 1,204 (806 cached) 1.3 s + write 402 at 36/s 11.1 s · forecast 11.8 s (−5 %)`. */
export function localCost(profile: Profile, forecast?: ForecastFigures): string {
  const parts: string[] = [];
  if ((profile.overheadSeconds ?? 0) >= NOTABLE_WAIT)
    parts.push(`wait ${duration(profile.overheadSeconds ?? 0)}`);
  if ((profile.loadSeconds ?? 0) >= NOTABLE_WAIT) parts.push(`load ${duration(profile.loadSeconds ?? 0)}`);
  parts.push(`read ${amount(profile.promptTokens)}${cachedPart(profile)}${spent(profile.readSeconds)}`);
  parts.push(`write ${amount(profile.writtenTokens)}${speedPart(profile)}${spent(profile.writeSeconds)}`);
  const line = parts.join(' + ');
  if (!profile.complete) return `${line} (cut short after ${duration(profile.wallSeconds)})`;
  return `${duration(profile.wallSeconds)} = ${line}${forecastPart(profile, forecast)}`;
}

function forecastPart({ wallSeconds }: Profile, forecast: ForecastFigures | undefined): string {
  if (!forecast) return ' · no forecast yet';
  return ` · forecast ${duration(forecast.seconds)} (${signedPercent(forecast.seconds / wallSeconds - 1)})`;
}

/** `+5 %`, `−12 %`, `±0 %`. */
export function signedPercent(share: number): string {
  const value = Math.round(share * 100);
  const sign = value > 0 ? '+' : value < 0 ? '−' : '±';
  return `${sign}${Math.abs(value)} %`;
}

function amount(number: number | undefined): string {
  return number === undefined ? 'unknown' : count(number);
}

function cachedPart({ cachedTokens }: Profile): string {
  return cachedTokens ? ` (${count(cachedTokens)} cached)` : '';
}

function speedPart({ writtenTokens, writeSeconds }: Profile): string {
  if (writtenTokens === undefined || !writeSeconds) return '';
  return ` at ${speed(Math.max(1, writtenTokens - 1) / writeSeconds)}/s`;
}

function spent(seconds: number | undefined): string {
  return seconds === undefined ? '' : ` ${duration(seconds)}`;
}
