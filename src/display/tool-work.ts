import type { EventOf } from '../conversation/event.ts';
import { duration } from './figures.ts';
import type { Paper } from './paper.ts';
import { linesOf, onOneLine, printable, withoutOverwritten } from './printable.ts';
import { pulse } from './speech.ts';
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
  readonly #title: string;
  readonly #startedAt: number;
  #output = '';
  /** Seconds that passed until the human had answered. */
  waitedSeconds = 0;

  constructor(voice: Voice, { title, at }: EventOf<'tool.started'>) {
    this.voice = voice;
    this.#title = onOneLine(printable(title));
    this.#startedAt = at;
  }

  add(output: string): void {
    this.#output = (this.#output + output).slice(-OUTPUT_KEPT);
  }

  /** The rows of the live region: what runs, how long, and its last output. */
  rows(now: number, paper: Paper): string[] {
    const { quiet } = paper.theme;
    const time = duration((now - this.#startedAt) / 1000 - this.waitedSeconds);
    const output = shown(this.#output).slice(-OUTPUT_ROWS);
    return [
      paper.line(`${quiet(pulse(now))} ${this.#title} ${quiet(`· ${time}`)}`),
      ...output.map((line) => paper.line(quiet(line), 2)),
    ];
  }

  /** The call and its result in a line; where it failed, with what it said last. */
  resultLines(event: EventOf<'tool.ended'>, paper: Paper): string[] {
    const { failure, quiet, success } = paper.theme;
    const failed = event.result.isError === true;
    const figures = [onOneLine(printable(event.summary))];
    const seconds = event.seconds - this.waitedSeconds;
    if (seconds >= NOTABLE_TIME) figures.push(duration(seconds));
    const sign = failed ? failure('✗') : success('✓');
    const line = paper.line(`${sign} ${this.#title} ${quiet(`· ${figures.join(' · ')}`)}`);
    return failed ? [line, ...errorLines(event).map((text) => paper.line(quiet(text), 2))] : [line];
  }
}

function errorLines({ result, summary }: EventOf<'tool.ended'>): string[] {
  const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  const lines = shown(text);
  return lines.length === 1 && lines[0]?.includes(summary) ? [] : lines.slice(-ERROR_LINES);
}

function shown(output: string): string[] {
  return linesOf(printable(withoutOverwritten(output))).filter((line) => line.trim() !== '');
}
