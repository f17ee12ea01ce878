/** Counts the words of a text that arrives in pieces; of scripts without spaces, the characters. */
export class WordCount {
  count = 0;
  #insideWord = false;

  add(piece: string): void {
    for (const [part, ideograph] of piece.matchAll(PARTS)) {
      const space = part.trim() === '';
      if (ideograph || (!space && !this.#insideWord)) this.count += 1;
      this.#insideWord = !space && !ideograph;
    }
  }
}

const PARTS =
  /([\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])|\s+|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu;
