import type { WriteStream } from 'node:tty';
import type { Terminal } from '@earendil-works/pi-tui';

/** A terminal that is written to and not read from: keys keep their usual meaning, Ctrl-C included. */
export function outputTerminal(stream: WriteStream): Terminal {
  let resized: (() => void) | undefined;
  const write = (text: string) => {
    stream.write(text);
  };
  return {
    start(_onInput, onResize) {
      resized = onResize;
      stream.on('resize', onResize);
    },
    stop() {
      if (resized) stream.off('resize', resized);
    },
    drainInput: () => Promise.resolve(),
    write,
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
    kittyProtocolActive: false,
    moveBy: (rows) => write(rows < 0 ? `\x1b[${-rows}A` : rows > 0 ? `\x1b[${rows}B` : ''),
    hideCursor: () => write('\x1b[?25l'),
    showCursor: () => write('\x1b[?25h'),
    clearLine: () => write('\x1b[K'),
    clearFromCursor: () => write('\x1b[J'),
    clearScreen: () => {},
    setTitle: () => {},
    setProgress: () => {},
  };
}
