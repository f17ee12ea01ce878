const MARKS = ['<draft>', '</draft>'];

/** Takes the lines out of a streamed text that only mark where a draft begins and ends. */
export class DraftMarks {
  /** The beginning of a line that may become a mark. */
  #held = '';
  #atLineStart = true;

  /** What of the text so far can be shown. */
  push(text: string): string {
    const shown: string[] = [];
    for (const piece of (this.#held + text).split(/(?<=\n)/)) {
      const isWhole = piece.endsWith('\n');
      if (this.#atLineStart && mayBeMark(piece, isWhole)) {
        this.#held = isWhole ? '' : piece;
        continue;
      }
      this.#held = '';
      shown.push(piece);
      this.#atLineStart = isWhole;
    }
    return shown.join('');
  }

  /** What was held back at the end, where it is no mark. */
  end(): string {
    const held = MARKS.includes(this.#held.trim()) ? '' : this.#held;
    this.#held = '';
    return held;
  }
}

function mayBeMark(line: string, isWhole: boolean): boolean {
  const word = line.trim();
  if (isWhole) return MARKS.includes(word);
  return MARKS.some((mark) => mark.startsWith(word));
}
