interface Item {
  text: string;
  /** It was told in a turn that is no longer part of the conversation. */
  toldBefore: boolean;
}

/** What happened since the last turn that the leader should know: told once, with the next message. */
export class News {
  #items: Item[] = [];

  /** @returns takes it back, where it was not told yet. */
  add(text: string): () => void {
    const item = { text, toldBefore: false };
    this.#items.push(item);
    return () => {
      this.#items = this.#items.filter((other) => other !== item);
    };
  }

  /** All that is to be told now. `putBack` is for a turn that is taken out of the conversation. */
  take(): { texts: string[]; putBack(): void } {
    const items = this.#items;
    this.#items = [];
    return {
      texts: items.map(({ text }) => text),
      putBack: () => {
        // News that nobody takes the second time may be what is wrong with the turn.
        const untold = items.filter(({ toldBefore }) => !toldBefore);
        this.#items.unshift(...untold.map(({ text }) => ({ text, toldBefore: true })));
      },
    };
  }

  clear(): void {
    this.#items = [];
  }
}
