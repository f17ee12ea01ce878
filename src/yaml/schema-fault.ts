import type * as z from 'zod';
import { nearestNames } from '../conversation/nearest.ts';
import type { Fault, KeyPath } from './fault.ts';

/** What zod found, in words for the human. */
export function faultOf({ issues }: z.ZodError, written: unknown, schema: z.ZodType): Fault {
  // A key that is misspelt is missing too, and says more.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
  const { path } = issue;
  const where = path.map(String).join('.');
  const wrong = (message: string): Fault => ({ path, inKey: false, message });
  switch (issue.code) {
    case 'unrecognized_keys': {
      const key = issue.keys[0]!;
      const message = `unknown key "${key}". ${offerOf(key, keysAt(schema, path))}`;
      return { path: [...path, key], inKey: true, message };
    }
    case 'invalid_key': {
      const marks = path[0] === 'providers' ? '".", "_" and "-"' : '"_" and "-"';
      const message = `"${String(path.at(-1))}" is no name: it begins with a letter and may hold letters, digits, ${marks}.`;
      return { path, inKey: true, message };
    }
    case 'invalid_value': {
      const value = String(path.reduce(innerOf, written));
      const values = issue.values.map(String);
      return wrong(`${where}: "${value}" is not one of ${values.join(', ')}.${nearestOf(value, values)}`);
    }
    case 'invalid_type': {
      const value = path.reduce(innerOf, written);
      if (value === undefined || value === null)
        return wrong(path.length === 0 ? 'there is nothing in it.' : `${where} is missing.`);
      return wrong(
        `${where || 'the file'}: ${kindOf(value)} stands where ${KINDS[issue.expected] ?? issue.expected} belongs.`,
      );
    }
    default: {
      const message = issue.message.replace(/^(Invalid input|Too \w+): /, '');
      return wrong(`${where || 'the file'}: ${message}.`);
    }
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of keys',
  record: 'a group of keys',
};

function kindOf(value: unknown): string {
  return KINDS[Array.isArray(value) ? 'array' : typeof value] ?? typeof value;
}

/** The nearest right names, or all of them. */
export function offerOf(key: string, names: string[]): string {
  return nearestOf(key, names).trim() || `There are: ${names.join(', ')}.`;
}

function nearestOf(written: string, names: string[]): string {
  const near = nearestNames(written, names);
  return near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
}

function innerOf(value: unknown, key: PropertyKey): unknown {
  return (value as Record<PropertyKey, unknown> | undefined)?.[key];
}

/** The keys that a schema knows at a path. */
function keysAt(schema: z.ZodType, path: KeyPath): string[] {
  let here = schema;
  for (const step of path) {
    const bare = withoutOptional(here) as { shape?: Record<PropertyKey, z.ZodType>; valueType?: z.ZodType };
    here = bare.shape?.[step] ?? bare.valueType ?? here;
  }
  return Object.keys((withoutOptional(here) as { shape?: object }).shape ?? {});
}

function withoutOptional(schema: z.ZodType): z.ZodType {
  return schema.def.type === 'optional' ? (schema as z.ZodOptional<z.ZodType>).unwrap() : schema;
}
