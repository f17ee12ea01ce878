import { openOrdinary } from '../../safety/reading.ts';
import { LONGEST_LINE, type NumberedLines, numbered } from './numbered.ts';

const CHUNK = 256 * 1024;

/** Lines of a file that is too large to hold, as UTF-8; undefined where it is a binary file. */
export async function linesOfLargeFile(
  absolute: string,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<NumberedLines | undefined> {
  const wanted: string[] = [];
  let number = 0;
  for await (const line of linesIn(absolute, signal)) {
    number++;
    if (number < from) continue;
    if (line.includes('\0')) return undefined;
    wanted.push(line);
    // One more than is asked for tells whether the file goes on.
    if (number > to) return numbered(wanted, from, to);
  }
  return numbered(wanted, from, to);
}

/** Line by line, of each no more than is ever shown: a file may be one endless line. */
async function* linesIn(absolute: string, signal: AbortSignal): AsyncGenerator<string> {
  const { file } = await openOrdinary(absolute);
  try {
    const decoder = new TextDecoder();
    const chunk = Buffer.alloc(CHUNK);
    let begun = '';
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(chunk, 0, CHUNK);
      if (bytesRead === 0) break;
      const lines = (begun + decoder.decode(chunk.subarray(0, bytesRead), { stream: true })).split('\n');
      begun = lines.pop()!.slice(0, LONGEST_LINE + 1);
      for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
    }
    if (begun !== '') yield begun;
  } finally {
    await file.close();
  }
}
