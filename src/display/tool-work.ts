import type { EventOf } from '../conversation/event.ts';
import { duration } from './figures.ts';
import { linesOf, onOneLine, printable, withoutOverwritten } from './printable.ts';
import { INDENT, pulse } from './speech.ts';
import type { Theme } from './theme.ts';
import type { Voice } from './transcript.ts';

const OUTPUT_ROWS = 4;
/** Characters of output that the rows are made from. */
const OUTPUT_KEPT = 4_000;
const ERROR_LINES = 4;
/** Shorter times are not worth a word, in seconds. */
const NOTABLE_TIME = 1;

/** A tool call under way. */
export class ToolWork {
  readonly voice: Voice;
  readonly title: string;
  readonly #startedAt: number;
  #output = '';

  constructor(voice: Voice, { title, at }: EventOf<'tool.started'>) {
    this.voice = voice;
    this.title = onOneLine(printable(title));
    this.#startedAt = at;
  }

  add(output: string): void {
    this.#output = (this.#output + output).slice(-OUTPUT_KEPT);
  }

  rows(now: number, theme: Theme, cut: (line: string) => string): string[] {
    const time = duration((now - this.#startedAt) / 1000);
    const output = linesOf(printable(withoutOverwritten(this.#output.trimEnd())))
      .filter((line) => line !== '')
      .slice(-OUTPUT_ROWS);
    return [
      INDENT + cut(`${theme.quiet(pulse(now))} ${this.title} ${theme.quiet(`· ${time}`)}`),
      ...output.map((line) => INDENT + INDENT + theme.quiet(cut(line))),
    ];
  }
}

/** A tool call and its result in a line; where it failed, with what it said last. */
export function toolLines(
  title: string,
  event: EventOf<'tool.ended'>,
  theme: Theme,
  cut: (line: string) => string,
): string[] {
  const failed = event.result.isError === true;
  const sign = failed ? theme.failure('✗') : theme.success('✓');
  const summary = [onOneLine(printable(event.summary))];
  if (event.seconds >= NOTABLE_TIME) summary.push(duration(event.seconds));
  const line = INDENT + cut(`${sign} ${title} ${theme.quiet(`· ${summary.join(' · ')}`)}`);
  return failed
    ? [line, ...errorLines(event).map((text) => INDENT + INDENT + theme.quiet(cut(text)))]
    : [line];
}

function errorLines({ result, summary }: EventOf<'tool.ended'>): string[] {
  const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  const lines = linesOf(printable(withoutOverwritten(text))).filter((line) => line.trim() !== '');
  if (lines.length <= 1 && text.includes(summary)) return [];
  return lines.slice(-ERROR_LINES);
}
