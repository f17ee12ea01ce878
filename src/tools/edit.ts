import * as z from 'zod/mini';
import { Failure } from '../conversation/failure.ts';
import { admitForWriting, readOrdinary, TooLarge } from '../safety/reading.ts';
import { reasonOf } from '../safety/reason.ts';
import { defineTool, type ToolResult } from './base.ts';
import type { Span } from './edit/match.ts';
import { splice } from './edit/splice.ts';
import { changed } from './file.ts';
import { lineAt } from './lines.ts';
import { described, optionalFlag, text } from './parameters.ts';
import { decodeText, encodeText } from './text-file.ts';

const MOST_PLACES_NAMED = 10;

export const editTool = defineTool({
  name: 'edit',
  description:
    'Replace texts in a file that was read: all or none, each matched against the file as it is. Copy "old" without line numbers, with enough lines to fit one place only.',
  parameters: z.object({
    path: text,
    edits: z
      .array(
        z.object({
          old: text,
          new: text,
          all: described(optionalFlag, 'every exact place'),
        }),
      )
      .check(z.minLength(1)),
  }),
  conduct: 'guarded',
  title: ({ path, edits }) => `edit ${path}${edits.length > 1 ? ` in ${edits.length} places` : ''}`,
  async execute({ path, edits }, { workspace, changes, speaker, signal, emit }): Promise<ToolResult> {
    const { absolute, name } = await admitForWriting(workspace, path);
    const bytes = await contentOf(name, absolute, signal);
    // First of all: against a file that is not the one that was read, «not found» would mislead.
    changes.requireRead(absolute, bytes);
    const file = decodeText(bytes);
    if (!file) throw new Failure('bad-request', `${name} is a binary file and cannot be edited as text.`);
    const meant = edits.map((edit) => ({
      ...edit,
      old: changes.withKeys(edit.old, file.text),
      new: changes.withKeys(edit.new, file.text),
    }));
    const { text, spans } = splice(name, file.text, meant);
    const content = encodeText({ ...file, text });
    const diffs = await changes.apply([{ path: absolute, content }], { speaker, signal, emit });
    if (diffs.length === 0) {
      throw new Failure('bad-request', `Nothing was changed in ${name}: it already reads as the edit wants.`);
    }
    return { content: `Edited ${name}: ${placesOf(file.text, spans)}.`, summary: changed(diffs), diffs };
  },
});

/** Where, and on which rung of the ladder where it was not the first. */
function placesOf(text: string, spans: readonly Span[]): string {
  const named = spans.slice(0, MOST_PLACES_NAMED).map(({ start, rung }) => {
    const how = rung === 'exact' ? '' : ` (matched but for ${rung})`;
    return `line ${lineAt(text, start)}${how}`;
  });
  const more = spans.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${more} more places` : '');
}

async function contentOf(name: string, absolute: string, signal: AbortSignal): Promise<Buffer> {
  try {
    return (await readOrdinary(absolute, { signal })).bytes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Failure('bad-request', `There is no file ${name}: create it with write.`);
    }
    const remedy = error instanceof TooLarge ? '; change it with a command' : '';
    throw new Failure('bad-request', `${name} cannot be edited: ${reasonOf(error)}${remedy}.`, {
      cause: error,
    });
  }
}
