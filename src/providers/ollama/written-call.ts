/**
 * Tool calls that a model wrote as text. Small models (qwen2.5-coder above all) often print the JSON of a call
 * instead of making it, so that the server sees plain text. Left as text, the turn would end with a piece of
 * JSON as its answer. To run what a model merely talks about would be worse, so a text counts as calls only
 * when it is nothing else from its first to its last character, and each names a tool that is on offer.
 */

export interface WrittenCall {
  name: string;
  args: Record<string, unknown>;
}

const OPENINGS = ['<tool_call>', '```json', '```', '{', '['];
/** What a call's JSON begins with; any other key, and the text is an answer that happens to be JSON. */
const FIRST_KEYS = ['"name"', '"arguments"', '"parameters"', '"function"', '"type"', '"id"'];

/** Whether a text that has begun like this may still turn out to be nothing but tool calls. */
export function mayBecomeCall(begun: string): boolean {
  let rest = begun.trimStart();
  for (let layer = 0; layer < 4; layer++) {
    if (OPENINGS.some((opening) => opening.startsWith(rest))) return true;
    const opening = OPENINGS.find((opening) => rest.startsWith(opening));
    if (!opening) return false;
    rest = rest.slice(opening.length).trimStart();
    if (opening !== '{') continue;
    return FIRST_KEYS.some((key) => rest.startsWith(key) || key.startsWith(rest));
  }
  return false;
}

/** The calls that a text consists of; undefined where it is anything else. */
export function writtenCalls(text: string, offered: ReadonlySet<string>): WrittenCall[] | undefined {
  const calls: WrittenCall[] = [];
  for (const json of piecesOf(text.trim())) {
    const parsed = parse(json);
    for (const one of Array.isArray(parsed) ? parsed : [parsed]) {
      const call = callFrom(one);
      if (!call || !offered.has(call.name)) return undefined;
      calls.push(call);
    }
  }
  return calls.length > 0 ? calls : undefined;
}

function piecesOf(text: string): string[] {
  const tagged = /^(?:<tool_call>([\s\S]*?)<\/tool_call>\s*)+$/.test(text);
  if (tagged) return [...text.matchAll(/<tool_call>([\s\S]*?)<\/tool_call>/g)].map((match) => match[1]!);
  const fenced = /^```(?:json)?\s*([\s\S]*?)\s*```$/.exec(text);
  return [fenced?.[1] ?? text];
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** `{"name", "arguments"}`, with `parameters` for `arguments` or inside a `function`, as models write it. */
function callFrom(value: unknown): WrittenCall | undefined {
  if (!isObject(value)) return undefined;
  const body = isObject(value.function) ? value.function : value;
  const written = body.arguments ?? body.parameters;
  const args = typeof written === 'string' ? parse(written) : written;
  if (typeof body.name !== 'string' || !isObject(args)) return undefined;
  const known = ['name', 'arguments', 'parameters', 'type', 'id'];
  return Object.keys(body).every((key) => known.includes(key)) ? { name: body.name, args } : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
