import { Failure } from '../conversation/failure.ts';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1';

/** A text file as its bytes have it. */
export interface TextFile {
  /** Without the byte order mark. */
  text: string;
  encoding: Encoding;
  bom: boolean;
}

/** Undefined where the bytes are no text. */
export function decodeText(bytes: Uint8Array): TextFile | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decoded(bytes, 'utf-16le', 2);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decoded(bytes, 'utf-16be', 2);
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return decoded(bytes, 'utf-8', 3);
  if (bytes.includes(0)) return undefined;
  return (
    decoded(bytes, 'utf-8', 0) ?? {
      text: Buffer.from(bytes).toString('latin1'),
      encoding: 'latin1',
      bom: false,
    }
  );
}

function decoded(
  bytes: Uint8Array,
  encoding: 'utf-8' | 'utf-16le' | 'utf-16be',
  skip: number,
): TextFile | undefined {
  try {
    const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes.subarray(skip));
    return { text, encoding, bom: skip > 0 };
  } catch {
    return undefined;
  }
}

/**
 * A text in the encoding and with the byte order mark that its file had.
 * @throws {Failure} where the encoding cannot write a character of it.
 */
export function encodeText({ text, encoding, bom }: TextFile): Buffer {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(bom ? `\ufeff${text}` : text, 'utf8');
    case 'utf-16le':
      return Buffer.from(bom ? `\ufeff${text}` : text, 'utf16le');
    case 'utf-16be':
      return Buffer.from(bom ? `\ufeff${text}` : text, 'utf16le').swap16();
    case 'latin1': {
      const foreign = /[^\u0000-\u00ff]/u.exec(text);
      if (foreign) {
        throw new Failure('bad-request', `The file is in latin-1, which has no "${foreign[0]}".`);
      }
      return Buffer.from(text, 'latin1');
    }
  }
}
