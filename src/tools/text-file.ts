import { isUtf8 } from 'node:buffer';
import { Failure } from '../conversation/failure.ts';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** A text file as its bytes have it. */
export interface TextFile {
  /** Without the byte order mark. */
  text: string;
  encoding: Encoding;
  bom: boolean;
}

/**
 * Undefined where the bytes are no text. What is not Unicode is taken for Windows-1252: it holds latin-1, and
 * gives every byte a character, so that nothing is lost on the way back.
 */
export function decodeText(bytes: Uint8Array): TextFile | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decoded(bytes, 'utf-16le', 2);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decoded(bytes, 'utf-16be', 2);
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return decoded(bytes, 'utf-8', 3);
  if (bytes.includes(0)) return undefined;
  if (isUtf8(bytes)) return decoded(bytes, 'utf-8', 0);
  return bytes.some(isOddControl) ? undefined : decoded(bytes, 'windows-1252', 0);
}

function decoded(bytes: Uint8Array, encoding: Encoding, skip: number): TextFile | undefined {
  try {
    const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes.subarray(skip));
    return text.includes('\0') ? undefined : { text, encoding, bom: skip > 0 };
  } catch {
    return undefined;
  }
}

/** Control characters that texts do not hold: all but tab, line feed, form feed, carriage return and escape. */
function isOddControl(byte: number): boolean {
  return byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d, 0x1b].includes(byte);
}

/**
 * A text in the encoding and with the byte order mark that its file had.
 * @throws {Failure} where the encoding cannot write a character of it.
 */
export function encodeText({ text, encoding, bom }: TextFile): Buffer {
  if (!text.isWellFormed()) {
    throw new Failure('bad-request', 'The text holds half of a surrogate pair, which no file can hold.');
  }
  // It would make a binary file of it, whose changes nobody can look at.
  if (text.includes('\0'))
    throw new Failure('bad-request', 'The text holds a NUL character, as no text does.');
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(bom ? `\ufeff${text}` : text, 'utf8');
    case 'utf-16le':
      return Buffer.from(bom ? `\ufeff${text}` : text, 'utf16le');
    case 'utf-16be':
      return Buffer.from(bom ? `\ufeff${text}` : text, 'utf16le').swap16();
    case 'windows-1252':
      return Buffer.from(Array.from(text, byteOf));
  }
}

let windowsBytes: ReadonlyMap<string, number> | undefined;

function byteOf(character: string): number {
  windowsBytes ??= new Map(
    Array.from(
      new TextDecoder('windows-1252').decode(Uint8Array.from({ length: 256 }, (_, byte) => byte)),
    ).map((character, byte) => [character, byte]),
  );
  const byte = windowsBytes.get(character);
  if (byte === undefined)
    throw new Failure('bad-request', `The file is in Windows-1252 (latin-1), which has no "${character}".`);
  return byte;
}
