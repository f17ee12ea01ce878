/** Where a display writes: finished lines, and below them what still changes, where there is a terminal for it. */
export interface Surface {
  /** Columns; a plain stream has as many as a line needs. */
  readonly width: number;
  /** Writes lines that never change again. */
  commit(lines: readonly string[]): void;
  live?: LiveRegion;
}

export type RenderLive = (width: number, room: number) => string[];

export interface LiveRegion {
  /** Asked for at each frame: the lines at this width, where there is room for so many; those above are cut. */
  show(render: RenderLive | undefined): void;
  /** What is shown has changed: draw a frame soon. */
  changed(): void;
}

/** A stream without a cursor: a pipe, a file, a log. */
export function plainSurface(
  stream: { write(text: string): unknown },
  width = Number.POSITIVE_INFINITY,
): Surface {
  return {
    width,
    commit(lines) {
      if (lines.length > 0) stream.write(`${lines.join('\n')}\n`);
    },
  };
}
