import * as z from 'zod/mini';
import type { FileDiff } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import { admitForReading, admitForWriting } from '../safety/reading.ts';
import { defineTool, type ToolContext, type ToolResult } from './base.ts';
import { imageIn } from './file/image.ts';
import { binaryKind } from './file/kind.ts';
import { linesOfLargeFile } from './file/large-file.ts';
import { type NumberedLines, numbered, stretchOf } from './file/numbered.ts';
import { wholeFile } from './file/whole-file.ts';
import { countLines, linesOf } from './lines.ts';
import { optionalNumber, text } from './parameters.ts';
import { decodeText, encodeText } from './text-file.ts';

/** A longer file is read in ranges. */
const LINES_AT_ONCE = 2_000;

export const readTool = defineTool({
  name: 'read',
  description: `Read a file with line numbers (up to ${LINES_AT_ONCE} lines at once), or look at an image.`,
  parameters: z.object({
    path: text,
    from: optionalNumber(1, Number.MAX_SAFE_INTEGER, 'first line'),
    to: optionalNumber(1, Number.MAX_SAFE_INTEGER, 'last line'),
    column: optionalNumber(1, Number.MAX_SAFE_INTEGER, 'of one long line'),
  }),
  conduct: 'read',
  title: ({ path, from, to }) => `read ${path}${from || to ? `:${from ?? 1}-${to ?? ''}` : ''}`,
  async execute({ path, from = 1, to, column }, context): Promise<ToolResult> {
    const { absolute, name } = await admitForReading(context.workspace, path);
    if (to !== undefined && to < from)
      throw new Failure('bad-request', `The last line ${to} comes before the first, ${from}.`);
    const range = {
      name,
      from,
      column,
      to: Math.min(to ?? Number.POSITIVE_INFINITY, from + LINES_AT_ONCE - 1),
    };
    const file = await wholeFile(name, absolute, context);
    if ('size' in file) return partOf(absolute, file.size, range, context.signal);
    const result = shown(file.bytes, range);
    context.changes.noteRead(absolute, file.bytes);
    return result;
  },
});

interface Range {
  /** Of the file, as the model is told. */
  name: string;
  from: number;
  to: number;
  /** Of the line `from`, where only that is wanted. */
  column?: number;
}

function shown(bytes: Buffer, { name, from, to, column }: Range): ToolResult {
  const image = imageIn(name, bytes);
  if (image) return { content: [{ type: 'text', text: `${name}:` }, image], summary: 'image' };
  const file = decodeText(bytes);
  if (!file) return binary(name, binaryKind(bytes), bytes.length);
  if (file.text === '') return { content: `${name} is empty.`, summary: 'empty' };
  const lines = linesOf(file.text).map((line) => line.text);
  if (lines.at(-1) === '') lines.pop();
  if (from > lines.length) throw beyondTheEnd(name, lines.length, from);
  if (column !== undefined) return partOfLine(name, lines[from - 1]!, from, column);
  const part = numbered(lines.slice(from - 1), from, to);
  const notes = file.encoding === 'utf-8' ? [] : [`[${file.encoding}]`];
  return listing(part, from, `${lines.length} lines in all`, lines.length, notes);
}

function partOfLine(name: string, line: string, number: number, column: number): ToolResult {
  const { text, next } = stretchOf(line, column);
  if (text === '') {
    const length = line.length.toLocaleString('en');
    throw new Failure(
      'bad-request',
      `Line ${number} of ${name} has ${length} characters: column ${column} is beyond.`,
    );
  }
  const note = next === undefined ? '' : `\n[the line goes on; column: ${next}]`;
  return { content: text + note, summary: `line ${number} from column ${column}` };
}

async function partOf(
  absolute: string,
  size: number,
  { name, from, to, column }: Range,
  signal: AbortSignal,
): Promise<ToolResult> {
  if (column !== undefined)
    throw new Failure('bad-request', `${name} is too large to be read by columns: use a command.`);
  const part = await linesOfLargeFile(absolute, from, to, signal);
  if (!part) return binary(name, 'a binary file', size);
  if (part.shown.length === 0) throw new Failure('bad-request', `${name} has fewer than ${from} lines.`);
  return listing(part, from, `${Math.round(size / 1024 / 1024)} MB in all`, undefined, []);
}

function listing(
  { shown, last, more }: NumberedLines,
  from: number,
  extent: string,
  count: number | undefined,
  notes: string[],
): ToolResult {
  if (more) notes.push(`[${extent}; go on with from: ${last + 1}]`);
  const whole = from === 1 && !more;
  const of = count === undefined ? '' : ` of ${count}`;
  return {
    content: [...shown, ...notes].join('\n'),
    summary: whole ? `${last} ${last === 1 ? 'line' : 'lines'}` : `lines ${from}–${last}${of}`,
  };
}

function binary(name: string, kind: string, size: number): ToolResult {
  return { content: `${name} is ${kind} of ${size.toLocaleString('en')} bytes.`, summary: 'binary file' };
}

function beyondTheEnd(name: string, lines: number, from: number): Failure {
  const has = lines === 1 ? '1 line' : `${lines} lines`;
  return new Failure('bad-request', `${name} has ${has}; line ${from} is beyond its end.`);
}

export const writeTool = defineTool({
  name: 'write',
  description: 'Create a file, or replace the whole of one that was read. For changes in a file use edit.',
  parameters: z.object({ path: text, content: text }),
  conduct: 'guarded',
  title: ({ path }) => `write ${path}`,
  async execute(
    { path, content },
    { workspace, changes, speaker, signal, emit }: ToolContext,
  ): Promise<ToolResult> {
    const { absolute, name } = await admitForWriting(workspace, path);
    if (name === '.') throw new Failure('bad-request', `${path} is the workspace itself, not a file.`);
    const bytes = encodeText({ text: content, encoding: 'utf-8', bom: false });
    const diffs = await changes.apply([{ path: absolute, content: bytes }], { speaker, signal, emit });
    const lines = countLines(content);
    const extent = lines === 1 ? '1 line' : `${lines} lines`;
    if (diffs.length === 0) return { content: `${name} already holds exactly this.`, summary: 'no change' };
    const done = diffs[0]?.change === 'created' ? 'Created' : 'Replaced';
    return { content: `${done} ${name}, ${extent}.`, summary: changed(diffs), diffs };
  },
});

/** `+3 −1`, for the human. */
export function changed(diffs: readonly FileDiff[]): string {
  const added = diffs.reduce((sum, diff) => sum + diff.added, 0);
  const removed = diffs.reduce((sum, diff) => sum + diff.removed, 0);
  return `+${added} −${removed}`;
}
