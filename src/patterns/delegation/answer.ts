/** The answer of a worker, taken out of what it said around it, and checked as far as a machine can. */
import type { JsonSchema } from '../../providers/base.ts';
import type { CheckResult, DelegationOrder } from './order.ts';

const OPENING = /^[ \t]*(`{3,}|~{3,})/m;
const NO_CODE = 'there is no code block in the answer';
const FENCE = /^[ \t]*(`{3,}|~{3,})[ \t]*(.*)$/;

/** The code in a reply: its one block, else its largest, else all of it. */
export function codeIn(text: string): string {
  const largest = blocksIn(text).toSorted((a, b) => b.length - a.length)[0] ?? withoutOpenFence(text);
  return largest === '' || largest.endsWith('\n') ? largest : `${largest}\n`;
}

/** How many blocks of code are left out where what is in a reply goes into a file. */
export function leftOutOf(text: string, path: string): number {
  return PROSE_FILE.test(path) ? 0 : Math.max(0, blocksIn(text).length - 1);
}

/** The outermost code blocks. Models nest them: a fence with a word behind it opens one in another, a bare one closes. */
function blocksIn(text: string): string[] {
  const blocks: string[] = [];
  let open: { fence: string; lines: string[]; depth: number } | undefined;
  for (const line of text.split('\n')) {
    const [, fence, word] = FENCE.exec(line) ?? [];
    if (!open) {
      if (fence) open = { fence, lines: [], depth: 1 };
      continue;
    }
    if (fence?.startsWith(open.fence)) open.depth += word ? 1 : -1;
    if (open.depth > 0) {
      open.lines.push(line);
      continue;
    }
    blocks.push(open.lines.join('\n'));
    open = undefined;
  }
  return blocks;
}

/** Of these prose is a content, with code blocks of its own. */
const PROSE_FILE = /\.(md|markdown|txt|rst|adoc)$/i;
/** One block around all of it. */
const WRAPPED = /^\s*(`{3,}|~{3,})(?:md|markdown|te?xt)?[ \t]*\n([\s\S]*?)\n?[ \t]*\1\s*$/;

/** What goes into a file. */
export function contentIn(text: string, path: string): string {
  if (!PROSE_FILE.test(path)) return codeIn(text);
  const prose = WRAPPED.exec(text)?.[2] ?? text.trim();
  return prose === '' || prose.endsWith('\n') ? prose : `${prose}\n`;
}

/** A reply that was cut has an opening fence and no closing one. */
function withoutOpenFence(text: string): string {
  return text.replace(/^[\s\S]*?^[ \t]*(?:`{3,}|~{3,})[^\n]*\n/m, '').trim();
}

/** The JSON in a reply, fenced or not. @throws {SyntaxError} */
export function jsonIn(text: string): unknown {
  return JSON.parse(blocksIn(text)[0] ?? text);
}

/** Checks that need no running: form, schema, syntax. */
export async function checkAnswer(text: string, order: DelegationOrder): Promise<CheckResult[]> {
  if (order.form === 'json' || order.schema) return [await checkJson(text, order.schema)];
  if (order.form !== 'code' && !order.writeTo) return [];
  const path = order.writeTo?.replace(/:\d+(-\d+)?$/, '');
  const code = path === undefined ? codeIn(text) : contentIn(text, path);
  // An excuse must not take the place of a file.
  const isCode = path === undefined || PROSE_FILE.test(path) || OPENING.test(text);
  if (code.trim() === '' || !isCode) return [{ what: 'form', passed: false, detail: NO_CODE }];
  return NOTHING.test(code)
    ? [{ what: 'form', passed: false, detail: 'it says that nothing was found' }]
    : [];
}

/** What a worker says where the material does not hold what is asked for. */
export const NOTHING = /^\W*nothing found\W*$/i;

async function checkJson(text: string, schema: JsonSchema | undefined): Promise<CheckResult> {
  let value: unknown;
  try {
    value = jsonIn(text);
  } catch (error) {
    return { what: 'JSON', passed: false, detail: (error as Error).message };
  }
  if (!schema) return { what: 'JSON', passed: true };
  const z = await import('zod');
  try {
    const parsed = z.fromJSONSchema(schema as never).safeParse(value);
    if (parsed.success) return { what: 'schema', passed: true };
    const faults = parsed.error.issues
      .slice(0, 3)
      .map(({ path, message }) => `${path.join('.') || 'value'}: ${message}`);
    return { what: 'schema', passed: false, detail: faults.join('; ') };
  } catch {
    // A schema that cannot be read checks nothing, and says nothing about the answer.
    return { what: 'JSON', passed: true };
  }
}
