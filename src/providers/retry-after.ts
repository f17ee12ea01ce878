/**
 * How long a server asks us to wait, in milliseconds, from `retry-after-ms` or `retry-after` (seconds or an
 * HTTP date); undefined where it does not say.
 * @param wallTime milliseconds since 1970, to compare a date with.
 */
export function retryAfterMs(headers: Headers | undefined, wallTime: number): number | undefined {
  const exact = number(headers?.get('retry-after-ms'));
  if (exact !== undefined) return exact;
  const value = headers?.get('retry-after');
  const seconds = number(value);
  if (seconds !== undefined) return seconds * 1000;
  const date = Date.parse(value ?? '');
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallTime);
}

function number(value: string | null | undefined): number | undefined {
  const parsed = value?.trim() ? Number(value) : Number.NaN;
  return parsed >= 0 ? parsed : undefined;
}
