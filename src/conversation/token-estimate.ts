/** UTF-8 of a token of English text and code, about; of other languages it is less text and as many bytes. */
const BYTES_PER_TOKEN = 4;

/** Tokens of a piece of text that nobody counts; good for pieces of words too. */
export function tokensAbout(text: string): number {
  return Buffer.byteLength(text) / BYTES_PER_TOKEN;
}

/** Of an image, about: models cut one into 256 to 1,600 tokens, some by its size. */
export const IMAGE_TOKENS = 700;
