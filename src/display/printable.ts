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
    .replaceAll(HIDDEN, codeOf);
}

function codeOf(character: string): string {
  return `<U+${character.codePointAt(0)?.toString(16).toUpperCase()}>`;
}

/**
 * The same, so that nothing can be written that a human does not see before they allow it: characters without a shape
 * are shown by their codes, and blanks that would push the rest out of sight by their number.
 */
export function revealed(text: string): string {
  return visible(text)
    .replaceAll(SHAPELESS, codeOf)
    .replaceAll(LONG_BLANK, (blanks) => `⟨${blanks.length.toLocaleString('en')} blanks⟩`);
}

/** Lines as a human is shown them, many empty ones by their number. */
export function withoutGaps(lines: readonly string[]): string[] {
  const shown: string[] = [];
  let empty: string[] = [];
  for (const line of [...lines, undefined]) {
    if (line?.trim() === '') empty.push(line);
    else {
      const many = empty.length > MOST_EMPTY;
      shown.push(...(many ? [`⟨${empty.length.toLocaleString('en')} empty lines⟩`] : empty));
      empty = [];
      if (line !== undefined) shown.push(line);
    }
  }
  return shown;
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
  return onOneLine(revealed(text));
}

/** What a command shows last of each line: progress bars write over what stood before a carriage return. */
export function withoutOverwritten(output: string): string {
  return output.replaceAll(/^[^\n]*\r(?=[^\n])/gm, '');
}

const UNPRINTABLE = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
const CONTROL = /[\0-\x08\x0b-\x1f\x7f]/g;
const HIDDEN = /[\x80-\x9f\u202a-\u202e\u2066-\u2069]/g;
/** But for what joins and colours emoji. */
const SHAPELESS =
  /(?!(?<=\p{Extended_Pictographic})\ufe0f|\u200d(?=\p{Extended_Pictographic}))[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** No indentation is as deep. */
const LONG_BLANK = /[^\S\n]{81,}/g;
const MOST_EMPTY = 10;
