import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import * as z from 'zod/mini';
import type { FileDiff } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import { nearestNames } from '../conversation/nearest.ts';
import { isSecretFile } from '../safety/secrets.ts';
import { defineTool, type ToolContext, type ToolResult } from './base.ts';
import { optionalNumber, text } from './parameters.ts';
import { decodeText } from './text-file.ts';

/** Lines and characters of one read; a longer file is read in ranges. */
const LINES_AT_ONCE = 2_000;
const LONGEST_LINE = 2_000;
const LARGEST_TEXT = 20 * 1024 * 1024;
const LARGEST_IMAGE = 4 * 1024 * 1024;
const IMAGE_TYPES: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
};

export const readTool = defineTool({
  name: 'read',
  description: `Read a file with line numbers (up to ${LINES_AT_ONCE} lines at once), or look at an image.`,
  parameters: z.object({
    path: text,
    from: optionalNumber(1, Number.MAX_SAFE_INTEGER, 'first line'),
    to: optionalNumber(1, Number.MAX_SAFE_INTEGER, 'last line'),
  }),
  conduct: 'read',
  title: ({ path, from, to }) => `read ${path}${from || to ? `:${from ?? 1}-${to ?? ''}` : ''}`,
  async execute({ path, from, to }, context): Promise<ToolResult> {
    const absolute = await context.workspace.resolveForReading(path);
    refuseSecret(path, absolute);
    const bytes = await readWhole(path, absolute, context);
    context.changes.noteRead(absolute, bytes);
    const imageType = IMAGE_TYPES[extname(absolute).toLowerCase()];
    if (imageType) return image(path, bytes, imageType);
    const file = decodeText(bytes);
    if (!file) {
      return {
        content: `${path} is a binary file of ${bytes.length.toLocaleString('en')} bytes.`,
        summary: 'binary file',
      };
    }
    const notes: string[] = [];
    if (file.encoding !== 'utf-8') notes.push(`[${file.encoding}]`);
    return { ...numbered(path, file.text, from, to, notes) };
  },
});

function image(path: string, bytes: Buffer, mediaType: string): ToolResult {
  if (bytes.length > LARGEST_IMAGE) {
    throw new Failure(
      'bad-request',
      `${path} has ${bytes.length.toLocaleString('en')} bytes; images up to ${LARGEST_IMAGE / 1024 / 1024} MB can be looked at.`,
    );
  }
  return {
    content: [
      { type: 'text', text: `${path}:` },
      { type: 'image', mediaType, data: bytes.toString('base64') },
    ],
    summary: 'image',
  };
}

function numbered(
  path: string,
  text: string,
  from: number | undefined,
  to: number | undefined,
  notes: string[],
): ToolResult {
  if (text === '') return { content: `${path} is empty.`, summary: 'empty' };
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  const first = from ?? 1;
  if (first > lines.length)
    throw new Failure('bad-request', `${path} has ${lines.length} lines; line ${first} is beyond its end.`);
  if (to !== undefined && to < first)
    throw new Failure('bad-request', `The last line ${to} comes before the first, ${first}.`);
  const last = Math.min(to ?? Number.POSITIVE_INFINITY, first + LINES_AT_ONCE - 1, lines.length);
  const width = String(last).length;
  const shown = lines.slice(first - 1, last).map((line, offset) => {
    const cut =
      line.length > LONGEST_LINE
        ? `${line.slice(0, LONGEST_LINE)} [${line.length - LONGEST_LINE} more characters]`
        : line;
    return `${String(first + offset).padStart(width)}\t${cut}`;
  });
  if (last < lines.length && (to === undefined || to > last)) {
    notes.push(`[${lines.length} lines in all; go on with from: ${last + 1}]`);
  }
  const summary =
    first === 1 && last === lines.length ? `${last} lines` : `lines ${first}–${last} of ${lines.length}`;
  return { content: [...shown, ...notes].join('\n'), summary };
}

async function readWhole(path: string, absolute: string, context: ToolContext): Promise<Buffer> {
  const found = await stat(absolute).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) throw await missing(path, absolute, found, context);
  if (found.isDirectory()) throw new Failure('bad-request', `${path} is a folder: use list.`);
  if (!found.isFile()) throw new Failure('bad-request', `${path} is no ordinary file.`);
  if (found.size > LARGEST_TEXT) {
    throw new Failure(
      'bad-request',
      `${path} has ${Math.round(found.size / 1024 / 1024)} MB: search in it, or cut a part out with a command.`,
    );
  }
  return readFile(absolute, { signal: context.signal });
}

async function missing(
  path: string,
  absolute: string,
  error: NodeJS.ErrnoException,
  { workspace }: ToolContext,
): Promise<Failure> {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') {
    return new Failure(
      'bad-request',
      `${path} cannot be read: ${error.code === 'EACCES' ? 'permission denied' : error.code}.`,
    );
  }
  const beside = await readdir(dirname(absolute)).catch(() => [] as string[]);
  const near = nearestNames(basename(absolute), beside).map((name) =>
    workspace.relative(`${dirname(absolute)}/${name}`),
  );
  const offer = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ' Use find to look for it.';
  return new Failure('bad-request', `There is no file ${path}.${offer}`);
}

export function refuseSecret(path: string, absolute: string): void {
  if (!isSecretFile(absolute)) return;
  throw new Failure(
    'bad-request',
    `${path} may hold keys or passwords, so it is not shown to a model. Ask the human for what you need from it.`,
  );
}

export const writeTool = defineTool({
  name: 'write',
  description: 'Create a file, or replace the whole of one that was read. For changes in a file use edit.',
  parameters: z.object({ path: text, content: text }),
  conduct: 'guarded',
  title: ({ path }) => `write ${path}`,
  async execute({ path, content }, { workspace, changes, speaker, signal }): Promise<ToolResult> {
    const absolute = await workspace.resolve(path);
    refuseProtected(path, workspace.relative(absolute));
    const diffs = await changes.apply([{ path: absolute, content: Buffer.from(content, 'utf8') }], {
      speaker,
      signal,
    });
    const [diff] = diffs;
    const done = diff?.change === 'created' ? 'Created' : 'Replaced';
    return {
      content: `${done} ${path}, ${content.split('\n').length} lines.`,
      summary: changed(diffs),
      diffs,
    };
  },
});

/** Git runs what stands in its own files, so no model writes there. */
export function refuseProtected(path: string, relative: string): void {
  if (relative === '.git' || relative.startsWith('.git/') || relative.includes('/.git/')) {
    throw new Failure('bad-request', `${path} belongs to git itself and is not written by hand.`);
  }
  if (relative === '.') throw new Failure('bad-request', `${path} is the workspace itself, not a file.`);
}

/** `+3 −1`, for the human. */
export function changed(diffs: readonly FileDiff[]): string {
  const added = diffs.reduce((sum, diff) => sum + diff.added, 0);
  const removed = diffs.reduce((sum, diff) => sum + diff.removed, 0);
  return `+${added} −${removed}`;
}
