/**
 * A model sees the name of a key in place of its value, and writes back what it saw. Where the file held the value,
 * the value is what it meant: the name in its place would cost the human their key.
 */
import { Failure } from '../conversation/failure.ts';
import { type Keys, longKeys } from './secrets.ts';

/** @param held what the file holds. */
export function withKeysKept(text: string, held: string, keys: Keys): string {
  return longKeys(keys).reduce((kept, [name, value]) => {
    const shown = `[${name}]`;
    // A file may speak of the name itself; then nobody can tell which of the two was meant.
    return held.includes(value) && !held.includes(shown) ? kept.replaceAll(shown, value) : kept;
  }, text);
}

/**
 * The same for bytes.
 * @param path for the human. @throws {Failure} where a key would be lost all the same.
 */
export function bytesWithKeysKept(path: string, bytes: Uint8Array, held: Uint8Array, keys: Keys): Uint8Array {
  const [before, asked] = [held, bytes].map((content) => Buffer.from(content).toString('latin1'));
  const bytewise = longKeys(keys).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]);
  const after = withKeysKept(asked!, before!, Object.fromEntries(bytewise));
  for (const [name, value] of bytewise) {
    const lost = occurrences(after, value!) < occurrences(before!, value!);
    if (!lost || occurrences(after, `[${name}]`) <= occurrences(before!, `[${name}]`)) continue;
    throw new Failure(
      'bad-request',
      `Nothing was changed in ${path}: it holds the value of ${name}, which you see as [${name}], and these words as well. Leave the lines with them as they are.`,
    );
  }
  return after === asked ? bytes : Buffer.from(after, 'latin1');
}

function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}
