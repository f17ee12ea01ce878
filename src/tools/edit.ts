import { readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import { Failure } from '../conversation/failure.ts';
import { defineTool, type ToolResult } from './base.ts';
import { lineAt, splice } from './edit/splice.ts';
import { changed, refuseProtected, refuseSecret } from './file.ts';
import { described, optionalFlag, text } from './parameters.ts';
import { decodeText, encodeText } from './text-file.ts';

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
  async execute({ path, edits }, { workspace, changes, speaker, signal }): Promise<ToolResult> {
    const absolute = await workspace.resolve(path);
    refuseProtected(path, workspace.relative(absolute));
    refuseSecret(path, absolute);
    const file = decodeText(await contentOf(path, absolute));
    if (!file) throw new Failure('bad-request', `${path} is a binary file and cannot be edited as text.`);
    const { text, spans } = splice(path, file.text, edits);
    const diffs = await changes.apply([{ path: absolute, content: encodeText({ ...file, text }) }], {
      speaker,
      signal,
    });
    const places = spans.map(
      ({ start, how }) =>
        `line ${lineAt(file.text, start)}${how === 'exact' ? '' : ` (equal but for ${how})`}`,
    );
    return { content: `Edited ${path}: ${places.join(', ')}.`, summary: changed(diffs), diffs };
  },
});

async function contentOf(path: string, absolute: string): Promise<Buffer> {
  try {
    return await readFile(absolute);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new Failure('bad-request', `There is no file ${path}: create it with write.`);
    throw new Failure('bad-request', `${path} cannot be read: ${code}.`);
  }
}
