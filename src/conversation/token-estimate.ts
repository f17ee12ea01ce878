/** UTF-8 of a token of English text and code, about; of other languages it is less text and as many bytes. */
export const BYTES_PER_TOKEN = 4;

/** Tokens of a piece of text that nobody counts; good for pieces of words too. */
export function tokensAbout(text: string): number {
  return Buffer.byteLength(text) / BYTES_PER_TOKEN;
}
