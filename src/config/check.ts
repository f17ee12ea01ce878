import type { Fault } from '../yaml/fault.ts';
import { faultOf } from '../yaml/schema-fault.ts';
import { type FileSettings, fileSchema } from './schema.ts';

type Checked = { settings: FileSettings; fault?: undefined } | { settings?: undefined; fault: Fault };

/** Checks what a file says against the schema. */
export function checkSettings(written: unknown): Checked {
  const parsed = fileSchema.safeParse(withoutNulls(written) ?? {});
  if (parsed.success) return { settings: parsed.data };
  return { fault: faultOf(parsed.error, written, fileSchema) };
}

/**
 * A key with nothing behind it, say because all below it is commented out, is as good as none; but a provider
 * that is named without a word more is wanted as it is.
 */
function withoutNulls(value: unknown, path: readonly string[] = []): unknown {
  if (value === null) return path.length === 2 && path[0] === 'providers' ? {} : undefined;
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  const entries = Object.entries(value as object).map(([key, inner]) => [
    key,
    withoutNulls(inner, [...path, key]),
  ]);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}
