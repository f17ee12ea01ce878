/** The prompts of a pattern: text with `{{task}}`, `{{plan}}`, `{{reviews.critic}}`, `{{review?}}` in it. */

/** A place in a prompt that is filled with what was said. */
export interface Slot {
  /** `task`, `files`, `round`, or a step. */
  name: string;
  /** One role of a step, or the `winner` of a vote. */
  part?: string;
  /** `{{review?}}`: empty where it was not said yet. */
  optional: boolean;
  /** As it is written, and where. */
  raw: string;
  at: number;
}

export interface Template {
  parts: readonly (string | Slot)[];
}

/** What a prompt may name that is no step. */
export const VARIABLES: readonly string[] = ['task', 'files', 'round'];
const BRACES = /\\\{\{|\{\{([^{}]*)\}\}/g;
const NAME = /^\s*([A-Za-z][\w-]*)(?:\.([A-Za-z][\w-]*))?\s*(\?)?\s*$/;

/** What stands in braces and is no name. */
export class TemplateFault extends Error {
  readonly at: number;
  readonly token: string;

  constructor(message: string, at: number, token: string) {
    super(message);
    this.at = at;
    this.token = token;
  }
}

/** `\{{` is a pair of braces that means itself. @throws {TemplateFault} */
export function parseTemplate(text: string): Template {
  const parts: (string | Slot)[] = [];
  let end = 0;
  for (const match of text.matchAll(BRACES)) {
    const [raw, inside] = match;
    parts.push(text.slice(end, match.index));
    end = match.index + raw.length;
    if (inside === undefined) {
      parts.push('{{');
      continue;
    }
    const named = NAME.exec(inside);
    if (!named)
      throw new TemplateFault(
        `${raw} names nothing. Write {{task}}, {{step}} or {{step.role}}; braces that mean themselves are \\{{`,
        match.index,
        raw,
      );
    parts.push({ name: named[1]!, part: named[2], optional: named[3] === '?', raw, at: match.index });
  }
  parts.push(text.slice(end));
  return { parts: parts.filter((part) => part !== '') };
}

export function slotsIn({ parts }: Template): Slot[] {
  return parts.filter((part) => typeof part !== 'string');
}

/** Filled once: braces in what is filled in mean themselves. A part that is empty leaves no hole between lines. */
export function fill({ parts }: Template, said: (slot: Slot) => string): string {
  let text = '';
  let hole = false;
  for (const part of parts) {
    if (typeof part !== 'string') {
      const value = said(part);
      hole = value === '';
      text += value;
      continue;
    }
    const [before, after] = [/\n*$/.exec(text)![0], /^\n*/.exec(part)![0]];
    text += hole
      ? part.slice(Math.min(before.length || (text === '' ? after.length : 0), after.length))
      : part;
    hole = false;
  }
  return text.trim();
}
