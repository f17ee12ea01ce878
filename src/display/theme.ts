import { WriteStream } from 'node:tty';
import type { ModelReference } from '../conversation/message.ts';
import type { Environment } from '../environment.ts';
import { inLine } from './printable.ts';

export type Style = (text: string) => string;

/** The colours, one meaning each. */
export interface Theme {
  /** False where nothing is coloured. */
  coloured: boolean;
  /** A speaker's own colour, the same one for the whole session. */
  speaker(reference: ModelReference): Style;
  /** The name of a speaker in its colour, on one line, whatever its provider put into it. */
  name(reference: ModelReference): string;
  human: Style;
  /** Figures, hints, whatever is beside the point. */
  quiet: Style;
  strong: Style;
  italic: Style;
  underline: Style;
  struck: Style;
  failure: Style;
  warning: Style;
  success: Style;
  added: Style;
  removed: Style;
  code: { keyword: Style; string: Style; number: Style; comment: Style; name: Style; type: Style };
}

/** 1 bit means no colours, 4 bits 16 of them, 8 and 24 bits 256. */
export type ColourDepth = number;

/** What the stream can show: `NO_COLOR` and `FORCE_COLOR` come first, then whether it is a terminal. */
export function colourDepthOf(stream: { isTTY?: boolean }, env: Environment): ColourDepth {
  if (env.NO_COLOR) return 1;
  if (!stream.isTTY && env.FORCE_COLOR === undefined) return 1;
  return WriteStream.prototype.getColorDepth.call(stream as WriteStream, env);
}

/**
 * Numbers of the 256-colour palette with a contrast of at least 3.3 on black and on white alike, in the hues
 * that people with any colour vision tell apart best; neighbours differ in lightness too.
 * None is that of a warning, of success or failure, or of code in a sentence.
 */
const SPEAKERS_256 = [32, 166, 133, 29, 67, 94, 168, 30];
const SPEAKERS_16 = [34, 35, 36, 94, 95];

export function createTheme(depth: ColourDepth, options: { colourSpeakers?: boolean } = {}): Theme {
  const rich = depth >= 8;
  const coloured = depth >= 4;
  // A style inside another one ends by opening the outer one again.
  const sgr = (code: string | number, end: number): Style => {
    const [open, close] = [`\x1b[${code}m`, `\x1b[${end}m`];
    return coloured ? (text) => `${open}${text.replaceAll(close, close + open)}${close}` : (text) => text;
  };
  const colour = (of256: number, of16: number) => sgr(rich ? `38;5;${of256}` : of16, 39);
  const strong = sgr(1, 22);
  const quiet = rich ? colour(244, 90) : sgr(2, 22);
  const green = colour(28, 32);
  const red = colour(167, 31);
  const palette = (rich ? SPEAKERS_256 : SPEAKERS_16).map((number) => colour(number, number));
  const speaker = options.colourSpeakers === false ? () => strong : speakerColours(palette);
  return {
    coloured,
    speaker,
    name: (reference) => speaker(reference)(inLine(reference)),
    human: strong,
    quiet,
    strong,
    italic: sgr(3, 23),
    underline: sgr(4, 24),
    struck: sgr(9, 29),
    failure: red,
    warning: colour(136, 33),
    success: green,
    added: green,
    removed: red,
    code: {
      keyword: colour(133, 35),
      string: colour(29, 32),
      number: colour(32, 34),
      comment: quiet,
      name: colour(32, 34),
      type: colour(103, 36),
    },
  };
}

/** The name decides on the colour; where another speaker has it already, the next free one is taken. */
function speakerColours(palette: readonly Style[]): (reference: ModelReference) => Style {
  const taken = new Map<ModelReference, number>();
  return (reference) => {
    let place = taken.get(reference);
    if (place === undefined) {
      const used = new Set(taken.values());
      place = hashOf(reference) % palette.length;
      for (let tries = 0; used.has(place) && tries < palette.length; tries++)
        place = (place + 1) % palette.length;
      taken.set(reference, place);
    }
    return palette[place] ?? ((text) => text);
  };
}

function hashOf(text: string): number {
  let hash = 0;
  for (const character of text) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash;
}
