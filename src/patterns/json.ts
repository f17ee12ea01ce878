/** JSON that a model writes: asked for once more where it cannot be read, and found among prose and fences. */
import { textOf } from '../conversation/message.ts';
import type { Prompted } from './memory.ts';
import { type Prompt, prompt, type Room } from './room.ts';

/** What was read of an answer, or a sentence on why it could not be. */
export type Read<T> = { value: T; fault?: undefined } | { value?: undefined; fault: string };

/** An answer that was to be JSON. `fault` is a sentence where nothing could be read, `value` what was. */
export type Answered<T> = Prompted & Read<T>;

/**
 * Asks for JSON. An answer that cannot be read is told so once, and asked for again.
 * @param read throws nothing.
 */
export async function promptForJson<T>(
  room: Room,
  wanted: Prompt,
  read: (text: string) => Read<T>,
  signal: AbortSignal,
): Promise<Answered<T>> {
  const first = await prompt(room, wanted, signal);
  if (first.failure || !first.message) return { ...first, fault: unsaid(first) };
  const found = read(textOf(first.message));
  if (found.fault === undefined) return { ...first, ...found };
  const second = await prompt(
    room,
    {
      ...wanted,
      earlier: [...(wanted.earlier ?? []), first.asked, first.message],
      parts: [`That cannot be used: ${found.fault} Answer again, with the JSON object and nothing else.`],
    },
    signal,
  );
  if (second.failure || !second.message) return { ...second, fault: found.fault };
  return { ...second, ...read(textOf(second.message)) };
}

function unsaid({ failure, model }: Prompted): string {
  return failure?.message ?? `${model} said nothing.`;
}

/** The last object of a text that has this field, wherever it stands: models think aloud before they answer. */
export function objectWith(field: string, text: string): Record<string, unknown> | undefined {
  return objectsIn(text).findLast(({ object }) => Object.hasOwn(object, field))?.object;
}

/** What follows the brace of an object with any fields. */
const FIRST_NAME = /\s*"[^"\\\n]*(?:\\.[^"\\\n]*)*"\s*:/y;

export interface Found {
  object: Record<string, unknown>;
  /** As many as were written, also under the same name. */
  fields: number;
}

/** The JSON objects of a text that are not within another one. Braces of prose and code are passed over. */
export function objectsIn(text: string): Found[] {
  const objects: Found[] = [];
  let place = 0;
  for (;;) {
    const start = text.indexOf('{', place);
    if (start < 0) return objects;
    place = start + 1;
    // Else a brace of prose or code, quoted perhaps, would be taken for an object that was cut off.
    FIRST_NAME.lastIndex = place;
    if (!FIRST_NAME.test(text)) continue;
    const extent = extentOf(text, start);
    // Whatever follows is within an object that never ends: what it means is lost.
    if (!extent) return objects;
    place = extent.end;
    try {
      objects.push({ object: JSON.parse(text.slice(start, place)), fields: extent.fields });
    } catch {}
  }
}

/** The place after the brace that closes the one at `start`, and the colons of its own fields. */
function extentOf(text: string, start: number): { end: number; fields: number } | undefined {
  let [depth, fields] = [0, 0];
  let quoted = false;
  for (let place = start; place < text.length; place++) {
    const character = text[place];
    if (quoted && character === '\\') place++;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '{') depth++;
    else if (character === ':' && depth === 1) fields++;
    else if (character === '}' && --depth === 0) return { end: place + 1, fields };
  }
  return undefined;
}
