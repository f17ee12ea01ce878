import { stripVTControlCharacters } from 'node:util';

/**
 * Text of a model or a tool as a terminal may be given it: sequences that move the cursor, recolour the screen
 * or set the clipboard are taken out. Lines and tabs stay.
 */
export function printable(text: string): string {
  return UNPRINTABLE.test(text) ? visible(stripVTControlCharacters(text)) : text;
}

/**
 * The same for what a human has to judge, a command or a diff: nothing is taken out, so that nothing hides;
 * control characters are shown as their pictures, characters that turn the direction of reading by their codes.
 */
export function visible(text: string): string {
  if (!UNPRINTABLE.test(text)) return text;
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(CONTROL, (control) =>
      String.fromCodePoint(0x2400 + (control === '\x7f' ? 0x21 : control.charCodeAt(0))),
    )
    .replaceAll(HIDDEN, (character) => `<U+${character.codePointAt(0)?.toString(16).toUpperCase()}>`);
}

/** The lines of a text, with tabs widened so that columns can be counted. */
export function linesOf(text: string): string[] {
  return text.replaceAll('\t', '    ').split('\n');
}

/** A text on one line. */
export function onOneLine(text: string): string {
  return text
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ⏎ ')
    .replaceAll('\t', ' ');
}

/** A name or a title inside of a line: nothing hides in it, and it does not end the line. */
export function inLine(text: string): string {
  return onOneLine(visible(text));
}

/** What a command shows last of each line: progress bars write over what stood before a carriage return. */
export function withoutOverwritten(output: string): string {
  return output.replaceAll(/^[^\n]*\r(?=[^\n])/gm, '');
}

const UNPRINTABLE = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
const CONTROL = /[\0-\x08\x0b-\x1f\x7f]/g;
const HIDDEN = /[\x80-\x9f\u202a-\u202e\u2066-\u2069]/g;
