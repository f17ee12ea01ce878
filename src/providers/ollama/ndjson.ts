/**
 * Lines from bytes that arrive split anywhere, a character of several bytes included. All lines of a network
 * chunk come at once, which is several times cheaper than one asynchronous step for each.
 */
export class LineDecoder {
  readonly #decoder = new TextDecoder();
  #pending = '';

  /** The lines that these bytes complete, blank ones left out. */
  push(bytes: Uint8Array): string[] {
    const pieces = (this.#pending + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#pending = pieces.pop()!;
    return pieces.filter((line) => line.trim() !== '');
  }

  /** What is left when the bytes end: a last line without its newline. */
  end(): string[] {
    const rest = this.#pending + this.#decoder.decode();
    this.#pending = '';
    return rest.trim() === '' ? [] : [rest];
  }
}
