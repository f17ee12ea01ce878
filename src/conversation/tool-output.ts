import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OUTPUT_CAP, type ToolResult } from '../tools/base.ts';
import type { ImagePart, TextPart } from './message.ts';

const HEAD_SHARE = 2 / 3;

interface Outlet {
  redact(text: string): string;
  spillFolder: string;
}

/** What a model is sent of a tool's output: without keys, and of long texts the two ends; the rest goes to disk. */
export function capped(
  { redact, spillFolder }: Outlet,
  call: string,
  content: ToolResult['content'],
): Promise<(TextPart | ImagePart)[]> {
  const parts: (TextPart | ImagePart)[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return Promise.all(
    parts.map(async (part, index) => {
      if (part.type !== 'text') return part;
      const text = redact(part.text);
      if (text.length <= OUTPUT_CAP) return { type: 'text' as const, text };
      const path = join(spillFolder, `${call.replaceAll(/[^\w-]/g, '_')}-${index}.txt`);
      return { type: 'text' as const, text: await spilled(text, path) };
    }),
  );
}

async function spilled(text: string, path: string): Promise<string> {
  const head = text.slice(0, text.lastIndexOf('\n', OUTPUT_CAP * HEAD_SHARE) + 1 || OUTPUT_CAP * HEAD_SHARE);
  const tail = text.slice(text.indexOf('\n', text.length - OUTPUT_CAP * (1 - HEAD_SHARE)) + 1);
  const left = (text.length - head.length - tail.length).toLocaleString('en');
  const where = (await keep(text, path))
    ? `All of it is in ${path}; read it from line ${head.split('\n').length} to go on.`
    : 'They could not be kept, for nothing can be written to disk.';
  return `${head}\n[${left} characters left out here. ${where}]\n${tail}`;
}

/** @returns false where it cannot be written: the disk is full, or not ours. */
async function keep(text: string, path: string): Promise<boolean> {
  try {
    await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
    await writeFile(path, text, { mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}
