/** The few kinds of parameter that tools have, in zod's small form, which loads in half the time of the other. */
import * as z from 'zod/mini';

export const text = z.string();
export const someText = z.string().check(z.minLength(1));
export const optionalText = z.optional(text);
export const optionalFlag = z.optional(z.boolean());

/** A whole number, left out or between these bounds. */
export function optionalNumber(least: number, most: number, description?: string) {
  const number = z.int().check(z.gte(least), z.lte(most));
  return z.optional(description === undefined ? number : number.check(z.describe(description)));
}

export function described<Schema extends z.ZodMiniType>(schema: Schema, description: string): Schema {
  return schema.check(z.describe(description)) as Schema;
}
