/**
 * Server-sent events from bytes that arrive split anywhere, a character of several bytes included. All events
 * of a network chunk are decoded at once, which is several times cheaper than one asynchronous step for each.
 */
export class SseDecoder {
  readonly #decoder = new TextDecoder();
  #pending = '';
  #data: string | undefined;

  /** The data of each event that these bytes complete. */
  push(bytes: Uint8Array): string[] {
    const text = this.#pending + this.#decoder.decode(bytes, { stream: true });
    const events: string[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#line(text.slice(start, text[end - 1] === '\r' ? end - 1 : end), events);
      start = end + 1;
    }
    this.#pending = text.slice(start);
    return events;
  }

  /** What the bytes ended in: an event that lacks the blank line after it, or only the beginning of one. */
  end(): string[] {
    const events: string[] = [];
    this.#line(this.#pending + this.#decoder.decode(), events);
    this.#line('', events);
    return events;
  }

  #line(line: string, events: string[]): void {
    if (line === '') {
      if (this.#data !== undefined) events.push(this.#data);
      this.#data = undefined;
    } else if (line.startsWith('data:')) {
      const value = line.slice(line[5] === ' ' ? 6 : 5);
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    }
  }
}
