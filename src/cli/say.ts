import { printable } from '../display/printable.ts';

/** Where text goes that models, tools and servers wrote. */
export interface Stream {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** A line; to a terminal without what would steer it, elsewhere as it is. */
export function say(stream: Stream, text: string): void {
  const line = text.endsWith('\n') ? text : `${text}\n`;
  stream.write(stream.isTTY ? printable(line) : line);
}
